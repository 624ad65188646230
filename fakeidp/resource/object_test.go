package resource

import (
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzObject holds Parse, Entries and Encode to what encoding/json makes of the same text.
func FuzzObject(f *testing.F) {
	f.Add(`{"a":1,"b":[ 1, {"c":"]}"} ,[] ],"a":"\u0041\\","":null}`)
	f.Add(` { "schemas" : [ "x\"y" , true ] , "n" : -1.5e3 } `)
	f.Add(`{"ſ":"\ud800","\n":{}}`)
	f.Add(`{"a":1} x`)
	f.Fuzz(func(t *testing.T, text string) {
		var want map[string]json.RawMessage
		err := json.Unmarshal([]byte(text), &want)
		o, ours := Parse([]byte(text))
		if (err == nil && want != nil) != (ours == nil) {
			t.Fatalf("%q: encoding/json says %v, we say %v", text, err, ours)
		}
		if ours != nil {
			return
		}
		if o.Len() != len(want) {
			t.Fatalf("%q: %d members, want %d", text, o.Len(), len(want))
		}
		for name, value := range want {
			if string(o.Raw(name)) != string(value) {
				t.Errorf("%q: %q is %s, want %s", text, name, o.Raw(name), value)
			}
			var list []json.RawMessage
			isList := json.Unmarshal(value, &list) == nil && value[0] == '['
			entries, ok := o.Entries(name)
			if ok != isList || len(entries) != len(list) {
				t.Fatalf("%q: entries of %q: %s, want %s", text, name, entries, list)
			}
			for i := range list {
				if string(entries[i]) != string(list[i]) {
					t.Errorf("%q: entry %d of %q is %s, want %s", text, i, name, entries[i], list[i])
				}
			}
			var s string
			if _ = json.Unmarshal(value, &s); o.Text(name) != s {
				t.Errorf("%q: text of %q is %q, want %q", text, name, o.Text(name), s)
			}
		}
		var before, after any
		if json.Unmarshal([]byte(text), &before) != nil || json.Unmarshal(Encode(o), &after) != nil || !reflect.DeepEqual(before, after) {
			t.Errorf("%q is written as %s", text, Encode(o))
		}
	})
}
