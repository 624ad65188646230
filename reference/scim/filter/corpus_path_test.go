package filter_test

import (
	"slices"
	"strings"
	"testing"

	"assay/reference/scim/filter"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// paths writes every form of figure 7 for every attribute of a type: attr, attr.sub, attr[filter] and
// attr[filter].sub, with and without its URN, which an attribute of an extension needs.
func (c *corpus) paths(t *schema.Type) []string {
	list := slices.Concat(c.pathsOf(t.Common, "", t.Core.URN), c.pathsOf(t.Core.Attributes, "", t.Core.URN))
	for i := range t.Extensions {
		extension := &t.Extensions[i]
		list = append(list, c.pathsOf(extension.Attributes, extension.URN)...)
	}
	return list
}

func (c *corpus) pathsOf(attributes []schema.Attribute, urns ...string) []string {
	var list []string
	for i := range attributes {
		a := &attributes[i]
		s := spelled{a.Name, urns, a}
		list = append(list, c.write(s))
		if a.MultiValued {
			list = append(list, c.write(s)+"["+c.valueFilter(a, 2)+"]")
		}
		for j := range a.Sub {
			list = append(list, c.write(s)+"."+c.anyCase(a.Sub[j].Name))
			if a.MultiValued {
				list = append(list, c.write(s)+"["+c.valueFilter(a, 1)+"]."+c.anyCase(a.Sub[j].Name))
			}
		}
	}
	return list
}

// GAP-110: every legal form of a path is read, and its printed form is the same path.
func TestCorpusOfPaths(t *testing.T) {
	for seed, of := range []*schema.Type{userType(), schema.GroupType()} {
		c := newCorpus(of, uint64(seed))
		read := 0
		for range 20 {
			for _, text := range c.paths(of) {
				path, err := filter.ParsePath(text, of)
				if err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				again, err := filter.ParsePath(path.String(), of)
				if err != nil || again.String() != path.String() {
					t.Fatalf("%s prints as %s, which reads back as %v, %v", text, path, again, err)
				}
				plain, _, _ := strings.Cut(text, "[")
				if !strings.HasSuffix(strings.ToLower(plain), strings.ToLower(path.Attribute.Name)) && path.Filter == nil && path.Sub == nil {
					t.Fatalf("%s was read as %s", text, path)
				}
				read++
			}
		}
		if read < 400 {
			t.Errorf("only %d paths of %s", read, of.Name)
		}
	}
}

// pathSpoilers make something that figure 7 does not derive of a path without brackets.
var pathSpoilers = map[string]func(path string) string{
	"a space before":          func(p string) string { return " " + p },
	"a space behind":          func(p string) string { return p + " " },
	"a slash before":          func(p string) string { return "/" + p },
	"a dot before":            func(p string) string { return "." + p },
	"a dot behind":            func(p string) string { return p + "." },
	"a colon before":          func(p string) string { return ":" + p },
	"a colon behind":          func(p string) string { return p + ":" },
	"a part that is none":     func(p string) string { return p + ".nope" },
	"two levels of parts":     func(p string) string { return p + ".value.value" },
	"an index with a dot":     func(p string) string { return p + ".0" },
	"an index with a slash":   func(p string) string { return p + "/0" },
	"a bracket behind":        func(p string) string { return p + "]" },
	"a letter more":           func(p string) string { return p + "x" },
	"a digit before":          func(p string) string { return "1" + p },
	"a URN that is none":      func(p string) string { return "urn:ietf:params:scim:schemas:core:2.0:Nobody:" + p },
	"a URN twice":             func(p string) string { return enterprise + ":" + enterprise + ":" + p },
	"another extension":       func(p string) string { return enterprise + ":" + p },
	"a comma and another":     func(p string) string { return p + ",userName" },
	"an operator":             func(p string) string { return p + ` eq "x"` },
	"a JSON pointer":          func(p string) string { return "/" + strings.ReplaceAll(p, ".", "/") },
	"a dollar sign before":    func(p string) string { return "$." + p },
	"quotes":                  func(p string) string { return `"` + p + `"` },
	"a line feed":             func(p string) string { return p + "\n" },
	"nothing":                 func(string) string { return "" },
	"brackets on a part":      func(p string) string { return p + `.value[type eq "x"]` },
	"two pairs of brackets":   func(string) string { return `emails[type eq "x"][value eq "y"]` },
	"a space before brackets": func(string) string { return `emails [type eq "x"]` },
	"something after them":    func(string) string { return `emails[type eq "x"]value` },
	"a space after them":      func(string) string { return `emails[type eq "x"] .value` },
	"a dot after them":        func(string) string { return `emails[type eq "x"].` },
	"a wrong part after them": func(string) string { return `emails[type eq "x"].nope` },
	"a part of that part":     func(string) string { return `emails[type eq "x"].value.x` },
	"brackets on one value":   func(string) string { return `userName[value eq "x"]` },
	"brackets on an object":   func(string) string { return `name[givenName eq "x"]` },
	"brackets on a schema":    func(string) string { return enterprise + `[department eq "x"]` },
}

// GAP-110: what is wrong with a path is invalidPath; between its brackets, where figure 1 rules, it is
// invalidFilter, which RFC 7644 table 9 has for the filter in a path too.
func TestSpoiledPaths(t *testing.T) {
	user := userType()
	c := newCorpus(user, 4)
	refused := func(name, text, scimType string) {
		t.Helper()
		path, err := filter.ParsePath(text, user)
		if e, ok := scimerr.As(err); !ok || e.Status != 400 || e.ScimType != scimType {
			t.Errorf("%s: %q: %v, %v, wanted %s", name, text, path, err, scimType)
		}
	}
	plain := []string{"userName", "name.familyName", "emails.type", "externalId", "urn:ietf:params:scim:schemas:core:2.0:User:title", enterprise + ":department", enterprise + ":manager.value", "urn:example:T:tags"}
	for name, spoil := range pathSpoilers {
		for _, path := range plain {
			refused(name, spoil(c.anyCase(path)), scimerr.TypeInvalidPath)
		}
	}
	emails := user.Attribute("emails")
	for name, spoil := range spoilers {
		for range 20 {
			spoiled := spoil(c.anyCase(c.oneOf("type", "value", "display")), c.oneOf("eq", "ne", "co", "gt"), c.text())
			refused(name, "emails["+spoiled+"]", scimerr.TypeInvalidFilter)
			refused(name, "emails["+c.valueFilter(emails, 1)+" or "+spoiled+"].value", scimerr.TypeInvalidFilter)
		}
	}
	refused("no closing bracket", `emails[type eq "x"`, scimerr.TypeInvalidFilter)
	refused("an index", `emails[0]`, scimerr.TypeInvalidFilter)
}
