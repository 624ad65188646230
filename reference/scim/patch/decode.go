package patch

import (
	"net/http"
	"strings"

	"assay/reference/scim/filter"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// Operation is one operation of a PATCH request. Its path is not parsed yet, because that takes the
// resource type.
type Operation struct {
	Op       string // Add, Remove or Replace
	Said     string // Op as the request spells it
	Path     string // "" when the request has none
	Value    any    // decoded JSON, with numbers as json.Number
	HasValue bool   // whether the request has a value, be it null
}

// MaxOperations is the most operations that one PATCH request may have. The RFC sets no limit; clients
// send a handful, and hundreds at most for the members of a group.
const MaxOperations = 1000

// Decode reads the body of a PATCH request. Names of members and operations are in any case. Errors
// are *scimerr.Error: invalidSyntax for a body that is not a PATCH request, noTarget for a "remove"
// without path, invalidValue for an "add" or "replace" without value,
// and status 413 for more than MaxOperations.
func Decode(body []byte) ([]Operation, error) {
	doc, err := schema.Decode(body)
	if err != nil {
		return nil, err
	}
	members, err := fold(doc, "schemas", "operations")
	if err != nil {
		return nil, err
	}
	if err := checkSchemas(members["schemas"]); err != nil {
		return nil, err
	}
	list, ok := members["operations"].([]any)
	if !ok || len(list) == 0 {
		return nil, scimerr.InvalidSyntax(`a PATCH request has "Operations", an array with at least one operation`)
	}
	if len(list) > MaxOperations {
		return nil, scimerr.New(http.StatusRequestEntityTooLarge, "", "a PATCH request may have %d operations, this one has %d", MaxOperations, len(list))
	}
	ops := make([]Operation, len(list))
	for i, item := range list {
		if ops[i], err = decodeOperation(item); err != nil {
			return nil, At(i, err)
		}
	}
	return ops, nil
}

func checkSchemas(value any) error {
	list, _ := value.([]any)
	if len(list) == 1 {
		if urn, ok := list[0].(string); ok && strings.EqualFold(urn, URN) {
			return nil
		}
	}
	return scimerr.InvalidSyntax(`the "schemas" of a PATCH request is [%q]`, URN)
}

func decodeOperation(item any) (Operation, error) {
	doc, ok := item.(map[string]any)
	if !ok {
		return Operation{}, scimerr.InvalidSyntax("an operation is an object")
	}
	members, err := fold(doc, "op", "path", "value")
	if err != nil {
		return Operation{}, err
	}
	name, ok := members["op"].(string)
	if !ok {
		return Operation{}, scimerr.InvalidSyntax(`an operation has "op", a string`)
	}
	o := Operation{Op: strings.ToLower(name), Said: name}
	if path := members["path"]; path != nil {
		if o.Path, ok = path.(string); !ok {
			return Operation{}, scimerr.InvalidPath("the path of an operation is a string")
		}
	}
	o.Value, o.HasValue = members["value"]
	return o, o.check()
}

// check finds what is wrong with an operation whatever the resource type.
func (o Operation) check() error {
	switch o.Op {
	case Add, Replace:
		if !o.HasValue {
			return scimerr.InvalidValue("%q needs a value", o.Op)
		}
		return nil
	case Remove:
		if o.Path == "" {
			return scimerr.NoTarget(`"remove" needs a path`)
		}
		return nil
	}
	if len(o.Op) > 40 {
		return scimerr.InvalidSyntax("the operation is not add, remove or replace")
	}
	return scimerr.InvalidSyntax("the operation %q is not add, remove or replace", o.Op)
}

// fold gives the wanted members of doc under the wanted names, which are lower case. One that is given
// in two spellings is refused; other members are ignored.
func fold(doc map[string]any, wanted ...string) (map[string]any, error) {
	members := make(map[string]any, len(wanted))
	for key, value := range doc {
		for _, name := range wanted {
			if !strings.EqualFold(key, name) {
				continue
			}
			if _, twice := members[name]; twice {
				return nil, scimerr.InvalidSyntax("%q is given twice", name)
			}
			members[name] = value
		}
	}
	return members, nil
}

// At says which operation an error is about: i counts from 0, the text from 1.
func At(i int, err error) error {
	e, ok := scimerr.As(err)
	if !ok {
		return err
	}
	return scimerr.New(e.Status, e.ScimType, "operation %d: %s", i+1, e.Detail)
}

// Targets tells whether the operation writes the core or common attribute attr, by its path or by a
// key of a path-less value. An operation with a malformed path targets nothing.
func (o Operation) Targets(t *schema.Type, attr string) bool {
	if o.Path != "" {
		return pathTargets(t, o.Path, attr)
	}
	value, _ := o.Value.(map[string]any)
	for key := range value {
		if pathTargets(t, key, attr) {
			return true
		}
	}
	return false
}

func pathTargets(t *schema.Type, text, attr string) bool {
	path, err := filter.ParsePath(text, t)
	return err == nil && targets(path, attr)
}

func targets(path *filter.Path, attr string) bool {
	return path.Extension == "" && path.Attribute != nil && strings.EqualFold(path.Attribute.Name, attr)
}
