package patch

import (
	"strings"

	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

func isPrimaryKey(key string) bool { return strings.EqualFold(key, "primary") }

// selected applies the operation to the values that the filter selects, or to each when the path names
// a sub-attribute without a filter.
func (s *step) selected(l *list) error {
	found := false
	for i, value := range l.values {
		if s.path.Filter != nil && !s.path.Filter.Match(value) {
			continue
		}
		found = true
		changed, err := s.changeValue(value)
		if err != nil {
			return err
		}
		l.values[i] = changed
		if s.setsPrimary() && schema.IsPrimary(changed) {
			l.choose(i)
		}
	}
	if found || s.op == Remove || s.addsNothing() {
		return nil
	}
	return s.create(l)
}

// addsNothing tells whether the operation is an "add" of no value, which changes nothing.
func (s *step) addsNothing() bool {
	return s.op == Add && s.path.Sub == nil && unassigns(s.path.Attribute, s.value)
}

// setsPrimary tells whether the operation writes "primary".
func (s *step) setsPrimary() bool {
	if s.op == Remove {
		return false
	}
	if s.path.Sub != nil {
		return isPrimaryKey(s.path.Sub.Name)
	}
	given, _ := unwrap(s.value).(map[string]any)
	for key := range given {
		if isPrimaryKey(key) {
			return true
		}
	}
	return false
}

// unwrap takes the one value out of an array of one: a value filter stands for a value, but some
// clients send the array that the attribute as a whole would take.
func unwrap(value any) any {
	if list, ok := value.([]any); ok && len(list) == 1 {
		return list[0]
	}
	return value
}

// changeValue applies the operation to one selected value; nil when nothing is left of it.
func (s *step) changeValue(value any) (any, error) {
	a := s.path.Attribute
	if s.addsNothing() {
		return value, nil
	}
	if a.Type == schema.Complex {
		element, _ := value.(map[string]any)
		changed, err := s.unwrapped().change(element)
		if err != nil || len(changed) == 0 {
			return nil, err
		}
		return changed, nil
	}
	if s.op == Remove || unassigns(a, s.value) {
		return nil, nil
	}
	return a.Element(unwrap(s.value))
}

func (s *step) unwrapped() *step {
	if s.path.Sub != nil {
		return s
	}
	return &step{op: s.op, path: s.path, value: unwrap(s.value)}
}

// create adds the value that an operation was meant for and did not find. RFC 7644 section 3.5.2.3:
// for "replace" with a filter that is noTarget.
func (s *step) create(l *list) error {
	a := s.path.Attribute
	element := map[string]any{}
	if s.path.Filter != nil {
		if s.op == Replace {
			return scimerr.NoTarget("no value of %s matches %s", a.Name, s.path.Filter)
		}
		terms, simple := s.path.Filter.Terms()
		if !simple {
			return scimerr.NoTarget("no value of %s matches %s, and the filter does not say what to create", a.Name, s.path.Filter)
		}
		element = terms
	}
	if a.Type != schema.Complex {
		return s.createSimple(l)
	}
	clean, err := a.Element(element)
	if err != nil {
		return err
	}
	element, _ = clean.(map[string]any)
	a.StripReadOnly(element)
	value, err := s.fill(element)
	if err != nil || len(value) == 0 {
		return err
	}
	return s.add(l, []any{value})
}

func (s *step) createSimple(l *list) error {
	value, err := s.path.Attribute.Element(unwrap(s.value))
	if err != nil {
		return err
	}
	return s.add(l, []any{value})
}

// fill gives the new value: what the filter asks for, overlaid with what the operation gives. Nothing
// is immutable in a value that is only being made.
func (s *step) fill(element map[string]any) (map[string]any, error) {
	given := unwrap(s.value)
	if s.path.Sub != nil {
		given = map[string]any{s.path.Sub.Name: s.value}
	}
	fresh := &step{op: s.op, path: s.path, value: given}
	overlay, err := fresh.merge(nil, given)
	if err != nil {
		return nil, err
	}
	if element == nil {
		return overlay, nil
	}
	for name, value := range overlay {
		element[name] = value
	}
	return element, nil
}
