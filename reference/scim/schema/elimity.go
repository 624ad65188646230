package schema

import (
	"encoding/json"
	"fmt"

	elimity "github.com/elimity-com/scim/schema"
)

// UserType is the User resource type with the enterprise extension (RFC 7643 sections 4.1 and 4.3).
// It builds the schemas anew: call it once and share the result.
func UserType() *Type {
	return FromElimity("User", "/Users", elimity.CoreUserSchema(), elimity.ExtensionEnterpriseUser())
}

// GroupType is the Group resource type (RFC 7643 section 4.2). The schema listing of section 8.7.1
// calls displayName optional, the text of section 4.2 REQUIRED; the text is followed here.
// It builds the schemas anew: call it once and share the result.
func GroupType() *Type {
	return FromElimity("Group", "/Groups", elimity.CoreGroupSchema())
}

// FromElimity makes a resource type from the schema model of elimity-com/scim. Apart from Elimity, its
// opposite, nothing here sees that library's types.
func FromElimity(name, endpoint string, core elimity.Schema, extensions ...elimity.Schema) *Type {
	converted := make([]Schema, len(extensions))
	for i, extension := range extensions {
		converted[i] = convertSchema(extension)
	}
	return New(name, endpoint, convertSchema(core), converted...)
}

func convertSchema(s elimity.Schema) Schema {
	return Schema{
		URN:         s.ID,
		Name:        s.Name.Value(),
		Description: s.Description.Value(),
		Attributes:  convertAttributes(s.Attributes),
	}
}

func convertAttributes(attributes elimity.Attributes) []Attribute {
	converted := make([]Attribute, len(attributes))
	for i, a := range attributes {
		converted[i] = convertAttribute(a)
	}
	return converted
}

func convertAttribute(a elimity.CoreAttribute) Attribute {
	references := make([]string, len(a.ReferenceTypes()))
	for i, reference := range a.ReferenceTypes() {
		references[i] = string(reference)
	}
	return Attribute{
		Name:        a.Name(),
		Type:        a.AttributeType(),
		MultiValued: a.MultiValued(),
		CaseExact:   a.CaseExact(),
		Required:    a.Required(),
		Mutability:  a.Mutability(),
		Returned:    a.Returned(),
		Uniqueness:  a.Uniqueness(),
		Canonical:   a.CanonicalValues(),
		References:  references,
		Sub:         convertAttributes(a.SubAttributes()),
		Description: a.Description(),
	}
}

// Elimity gives a schema in the model of elimity-com/scim, for that library to validate with. It goes
// through JSON, because the constructors of the library panic where this has an error. A binary and a
// dateTime become strings in it: the library refuses some forms of them that RFC 7643 sections 2.3.5 and
// 2.3.6 allow, such as base64 without padding. Canonicalise checks them.
func Elimity(s Schema) (elimity.Schema, error) {
	var converted elimity.Schema
	data, err := json.Marshal(map[string]any{
		"id": s.URN, "name": s.Name, "description": s.Description, "attributes": elimityAttributes(s.Attributes),
	})
	if err == nil {
		err = json.Unmarshal(data, &converted)
	}
	if err != nil {
		return converted, fmt.Errorf("schema %s: %w", s.URN, err)
	}
	return converted, nil
}

func elimityAttributes(attributes []Attribute) []any {
	converted := make([]any, len(attributes))
	for i := range attributes {
		a := &attributes[i]
		kind := a.Type
		if kind == Binary || kind == DateTime {
			kind = String
		}
		converted[i] = map[string]any{
			"name": a.Name, "type": kind, "multiValued": a.MultiValued, "required": a.Required, "caseExact": a.CaseExact,
			"mutability": a.Mutability, "returned": a.Returned, "uniqueness": a.Uniqueness,
			"subAttributes": elimityAttributes(a.Sub),
		}
	}
	return converted
}

// common is the set of attributes that every resource has (RFC 7643 section 3.1). "schemas" is
// read-only here: what a resource's schemas are follows from the attributes that it has.
func common() []Attribute {
	readOnly := Attribute{Type: String, CaseExact: true, Mutability: ReadOnly, Returned: Default, Uniqueness: "none"}
	meta := named(readOnly, "meta", "Metadata of the resource.")
	meta.Type, meta.CaseExact = Complex, false
	meta.Sub = []Attribute{
		named(readOnly, "resourceType", "The name of the resource type."),
		typed(readOnly, "created", DateTime, "When the resource was added to the service provider."),
		typed(readOnly, "lastModified", DateTime, "When the resource was last changed at the service provider."),
		typed(readOnly, "location", Reference, "The URI of the resource."),
		named(readOnly, "version", "The version of the resource, as in its ETag."),
	}
	id := named(readOnly, "id", "The service provider's identifier of the resource.")
	id.Required, id.Returned, id.Uniqueness = true, Always, "server"
	schemas := named(readOnly, "schemas", "The URIs of the schemas that define the attributes present.")
	schemas.Required, schemas.Returned, schemas.MultiValued, schemas.CaseExact = true, Always, true, false
	external := named(readOnly, "externalId", "The provisioning client's identifier of the resource.")
	external.Mutability = ReadWrite
	return []Attribute{schemas, id, external, meta}
}

func named(a Attribute, name, description string) Attribute {
	a.Name, a.Description = name, description
	return a
}

func typed(a Attribute, name, kind, description string) Attribute {
	a.Type, a.CaseExact = kind, kind == Reference
	return named(a, name, description)
}
