package patch

import (
	"assay/reference/scim/filter"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// MemberChange is one step on the members of a group, to be done in the order of the fields. It lets a
// server keep members as rows and change them without loading the group.
type MemberChange struct {
	Clear       bool                // every member goes; together with Add: the members are exactly these
	Remove      []string            // ids of members that go; one that is no member is ignored
	RemoveWhere *filter.ValueFilter // members that match go
	Add         []map[string]any    // canonical members, each with a non-empty "value"; one that is a member already stays as it is
}

const members = "members"

// Members splits what the operations do to "members" from the rest, which Apply takes. Both parts keep
// their order; they may be applied one after the other, because neither reads what the other writes.
// A type without members leaves everything in rest, and so does an operation with a path that cannot
// be parsed: Apply reports it.
//
// Errors are *scimerr.Error: invalidValue for a member without "value", and mutability for an
// operation that would change a member in place, because all parts of a member are immutable (RFC
// 7643 section 8.7.1).
func Members(t *schema.Type, ops []Operation) (changes []MemberChange, rest []Operation, err error) {
	for i, o := range ops {
		mine, others, err := split(t, o)
		if err != nil {
			return nil, nil, At(i, err)
		}
		changes = append(changes, mine...)
		rest = append(rest, others...)
	}
	return changes, rest, nil
}

// split divides one operation; at most one operation is left of it.
func split(t *schema.Type, o Operation) ([]MemberChange, []Operation, error) {
	if err := o.check(); err != nil {
		return nil, nil, err
	}
	if o.Path != "" {
		path, err := filter.ParsePath(o.Path, t)
		if err != nil || !targets(path, members) {
			return nil, []Operation{o}, nil
		}
		changes, err := memberChanges(path, o)
		return changes, nil, err
	}
	if !o.Targets(t, members) {
		return nil, []Operation{o}, nil
	}
	return splitObject(t, o)
}

// splitObject takes the keys about members out of a path-less value.
func splitObject(t *schema.Type, o Operation) ([]MemberChange, []Operation, error) {
	var changes []MemberChange
	others := map[string]any{}
	given, _ := o.Value.(map[string]any)
	for key, value := range given {
		path, err := filter.ParsePath(key, t)
		if err != nil || !targets(path, members) {
			others[key] = value
			continue
		}
		if changes != nil {
			return nil, nil, scimerr.InvalidSyntax("members is given twice")
		}
		changes, err = memberChanges(path, Operation{Op: o.Op, Value: value, HasValue: true})
		if err != nil {
			return nil, nil, err
		}
		if changes == nil {
			changes = []MemberChange{}
		}
	}
	if len(others) == 0 {
		return changes, nil, nil
	}
	return changes, []Operation{{Op: o.Op, Value: others, HasValue: true}}, nil
}

func memberChanges(path *filter.Path, o Operation) ([]MemberChange, error) {
	switch {
	case path.Sub != nil:
		return nil, scimerr.Mutability("sub-attribute %s of members is immutable", path.Sub.Name)
	case path.Filter != nil:
		return selectedMembers(path, o)
	case o.Op == Remove:
		return removedMembers(path.Attribute, o.Value)
	}
	added, err := newMembers(path.Attribute, o.Value)
	if err != nil || o.Op == Add && len(added) == 0 {
		return nil, err
	}
	return []MemberChange{{Clear: o.Op == Replace, Add: added}}, nil
}

func selectedMembers(path *filter.Path, o Operation) ([]MemberChange, error) {
	ids, byID := path.Filter.OneOf("value")
	remove := o.Op == Remove || o.Op == Replace && o.Value == nil
	switch {
	case remove && byID:
		return []MemberChange{{Remove: ids}}, nil
	case remove:
		return []MemberChange{{RemoveWhere: path.Filter}}, nil
	case o.Op == Replace:
		return nil, scimerr.Mutability("a member is immutable: remove it and add another")
	case o.Value == nil:
		return nil, nil
	}
	terms, simple := path.Filter.Terms()
	given, ok := unwrap(o.Value).(map[string]any)
	if !simple || !ok {
		return nil, scimerr.NoTarget("the filter %s does not say which member to add", path.Filter)
	}
	clean, err := path.Attribute.Element(given)
	if err != nil {
		return nil, err
	}
	overlay, _ := clean.(map[string]any)
	for name, value := range overlay {
		terms[name] = value
	}
	added, err := newMembers(path.Attribute, terms)
	return []MemberChange{{Add: added}}, err
}

func removedMembers(a *schema.Attribute, value any) ([]MemberChange, error) {
	if value == nil {
		return []MemberChange{{Clear: true}}, nil
	}
	listed, err := listedValues(a, value)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(listed))
	for _, item := range listed {
		id, err := memberID(item)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return []MemberChange{{Remove: ids}}, nil
}

// newMembers gives the canonical members of an operation, each id once.
func newMembers(a *schema.Attribute, value any) ([]map[string]any, error) {
	if unassigns(a, value) {
		return nil, nil
	}
	given, err := elements(a, value)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(given))
	added := make([]map[string]any, 0, len(given))
	for _, item := range given {
		id, err := memberID(item)
		if err != nil {
			return nil, err
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		added = append(added, item.(map[string]any))
	}
	return added, nil
}

func memberID(item any) (string, error) {
	element, _ := item.(map[string]any)
	id, _ := element["value"].(string)
	if id == "" {
		return "", scimerr.InvalidValue("members: a member has no value, the id of a user or group")
	}
	return id, nil
}
