package schema

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/reference/directory"
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

// Key gives the form in which texts of the attribute are compared, ordered and searched.
func (a *Attribute) Key(s string) string {
	switch {
	case a.CaseExact:
		return s
	case a.UserName:
		return directory.NameKey(directory.User, s)
	}
	return Fold(s)
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
		if !sub.Equal(left, right) {
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
