package schema_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// FuzzDecode asks of any body that it is read exactly when it is one JSON object in UTF-8 without a key
// given twice and without too much nesting, that encoding/json then reads the same, and that making the
// object canonical fails in the right way or gives what is canonical already.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"USERNAME":"ada","emails":[{"value":"a@x","primary":true},{"value":null}],"active":false}`,
		`{"` + enterprise + `":{"manager":{"value":"m","displayName":"x"},"department":""},"meta":{"created":"2011-05-13T04:42:34Z"},"id":"1"}`,
		`{"a":1e400,"a":2}`, `{"a":{"b":[]},"A":[[{}]]} `, `{"userName":"\ud800"}`, "{\"a\":\"\xff\"}", "\ufeff{}", `{} {}`, `[1]`, `null`, ``, `{"a":`, `{"a":01}`,
		strings.Repeat(`{"a":[`, 16) + strings.Repeat(`]}`, 16), strings.Repeat(`{"a":`, 33) + `1` + strings.Repeat(`}`, 33), strings.Repeat("[", 20000),
	} {
		f.Add([]byte(seed))
	}
	user, group := schema.UserType(), schema.GroupType()
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := schema.Decode(body)
		if want := acceptable(body); (err == nil) != want {
			t.Fatalf("%q: %v, but acceptable is %v", body, err, want)
		}
		if err != nil {
			if e, ok := scimerr.As(err); !ok || e.Status != 400 || e.ScimType != scimerr.TypeInvalidSyntax {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		if plain, err := plainly(body); err != nil || !reflect.DeepEqual(any(doc), plain) {
			t.Fatalf("%q is read as\n%v, by encoding/json as\n%v (%v)", body, doc, plain, err)
		}
		becomesCanonical(t, user, doc)
		becomesCanonical(t, group, doc)
	})
}

// acceptable says by other means than Decode what it is to accept. A key that is given twice shows in the
// number of tokens: encoding/json keeps one of the two.
func acceptable(body []byte) bool {
	if !utf8.Valid(body) || !json.Valid(body) {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	given, depth, deepest := 0, 0, 0
	for token, err := decoder.Token(); err == nil; token, err = decoder.Token() {
		given++
		if token == json.Delim('{') || token == json.Delim('[') {
			depth++
		} else if _, closing := token.(json.Delim); closing {
			depth--
		}
		deepest = max(deepest, depth)
	}
	if deepest > schema.MaxDepth {
		return false
	}
	value, err := plainly(body)
	if err != nil {
		return false
	}
	_, object := value.(map[string]any)
	return object && given == tokens(value)
}

func tokens(value any) int {
	n := 1
	switch v := value.(type) {
	case map[string]any:
		n = 2
		for _, item := range v {
			n += 1 + tokens(item)
		}
	case []any:
		n = 2
		for _, item := range v {
			n += tokens(item)
		}
	}
	return n
}

func plainly(body []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

func becomesCanonical(t *testing.T, kind *schema.Type, doc map[string]any) {
	t.Helper()
	before := schema.Clone(doc)
	clean, err := kind.Canonicalise(doc)
	if !reflect.DeepEqual(before, doc) {
		t.Fatalf("%v was changed to %v", before, doc)
	}
	if err != nil {
		refusedValue(t, doc, err)
		return
	}
	again, err := kind.Canonicalise(clean)
	if err != nil || !schema.Same(clean, again) {
		t.Fatalf("%v is not canonical: %v\n%v", clean, err, again)
	}
	if err := kind.CheckRequired(clean); err != nil {
		refusedValue(t, doc, err)
	}
	kind.StripReadOnly(again)
	stripped := schema.Clone(again)
	kind.StripReadOnly(again)
	for _, name := range []string{"id", "meta", "schemas", "groups"} {
		if _, there := again[name]; there {
			t.Fatalf("%s is still in %v", name, again)
		}
	}
	if !schema.Same(stripped, again) {
		t.Fatalf("stripped once %v, twice %v", stripped, again)
	}
}

func refusedValue(t *testing.T, doc map[string]any, err error) {
	t.Helper()
	e, ok := scimerr.As(err)
	if !ok || e.Status != 400 || e.ScimType != scimerr.TypeInvalidValue && e.ScimType != scimerr.TypeInvalidSyntax {
		t.Fatalf("%v: %v", doc, err)
	}
}
