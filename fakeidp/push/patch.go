package push

import "strings"

// patch is a PatchOp message, its members in the order in which Okta writes them.
type patch struct {
	Schemas    []string    `json:"schemas"`
	Operations []operation `json:"Operations"`
}

type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path,omitempty"`
	Value any    `json:"value,omitempty"`
}

func patchBody(operations ...operation) []byte {
	return encode(patch{Schemas: []string{patchSchema}, Operations: operations})
}

// replaceBody is the path-less replace that Okta uses for everything but members.
func replaceBody(value any) []byte { return patchBody(operation{Op: "replace", Value: value}) }

type activeValue struct {
	Active bool `json:"active"`
}

type renameValue struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
}

// member is an entry of a group's members, without type and $ref, as Okta sends it.
type member struct {
	Value   string `json:"value"`
	Display string `json:"display,omitempty"`
}

// groupBody is the body of POST and PUT of a group: no id, no externalId.
type groupBody struct {
	Schemas     []string `json:"schemas"`
	DisplayName string   `json:"displayName"`
	Members     []member `json:"members"`
}

func newGroupBody(name string, members []member) []byte {
	if members == nil {
		members = []member{}
	}
	return encode(groupBody{Schemas: []string{groupSchema}, DisplayName: name, Members: members})
}

// memberOperations writes one batch of a membership change: a remove by filter path for each member that
// left, then one add of those who came.
func memberOperations(gone []string, come []member) []operation {
	operations := make([]operation, 0, len(gone)+1)
	for _, id := range gone {
		operations = append(operations, operation{Op: "remove", Path: `members[value eq ` + quote(id) + `]`})
	}
	if len(come) > 0 {
		operations = append(operations, operation{Op: "add", Path: "members", Value: come})
	}
	return operations
}

// quote writes a filter's string literal (RFC 7644 section 3.4.2.2: a JSON string).
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
