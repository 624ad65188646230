package scim_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// published are the attributes of the published schemas, by "User emails.value".
func (c *client) published() map[string]map[string]any {
	c.Helper()
	names := map[string]string{userURN: "User", groupURN: "Group", workURN: "EnterpriseUser"}
	found := map[string]map[string]any{}
	var walk func(prefix string, list any)
	walk = func(prefix string, list any) {
		items, _ := list.([]any)
		for _, item := range items {
			a, _ := item.(map[string]any)
			name := prefix + fmt.Sprint(a["name"])
			found[name] = a
			walk(name+".", a["subAttributes"])
		}
	}
	schemas, _ := c.want(200, "GET", "/Schemas", "").at("Resources").([]any)
	for _, schema := range schemas {
		if name, ok := names[fmt.Sprint(at(schema, "id"))]; ok {
			walk(name+" ", at(schema, "attributes"))
		}
	}
	return found
}

// printed writes a characteristic as testdata/rfc7643-8.7.1.txt has it.
func printed(value any) string {
	list, isList := value.([]any)
	switch {
	case value == nil || isList && len(list) == 0:
		return "-"
	case isList:
		texts := make([]string, len(list))
		for i := range list {
			texts[i] = fmt.Sprint(list[i])
		}
		return strings.Join(texts, ",")
	}
	return fmt.Sprint(value)
}

// TestPublishedSchemas compares the User, Group and EnterpriseUser schemas with RFC 7643 section 8.7.1. Where they
// differ, the text of the RFC differs from its listing.
func TestPublishedSchemas(t *testing.T) {
	text, err := os.ReadFile("testdata/rfc7643-8.7.1.txt")
	if err != nil {
		t.Fatal(err)
	}
	published, columns := newClient(t).published(), []string(nil)
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if fields[0] == "#" {
			columns = fields[3:]
			continue
		}
		name := fields[0] + " " + fields[1]
		a, ok := published[name]
		if !ok {
			t.Errorf("%s is not published", name)
			continue
		}
		for i, want := range fields[2:] {
			if got := printed(a[columns[i]]); got != characteristic(name, columns[i], want, a) {
				t.Errorf("%s: %s is %s, the RFC prints %s", name, columns[i], got, want)
			}
		}
		delete(published, name)
	}
	var more []string
	for name := range published {
		more = append(more, name)
	}
	slices.Sort(more)
	// "primary" belongs to every multi-valued attribute (section 2.4). "display" of a member stands in the full
	// representation of section 8.4.
	if want := []string{"Group members.display", "User addresses.primary"}; !slices.Equal(more, want) {
		t.Errorf("published beyond the RFC's listing: %q", more)
	}
}

// characteristic is what an attribute should say where the listing says listed.
func characteristic(name, column, listed string, a map[string]any) string {
	switch {
	case name == "Group displayName" && column == "required":
		return "true" // section 4.2: REQUIRED
	case column == "uniqueness" && listed == "-":
		return "none" // the default (section 2.2)
	case column == "caseExact" && a["type"] == "complex":
		return "-" // there is no case
	case column == "caseExact" && (a["type"] == "reference" || a["type"] == "binary"):
		return "true" // sections 2.3.6 and 2.3.7
	}
	return listed
}

// TestCommonAttributesAreNotRedefined shows that no schema lists what section 3.1 of RFC 7643 defines.
func TestCommonAttributesAreNotRedefined(t *testing.T) {
	published := newClient(t).published()
	for _, schema := range []string{"User", "Group", "EnterpriseUser"} {
		for _, name := range []string{"id", "externalId", "meta", "schemas"} {
			if a := published[schema+" "+name]; a != nil {
				t.Errorf("%s defines %s: %v", schema, name, a)
			}
		}
	}
}

// TestDocumentsDescribeThemselves shows the names and descriptions of schemas and resource types, and that the
// configuration holds what its own schema defines: what is required, of the right type, and nothing else.
func TestDocumentsDescribeThemselves(t *testing.T) {
	c := newClient(t)
	for _, path := range []string{"/Schemas", "/ResourceTypes"} {
		list, _ := c.want(200, "GET", path, "").at("Resources").([]any)
		for _, item := range list {
			for _, key := range []string{"name", "description"} {
				if text, _ := at(item, key).(string); text == "" {
					t.Errorf("%s of %v is missing", key, at(item, "id"))
				}
			}
		}
	}
	config := c.want(200, "GET", "/ServiceProviderConfig", "").doc
	schema := c.want(200, "GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig", "")
	delete(config, "schemas")
	delete(config, "meta")
	for _, problem := range described("", config, schema.at("attributes")) {
		t.Error(problem)
	}
}

// described finds what is in an object and not in its definitions, or the other way round.
func described(where string, object map[string]any, definitions any) []string {
	var problems []string
	known := map[string]bool{}
	list, _ := definitions.([]any)
	for _, item := range list {
		a, _ := item.(map[string]any)
		name := fmt.Sprint(a["name"])
		known[name] = true
		value, present := object[name]
		if !present {
			if a["required"] == true {
				problems = append(problems, where+name+" is required and missing")
			}
			continue
		}
		values := []any{value}
		if a["multiValued"] == true {
			values, _ = value.([]any)
		}
		for _, each := range values {
			problems = append(problems, ofType(where+name, each, a)...)
		}
	}
	for name := range object {
		if !known[name] {
			problems = append(problems, where+name+" is not defined")
		}
	}
	return problems
}

func ofType(name string, value any, a map[string]any) []string {
	got := map[string]bool{}
	switch v := value.(type) {
	case map[string]any:
		if a["type"] == "complex" {
			return described(name+".", v, a["subAttributes"])
		}
	case bool:
		got["boolean"] = true
	case float64:
		got["integer"], got["decimal"] = v == float64(int64(v)), true
	case string:
		got["string"], got["reference"] = true, true
	}
	if !got[fmt.Sprint(a["type"])] {
		return []string{fmt.Sprintf("%s: %v is no %v", name, value, a["type"])}
	}
	return nil
}
