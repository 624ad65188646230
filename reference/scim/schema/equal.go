package schema

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Fold gives the form under which two strings that differ only in case are the same; it is what
// caseExact=false means everywhere in these packages. Fold(s) == Fold(t) exactly when
// strings.EqualFold(s, t): simple case folding, so that a dotless "ı" stays different from "i".
func Fold(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return strings.Map(foldRune, s)
		}
	}
	return strings.ToLower(s)
}

// foldRune gives the smallest rune of the case orbit, but the lower case of an ASCII letter, so that
// the result agrees with that of the ASCII path.
func foldRune(r rune) rune {
	smallest := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		smallest = min(smallest, next)
	}
	if 'A' <= smallest && smallest <= 'Z' {
		return smallest + 'a' - 'A'
	}
	return smallest
}

// Equal compares two canonical values of the attribute by its type and caseExact. In a complex value
// a missing "primary" equals false (RFC 7643 section 2.4).
func (a *Attribute) Equal(x, y any) bool {
	if a.Type == Complex {
		return a.equalObjects(x, y)
	}
	switch a.Type {
	case DateTime:
		return equalTimes(x, y)
	case String, Reference, Binary:
		p, ok := x.(string)
		q, same := y.(string)
		if !ok || !same || a.CaseExact || a.Type != String {
			return ok && same && p == q
		}
		return strings.EqualFold(p, q)
	}
	return Same(x, y)
}

// Normal gives the same JSON, once it is encoded, for two canonical values exactly when Equal finds them
// equal.
func (a *Attribute) Normal(value any) any {
	switch v := value.(type) {
	case string:
		if a.Type == String && !a.CaseExact {
			return Fold(v)
		}
		if instant, ok := ParseTime(v); ok && a.Type == DateTime {
			return instant.UTC().Format(time.RFC3339Nano)
		}
	case map[string]any:
		return a.normalObject(v)
	}
	if n, ok := Number(value); ok && a.Type == Decimal {
		return decimal(n.Float())
	}
	return value
}

func (a *Attribute) normalObject(element map[string]any) map[string]any {
	out := make(map[string]any, len(element))
	for i := range a.Sub {
		sub := &a.Sub[i]
		value, given := element[sub.Name]
		if !given || sub.Name == "primary" && value == false {
			continue
		}
		if out[sub.Name] = sub.Normal(value); !sub.MultiValued {
			continue
		}
		var list []string
		for _, item := range Values(value) {
			list = append(list, sub.fingerprint(item))
		}
		slices.Sort(list)
		out[sub.Name] = list
	}
	return out
}

// fingerprint is Normal as text. Canonical values always encode; what is not canonical equals nothing.
func (a *Attribute) fingerprint(value any) string {
	text, err := json.Marshal(a.Normal(value))
	if err != nil {
		return ""
	}
	return string(text)
}

// Matches is Equal for the attribute as a whole: the values of a multi-valued one are compared in any order.
func (a *Attribute) Matches(x, y any) bool {
	if !a.MultiValued {
		return a.Equal(x, y)
	}
	ours, theirs := Values(x), Values(y)
	if len(ours) != len(theirs) {
		return false
	}
	times := make(map[string]int, len(ours))
	for _, value := range ours {
		times[a.fingerprint(value)]++
	}
	for _, value := range theirs {
		text := a.fingerprint(value)
		if times[text]--; times[text] < 0 {
			return false
		}
	}
	return true
}

func equalTimes(x, y any) bool {
	p, _ := x.(string)
	q, _ := y.(string)
	instant, ok := ParseTime(p)
	other, same := ParseTime(q)
	return ok && same && instant.Equal(other)
}

func (a *Attribute) equalObjects(x, y any) bool {
	p, ok := x.(map[string]any)
	q, same := y.(map[string]any)
	if !ok || !same {
		return false
	}
	for i := range a.Sub {
		sub := &a.Sub[i]
		left, right := p[sub.Name], q[sub.Name]
		if sub.Name == "primary" && sub.Type == Boolean {
			left, right = IsPrimary(p), IsPrimary(q)
		}
		if left == nil && right == nil {
			continue
		}
		if !sub.Matches(left, right) {
			return false
		}
	}
	return true
}

// Same tells whether two JSON values are equal, whatever Go types their numbers and arrays have. The
// order of arrays counts.
func Same(a, b any) bool {
	if n, ok := Number(a); ok {
		m, ok := Number(b)
		return ok && n.Compare(m) == 0
	}
	if isList(a) {
		return isList(b) && sameLists(Values(a), Values(b))
	}
	switch v := a.(type) {
	case map[string]any:
		w, ok := b.(map[string]any)
		return ok && sameObjects(v, w)
	case string:
		w, ok := b.(string)
		return ok && v == w
	case bool:
		w, ok := b.(bool)
		return ok && v == w
	}
	return a == nil && b == nil
}

func sameLists(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Same(a[i], b[i]) {
			return false
		}
	}
	return true
}

func sameObjects(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for key, value := range a {
		other, present := b[key]
		if !present || !Same(value, other) {
			return false
		}
	}
	return true
}
