package directory

import (
	"strings"
	"testing"

	"golang.org/x/text/secure/precis"
)

func FuzzFoldKey(f *testing.F) {
	for _, pair := range [][2]string{{"Ada", "aDA"}, {"ſ", "S"}, {"K", "k"}, {"İ", "i"}, {"ΣΑΣ", "σας"}, {"é", "É"}, {"ß", "ẞ"}, {"\xff", "\ufffd"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = strings.ToValidUTF8(a, ""), strings.ToValidUTF8(b, "")
		if equal := strings.EqualFold(a, b); equal != (FoldKey(a) == FoldKey(b)) {
			t.Errorf("%q and %q: EqualFold %v, keys %q and %q", a, b, equal, FoldKey(a), FoldKey(b))
		}
	})
}

// The pairs that RFC 7644 section 5 makes one userName, and those that it does not.
func TestNameKeyIsPRECIS(t *testing.T) {
	for _, pair := range []struct {
		a, b string
		same bool
	}{
		{"ada", "ADA", true}, {"ada@x.test", "ａｄａ＠ｘ.test", true}, {"ＡＤＡ", "ada", true},
		{"zoe\u0308", "zo\u00eb", true}, {"ZOE\u0308", "zo\u00eb", true}, {"J\u030c", "\u01f0", true}, {"\uff76\uff9e", "\u30ac", true}, {"\u1e69", "s\u0307\u0323", true},
		{"Σ", "ς", true}, {"o'brien", "o’brien", false}, {"zoe", "zoë", false}, {"ada", "аda", false}, {"straße", "strasse", false},
		{"a b", "A B", true}, {"a\x00b", "ａ\x00B", true},
	} {
		if same := NameKey(User, pair.a) == NameKey(User, pair.b); same != pair.same {
			t.Errorf("%q and %q: the same %v, keys %q and %q", pair.a, pair.b, same, NameKey(User, pair.a), NameKey(User, pair.b))
		}
	}
	if NameKey(Group, "ａ") == NameKey(Group, "a") || NameKey(Group, "A") != NameKey(Group, "a") {
		t.Error("names of groups are compared without regard to case, and no further")
	}
}

// Where precis.UsernameCaseMapped takes two names, those that it finds equal have the same key.
func FuzzNameKey(f *testing.F) {
	for _, pair := range [][2]string{{"Ada", "ａｄａ"}, {"e\u0301", "É"}, {"ﾊﾟ", "パ"}, {"ǰ", "J\u030c"}, {"ᾳ", "α\u0345"}, {"Ω", "ω"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if key := NameKey(User, a); NameKey(User, key) != key {
			t.Errorf("the key %q of %q has another key %q", key, a, NameKey(User, key))
		}
		if precis.UsernameCaseMapped.Compare(a, b) && NameKey(User, a) != NameKey(User, b) {
			t.Errorf("%q and %q: keys %q and %q", a, b, NameKey(User, a), NameKey(User, b))
		}
	})
}
