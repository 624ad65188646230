package resource

import (
	"strings"
	"testing"
)

const emails = `{"emails":[{"primary":true,"value":"{email}","type":"work"}]}`

func parse(t *testing.T, text string) Template {
	t.Helper()
	template, err := ParseTemplate(text)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

func mergedEmails(t *testing.T, raw string) string {
	t.Helper()
	o := New()
	if raw != "" {
		o.put("emails", []byte(raw))
	}
	parse(t, emails).Merge(o, func(string) any { return "a@x" }, func(int) bool { return true })
	return string(o.Raw("emails"))
}

func TestMergeEmails(t *testing.T) {
	const ours = `{"primary":true,"value":"a@x","type":"work"}`
	tests := map[string]string{
		``:                  `[` + ours + `]`,
		`"a@x"`:             `[` + ours + `]`,
		`[]`:                `[` + ours + `]`,
		`[7]`:               `[7,` + ours + `]`,
		`[{"value":"b@x"}]`: `[{"value":"b@x"},` + ours + `]`,
		`[{"value":"b@x","type":"work"},{"value":"c@x"}]`:                `[` + ours + `,{"value":"c@x"}]`,
		`[{"value":"b@x","type":"work"},{"value":"c@x","primary":true}]`: `[{"value":"b@x","type":"work"},` + ours + `]`,
		`[{"primary":true,"value":"a@x","type":"work","display":"a@x"}]`: `[{"primary":true,"value":"a@x","type":"work","display":"a@x"}]`,
		`[{"primary":"true","value":"b@x","type":"home"}]`:               `[{"primary":"true","value":"b@x","type":"home"},` + ours + `]`,
	}
	for raw, want := range tests {
		if got := mergedEmails(t, raw); got != want {
			t.Errorf("%s\n got %s\nwant %s", raw, got, want)
		}
	}
}

// person answers for a person with an e-mail, a given name and an id; everything else is missing.
func person(source string) any {
	switch source {
	case "email":
		return "a@x"
	case "givenName":
		return "Ada"
	case "id":
		return "7"
	case "active":
		return true
	default:
		return ""
	}
}

func TestRender(t *testing.T) {
	const ext = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	tests := []struct {
		name, template, want string
		empty                Empty
		unused               bool
	}{
		{"empty attributes go, with what holds nothing else", `{"a":"{title}","name":{"x":1,"familyName":"{familyName}"},"l":[{"type":"work","value":"{phone}"}],"g":[]}`, `{"g":[]}`, Omit, false},
		{"empty string", `{"a":"{title}","name":{"f":"{familyName}"}}`, `{"a":"","name":{"f":""}}`, EmptyString, false},
		{"null", `{"a":"{title}"}`, `{"a":null}`, Null, false},
		{"composite", `{"n":"{givenName} {familyName}","m":"{title} {department}"}`, `{"n":"Ada"}`, Omit, false},
		{"not a string", `{"active":"{active}","constant":"{ }","deep":{"x":[1,{"y":null}]}}`, `{"active":true,"constant":"{ }","deep":{"x":[1,{"y":null}]}}`, Omit, false},
		{"unused extension leaves schemas", `{"schemas":["core","` + ext + `"],"` + ext + `":{"d":"{department}"}}`, `{"schemas":["core"]}`, Omit, false},
		{"or stays", `{"schemas":["core","` + ext + `"],"` + ext + `":{"d":"{department}"}}`, `{"schemas":["core","` + ext + `"]}`, Omit, true},
		{"OneLogin's names", `{"e":"{$user.email}","n":"{$user.firstname}"}`, `{"e":"a@x","n":"Ada"}`, Omit, false},
	}
	for _, test := range tests {
		if got := string(Encode(parse(t, test.template).Render(person, test.empty, test.unused))); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestPaths(t *testing.T) {
	template := parse(t, `{"userName":"{login}","name":{"givenName":"{givenName}"},"emails":[{"type":"work","value":"{email}"}],
		"urn:x:User":{"manager":"{manager}","a":{"b":"{title}"}}}`)
	var got []string
	for _, leaf := range template.Leaves() {
		got = append(got, leaf.Path)
	}
	want := `userName|name.givenName|emails[type eq "work"].value|urn:x:User:manager|urn:x:User:a.b`
	if strings.Join(got, "|") != want {
		t.Errorf("paths %s", strings.Join(got, "|"))
	}
	o, err := Parse([]byte(`{"userName":"u","name":{"givenName":"g"},"emails":[{"type":"home","value":"h"},{"type":"Work","value":"w"}],"urn:x:User":{"manager":{"value":"m"},"a":7}}`))
	if err != nil {
		t.Fatal(err)
	}
	if read := strings.Join(template.Read(o), "|"); read != "u|g|w|m|" {
		t.Errorf("read %s", read)
	}
}

func TestTemplatesThatCannotBeUsed(t *testing.T) {
	tests := map[string]string{
		`[]`:                              "not an object",
		`{`:                               "not JSON",
		`{"a":"{salary}"}`:                "a: placeholder {salary} is none of {id}",
		`{"e":[{"value":"{email}"}]}`:     `e: an entry with a placeholder needs a "type"`,
		`{"a":{"b":"x{active}{login}"}}`:  "a.b: this placeholder stands alone",
		`{"a":"{login}"} {"b":"{login}"}`: "something after it",
	}
	for text, want := range tests {
		if _, err := ParseTemplate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzParseTemplate(f *testing.F) {
	f.Add(emails)
	f.Add(`{"a":["{id}"],"b":[[{"type":"x","c":"{login} {id}"}]]}`)
	f.Fuzz(func(t *testing.T, text string) {
		template, err := ParseTemplate(text)
		if err != nil {
			return
		}
		o := template.Render(person, Omit, false)
		if _, err := Parse(Encode(o)); err != nil {
			t.Fatalf("%q renders as %q", text, Encode(o))
		}
		template.Merge(o, person, func(int) bool { return true })
		_ = template.Read(o)
	})
}
