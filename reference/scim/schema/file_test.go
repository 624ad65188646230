package schema_test

import (
	"strings"
	"testing"

	"assay/fixtures"
	"assay/reference/scim/schema"
)

// file is a schema file with one attribute, or several.
func file(attributes string) string {
	return `{"extends":[{"resourceType":"User"}],"schema":{"id":"urn:example:x:User","name":"X","attributes":[` + attributes + `]}}`
}

func TestParseFileKeepsCharacteristics(t *testing.T) {
	data, err := fixtures.UserSchema()
	if err != nil {
		t.Fatal(err)
	}
	e, err := schema.ParseFile("fixture-user.json", data)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Extends) != 1 || e.Extends[0] != (schema.Extended{ResourceType: "User"}) {
		t.Errorf("extends: %v", e.Extends)
	}
	users := schema.New("User", "/Users", schema.Schema{URN: "urn:c"}, e.Schema)
	attribute := func(path string) *schema.Attribute {
		ref, err := users.Resolve(e.Schema.URN + ":" + path)
		if err != nil {
			t.Fatal(err)
		}
		if ref.Sub != nil {
			return ref.Sub
		}
		return ref.Attribute
	}
	if a := attribute("note"); a.Type != schema.String || a.Mutability != schema.ReadWrite || a.Returned != schema.Default || a.Uniqueness != schema.None || a.CaseExact || a.Required || a.MultiValued {
		t.Errorf("what is left out has not its default (RFC 7643 section 2.2): %+v", a)
	}
	if a := attribute("devices.$ref"); a.Type != schema.Reference || !a.CaseExact || a.References[0] != "uri" {
		t.Errorf("$ref: %+v", a)
	}
	if a := attribute("office.building"); !a.Required {
		t.Errorf("building: %+v", a)
	}
	if a := attribute("serial"); a.Uniqueness != schema.Global || !a.CaseExact {
		t.Errorf("serial: %+v", a)
	}
	if _, err := schema.Elimity(e.Schema); err != nil {
		t.Errorf("elimity: %v", err)
	}
}

// TestParseFileRefuses holds the words of errors to what their reader needs: the file, where, and what.
func TestParseFileRefuses(t *testing.T) {
	long := strings.Repeat("x", 5000)
	many := strings.TrimSuffix(strings.Repeat(`{"name":"a"},`, 600), ",")
	for body, want := range map[string]string{
		"":                                   "line 1: it is not JSON",
		"{\n\"extends\": [],\n\"schema\" 5}": "line 3: it is not JSON",
		`[]`:                                 "it is an array",
		`{"a":1,"a":2}`:                      `key "a" is given twice`,
		`{"extend":[]}`:                      "extend: there is no such member; there are extends, schema",
		`{"schema":{}}`:                      "extends: it is missing or empty",
		`{"extends":[{}]}`:                   "extends[0].resourceType: it is missing",
		`{"extends":[5]}`:                    "extends[0]: an object is wanted, not a number",
		`{"extends":[{"resourceType":"User","required":"no"}]}`:                                  "extends[0].required: true or false is wanted, not a string",
		`{"extends":[{"resourceType":"User"},{"resourceType":"User"}]}`:                          "extends[1].resourceType: User is in the list twice",
		`{"extends":[{"resourceType":"User"}]}`:                                                  "schema: it is missing",
		`{"extends":[{"resourceType":"User"}],"schema":{"id":"acme","attributes":[]}}`:           `schema.id: "acme" is not a URN`,
		`{"extends":[{"resourceType":"User"}],"schema":{"id":"urn:a b:c"}}`:                      `schema.id: "urn:a b:c" is not a URN`,
		`{"extends":[{"resourceType":"User"}],"schema":{"id":"urn:example:x"}}`:                  "schema.attributes: it is missing or empty",
		`{"extends":[{"resourceType":"User"}],"schema":{"id":"urn:example:x","schemas":["y"]}}`:  "schema.schemas: it must be",
		`{"extends":[{"resourceType":"User"}],"schema":{"id":"urn:example:x","attributes":"a"}}`: "schema.attributes: an array is wanted, not a string",
		file(`{}`):                                          `schema.attributes[0].name: "" is not a letter followed by`,
		file(`{"name":"1st"}`):                              `schema.attributes[0].name: "1st" is not`,
		file(`{"name":"$ref"}`):                             `schema.attributes[0].name: "$ref" is not`,
		file(`{"name":"a.b"}`):                              `schema.attributes[0].name: "a.b" is not`,
		file(`{"name":"a"},{"name":"A"}`):                   "schema.attributes[1].name: there is another A",
		file(`{"name":"a","multivalued":true}`):             "schema.attributes[0].multivalued: there is no such member",
		file(`{"name":"a","type":"text"}`):                  `schema.attributes[0].type: "text" is not one of string, boolean`,
		file(`{"name":"a","mutability":"ReadOnly"}`):        `schema.attributes[0].mutability: "ReadOnly" is not one of readWrite`,
		file(`{"name":"a","returned":"sometimes"}`):         `schema.attributes[0].returned: "sometimes" is not one of`,
		file(`{"name":"a","uniqueness":"tenant"}`):          `schema.attributes[0].uniqueness: "tenant" is not one of none, server, global`,
		file(`{"name":"a","required":"yes"}`):               "schema.attributes[0].required: true or false is wanted",
		file(`{"name":"a","type":"complex"}`):               "schema.attributes[0].subAttributes: it is missing or empty",
		file(`{"name":"a","subAttributes":[{"name":"b"}]}`): "schema.attributes[0].subAttributes: only a complex attribute has them",
		file(`{"name":"a","type":"complex","subAttributes":[{"name":"b","type":"complex"}]}`):      "schema.attributes[0].subAttributes[0].type: a sub-attribute cannot be complex",
		file(`{"name":"a","type":"complex","subAttributes":[{"name":"primary"}]}`):                 "subAttributes[0].type: the sub-attribute primary is a single boolean",
		file(`{"name":"a","type":"complex","subAttributes":[{"name":"$ref"}]}`):                    "subAttributes[0].type: the sub-attribute $ref is a reference",
		file(`{"name":"a","type":"complex","uniqueness":"server","subAttributes":[{"name":"b"}]}`): "uniqueness: type complex has none",
		file(`{"name":"a","type":"boolean","uniqueness":"server"}`):                                "uniqueness: type boolean has none",
		file(`{"name":"a","type":"dateTime","uniqueness":"server"}`):                               "uniqueness: type dateTime has none",
		file(`{"name":"a","type":"binary","uniqueness":"server"}`):                                 "uniqueness: type binary has none",
		file(`{"name":"a","type":"integer","caseExact":true}`):                                     "caseExact: type integer has no case",
		file(`{"name":"a","type":"binary","caseExact":false}`):                                     "caseExact: a binary is always case exact",
		file(`{"name":"a","type":"reference"}`):                                                    "referenceTypes: a reference needs them",
		file(`{"name":"a","referenceTypes":["User"]}`):                                             "referenceTypes: only a reference has them",
		file(`{"name":"a","type":"integer","canonicalValues":["1"]}`):                              "canonicalValues: only a string has them",
		file(`{"name":"a","canonicalValues":["1","1"]}`):                                           `canonicalValues[1]: "1" is in the list twice`,
		file(`{"name":"a","canonicalValues":[""]}`):                                                "canonicalValues[0]: a string of 1 to 200 bytes is wanted",
		file(`{"name":"a","mutability":"writeOnly"}`):                                              `returned: what is writeOnly is not returned (RFC 7643 section 7): say "never"`,
		file(`{"name":"a","mutability":"readOnly","required":true}`):                               "required: nobody can give a readOnly attribute a value",
		file(`{"name":"a","description":"` + long + `"}`):                                          "description: it has 5000 bytes; it may have 4096",
		file(many): "schema.attributes: with these the file defines more than 500 attributes",
		strings.Repeat(" ", schema.MaxFile) + "{}": "it has more than 1048576 bytes",
	} {
		_, err := schema.ParseFile("acme.json", []byte(body))
		if err == nil || !strings.HasPrefix(err.Error(), "acme.json: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: got %v, want %s", body, err, want)
		}
	}
}

// FuzzParseFile: no file makes it panic, and what it accepts the elimity library accepts too.
func FuzzParseFile(f *testing.F) {
	data, err := fixtures.UserSchema()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(file(`{"name":"a","type":"complex","subAttributes":[{"name":"$ref","type":"reference","referenceTypes":["uri"]}]}`)))
	f.Add([]byte(`{"extends":[null],"schema":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := schema.ParseFile("f.json", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f.json: ") {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		if _, err := schema.Elimity(e.Schema); err != nil {
			t.Errorf("accepted what elimity refuses: %v", err)
		}
	})
}
