package scim

import (
	"fmt"
	"slices"
	"strings"

	"assay/reference/scim/schema"
)

// messages is the namespace of the URNs of messages (RFC 7644 section 8.2), which are no schemas of resources.
const messages = "urn:ietf:params:scim:api:"

// extend registers custom extensions like those that are built in. The errors name the file.
func (s *server) extend(extensions []schema.Extension) error {
	for _, e := range extensions {
		if err := s.register(e); err != nil {
			return fmt.Errorf("%s: %w", e.File, err)
		}
	}
	return nil
}

func (s *server) register(e schema.Extension) error {
	urn := e.Schema.URN
	for _, known := range s.urns() {
		if strings.EqualFold(known, urn) {
			return fmt.Errorf("schema.id: there is a schema %s already; choose another URN", known)
		}
	}
	if strings.HasPrefix(strings.ToLower(urn), messages) {
		return fmt.Errorf("schema.id: %s is for messages; choose another URN", messages)
	}
	if err := s.checkReferences("schema.attributes", e.Schema.Attributes); err != nil {
		return err
	}
	for i, extended := range e.Extends {
		k := s.kindNamed(extended.ResourceType)
		if k == nil {
			return fmt.Errorf("extends[%d].resourceType: there is no resource type %q, only %s", i, extended.ResourceType, s.kindNames())
		}
		addition := e.Schema
		addition.Required = extended.Required
		if err := k.checkPaths(addition); err != nil {
			return err
		}
		k.Extensions = append(k.Extensions, addition)
	}
	return nil
}

// urns are those of all schemas.
func (s *server) urns() []string {
	urns := []string{configURN, resourceTypeURN, schemaURN}
	for _, k := range s.kinds() {
		urns = append(urns, k.Core.URN)
		for i := range k.Extensions {
			urns = append(urns, k.Extensions[i].URN)
		}
	}
	return urns
}

func (s *server) kindNamed(name string) *kind {
	for _, k := range s.kinds() {
		if k.Name == name {
			return k
		}
	}
	return nil
}

func (s *server) kindNames() string {
	var names []string
	for _, k := range s.kinds() {
		names = append(names, k.Name)
	}
	return strings.Join(names, ", ")
}

// checkReferences wants what references refer to: "A SCIM resource type", "external" or "uri" (RFC 7643
// section 7).
func (s *server) checkReferences(path string, attributes []schema.Attribute) error {
	for i := range attributes {
		a := &attributes[i]
		for j, name := range a.References {
			if name != "external" && name != "uri" && s.kindNamed(name) == nil {
				return fmt.Errorf("%s[%d].referenceTypes[%d]: %q is not external, uri or a resource type (%s)", path, i, j, name, s.kindNames())
			}
		}
		if err := s.checkReferences(fmt.Sprintf("%s[%d].subAttributes", path, i), a.Sub); err != nil {
			return err
		}
	}
	return nil
}

// checkPaths makes sure that no path has two meanings: that the URN of one schema is not that of another
// one followed by the name of one of its attributes (RFC 7644 section 3.10).
func (k *kind) checkPaths(addition schema.Schema) error {
	for _, known := range append([]schema.Schema{k.Core}, k.Extensions...) {
		if isAttribute(known, addition.URN) || isAttribute(addition, known.URN) {
			return fmt.Errorf("schema.id: %s and %s make a path that means an attribute of one and all of the other; choose another URN", addition.URN, known.URN)
		}
	}
	return nil
}

func isAttribute(s schema.Schema, path string) bool {
	if len(path) <= len(s.URN) || !strings.EqualFold(path[:len(s.URN)+1], s.URN+":") {
		return false
	}
	name, _, _ := strings.Cut(path[len(s.URN)+1:], ".")
	return slices.ContainsFunc(s.Attributes, func(a schema.Attribute) bool { return strings.EqualFold(a.Name, name) })
}
