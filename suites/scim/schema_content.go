package scim

import (
	"fmt"
	"strings"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

// schemaContent are the checks of what the published schemas say of well-known attributes, and of whether
// the resources agree with them.
func schemaContent(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.schemas.core-types", Level: check.Should,
		Title: "the published User, Group and enterprise schemas give attributes the types that RFC 7643 gives them",
		Refs:  check.Refs(check.RFC7643("4.1.2", "The following multi-valued attributes are defined.")),
		Hurts: check.Hurts("entra", "google"),
	}, func(t *check.T) {
		known, compared := coreTypes(), 0
		for _, a := range attributes(t) {
			want, ok := known[strings.ToLower(a.where)]
			if !ok {
				continue
			}
			compared++
			many, _ := wire.At(a.definition, "/multiValued")
			kind := textAt(a.definition, "/type")
			if kind == "" {
				kind = "string" // the default (RFC 7643 section 2.2)
			}
			t.ExpectThat("type and multiValued of "+a.where, fmt.Sprint(strings.ToLower(kind), many == true)).To(check.Be(fmt.Sprint(want.kind, want.many)))
		}
		if compared == 0 {
			t.NotApplicable("the target publishes none of the schemas of RFC 7643 section 4")
		}
	})
	s.It(check.Spec{
		ID: "scim.schemas.common-attributes-agree", Level: check.Should,
		Title: "a published schema that lists id, externalId or meta gives them the characteristics of RFC 7643 section 3.1",
		Refs:  check.Refs(check.RFC7643("3.1", "The attribute characteristics (see Section 2.2) listed here SHALL take precedence over older definitions that may be included in existing schemas.")),
	}, func(t *check.T) {
		mutability := map[string]string{"id": "readOnly", "externalId": "readWrite", "meta": "readOnly"}
		var other []string
		for _, a := range attributes(t) {
			want, common := mutability[textAt(a.definition, "/name")]
			if !common || a.nested || isDiscovery(a.schema) {
				continue
			}
			if !strings.EqualFold(textAt(a.definition, "/mutability"), want) {
				other = append(other, a.where+" is "+textAt(a.definition, "/mutability"))
			}
		}
		t.ExpectThat("common attributes with another mutability", strings.Join(other, ", ")).To(check.Be(""))
	})
	s.It(check.Spec{
		ID: "scim.schemas.resources-described", Level: check.Should,
		Title: "a user has no attribute that the published schemas leave out",
		Refs:  check.Refs(check.RFC7643("7", `For each "schemas" URI value, this schema specifies the defined attribute(s) and their characteristics (mutability, returnability, etc). For every schema URI used in a resource object, there is a corresponding "Schema" resource.`)),
		Hurts: check.Hurts("entra", "google"),
	}, func(t *check.T) {
		defined := map[string]bool{}
		for _, a := range attributes(t) {
			defined[strings.ToLower(a.where)] = true
		}
		stored := t.Reread(t.CreateUser())
		t.Require("the user has attributes", stored, check.HaveJSON("/userName", check.BeNonEmptyString()))
		t.ExpectThat("attributes of a user that no schema defines", strings.Join(undefined(stored.Object(), defined), ", ")).To(check.Be(""))
	})
}

// isDiscovery tells whether a schema describes a discovery document, whose "id" and "meta" are its own.
func isDiscovery(urn string) bool {
	_, name, _ := strings.Cut(strings.ToLower(urn), ":schemas:core:2.0:")
	return name == "serviceproviderconfig" || name == "resourcetype" || name == "schema"
}

// undefined names the attributes of a user that are neither defined, by "urn name" in lower case, nor among
// those that every resource (RFC 7643 section 3.1) or every multi-valued attribute (section 2.4) has.
func undefined(user map[string]any, defined map[string]bool) []string {
	var found []string
	look := func(urn string, attributes map[string]any) {
		for name, value := range attributes {
			key := strings.ToLower(urn + " " + name)
			if !defined[key] {
				found = append(found, name)
				continue
			}
			for _, part := range parts(value) {
				if !defined[key+"."+strings.ToLower(part)] {
					found = append(found, name+"."+part)
				}
			}
		}
	}
	core := map[string]any{}
	for name, value := range user {
		switch strings.ToLower(name) {
		case "schemas", "id", "externalid", "meta":
			continue
		}
		extension, isObject := value.(map[string]any)
		if isObject && strings.HasPrefix(strings.ToLower(name), "urn:") {
			look(name, extension)
			continue
		}
		core[name] = value
	}
	look(check.UserURN, core)
	return found
}

// parts names the sub-attributes in a value, but for the default ones of multi-valued attributes.
func parts(value any) []string {
	elements, many := value.([]any)
	if !many {
		elements = []any{value}
	}
	seen := map[string]bool{}
	var names []string
	for _, element := range elements {
		object, _ := element.(map[string]any)
		for name := range object {
			switch strings.ToLower(name) {
			case "type", "primary", "display", "value", "$ref":
				if many {
					continue
				}
			}
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// coreType is the type of an attribute, and whether it is multi-valued.
type coreType struct {
	kind string
	many bool
}

// coreTypes are the attributes of RFC 7643 sections 4.1 to 4.3, by "urn name" in lower case.
func coreTypes() map[string]coreType {
	types := map[string]coreType{}
	note := func(urn string, t coreType, names ...string) {
		for _, name := range names {
			types[strings.ToLower(urn+" "+name)] = t
		}
	}
	text, list := coreType{"string", false}, coreType{"complex", true}
	note(check.UserURN, text, "userName", "displayName", "nickName", "title", "userType", "preferredLanguage", "locale", "timezone", "password",
		"name.formatted", "name.familyName", "name.givenName", "name.middleName", "name.honorificPrefix", "name.honorificSuffix")
	note(check.UserURN, coreType{"reference", false}, "profileUrl")
	note(check.UserURN, coreType{"complex", false}, "name")
	note(check.UserURN, coreType{"boolean", false}, "active", "emails.primary")
	note(check.UserURN, list, "emails", "phoneNumbers", "ims", "photos", "addresses", "groups", "entitlements", "roles", "x509Certificates")
	note(check.UserURN, text, "emails.value", "emails.type", "phoneNumbers.value", "phoneNumbers.type", "groups.value")
	note(check.GroupURN, text, "displayName", "members.value")
	note(check.GroupURN, list, "members")
	note(target.EnterpriseURN, text, "employeeNumber", "costCenter", "organization", "division", "department", "manager.value", "manager.displayName")
	note(target.EnterpriseURN, coreType{"complex", false}, "manager")
	return types
}
