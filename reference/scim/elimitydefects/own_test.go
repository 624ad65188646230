package elimitydefects

import (
	"encoding/json"
	"testing"

	"assay/reference/scim/filter"
	"assay/reference/scim/patch"
	"assay/reference/scim/schema"
)

// These show packages of the reference right where the bare library is wrong about a schema that the
// reference does not serve.

func applied(t *testing.T, thing *schema.Type, given, operation string) map[string]any {
	t.Helper()
	doc := canonical(t, thing, given)
	ops, err := patch.Decode([]byte(`{"schemas":["` + patch.URN + `"],"Operations":[` + operation + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := patch.Apply(thing, doc, ops); err != nil {
		t.Fatal(err)
	}
	return doc
}

func canonical(t *testing.T, thing *schema.Type, given string) map[string]any {
	t.Helper()
	doc, err := schema.Decode([]byte(given))
	if err != nil {
		t.Fatal(err)
	}
	if doc, err = thing.Canonicalise(doc); err != nil {
		t.Fatalf("%s: %v", given, err)
	}
	return doc
}

func isJSON(t *testing.T, got any, want string) {
	t.Helper()
	if text, err := json.Marshal(got); err != nil || string(text) != want {
		t.Errorf("got %s, wanted %s (%v)", text, want, err)
	}
}

func matches(t *testing.T, thing *schema.Type, text, given string, want bool) {
	t.Helper()
	f, err := filter.Parse(text, thing)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if got := f.Match(canonical(t, thing, given)); got != want {
		t.Errorf("%s of %s is %v", text, given, got)
	}
}

func replacesTag(t *testing.T, thing *schema.Type) {
	isJSON(t, applied(t, thing, `{"tags":["red"]}`, `{"op":"replace","path":"tags[value eq \"red\"]","value":"blue"}`), `{"tags":["blue"]}`)
}

func keepsSubAttributeID(t *testing.T, thing *schema.Type) {
	isJSON(t, applied(t, thing, `{"level":1}`, `{"op":"add","path":"badge","value":{"id":"7","kind":"k"}}`), `{"badge":{"id":"7","kind":"k"},"level":1}`)
}

func comparesNumbers(t *testing.T, thing *schema.Type) {
	matches(t, thing, "level eq 5", `{"level":5}`, true)
	matches(t, thing, "level gt 4", `{"level":5}`, true)
	matches(t, thing, "ratio eq 5", `{"ratio":5.0}`, true)
}

func takesTimes(t *testing.T, thing *schema.Type) {
	isJSON(t, canonical(t, thing, `{"since":"2024-02-29T24:00:00Z"}`), `{"since":"2024-02-29T24:00:00Z"}`)
	matches(t, thing, `since eq "2024-03-01T00:00:00Z"`, `{"since":"2024-02-29T24:00:00Z"}`, true)
	matches(t, thing, `since eq "2024-01-01T00:00:00.5Z"`, `{"since":"2024-01-01T00:00:00.05Z"}`, false)
}
