package sqlstore

import (
	"strings"
	"testing"
)

func FuzzFoldKey(f *testing.F) {
	for _, pair := range [][2]string{{"Ada", "aDA"}, {"ſ", "S"}, {"K", "k"}, {"İ", "i"}, {"ΣΑΣ", "σας"}, {"é", "É"}, {"ß", "ẞ"}, {"\xff", "\ufffd"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = strings.ToValidUTF8(a, ""), strings.ToValidUTF8(b, "")
		if equal := strings.EqualFold(a, b); equal != (foldKey(a) == foldKey(b)) {
			t.Errorf("%q and %q: EqualFold %v, keys %q and %q", a, b, equal, foldKey(a), foldKey(b))
		}
	})
}
