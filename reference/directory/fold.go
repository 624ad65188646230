package directory

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// NameKey is the form in which the names of resources are compared: two names are the same when their keys are.
//
// For a user it is what RFC 7644 section 5 asks for userName: the mappings of the profile UsernameCaseMapped in their
// order (RFC 7613 section 3.2.2), which are width, case and NFC. Upper case is mapped by simple case folding.
// A name with a character that the profile does not allow, such as a space, is mapped in the same way rather than
// refused: identity providers send such names. Other resources compare theirs as FoldKey does.
func NameKey(kind Kind, name string) string {
	if kind != User || isASCII(name) {
		return FoldKey(name)
	}
	// NFC comes before folding too, so that a letter and its accent fold like the character that they make.
	return norm.NFC.String(FoldKey(norm.NFC.String(width.Fold.String(name))))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// FoldKey maps every string to the representative of those that strings.EqualFold calls equal to it.
// (strings.ToLower would not do: it tells "ſ" from "s", and so "eſther" would be a free name beside
// "esther" although a filter finds both.)
func FoldKey(s string) string {
	return strings.Map(foldRune, s)
}

func foldRune(r rune) rune {
	if r < unicode.MaxASCII {
		return unicode.ToLower(r)
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if least < unicode.MaxASCII {
		return unicode.ToLower(least)
	}
	return least
}
