package gate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"assay/reports/gate"
)

func TestReadBaseline(t *testing.T) {
	got, err := gate.ReadBaseline(strings.NewReader(`{"schema": "assay-baseline/v1", "entries": [
	  {"id": "a.b", "reason": "ticket 1"},
	  {"until": "2026-02-28", "expect": "status 500", "reason": "ticket 2", "id": "a.c"}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &gate.Baseline{Entries: []gate.Entry{
		{ID: "a.b", Reason: "ticket 1"},
		{ID: "a.c", Reason: "ticket 2", Expect: "status 500", Until: "2026-02-28"},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v", got)
	}
}

func TestReadBaselineWithoutEntries(t *testing.T) {
	got, err := gate.ReadBaseline(strings.NewReader(`{"schema": "assay-baseline/v1", "entries": []}`))
	if err != nil || len(got.Entries) != 0 {
		t.Fatalf("got %v, %v", got, err)
	}
}

func TestReadBaselineRefuses(t *testing.T) {
	file := func(entries string) string { return `{"schema": "assay-baseline/v1", "entries": [` + entries + `]}` }
	const fine = `{"id": "a.b", "reason": "r"}`
	tests := map[string]struct{ doc, want string }{
		"nothing":             {"", "the file is empty"},
		"no JSON":             {"entries:\n- id: x", "malformed JSON"},
		"a list":              {"[]", "want a JSON object"},
		"half":                {file(fine)[:50], "malformed JSON"},
		"something after":     {file(fine) + " {}", "something follows the JSON object"},
		"no schema":           {`{"entries": []}`, "schema: missing"},
		"another schema":      {`{"schema": "assay-report/v1", "entries": []}`, `schema: got "assay-report/v1", want "assay-baseline/v1"`},
		"schema is a number":  {`{"schema": 1, "entries": []}`, "schema: want a string"},
		"unknown key":         {`{"schema": "assay-baseline/v1", "entires": []}`, "entires: unknown key; want one of schema, entries"},
		"schema twice":        {`{"schema": "assay-baseline/v1", "schema": "assay-baseline/v1", "entries": []}`, "schema: occurs twice"},
		"no entries":          {`{"schema": "assay-baseline/v1"}`, "entries: want a list"},
		"null entries":        {`{"schema": "assay-baseline/v1", "entries": null}`, "entries: want a list"},
		"entries an object":   {`{"schema": "assay-baseline/v1", "entries": {}}`, "entries: want a list"},
		"entry no object":     {file(fine + `, "a.c"`), "entry 2: want a JSON object"},
		"entry null":          {file(`null`), "entry 1: want a JSON object"},
		"unknown entry key":   {file(`{"id": "a.b", "reason": "r", "untill": "2026-01-01"}`), "entry 1 (a.b): untill: unknown key; want one of id, reason, expect, until"},
		"wrongly cased key":   {file(`{"id": "a.b", "reason": "r", "Until": "2026-01-01"}`), "entry 1 (a.b): Until: unknown key"},
		"id twice in entry":   {file(`{"id": "a.b", "id": "a.c", "reason": "r"}`), "entry 1 (a.b): id: occurs twice"},
		"no id":               {file(`{"reason": "r"}`), "entry 1: id: missing"},
		"blank id":            {file(`{"id": " ", "reason": "r"}`), "id: must not be blank"},
		"null id":             {file(`{"id": null, "reason": "r"}`), "entry 1: id: want a string"},
		"no reason":           {file(`{"id": "a.b"}`), "entry 1 (a.b): reason: missing"},
		"blank reason":        {file(`{"id": "a.b", "reason": "\t"}`), "entry 1 (a.b): reason: must not be blank"},
		"reason is a list":    {file(`{"id": "a.b", "reason": ["r"]}`), "entry 1 (a.b): reason: want a string"},
		"expect is a number":  {file(`{"id": "a.b", "reason": "r", "expect": 400}`), "entry 1 (a.b): expect: want a string"},
		"no such day":         {file(`{"id": "a.b", "reason": "r", "until": "2026-02-30"}`), `entry 1 (a.b): until: "2026-02-30" is not a date; want YYYY-MM-DD`},
		"date of another way": {file(`{"id": "a.b", "reason": "r", "until": "1.3.2026"}`), "entry 1 (a.b): until: "},
		"id twice":            {file(fine + `, {"id": "a.c", "reason": "r"}, ` + fine), "entry 3 (a.b): id: already used by entry 1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := gate.ReadBaseline(strings.NewReader(tt.doc))
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.HasPrefix(err.Error(), "baseline: ") || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestReadBaselinePassesOnAReadError(t *testing.T) {
	broken := errors.New("disk gone")
	if _, err := gate.ReadBaseline(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
}

func FuzzReadBaseline(f *testing.F) {
	f.Add([]byte(`{"schema": "assay-baseline/v1", "entries": [{"id": "a.b", "reason": "r", "expect": "e", "until": "2026-02-28"}]}`))
	f.Add([]byte(`{"schema": "assay-baseline/v1", "entries": [null]}`))
	f.Add([]byte(`{"a": [`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		b, err := gate.ReadBaseline(bytes.NewReader(doc))
		if err != nil {
			return
		}
		again, err := json.Marshal(map[string]any{"schema": gate.BaselineSchema, "entries": b.Entries})
		if err != nil {
			t.Fatal(err)
		}
		b2, err := gate.ReadBaseline(bytes.NewReader(again))
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		if !reflect.DeepEqual(b, b2) {
			t.Fatalf("%+v became %+v", b, b2)
		}
	})
}
