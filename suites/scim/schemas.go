package scim

import (
	"regexp"
	"slices"
	"strings"

	"assay/suites/check"
	"assay/suites/wire"
)

// attribute is a definition in a published schema, with where it stands.
type attribute struct {
	where      string // "urn:…:User name.givenName"
	definition any
	nested     bool // it is a sub-attribute
	schema     string
}

// attributes walks all definitions of all published schemas.
func attributes(t *check.T) []attribute {
	var found []attribute
	for _, schema := range check.Elements(schemaList(t), "/Resources") {
		urn := textAt(schema, "/id")
		for _, definition := range listAt(schema, "/attributes") {
			where := urn + " " + textAt(definition, "/name")
			found = append(found, attribute{where: where, definition: definition, schema: urn})
			for _, sub := range listAt(definition, "/subAttributes") {
				found = append(found, attribute{where + "." + textAt(sub, "/name"), sub, true, urn})
			}
		}
	}
	if len(found) == 0 {
		t.Fail("the published schemas", "no attribute definition", "attributes with their characteristics")
	}
	return found
}

func schemas(s *check.Suite) {
	s.Describe("schemas", func() {
		schemaForm(s)
		coreAttributes(s)
		schemaContent(s)
	})
}

func schemaForm(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.schemas.definitions-complete", Level: check.Must,
		Title: "every published schema has a URI as its id, and attributes",
		Refs:  check.Refs(check.RFC7643("7", "The unique URI of the schema.")),
	}, func(t *check.T) {
		res := t.Get("/Schemas")
		t.Require("the list of schemas", res, check.HaveJSON("/Resources", beFilledList()))
		for _, schema := range check.Elements(res, "/Resources") {
			t.ExpectThat("id of a schema", textAt(schema, "/id")).To(check.Satisfy("a URI", func(id any) bool {
				return strings.Contains(id.(string), ":")
			}))
			value, _ := wire.At(schema, "/attributes")
			t.ExpectThat("attributes of "+textAt(schema, "/id"), value).To(beFilledList())
		}
	})
	s.It(check.Spec{
		ID: "scim.schemas.attribute-names", Level: check.Must,
		Title: "the name of every published attribute follows the grammar",
		Refs:  check.Refs(check.RFC7643("2.1", "Attribute names MUST conform to the following ABNF rules:")),
	}, func(t *check.T) {
		grammar := regexp.MustCompile(`^(?:[A-Za-z][-$_0-9A-Za-z]*|\$ref)$`)
		for _, a := range attributes(t) {
			t.ExpectThat(a.where, textAt(a.definition, "/name")).To(check.Satisfy("a letter followed by letters, digits, $, - or _", func(name any) bool {
				return grammar.MatchString(name.(string))
			}))
		}
	})
	s.It(check.Spec{
		ID: "scim.schemas.attribute-types", Level: check.Must,
		Title: "the type of every published attribute is a data type of SCIM",
		Refs:  check.Refs(check.RFC7643("2.3", "Table 1 maps the following SCIM data types to their corresponding SCIM schema type and underlying JSON data type:")),
	}, keywords("type", "string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"))
	s.It(check.Spec{
		ID: "scim.schemas.mutability-keywords", Level: check.Must,
		Title: "the mutability of every published attribute is a keyword of RFC 7643",
		Refs:  check.Refs(check.RFC7643("7", "A single keyword indicating the circumstances under which the value of the attribute can be (re)defined:")),
	}, keywords("mutability", "readOnly", "readWrite", "immutable", "writeOnly"))
	s.It(check.Spec{
		ID: "scim.schemas.returned-keywords", Level: check.Must,
		Title: "the returned characteristic of every published attribute is a keyword of RFC 7643",
		Refs:  check.Refs(check.RFC7643("7", "A single keyword that indicates when an attribute and associated values are returned in response to a GET request or in response to a PUT, POST, or PATCH request.")),
	}, keywords("returned", "always", "never", "default", "request"))
	s.It(check.Spec{
		ID: "scim.schemas.uniqueness-keywords", Level: check.Must,
		Title: "the uniqueness of every published attribute is a keyword of RFC 7643",
		Refs:  check.Refs(check.RFC7643("7", "A single keyword value that specifies how the service provider enforces uniqueness of attribute values.")),
	}, keywords("uniqueness", "none", "server", "global"))
	s.It(check.Spec{
		ID: "scim.schemas.no-nested-complex", Level: check.Must,
		Title: "no sub-attribute of a resource schema is complex itself",
		Refs:  check.Refs(check.RFC7643("2.3.8", "A complex attribute MUST NOT contain sub-attributes that have sub-attributes (i.e., that are complex).")),
	}, func(t *check.T) {
		for _, a := range attributes(t) {
			if !a.nested || strings.EqualFold(a.schema, "urn:ietf:params:scim:schemas:core:2.0:Schema") {
				continue // RFC 7643 section 7 lets the schema of schemas nest
			}
			t.ExpectThat(a.where+" type", strings.ToLower(textAt(a.definition, "/type"))).To(beDifferentFrom("complex"))
		}
	})
	s.It(check.Spec{
		ID: "scim.schemas.simple-without-parts", Level: check.Must,
		Title: "only complex attributes of a published schema have sub-attributes",
		Refs:  check.Refs(check.RFC7643("1.2", "A simple attribute MUST NOT contain sub-attributes.")),
	}, func(t *check.T) {
		for _, a := range attributes(t) {
			if strings.EqualFold(textAt(a.definition, "/type"), "complex") {
				continue
			}
			t.ExpectThat("the number of sub-attributes of "+a.where, len(listAt(a.definition, "/subAttributes"))).To(check.Be(0))
		}
	})
	s.It(check.Spec{
		ID: "scim.schemas.complex-parts-listed", Level: check.Should,
		Title: "every complex attribute of a published schema lists its sub-attributes",
		Refs:  check.Refs(check.RFC7643("7", `When an attribute is of type "complex", there SHOULD be a corresponding schema attribute "subAttributes" defined, listing the sub-attributes of the attribute.`)),
	}, func(t *check.T) {
		complexOnes := slices.DeleteFunc(attributes(t), func(a attribute) bool {
			return !strings.EqualFold(textAt(a.definition, "/type"), "complex")
		})
		if len(complexOnes) == 0 {
			t.NotApplicable("no published schema has a complex attribute")
		}
		for _, a := range complexOnes {
			value, _ := wire.At(a.definition, "/subAttributes")
			t.ExpectThat(a.where+" subAttributes", value).To(beFilledList())
		}
	})
}

// keywords is the body of a check that a characteristic has only registered values.
func keywords(characteristic string, allowed ...string) func(*check.T) {
	return func(t *check.T) {
		for _, a := range attributes(t) {
			value, _ := wire.At(a.definition, "/"+characteristic)
			t.ExpectThat(a.where+" "+characteristic, value).To(beKeyword(allowed...))
		}
	}
}

func coreAttributes(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.schemas.username-required", Level: check.Must,
		Title: "the published User schema requires userName",
		Refs:  check.Refs(check.RFC7643("4.1.1", "This attribute is REQUIRED and is case insensitive.")),
	}, func(t *check.T) {
		t.Require("the published User schema", t.Get("/Schemas/"+check.UserURN), check.BeOK())
		definition, _ := published(t, check.UserURN, "userName")
		required, _ := wire.At(definition, "/required")
		t.ExpectThat("required of userName", required).To(check.Be(true))
	})
	s.It(check.Spec{
		ID: "scim.schemas.username-case-insensitive", Level: check.Must,
		Title: "the published User schema does not make userName case-exact",
		Refs:  check.Refs(check.RFC7643("4.1.1", "This attribute is REQUIRED and is case insensitive.")),
		Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		t.Expect(core(t, "userName")).To(check.Satisfy("no caseExact: true", func(definition any) bool {
			caseExact, _ := wire.At(definition, "/caseExact")
			return caseExact != true
		}))
	})
	s.It(check.Spec{
		ID: "scim.schemas.password-write-only", Level: check.Must,
		Title: "a password in the published User schema is writeOnly and never returned",
		Refs:  check.Refs(check.RFC7643("4.1.1", `The mutability of the password attribute is "writeOnly", indicating that the value MUST NOT be returned by a service provider in any form (the attribute characteristic "returned" is "never").`)),
	}, func(t *check.T) {
		definition := core(t, "password")
		t.ExpectThat("mutability of password", textAt(definition, "/mutability")).To(check.BeFolded("writeOnly"))
		t.ExpectThat("returned of password", textAt(definition, "/returned")).To(check.BeFolded("never"))
	})
	s.It(check.Spec{
		ID: "scim.schemas.user-groups-read-only", Level: check.Must,
		Title: "groups in the published User schema is readOnly",
		Refs:  check.Refs(check.RFC7643("4.1.2", `Since this attribute has a mutability of "readOnly", group membership changes MUST be applied via the "Group" Resource (Section 4.2).`)),
	}, func(t *check.T) {
		t.ExpectThat("mutability of groups", textAt(core(t, "groups"), "/mutability")).To(check.BeFolded("readOnly"))
	})
}

// core is the target's own definition of an attribute of the core User schema.
func core(t *check.T, name string) any {
	t.Require("the published User schema", t.Get("/Schemas/"+check.UserURN), check.BeOK())
	definition, ok := published(t, check.UserURN, name)
	if !ok {
		t.NotApplicable("the target's User schema has no %s", name)
	}
	return definition
}
