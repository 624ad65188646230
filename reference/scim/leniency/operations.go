package leniency

import (
	"maps"
	"slices"
	"strings"

	"assay/reference/scim/filter"
	"assay/reference/scim/patch"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// Operations rewrites the operations of a PATCH request to the resource with the given id, and refuses
// those that a strict tenant does not take. The operations are changed in place. Errors are *scimerr.Error, or say that the tenant's
// setting could not be read.
func (r *Request) Operations(t *schema.Type, id string, ops []patch.Operation) error {
	for i := range ops {
		if err := r.operation(t, id, &ops[i]); err != nil {
			return patch.At(i, err)
		}
	}
	return nil
}

func (r *Request) operation(t *schema.Type, id string, o *patch.Operation) error {
	if o.Said != o.Op {
		refusal := scimerr.InvalidSyntax("the operation %q is not add, remove or replace", o.Said)
		if err := r.require(CapitalOperation, refusal); err != nil {
			return err
		}
	}
	if o.Op == patch.Remove && o.Value != nil {
		refusal := scimerr.InvalidValue(`"remove" takes no value: name the values in the path, as in members[value eq "…"]`)
		if err := r.require(ListedRemove, refusal); err != nil {
			return err
		}
	}
	if o.Path == "" {
		return r.members(t, id, o)
	}
	var err error
	if o.Path, err = r.path(t, o.Path); err != nil || o.Op == patch.Remove {
		return err // what a "remove" lists is looked for as it is: rewritten, "" would list everything
	}
	o.Value, err = r.target(t, o.Path, o.Value)
	return err
}

// path rewrites a path, or a key that is one.
func (r *Request) path(t *schema.Type, path string) (string, error) {
	path, err := r.Filter(path, t)
	if err != nil {
		return "", err
	}
	name, _, _ := strings.Cut(path, "[")
	if _, err := t.Resolve(name); err == nil {
		return path, nil
	}
	ref, err := t.ResolveLoose(name)
	if err != nil {
		return path, nil // the parser says what is wrong with it
	}
	refusal := scimerr.InvalidPath("the attribute %q needs the URN of its schema before it: %s:%s", name, ref.Extension.URN, name)
	return ref.Extension.URN + ":" + path, r.require(BareExtension, refusal)
}

// members rewrites the value of an operation without path. That it repeats the id of the resource is no
// attempt to modify it, which is what RFC 7644 section 3.5.2 forbids.
func (r *Request) members(t *schema.Type, id string, o *patch.Operation) error {
	given, ok := o.Value.(map[string]any)
	if !ok {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if strings.EqualFold(key, "id") && given[key] == id {
			continue
		}
		name, err := r.key(t, key)
		if err != nil {
			return err
		}
		value, err := r.target(t, name, given[key])
		if err != nil {
			return err
		}
		if _, twice := given[name]; twice && name != key {
			return scimerr.InvalidSyntax("%s is given twice", name)
		}
		delete(given, key)
		given[name] = value
	}
	return nil
}

// key rewrites the key of a value without path. A plain one is the name of an attribute or the URN of
// an extension; one that is a path, or names what is read-only, needs a leniency.
func (r *Request) key(t *schema.Type, key string) (string, error) {
	if t.Extension(key) != nil {
		return key, nil
	}
	if a := t.Attribute(key); a != nil {
		return key, r.writable(a)
	}
	name, err := r.path(t, key)
	if err != nil {
		return "", err
	}
	path, err := filter.ParsePath(name, t)
	if err != nil {
		return key, nil // Apply refuses it
	}
	refusal := scimerr.InvalidPath("%q is not the name of an attribute: use it as the path of an operation of its own", key)
	if err := r.require(PathKeys, refusal); err != nil || path.Attribute == nil {
		return name, err
	}
	return name, r.writable(path.Attribute)
}

func (r *Request) writable(a *schema.Attribute) error {
	if a.Mutability != schema.ReadOnly {
		return nil
	}
	return r.require(ReadOnlyInPatch, scimerr.Mutability("attribute %s is read-only", a.Name))
}

// target rewrites the value that is meant for a path. A malformed path is left to Apply.
func (r *Request) target(t *schema.Type, text string, value any) (any, error) {
	path, err := filter.ParsePath(text, t)
	if err != nil {
		return value, nil
	}
	switch a := path.Attribute; {
	case a == nil:
		return r.object(t.Extension(path.Extension).Attributes, value)
	case path.Sub != nil:
		return r.value(path.Sub, value)
	case path.Filter != nil:
		return r.selected(a, value)
	case a.MultiValued:
		return r.added(a, value)
	default:
		return r.value(a, value)
	}
}

// selected rewrites what is meant for the values that a value filter selects: one value, or a list of one.
func (r *Request) selected(a *schema.Attribute, value any) (any, error) {
	if list, ok := value.([]any); ok {
		return r.list(a, list)
	}
	return r.element(a, value)
}

// added rewrites the values of a list that PATCH changes. One value for a list needs no leniency there.
func (r *Request) added(a *schema.Attribute, value any) (any, error) {
	if object, ok := value.(map[string]any); ok {
		return r.element(a, object)
	}
	return r.value(a, value)
}

// entraReplace is how Entra ID spells the operation, and how nobody else is known to.
const entraReplace = "Replace"

// Creating gives the operations as they apply when a value filter has matched nothing: each "Replace"
// with a value filter and a value is an "add", which creates the value. It gives nil when there is none
// such. Whoever applies what it gives notes it with Forgive(CreatingReplace).
func Creating(t *schema.Type, ops []patch.Operation) []patch.Operation {
	var creating []patch.Operation
	for i, o := range ops {
		if o.Said != entraReplace || o.Value == nil {
			continue
		}
		if path, err := filter.ParsePath(o.Path, t); err != nil || path.Filter == nil {
			continue
		}
		if creating == nil {
			creating = slices.Clone(ops)
		}
		creating[i].Op = patch.Add
	}
	return creating
}
