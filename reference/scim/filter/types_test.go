package filter_test

import (
	"slices"
	"strings"
	"testing"

	"assay/reference/scim/filter"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// bench is a type with an attribute of each data type, "n" for several values, and nothing else.
func bench() *schema.Type {
	one := func(name, kind string) schema.Attribute { return schema.Attribute{Name: name, Type: kind} }
	return schema.New("Bench", "/Benches", schema.Schema{URN: "urn:example:Bench", Attributes: []schema.Attribute{
		one("text", schema.String), one("flag", schema.Boolean), one("whole", schema.Integer), one("ratio", schema.Decimal),
		one("moment", schema.DateTime), one("bytes", schema.Binary), one("link", schema.Reference),
		{Name: "n", Type: schema.String, MultiValued: true},
		{Name: "part", Type: schema.Complex, Sub: []schema.Attribute{one("a", schema.String), one("b", schema.Boolean)}},
		{Name: "parts", Type: schema.Complex, MultiValued: true, Sub: []schema.Attribute{one("value", schema.String), one("type", schema.String)}},
	}})
}

// matching tells of each filter whether it must match the document.
func matching(t *testing.T, text string, filters map[string]bool) {
	t.Helper()
	doc, err := schema.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range filters {
		f, err := filter.Parse(text, bench())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if f.Match(doc) != want {
			t.Errorf("%s on %v: got %v", text, doc, !want)
		}
	}
}

// FLT-12, GAP-070, GAP-079: an operator that a data type does not have is refused with invalidFilter, also in
// brackets and where negated.
func TestOperatorsThatATypeHasNot(t *testing.T) {
	literals := map[string]string{
		"text": `"a"`, "flag": "true", "whole": "5", "ratio": "1.5", "moment": `"2011-05-13T04:42:34Z"`, "bytes": `"aGk="`, "link": `"https://x.test/a"`,
	}
	refused := 0
	for i := range bench().Core.Attributes {
		a := &bench().Core.Attributes[i]
		literal, simple := literals[a.Name]
		if !simple {
			continue
		}
		for _, op := range []string{"eq", "ne", "gt", "ge", "lt", "le", "co", "sw", "ew"} {
			text := a.Name + " " + op + " " + literal
			for _, text := range []string{text, "not (" + text + ")", "text pr or " + text} {
				f, err := filter.Parse(text, bench())
				if slices.Contains(operators(a.Type), op) {
					if err != nil {
						t.Errorf("%s: %v", text, err)
					}
					continue
				}
				refused++
				if e, ok := scimerr.As(err); !ok || e.Status != 400 || e.ScimType != scimerr.TypeInvalidFilter || !strings.Contains(e.Detail, op) {
					t.Errorf("%s: %v, %v, wanted invalidFilter", text, f, err)
				}
			}
		}
	}
	if want := 3 * (7 + 7 + 3 + 3); refused != want { // boolean and binary; integer and decimal
		t.Errorf("%d filters were refused, wanted %d", refused, want)
	}
}

// GAP-071.
func TestNumbersCompareByValue(t *testing.T) {
	matching(t, `{"whole": 9, "ratio": -2.5}`, map[string]bool{
		"whole lt 10": true, "whole gt 10": false, "whole eq 9.0": true, "whole eq 90e-1": true, "whole ge 0.9E+1": true, "whole gt -10": true, "whole lt -1e1": false, "whole ne 9e0": false,
		"ratio lt 0": true, "ratio gt -10": true, "ratio lt -10": false, "ratio eq -25e-1": true, "ratio ge -2.5": true, "ratio le -2.50001": false, "ratio lt -2.4999": true,
	})
	matching(t, `{"whole": 9007199254740993}`, map[string]bool{"whole eq 9007199254740993": true, "whole eq 9007199254740992": false, "whole gt 9007199254740992": true})
}

// GAP-072.
func TestTimesCompareAsInstants(t *testing.T) {
	matching(t, `{"moment": "2011-05-13T04:42:34Z"}`, map[string]bool{
		`moment eq "2011-05-13T06:42:34+02:00"`: true, `moment eq "2011-05-12T18:42:34-10:00"`: true, `moment eq "2011-05-13T04:42:34.000Z"`: true, `moment eq "2011-05-13T04:42:34"`: true,
		`moment ne "2011-05-13T06:42:34+02:00"`: false, `moment ne "2011-05-13T04:42:34+02:00"`: true,
		`moment gt "2011-05-13T05:42:34+02:00"`: true, `moment lt "2011-05-13T05:42:34+02:00"`: false, `moment lt "2011-05-13T04:42:34-00:01"`: true,
		`moment ge "2011-05-13T06:42:34+02:00"`: true, `moment le "2011-05-13T06:42:34+02:00"`: true, `moment le "2011-05-13T06:42:33.999+02:00"`: false,
	})
}

// GAP-073: null, "", [] and what holds nothing else are not present; false and 0 are.
func TestPresence(t *testing.T) {
	for _, empty := range []string{
		`{}`, `{"text": null, "n": null, "part": null, "parts": null}`, `{"text": "", "n": [], "part": {}, "parts": []}`,
		`{"n": [""], "part": {"a": "", "b": null}, "parts": [{}, {"value": ""}]}`,
	} {
		matching(t, empty, map[string]bool{
			"text pr": false, "n pr": false, "part pr": false, "part.a pr": false, "parts pr": false, "parts.value pr": false, "not (parts pr)": true, "flag pr": false, "whole pr": false, "parts[value pr]": false,
		})
	}
	matching(t, `{"text": " ", "n": ["", "x"], "flag": false, "whole": 0, "part": {"b": false}, "parts": [{}, {"type": "t"}]}`, map[string]bool{
		"text pr": true, "n pr": true, "flag pr": true, "whole pr": true, "part pr": true, "part.b pr": true, "part.a pr": false, "parts pr": true, "parts.type pr": true, "parts.value pr": false,
	})
}

// GAP-074: "eq null" is the opposite of "pr", "ne null" the same.
func TestNull(t *testing.T) {
	for _, text := range []string{`{}`, `{"text": null}`, `{"text": ""}`, `{"text": "x"}`, `{"parts": [{"type": "t"}]}`} {
		doc, err := schema.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"text", "flag", "parts", "parts.type", "part.a"} {
			present, err := filter.Parse(name+" pr", bench())
			if err != nil {
				t.Fatal(err)
			}
			matching(t, text, map[string]bool{name + " eq null": !present.Match(doc), name + " ne null": present.Match(doc)})
		}
	}
	for _, op := range []string{"co", "sw", "ew", "gt", "ge", "lt", "le"} {
		if _, err := filter.Parse("text "+op+" null", bench()); err == nil {
			t.Errorf("%s null was accepted", op)
		}
	}
}

// GAP-075: "ne" holds for what has no value, and of several values for any that differs; its negated
// opposite, not (… eq …), holds when none is equal.
func TestNotEqual(t *testing.T) {
	matching(t, `{"n": ["a", "b"], "parts": [{"type": "a"}, {"type": "a"}]}`, map[string]bool{
		`n ne "a"`: true, `n ne "c"`: true, `not (n eq "a")`: false, `not (n eq "c")`: true, `parts.type ne "a"`: false, `parts.type ne "b"`: true, `parts.value ne "a"`: true,
		`text ne "a"`: true, `flag ne true`: true, `whole ne 5`: true, `part.a ne "a"`: true, `parts[value ne "a"]`: true,
	})
	matching(t, `{"text": "a", "flag": true, "n": ["a"]}`, map[string]bool{`text ne "a"`: false, `text ne "A"`: false, `flag ne true`: false, `n ne "a"`: false, `parts.type ne "a"`: true, `parts[type ne "a"]`: false})
}
