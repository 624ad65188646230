package filter_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"assay/reference/scim/filter"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

func TestParsePath(t *testing.T) {
	user, group := userType(), schema.GroupType()
	tests := []struct {
		t          *schema.Type
		text, want string
	}{
		// RFC 7644 figure 8; its last example names a sub-attribute "displayName" that members do not have.
		{group, `members`, `members`},
		{user, `name.familyName`, `name.familyName`},
		{user, `addresses[type eq "work"]`, `addresses[type eq "work"]`},
		{group, `members[value eq "2819c223-7f76-453a-919d-413861904646"]`, `members[value eq "2819c223-7f76-453a-919d-413861904646"]`},
		{group, `members[value eq "2819c223"].display`, `members[value eq "2819c223"].display`},
		{group, `members[value eq"2819c223"]`, `members[value eq "2819c223"]`}, // spelled so in section 3.5.2.2

		{user, `USERNAME`, `userName`},
		{user, `EMAILS[TYPE EQ "work"].VALUE`, `emails[type eq "work"].value`},
		{user, `urn:ietf:params:scim:schemas:core:2.0:user:Emails[type eq "work"].value`, `emails[type eq "work"].value`},
		{user, enterprise + `:manager.VALUE`, enterprise + `:manager.value`},
		{user, strings.ToLower(enterprise) + `:department`, enterprise + `:department`},
		{user, strings.ToUpper(enterprise), enterprise},
		{user, `emails[type eq "a]b.c" and (value co "x" or primary eq true)]`, `emails[type eq "a]b.c" and (value co "x" or primary eq true)]`},
		{user, `emails[not (type pr) or value ew "\"]"].type`, `emails[not (type pr) or value ew "\"]"].type`},
		{user, `urn:example:T:tags[value eq "red"]`, `urn:example:T:tags[value eq "red"]`},
		{user, `emails[ type eq "work" ]`, `emails[type eq "work"]`},
		{user, `meta.version`, `meta.version`},
		{user, `password`, `password`},
	}
	for _, test := range tests {
		path, err := filter.ParsePath(test.text, test.t)
		if err != nil || path.String() != test.want {
			t.Errorf("ParsePath(%s) = %v, %v; want %s", test.text, path, err, test.want)
			continue
		}
		if again, err := filter.ParsePath(path.String(), test.t); err != nil || again.String() != test.want {
			t.Errorf("%s reads back as %v, %v", test.want, again, err)
		}
	}
}

func TestParsePathRefuses(t *testing.T) {
	user := userType()
	const path, brackets = scimerr.TypeInvalidPath, scimerr.TypeInvalidFilter
	tests := map[string]string{
		``: path, ` `: path, `nope`: path, ` userName`: path, `userName `: path, `/userName`: path, `name.nope`: path, `name..givenName`: path, `name.givenName.x`: path, `emails.0`: path, `emails[0`: brackets, `.`: path, `[`: path, `]`: path, `emails]`: path,
		`department`: path, `urn:ietf:params:scim:schemas:core:2.0:User`: path, `urn:ietf:params:scim:schemas:core:2.0:User:`: path, `urn:ietf:params:scim:schemas:core:2.0:Users:userName`: path, `urn:userName`: path, `:userName`: path, `userName:`: path,
		enterprise + `.department`: path, enterprise + `:userName`: path, enterprise + `::department`: path, `User:userName`: path, `name[givenName eq "x"]`: path, `userName[value eq "x"]`: path, `emails.value[type eq "x"]`: path, enterprise + `[type eq "x"]`: path,
		`emails[type eq "work"]value`: path, `emails[type eq "work"] .value`: path, `emails[type eq "work"].`: path, `emails[type eq "work"].nope`: path, `emails[type eq "work"].value.x`: path, `emails[type eq "work"][type eq "x"]`: path, `emails[type eq "work"]]`: path, `emails [type eq "work"]`: path,
		`emails[]`: brackets, `emails[type]`: brackets, `emails[type eq]`: brackets, `emails[type eq "work"`: brackets, `emails[type eq work]`: brackets, `emails[type eq "work]`: brackets, `emails[nope eq "x"]`: brackets, `emails[type like "x"]`: brackets,
		`emails[primary gt true]`: brackets, `emails[type eq 5]`: brackets, `emails[(type eq "x"]`: brackets, `emails[type eq "x")]`: brackets, `emails[type eq "x" and]`: brackets, `emails[0]`: brackets, `emails[type[value eq "x"]]`: brackets,
		`urn:example:T:secret[value eq "x"]`: brackets, "emails[type eq \"\xff\"]": path, strings.Repeat("x", filter.MaxLength+1): path,
		`emails[` + strings.Repeat("(", filter.MaxDepth) + `type pr` + strings.Repeat(")", filter.MaxDepth) + `]`: brackets,
	}
	for text, want := range tests {
		got, err := filter.ParsePath(text, user)
		e, ok := scimerr.As(err)
		if !ok || e.ScimType != want || e.Status != 400 {
			t.Errorf("ParsePath(%.80q) = %v, %v; want %s", text, got, err, want)
		}
	}
}

func TestValueFilter(t *testing.T) {
	user := userType()
	parse := func(text string) *filter.ValueFilter {
		t.Helper()
		path, err := filter.ParsePath(text, user)
		if err != nil {
			t.Fatal(err)
		}
		return path.Filter
	}
	work := map[string]any{"type": "Work", "value": "a@x", "primary": true}
	for text, want := range map[string]bool{
		`emails[type eq "work"]`: true, `emails[type eq "work" and value co "b"]`: false, `emails[primary eq true and value eq "A@X"]`: true, `emails[display pr]`: false,
	} {
		if got := parse(text).Match(work); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
	if !parse(`urn:example:T:tags[value sw "r"]`).Match("red") || parse(`urn:example:T:tags[value sw "r"]`).Match(nil) {
		t.Error("a simple value goes by the name value")
	}
	terms := map[string]map[string]any{
		`emails[type eq "work"]`:                            {"type": "work"},
		`emails[type eq "work" and (primary eq true)]`:      {"type": "work", "primary": true},
		`emails[TYPE eq "work" and type eq "WORK"]`:         {"type": "WORK"},
		`emails[type eq "work" and type eq "home"]`:         nil,
		`emails[type eq "work" or type eq "home"]`:          nil,
		`emails[not (type eq "work")]`:                      nil,
		`emails[type ne "work"]`:                            nil,
		`emails[type eq null]`:                              nil,
		`emails[type pr]`:                                   nil,
		`urn:example:T:tags[value eq "red"]`:                {"value": "red"},
		`emails[type eq "work" and value ew "example.com"]`: nil,
	}
	for text, want := range terms {
		if got, ok := parse(text).Terms(); ok != (want != nil) || ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: Terms gives %v, %v", text, got, ok)
		}
	}
	for text, want := range map[string][]string{
		`emails[value eq "a"]`: {"a"}, `emails[value eq "a" or VALUE eq "b" or value eq "c"]`: {"a", "b", "c"},
		`emails[value eq "a" and type eq "b"]`: nil, `emails[value eq "a" or type eq "b"]`: nil, `emails[value ne "a"]`: nil, `emails[value eq null]`: nil,
	} {
		if got, ok := parse(text).OneOf("value"); ok != (want != nil) || !slices.Equal(got, want) {
			t.Errorf("%s: OneOf gives %v, %v", text, got, ok)
		}
	}
}
