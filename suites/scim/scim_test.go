package scim_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"assay/reports"
	"assay/suites/check"
	"assay/suites/scim"
)

// leastMust is the number of must-level checks that the suite does not fall below.
const leastMust = 110

func catalogue() []reports.Check {
	listing := check.NewListing()
	scim.Register(listing)
	return listing.Checks()
}

func TestIDsAreWellFormedAndUnique(t *testing.T) {
	form := regexp.MustCompile(`^scim\.[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for _, c := range catalogue() {
		if !form.MatchString(c.ID) {
			t.Errorf("%s: an ID is scim, a topic and a behaviour in words", c.ID)
		}
		if seen[c.ID] {
			t.Errorf("%s is used twice", c.ID)
		}
		seen[c.ID] = true
	}
}

func TestChecksAreDescribed(t *testing.T) {
	personas := []string{"okta", "entra", "onelogin", "jumpcloud", "google"}
	titles := map[string]string{}
	for _, c := range catalogue() {
		if len(c.Title) < 15 || strings.HasSuffix(c.Title, ".") {
			t.Errorf("%s: the title %q is not a sentence without a full stop", c.ID, c.Title)
		}
		if other, taken := titles[c.Title]; taken {
			t.Errorf("%s and %s have one title", c.ID, other)
		}
		titles[c.Title] = c.ID
		if len(c.Refs) == 0 {
			t.Errorf("%s cites nothing", c.ID)
		}
		for _, ref := range c.Refs {
			if strings.TrimSpace(ref.Quote) == "" || ref.Section == "" {
				t.Errorf("%s: %s has no quote or no section", c.ID, ref.Doc)
			}
		}
		for _, persona := range c.Hurts {
			if !slices.Contains(personas, persona) {
				t.Errorf("%s hurts %q, which is no persona", c.ID, persona)
			}
		}
	}
}

func TestTitlesAvoidCapitalisedStart(t *testing.T) {
	for _, c := range catalogue() {
		first := []rune(c.Title)[0]
		word, _, _ := strings.Cut(c.Title, " ")
		acronym := strings.ToUpper(word) == word
		if unicode.IsUpper(first) && !acronym {
			t.Errorf("%s: the title %q starts with a capital letter", c.ID, c.Title)
		}
	}
}

func TestThereAreEnoughMusts(t *testing.T) {
	counts := map[reports.Level]int{}
	for _, c := range catalogue() {
		counts[c.Level]++
	}
	t.Logf("checks by level: %v", counts)
	if counts[check.Must] < leastMust {
		t.Errorf("%d checks at level must, want at least %d", counts[check.Must], leastMust)
	}
	if counts[check.Must]+counts[check.Should]+counts[check.May] != len(catalogue()) {
		t.Errorf("a check has an unknown level: %v", counts)
	}
}
