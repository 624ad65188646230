package sqlstore

import (
	"strings"
	"unicode"
)

// foldKey maps every string to the representative of those that strings.EqualFold calls equal to it.
// (strings.ToLower would not do: it tells "ſ" from "s", and so "eſther" would be a free name beside
// "esther" although a filter finds both.)
func foldKey(s string) string {
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
