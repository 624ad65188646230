package scim

import "testing"

// TestTraitDefaults is GAP-014: what a schema leaves out has the defaults of RFC 7643 section 2.2.
func TestTraitDefaults(t *testing.T) {
	x := newTrait(map[string]any{"name": "note"})
	if x.kind != "string" || x.mutability != "readwrite" || x.returned != "default" || x.uniqueness != "none" || x.caseExact || x.required || x.multiValued {
		t.Errorf("got %+v", x)
	}
	if !x.writable() || !x.readable() || x.unique() {
		t.Errorf("an attribute of defaults can be written and read and is not unique: %+v", x)
	}
	y := newTrait(map[string]any{"name": "pin", "mutability": "WriteOnly", "uniqueness": "Server", "caseExact": true, "required": true})
	if !y.writable() || y.readable() || !y.unique() || !y.caseExact || !y.required {
		t.Errorf("got %+v", y)
	}
}
