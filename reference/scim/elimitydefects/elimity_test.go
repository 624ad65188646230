package elimitydefects

import (
	"fmt"
	"slices"
	"testing"

	"assay/reference/scim/schema"
)

func all() []defect {
	return slices.Concat(patchDefects(), bodyDefects(), filterDefects(), protocolDefects(), vendorRefusals())
}

// TestLibrary fails when the library no longer has a defect: the entry, and perhaps what fronts it, can go.
func TestLibrary(t *testing.T) {
	for _, d := range all() {
		t.Run(d.title, func(t *testing.T) {
			if missed := d.library.misses(d.send(bare())); missed != "" {
				t.Error("the library has changed: ", missed)
			}
		})
	}
	for _, trap := range traps() {
		t.Run(trap.title, func(t *testing.T) {
			if got := trap.run(); got != trap.prints {
				t.Errorf("the library has changed: %s prints %s, not %s", trap.snippet, got, trap.prints)
			}
		})
	}
}

// TestReference fails when the reference has one of the defects.
func TestReference(t *testing.T) {
	for _, d := range all() {
		t.Run(d.title, func(t *testing.T) {
			if d.own != nil {
				d.own(t, schema.FromElimity("Thing", "/Things", thing()))
				return
			}
			if missed := d.ours.misses(d.send(ours(t), d.mode())); missed != "" {
				t.Error(missed)
			}
		})
	}
	for _, trap := range traps() {
		if trap.ours.status == 0 {
			continue
		}
		if missed := trap.ours.misses(do(ours(t), trap.asked, "", []string{"Authorization: Bearer strict"})); missed != "" {
			t.Errorf("%s: %s", trap.title, missed)
		}
	}
}

// TestMended shows that defects of earlier versions are gone.
func TestMended(t *testing.T) {
	for _, d := range mended() {
		t.Run(d.title, func(t *testing.T) {
			if missed := d.library.misses(d.send(bare())); missed != "" {
				t.Error("it is back: ", missed)
			}
		})
	}
	hyphened := thing()
	hyphened.ID = "urn:my-org:Thing"
	a := do(servingSchema(hyphened, memory{}, "/Things"), patchOf("/Things/1", `{"op":"add","path":"urn:my-org:Thing:level","value":1}`), "", nil)
	if a.status != 200 {
		t.Errorf("an URN with a hyphen is refused: %s", a)
	}
	given := memory{"1": {"userName": "ada"}}
	do(serving(given, "/Users"), get("/Users/1"), "", nil)
	if got := fmt.Sprint(given["1"]); got != "map[userName:ada]" {
		t.Errorf("the library has written into the handler's map: %s", got)
	}
}

// mended are defects of the snapshot of March 2026, which was measured first.
func mended() []defect {
	ada := []request{makeUser("")}
	return []defect{
		{
			title: "A value without path may hold the container of an extension (#207)", before: ada,
			request: patchUser(`{"op":"add","value":{"` + enterpriseURN + `":{"department":"D"}}}`), library: is(200, `handed/0/value is {"`+enterpriseURN+`":{"department":"D"}}`),
		},
	}
}
