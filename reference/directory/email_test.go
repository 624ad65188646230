package directory

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCanonicalEmail(t *testing.T) {
	for address, want := range map[string]string{
		"ada@example.com": "ada@example.com", "Ada@Example.COM": "ada@example.com", "ada@example.com.": "ada@example.com",
		"ada+x@example.com": "ada+x@example.com", "a.da@example.com": "a.da@example.com",
		"ada@bücher.example": "ada@xn--bcher-kva.example", "ada@XN--BCHER-KVA.example": "ada@xn--bcher-kva.example", "ada@ｅxample.com": "ada@example.com",
		"\u212aim@example.com": "\u212aim@example.com", "\u0131@example.com": "\u0131@example.com", "\u00c1da@example.com": "\u00c1da@example.com",
		`"ada"@example.com`: `"ada"@example.com`, `"a@b"@example.com`: `"a@b"@example.com`,
		// What is no address, or might be read as another one.
		"": "", "ada": "", "@example.com": "", "ada@": "", "ada@.": "", "ada@example..com": "", "ada@example.com..": "", "ada@-.com": "",
		" ada@example.com": "", "ada@example.com ": "", "a da@example.com": "", "ada\u00a0@example.com": "", "ada\u200b@example.com": "", "ada\x00@example.com": "",
		"ada@example.com\n": "", "a@b@example.com": "", "Ada <ada@example.com>": "", "<ada@example.com>": "", "ada@[192.0.2.1]": "", "ada@example.com,eve@example.com": "",
		"\xff@example.com": "", "ada@\xff.com": "", strings.Repeat("a", 243) + "@example.com": "", "ada@" + strings.Repeat("a", 64) + ".com": "",
	} {
		got, ok := CanonicalEmail(address)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t; wanted %q", address, got, ok, want)
		}
	}
	if domain, ok := EmailDomain("ada@Bücher.example."); !ok || domain != "xn--bcher-kva.example" {
		t.Errorf("domain %q, %t", domain, ok)
	}
}

func TestEmailOf(t *testing.T) {
	for want, user := range map[string]Resource{
		"a@x.test": {Email: "A@x.test", Name: "b@x.test"}, "b@x.test": {Email: "no address", Name: "B@x.test"}, "": {Name: "ada"},
	} {
		if got := EmailOf(user); got != want {
			t.Errorf("%+v: %q", user, got)
		}
	}
}

func TestRoles(t *testing.T) {
	if !RoleOwner.AtLeast(RoleAdmin) || !RoleViewer.AtLeast(RoleViewer) || RoleMember.AtLeast(RoleAdmin) || Role("").AtLeast(Role("")) || Role("root").AtLeast(RoleViewer) {
		t.Error("the order of roles is wrong")
	}
	if got := HighestRole("", RoleViewer, "root", RoleAdmin, RoleMember); got != RoleAdmin {
		t.Errorf("highest %q", got)
	}
	if got := HighestRole("root"); got != "" || Role("root").Valid() {
		t.Errorf("root is a role: %q", got)
	}
}

// Whatever two addresses are, they become one only where case and the writing of the domain are all that differs.
func FuzzCanonicalEmail(f *testing.F) {
	for _, pair := range [][2]string{
		{"Ada@x.test", "ada@X.TEST."}, {"\u212aim@x.test", "kim@x.test"}, {"a@bücher.test", "a@xn--bcher-kva.test"}, {"ı@x.test", "i@x.test"},
		{`"a"@x.test`, "a@x.test"}, {"a+b@x.test", "a@x.test"}, {"a@b@c.test", "a@c.test"}, {"a@ß.test", "a@ss.test"}, {"a@x\u00ad.test", "a@x.test"}, {"a@x。test", "a@x.test"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		one, ok := CanonicalEmail(a)
		if !ok {
			if one != "" {
				t.Errorf("%q is no address and has the form %q", a, one)
			}
			return
		}
		if again, ok := CanonicalEmail(one); !ok || again != one {
			t.Errorf("%q becomes %q becomes %q, %t", a, one, again, ok)
		}
		at := strings.LastIndexByte(one, '@')
		if len(one) > maxEmail || !utf8.ValidString(one) || strings.ContainsFunc(one, unfit) || at < 1 || !isASCII(one[at:]) || strings.HasSuffix(one, ".") {
			t.Errorf("%q becomes %q", a, one)
		}
		other, ok := CanonicalEmail(b)
		if !ok || one != other {
			return
		}
		localA, localB := a[:strings.LastIndexByte(a, '@')], b[:strings.LastIndexByte(b, '@')]
		if FoldASCII(localA) != FoldASCII(localB) {
			t.Errorf("%q and %q are one address", a, b)
		}
	})
}
