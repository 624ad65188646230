package filter_test

import (
	"testing"
	"time"

	"assay/reference/directory"
	"assay/reference/scim/filter"
	"assay/reference/scim/scimerr"
)

// patience is how long reading a text may take. It takes a millisecond at MaxLength, because time is
// linear; the rest is for a machine that has much else to do.
const patience = 2 * time.Second

// FuzzParse asks of any text: no panic, an answer soon, an error of the right kind or a filter that
// evaluates and whose printed form means the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`userName eq "bjensen"`, `not (title pr) and emails[type eq "work" and value co "@x"].value sw "a" or active ne true`, `urn:example:T:level ge -1.5e3`,
		enterprise + `:manager.value eq null`, `meta.lastModified gt "2011-05-13T04:42:34Z"`, `((((`, `emails[`, `title eq "\ud800"`, `urn:example:T:tags[value eq "a"]`, `a and b`, `not(`,
	} {
		f.Add(seed)
	}
	user, doc := userType(), load(f, bjensen)
	f.Fuzz(func(t *testing.T, text string) {
		begun := time.Now()
		parsed, err := filter.Parse(text, user)
		if took := time.Since(begun); took > patience {
			t.Errorf("%d bytes took %s", len(text), took)
		}
		if err != nil {
			if e, ok := scimerr.As(err); !ok || e.Status != 400 || e.ScimType != scimerr.TypeInvalidFilter {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if len(text) > filter.MaxLength {
			t.Fatalf("%d bytes were accepted", len(text))
		}
		got := parsed.Match(doc)
		parsed.Match(nil)
		parsed.Condition(filter.Source{Fields: map[string]directory.Field{"userName": directory.FieldName}, Links: "groups", Emails: "emails"})
		parsed.Refers("groups")
		printed := parsed.String()
		if len(printed) > filter.MaxLength {
			return
		}
		again, err := filter.Parse(printed, user)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", text, printed, err)
		}
		if again.Match(doc) != got || again.String() != printed {
			t.Fatalf("%q prints as %q, which means something else", text, printed)
		}
	})
}

// FuzzParsePath asks the same of paths.
func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{
		`members`, `name.familyName`, `emails[type eq "work"].value`, enterprise, enterprise + `:manager.value`, `emails[(((`, `emails[type eq "]"]x`, `urn:example:T:tags[value eq "a"]`, `[`, `emails[type pr].`,
	} {
		f.Add(seed)
	}
	user := userType()
	value := map[string]any{"type": "work", "value": "a@x"}
	f.Fuzz(func(t *testing.T, text string) {
		begun := time.Now()
		path, err := filter.ParsePath(text, user)
		if took := time.Since(begun); took > patience {
			t.Errorf("%d bytes took %s", len(text), took)
		}
		if err != nil {
			e, ok := scimerr.As(err)
			if !ok || e.Status != 400 || e.ScimType != scimerr.TypeInvalidPath && e.ScimType != scimerr.TypeInvalidFilter {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if path.Filter != nil {
			path.Filter.Match(value)
			path.Filter.Match("x")
			path.Filter.Terms()
			path.Filter.OneOf("value")
		}
		printed := path.String()
		if len(printed) > filter.MaxLength {
			return
		}
		again, err := filter.ParsePath(printed, user)
		if err != nil || again.String() != printed {
			t.Fatalf("%q prints as %q, which reads back as %v, %v", text, printed, again, err)
		}
	})
}

var benchmarks = map[string]string{
	"simple":  `userName eq "bjensen@example.com"`,
	"complex": `(title pr or userType eq "Intern") and emails[type eq "work" and value co "@example.com"] and not (meta.lastModified lt "2011-05-13T04:42:34Z")`,
}

func BenchmarkParse(b *testing.B) {
	user := userType()
	for name, text := range benchmarks {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := filter.Parse(text, user); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	user, doc := userType(), load(b, bjensen)
	for name, text := range benchmarks {
		parsed, err := filter.Parse(text, user)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !parsed.Match(doc) {
					b.Fatal("no match")
				}
			}
		})
	}
}
