package scim

import (
	"strings"
	"testing"
	"time"
)

func TestSimilarKeepsTheFormOfAnID(t *testing.T) {
	for _, id := range []string{
		"2819c223-7f76-453a-919d-413861904646", "17", "00000108", "6512bd43d9caa6e02c990b0a", "AbC-xyz", "01ARZ3NDEKTSV4RRFFQ69G5FAV",
	} {
		other := similar(id)
		if other == id {
			t.Errorf("similar(%q) is the same id", id)
		}
		if form(other) != form(id) {
			t.Errorf("similar(%q) = %q, which has another form", id, other)
		}
	}
	if similar("---") != "---" {
		t.Error("an id without letters and digits cannot be changed within its form")
	}
}

// form writes every digit as 0, and every letter as a or A.
func form(id string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return '0'
		case r >= 'a' && r <= 'z':
			return 'a'
		case r >= 'A' && r <= 'Z':
			return 'A'
		}
		return r
	}, id)
}

func TestInstant(t *testing.T) {
	for text, valid := range map[string]bool{
		"2008-01-23T04:56:22Z":             true,
		"2008-01-23T04:56:22.123+02:00":    true,
		"2008-01-23T04:56:22":              true, // the time zone of an xsd:dateTime is optional
		"2008-01-23T04:56:22z":             false,
		"2008-01-23t04:56:22Z":             false,
		"2008-01-23":                       false,
		"1201064182":                       false,
		"Wed, 23 Jan 2008 04:56:22 GMT":    false,
		"2008-13-23T04:56:22Z":             false,
		"":                                 false,
		"2008-01-23T04:56:22.123456789Z":   true,
		"2008-01-23T04:56:22Z and the day": false,
	} {
		if _, err := instant(text); (err == nil) != valid {
			t.Errorf("instant(%q): error %v, want valid %v", text, err, valid)
		}
	}
}

func TestOffsetContradictsTheOrderOfTexts(t *testing.T) {
	moment := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	plain := moment.Format(time.RFC3339)
	later, earlier := offset(moment, 1, 11), offset(moment, -1, -11)
	if at, err := instant(later); err != nil || !at.After(moment) || later >= plain {
		t.Errorf("%s is to be after %s in time and before it as text (%v)", later, plain, err)
	}
	if at, err := instant(earlier); err != nil || !at.Before(moment) || earlier <= plain {
		t.Errorf("%s is to be before %s in time and after it as text (%v)", earlier, plain, err)
	}
}

func TestLiteralIsAJSONString(t *testing.T) {
	if got := compare("displayName", "eq", `Ada "C" \ é`); got != `displayName eq "Ada \"C\" \\ é"` {
		t.Errorf("got %s", got)
	}
}
