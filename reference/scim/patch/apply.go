package patch

import (
	"maps"
	"slices"

	"assay/reference/scim/filter"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// Apply applies the operations in order to doc, a document in the spelling of schema.Canonicalise,
// and leaves it in that spelling. Values are taken over as copies. It does not touch "schemas" and
// "meta": they follow from the result.
//
// When an operation fails, doc is left as the operations before it made it: for the atomicity that
// RFC 7644 section 3.5.2 asks, pass a copy. To see whether anything has changed, compare with
// schema.Same. Errors are *scimerr.Error: invalidPath, invalidFilter, invalidValue, noTarget or
// mutability, and name the operation by its number.
func Apply(t *schema.Type, doc map[string]any, ops []Operation) error {
	for i, o := range ops {
		if err := o.apply(t, doc); err != nil {
			return At(i, err)
		}
	}
	return nil
}

func (o Operation) apply(t *schema.Type, doc map[string]any) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.Path == "" {
		return applyObject(t, doc, o.Op, "", o.Value)
	}
	path, err := filter.ParsePath(o.Path, t)
	if err != nil {
		return err
	}
	if path.Attribute == nil {
		return o.applyExtension(t, doc, path.Extension)
	}
	if readOnly(path) {
		return scimerr.Mutability("attribute %s is read-only", path)
	}
	s := step{op: o.Op, path: path, value: o.Value}
	return s.apply(doc)
}

func readOnly(path *filter.Path) bool {
	return path.Attribute.Mutability == schema.ReadOnly || path.Sub != nil && path.Sub.Mutability == schema.ReadOnly
}

// applyObject applies an operation whose value names its targets: a path-less one, or one on a whole
// extension, whose URN and colon are the prefix then.
func applyObject(t *schema.Type, doc map[string]any, op, prefix string, value any) error {
	object, ok := value.(map[string]any)
	if !ok {
		return scimerr.InvalidValue("%q without the path of an attribute needs an object that names the attributes", op)
	}
	seen := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(object)) { // in a fixed order, "name" before "name.givenName"
		path, err := filter.ParsePath(prefix+key, t)
		if err != nil {
			return err
		}
		if seen[path.String()] {
			return scimerr.InvalidSyntax("%s is given twice", path)
		}
		seen[path.String()] = true
		if err := applyMember(t, doc, op, path, object[key]); err != nil {
			return err
		}
	}
	return nil
}

func applyMember(t *schema.Type, doc map[string]any, op string, path *filter.Path, value any) error {
	if path.Attribute == nil {
		return Operation{Op: op, Value: value}.applyExtension(t, doc, path.Extension)
	}
	if readOnly(path) {
		return nil
	}
	s := step{op: op, path: path, value: value}
	return s.apply(doc)
}

// applyExtension applies an operation to all of an extension. Its object is a container of attributes
// and not itself an attribute, so "replace" merges as it does on the resource.
func (o Operation) applyExtension(t *schema.Type, doc map[string]any, urn string) error {
	if o.Op != Remove && o.Value != nil {
		return applyObject(t, doc, o.Op, urn+":", o.Value)
	}
	if o.Op == Add {
		return nil
	}
	extension := t.Extension(urn)
	for i := range extension.Attributes {
		a := &extension.Attributes[i]
		if a.Mutability == schema.ReadOnly {
			continue
		}
		s := step{op: Remove, path: &filter.Path{Extension: urn, Attribute: a}}
		if err := s.apply(doc); err != nil {
			return err
		}
	}
	return nil
}

// step is one operation on one attribute.
type step struct {
	op    string
	path  *filter.Path
	value any
}

// apply computes the attribute's next value, checks that the change is allowed, and stores it.
func (s *step) apply(doc map[string]any) error {
	a := s.path.Attribute
	holder := doc
	if s.path.Extension != "" {
		holder, _ = doc[s.path.Extension].(map[string]any)
	}
	current := holder[a.Name]
	next, err := s.next(current)
	if err != nil {
		return err
	}
	if a.Mutability == schema.Immutable && !schema.IsEmpty(current) && a.Matches(current, next) {
		return nil
	}
	if err := s.allowed(current, next); err != nil {
		return err
	}
	if next == nil {
		delete(holder, a.Name)
		s.prune(doc, holder)
		return nil
	}
	if holder == nil {
		holder = map[string]any{}
		doc[s.path.Extension] = holder
	}
	holder[a.Name] = next
	return nil
}

// prune removes an extension that has nothing left, and with it its URN from the "schemas" that the
// server derives.
func (s *step) prune(doc, holder map[string]any) {
	if s.path.Extension != "" && len(holder) == 0 {
		delete(doc, s.path.Extension)
	}
}

// allowed checks the characteristics of the attribute as a whole. Those of sub-attributes are checked
// where they are set.
func (s *step) allowed(current, next any) error {
	a := s.path.Attribute
	if a.Required && schema.IsEmpty(next) && !schema.IsEmpty(current) {
		return scimerr.Mutability("attribute %s is required and cannot be unassigned", s.path)
	}
	if a.Mutability == schema.Immutable && !schema.IsEmpty(current) {
		return scimerr.Mutability("attribute %s is immutable and has a value", s.path)
	}
	if err := a.CheckRequired(next); err != nil {
		if s.op == Remove {
			return scimerr.Mutability("%s would leave a required sub-attribute unassigned", s.path)
		}
		return err
	}
	return nil
}

// next computes the attribute's value after the operation; nil when it is unassigned then. It does not
// change current.
func (s *step) next(current any) (any, error) {
	a := s.path.Attribute
	switch {
	case a.MultiValued:
		return s.nextList(current)
	case a.Type == schema.Complex:
		return s.nextObject(current)
	case s.op == Remove || unassigns(a, s.value):
		return nil, nil
	}
	return a.Element(s.value)
}

// nextObject is next for a singular complex attribute: the sub-attributes that the value does not name
// "are left unchanged" (RFC 7644 section 3.5.2.3).
func (s *step) nextObject(current any) (any, error) {
	element, _ := current.(map[string]any)
	changed, err := s.change(element)
	if err != nil || len(changed) == 0 {
		return nil, err
	}
	return changed, nil
}

// change applies the operation to one complex value: to its sub-attribute when the path names one,
// else to all of it. The result is empty when nothing is left.
func (s *step) change(element map[string]any) (map[string]any, error) {
	switch {
	case s.path.Sub != nil && s.op == Remove && s.path.Sub.Required && !schema.IsEmpty(element[s.path.Sub.Name]):
		return nil, scimerr.Mutability("%s is required and cannot be unassigned", s.path)
	case s.path.Sub != nil && s.op == Remove:
		return s.assign(element, s.path.Sub, nil)
	case s.path.Sub != nil:
		return s.assign(element, s.path.Sub, s.value)
	case s.op == Remove || s.value == nil:
		return nil, nil
	}
	return s.merge(element, s.value)
}

// merge sets the sub-attributes that the given object names. Read-only ones are ignored, as in any body.
func (s *step) merge(element map[string]any, given any) (map[string]any, error) {
	a := s.path.Attribute
	if _, err := a.Element(given); err != nil {
		return nil, err
	}
	object, _ := given.(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		sub := a.SubAttribute(key)
		if sub == nil || sub.Mutability == schema.ReadOnly {
			continue
		}
		var err error
		if element, err = s.assign(element, sub, object[key]); err != nil {
			return nil, err
		}
	}
	return element, nil
}

// assign gives a copy of the element in which one sub-attribute has the value, or none when the value unassigns it.
func (s *step) assign(element map[string]any, sub *schema.Attribute, value any) (map[string]any, error) {
	var clean any
	if !unassigns(sub, value) {
		var err error
		if clean, err = sub.Value(value); err != nil {
			return nil, scoped(s.path.Attribute, err)
		}
	}
	before := element[sub.Name]
	if sub.MultiValued && s.op == Add {
		clean = joined(sub, before, clean)
	}
	if sub.Mutability == schema.Immutable && before != nil {
		if clean == nil || !sub.Matches(before, clean) {
			return nil, scimerr.Mutability("sub-attribute %s of %s is immutable and has a value", sub.Name, s.path.Attribute.Name)
		}
		return element, nil
	}
	changed := make(map[string]any, len(element)+1)
	maps.Copy(changed, element)
	if clean == nil {
		delete(changed, sub.Name)
	} else {
		changed[sub.Name] = clean
	}
	return changed, nil
}

// joined is what a multi-valued sub-attribute has after an "add": the new values come to those that are
// there (RFC 7644 section 3.5.2.1).
func joined(sub *schema.Attribute, before, added any) any {
	list := slices.Clone(schema.Values(before))
	known := newIndex(sub, list)
	for _, value := range schema.Values(added) {
		if _, there := known.find(value); there {
			continue
		}
		known.put(len(list), value)
		list = append(list, value)
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

// scoped puts the attribute's name before that of its sub-attribute in an error.
func scoped(a *schema.Attribute, err error) error {
	e, ok := scimerr.As(err)
	if !ok {
		return err
	}
	return scimerr.New(e.Status, e.ScimType, "%s.%s", a.Name, e.Detail)
}

// unassigns tells whether assigning the value leaves the attribute without one (RFC 7643 section 2.5).
func unassigns(a *schema.Attribute, value any) bool {
	if list, ok := value.([]any); ok {
		return len(list) == 0 && a.MultiValued
	}
	return value == nil
}
