package push

import (
	"encoding/json"
	"strings"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
	"assay/fakeidp/resource"
)

// patch is a PatchOp message, its members in the order in which Okta and Entra ID write them.
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
	return resource.Encode(patch{Schemas: []string{patchSchema}, Operations: operations})
}

type activeValue struct {
	Active bool `json:"active"`
}

type renameValue struct {
	ID          string `json:"id,omitempty"`
	DisplayName string `json:"displayName"`
}

// member is an entry of a group's members; of a person it has no type. Ref is null in JSON or absent.
type member struct {
	Ref     json.RawMessage `json:"$ref,omitempty"`
	Value   string          `json:"value"`
	Display string          `json:"display,omitempty"`
	Type    string          `json:"type,omitempty"`
}

// newMember writes a member in one of its forms.
func newMember(form persona.Member, remote, display string) member {
	m := member{Value: remote}
	switch form {
	case persona.WithDisplay:
		m.Display = display
	case persona.WithNullRef:
		m.Ref = json.RawMessage("null")
	}
	return m
}

// groupBody is the body of POST and PUT of a group. members is nil for POST: what the template says.
func (d *dialect) groupBody(g control.Group, remote string, members []member) []byte {
	o := d.group.Render(func(source string) any {
		switch source {
		case "id":
			return g.ID
		case "name":
			return g.Name
		case "remoteId":
			return remote
		default:
			return nil
		}
	}, d.knobs.NoValue.Value, true)
	if members != nil {
		o.Set("members", members)
	}
	return resource.Encode(o)
}

// renameBody is the body of the PATCH that renames a group.
func (d *dialect) renameBody(remote, name string) []byte {
	op := operation{Op: d.op("replace")}
	switch d.knobs.GroupRename.Value {
	case persona.PatchPathlessID:
		op.Value = renameValue{ID: remote, DisplayName: name}
	case persona.PatchPath:
		op.Path, op.Value = "displayName", name
	default:
		op.Value = renameValue{DisplayName: name}
	}
	return patchBody(op)
}

// memberOperations writes one batch of a membership change: first who left, then one add of those who came.
func (d *dialect) memberOperations(gone []string, come []member) []operation {
	operations := make([]operation, 0, len(gone)+1)
	if d.knobs.GroupMembers.Value == persona.PatchValue && len(gone) > 0 {
		entries := make([]member, len(gone))
		for i, id := range gone {
			entries[i] = newMember(d.knobs.MemberRemove.Value, id, "")
		}
		operations = append(operations, operation{Op: d.op("remove"), Path: "members", Value: entries})
		gone = nil
	}
	for _, id := range gone {
		operations = append(operations, operation{Op: d.op("remove"), Path: `members[value eq ` + quote(id) + `]`})
	}
	if len(come) > 0 {
		operations = append(operations, operation{Op: d.op("add"), Path: "members", Value: come})
	}
	return operations
}

// quote writes a filter's string literal (RFC 7644 section 3.4.2.2: a JSON string).
func quote(s string) string {
	if strings.ContainsAny(s, `\"`) {
		s = strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`)
	}
	return `"` + s + `"`
}
