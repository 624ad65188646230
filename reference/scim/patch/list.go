package patch

import (
	"slices"

	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// list is a multi-valued attribute while an operation works on it. chosen holds the indexes of the
// values that the operation marked primary.
type list struct {
	values []any
	chosen []int
}

// nextList is next for a multi-valued attribute.
func (s *step) nextList(current any) (any, error) {
	l := &list{values: slices.Clone(schema.Values(current))}
	var err error
	if s.path.Filter == nil && s.path.Sub == nil {
		err = s.whole(l)
	} else {
		err = s.selected(l)
	}
	if err != nil {
		return nil, err
	}
	if err := l.settlePrimary(s.path.Attribute); err != nil {
		return nil, err
	}
	l.values = slices.DeleteFunc(l.values, isNothing)
	if len(l.values) == 0 {
		return nil, nil
	}
	return l.values, nil
}

func isNothing(value any) bool {
	element, complex := value.(map[string]any)
	return value == nil || complex && len(element) == 0
}

// whole applies the operation to all of the attribute.
func (s *step) whole(l *list) error {
	if s.op == Remove {
		return s.removeListed(l)
	}
	if s.op == Replace {
		l.values = nil
	}
	if unassigns(s.path.Attribute, s.value) {
		return nil
	}
	given, err := elements(s.path.Attribute, s.value)
	if err != nil {
		return err
	}
	return s.add(l, given)
}

// elements gives the canonical values of an operation, which may be an array or, leniently, one value.
func elements(a *schema.Attribute, value any) ([]any, error) {
	clean, err := a.Value(schema.Values(value))
	if err != nil {
		return nil, err
	}
	a.StripReadOnly(clean)
	return slices.DeleteFunc(schema.Values(clean), isNothing), nil
}

// add appends the values that are not there yet. One that counts as an existing value updates that
// value instead.
func (s *step) add(l *list, given []any) error {
	a := s.path.Attribute
	known := newIndex(a, l.values)
	for _, value := range given {
		i, exists := known.find(value)
		if exists {
			l.values[i] = update(a, l.values[i], value)
		} else {
			i = len(l.values)
			l.values = append(l.values, value)
		}
		known.put(i, l.values[i])
		if schema.IsPrimary(value) {
			l.choose(i)
		}
	}
	return nil
}

// update sets the sub-attributes that given has on a copy of an existing value, except immutable ones
// that have a value: adding a value a second time is no change, whatever label it carries this time.
func update(a *schema.Attribute, existing, given any) any {
	if a.Type != schema.Complex || a.Equal(existing, given) {
		return existing
	}
	old, _ := existing.(map[string]any)
	changed := schema.Clone(old)
	for name, value := range given.(map[string]any) {
		sub := a.SubAttribute(name)
		if before := changed[name]; before != nil && (sub.Mutability == schema.Immutable || sub.Equal(before, value)) {
			continue
		}
		changed[name] = value
	}
	return changed
}

// removeListed removes all values, or those that the operation lists.
func (s *step) removeListed(l *list) error {
	if s.value == nil {
		l.values = nil
		return nil
	}
	listed, err := listedValues(s.path.Attribute, s.value)
	if err != nil {
		return err
	}
	byValue, others, err := sortListed(s.path.Attribute, listed)
	if err != nil {
		return err
	}
	l.values = slices.DeleteFunc(l.values, func(value any) bool {
		agreeing := func(want any) bool { return agrees(s.path.Attribute, value, want) }
		return slices.ContainsFunc(byValue[valueKey(s.path.Attribute, value)], agreeing) || slices.ContainsFunc(others, agreeing)
	})
	return nil
}

// sortListed puts the listed values under their key, so that long lists take linear time. Those that
// have no "value" must each be compared with every existing value, so there may only be maxListed.
func sortListed(a *schema.Attribute, listed []any) (byValue map[string][]any, others []any, err error) {
	byValue = make(map[string][]any, len(listed))
	for _, want := range listed {
		if key := valueKey(a, want); key != "" {
			byValue[key] = append(byValue[key], want)
			continue
		}
		others = append(others, want)
	}
	if len(others) > maxListed {
		return nil, nil, scimerr.InvalidValue("%s: more than %d values without \"value\" are listed", a.Name, maxListed)
	}
	return byValue, others, nil
}

// maxListed limits the listed values that cannot be looked up by key.
const maxListed = 1000

// valueKey gives equal strings for values that agree in what identifies them apart from their type;
// "" for a complex value without "value".
func valueKey(a *schema.Attribute, value any) string {
	element, ok := value.(map[string]any)
	if !ok {
		return fingerprint(a.Normal(value))
	}
	sub := a.SubAttribute("value")
	if sub == nil || element["value"] == nil {
		return ""
	}
	return fingerprint(sub.Normal(element["value"]))
}

// listedValues reads the values of a "remove". A complex value may go by its "value" alone.
func listedValues(a *schema.Attribute, value any) ([]any, error) {
	given := schema.Values(value)
	listed := make([]any, len(given))
	for i, item := range given {
		if s, ok := item.(string); ok && a.Type == schema.Complex && a.SubAttribute("value") != nil {
			item = map[string]any{"value": s}
		}
		listed[i] = item
	}
	clean, err := a.Value(dropPrimary(listed))
	return schema.Values(clean), err
}

// dropPrimary leaves "primary" out of listed values: it does not say which value is meant.
func dropPrimary(listed []any) []any {
	for i, item := range listed {
		element, ok := item.(map[string]any)
		if !ok {
			continue
		}
		kept := make(map[string]any, len(element))
		for key, value := range element {
			if !isPrimaryKey(key) {
				kept[key] = value
			}
		}
		listed[i] = kept
	}
	return listed
}

// agrees tells whether an existing value is the one that want lists.
func agrees(a *schema.Attribute, existing, want any) bool {
	if a.Type != schema.Complex {
		return a.Equal(existing, want)
	}
	element, _ := existing.(map[string]any)
	wanted, _ := want.(map[string]any)
	for i := range a.Sub {
		sub := &a.Sub[i]
		ours, theirs := element[sub.Name], wanted[sub.Name]
		if theirs == nil || !identifies(sub.Name, wanted, ours) {
			continue
		}
		if ours == nil || !sub.Equal(ours, theirs) {
			return false
		}
	}
	return len(wanted) > 0
}

// identifies tells whether a sub-attribute of a listed value decides: beside a "value" only "type"
// does, and that only when the existing value has one.
func identifies(name string, wanted map[string]any, ours any) bool {
	if wanted["value"] == nil || name == "value" {
		return true
	}
	return name == "type" && ours != nil
}

func (l *list) choose(i int) {
	if !slices.Contains(l.chosen, i) {
		l.chosen = append(l.chosen, i)
	}
}

// settlePrimary sets "primary" to false on all values but the one that the operation made primary
// (RFC 7644 section 3.5.2).
func (l *list) settlePrimary(a *schema.Attribute) error {
	if len(l.chosen) == 0 {
		return nil
	}
	if len(l.chosen) > 1 {
		return scimerr.InvalidValue("%s: more than one value would be primary", a.Name)
	}
	for i, value := range l.values {
		if i == l.chosen[0] || !schema.IsPrimary(value) {
			continue
		}
		demoted := schema.Clone(value.(map[string]any))
		demoted["primary"] = false
		l.values[i] = demoted
	}
	return nil
}
