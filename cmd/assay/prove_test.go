package main

import (
	"slices"
	"testing"

	"assay/reference/faults"
	"assay/suites"
)

// What a fault is meant to turn red is among what it can reach; and a fault at one seam does not run the checks
// of the other.
func TestReach(t *testing.T) {
	checks := suites.List()
	left := map[bool]int{}
	for _, f := range faults.All() {
		within := reach(f)
		left[len(within.Exclude) > 0]++
		for _, c := range checks {
			if slices.Contains(f.Reddens, c.ID) && !suites.Selected(c, within) {
				t.Errorf("%s is meant for %s, which it cannot reach", f.Name, c.ID)
			}
		}
	}
	if left[true] < 100 || left[false] < 5 {
		t.Errorf("%d faults reach a part of the application, %d all of it", left[true], left[false])
	}
}
