package filter_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"assay/reference/scim/filter"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

const bjensen = `{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
	"id": "2819c223", "externalId": "bj-1", "userName": "bjensen@example.com", "title": "Tour Guide", "userType": "Employee",
	"nickName": "", "displayName": "say \"hi\" \\ \u00e9t\u00e9", "active": true, "profileUrl": "https://example.com/Babs",
	"name": {"familyName": "O'Malley", "givenName": "Barbara"},
	"emails": [{"value": "bjensen@example.com", "type": "work", "primary": true}, {"value": "babs@jensen.org", "type": "home"}, {"value": "x@none.org"}],
	"ims": [{"value": "someaimhandle", "type": "aim"}],
	"x509Certificates": [{"value": "aGk="}],
	"meta": {"created": "2010-01-23T04:56:22Z", "lastModified": "2011-05-13T04:42:34Z", "resourceType": "User"},
	"groups": [{"value": "g1", "display": "Guides"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Tours", "employeeNumber": "701984", "manager": {"value": "26118915", "displayName": "John"}},
	"urn:example:T": {"level": 9, "ratio": 1.5, "tags": ["red", "Blue"], "big": 9007199254740993}
}`

// userType is the User with one more extension, for the types that the standard schemas do not use.
func userType() *schema.Type {
	t := schema.UserType()
	t.Extensions = append(t.Extensions, schema.Schema{URN: "urn:example:T", Attributes: []schema.Attribute{
		{Name: "level", Type: schema.Integer}, {Name: "ratio", Type: schema.Decimal}, {Name: "big", Type: schema.Integer},
		{Name: "tags", Type: schema.String, MultiValued: true, CaseExact: true},
		{Name: "secret", Type: schema.Complex, MultiValued: true, Sub: []schema.Attribute{{Name: "value", Type: schema.String, Returned: schema.Never}, {Name: "type", Type: schema.String}}},
	}})
	return t
}

func load(t testing.TB, text string) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestMatch(t *testing.T) {
	user, doc := userType(), load(t, bjensen)
	tests := map[string]bool{
		// RFC 7644 figure 2.
		`userName eq "bjensen"`:                                      false,
		`userName Eq "BJENSEN@example.com"`:                          true,
		`Username eq "bjensen@example.com"`:                          true,
		`name.familyName co "O'Malley"`:                              true,
		`userName sw "J"`:                                            false,
		`userName sw "B"`:                                            true,
		`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "B"`: true,
		`title pr`: true,
		`meta.lastModified gt "2011-05-13T04:42:34Z"`:                                           false,
		`meta.lastModified ge "2011-05-13T04:42:34Z"`:                                           true,
		`meta.lastModified lt "2011-05-13T04:42:34Z"`:                                           false,
		`meta.lastModified le "2011-05-13T04:42:34Z"`:                                           true,
		`title pr and userType eq "Employee"`:                                                   true,
		`title pr or userType eq "Intern"`:                                                      true,
		`schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`:               true,
		`userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`: true,
		`userType ne "Employee" and not (emails co "example.com" or emails.value co "x.org")`:   false,
		`userType eq "Employee" and (emails.type eq "work")`:                                    true,
		`userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`:         true,
		`emails[type eq "work" and value co "@nope"] or ims[type eq "xmpp" and value co "@f"]`:  false,

		// Case of values follows caseExact.
		`id eq "2819C223"`: false, `externalId eq "bj-1"`: true, `externalId eq "BJ-1"`: false,
		`profileUrl eq "https://example.com/babs"`: false, `profileUrl co "/Babs"`: true,
		`urn:example:T:tags eq "blue"`: false, `urn:example:T:tags eq "Blue"`: true, `urn:example:t:TAGS sw "r"`: true,

		// Text operators and escapes.
		`title ew "GUIDE"`: true, `title co ""`: true, `userName gt "a"`: true, `userName lt "B"`: false, `userName ge "BJENSEN@EXAMPLE.COM"`: true,
		`displayName eq "say \"hi\" \\ \u00e9t\u00e9"`: true, `displayName co "\u005C"`: true, `displayName co "ÉTÉ"`: true, `displayName co "\u005c \u00C9"`: true,

		// Presence and null.
		`nickName pr`: false, `nickName eq ""`: true, `locale pr`: false, `locale eq null`: true, `title ne null`: true, `title eq null`: false, `nickName eq null`: true,
		`emails pr`: true, `emails.type pr`: true, `phoneNumbers pr`: false, `name pr`: true, `name.middleName pr`: false, `emails eq null`: false, `addresses eq null`: true,
		`groups pr`: true, `groups.value eq "G1"`: true, `meta pr`: true,

		// ne.
		`title ne "x"`: true, `locale ne "x"`: true, `title ne "tour guide"`: false,
		`emails.type ne "work"`: true, `ims.type ne "aim"`: false, `phoneNumbers.type ne "x"`: true, `phoneNumbers[type ne "x"]`: false, `emails[type ne "work" and type ne "home"]`: true,

		// Booleans; a missing primary is false but not present.
		`active eq true`: true, `ACTIVE EQ True`: true, `active ne true`: false, `active eq false`: false, `emails[primary eq false]`: true, `emails[value sw "babs" and primary eq true]`: false,
		`ims.primary eq false`: true, `ims[primary pr]`: false, `phoneNumbers.primary eq false`: false, `emails[type eq "work" and primary eq false]`: false,

		// Numbers compare by value.
		`urn:example:T:level lt 10`: true, `urn:example:T:level eq 9.0`: true, `urn:example:T:level gt -1e1`: true, `urn:example:T:level ne 9`: false,
		`urn:example:T:ratio ge 1`: true, `urn:example:T:ratio eq 15e-1`: true, `urn:example:T:ratio lt 1.5`: false, `urn:example:T:level le 8`: false,

		// Times compare as instants.
		`meta.lastModified eq "2011-05-13T06:42:34+02:00"`: true, `meta.lastModified eq "2011-05-13T04:42:34.000Z"`: true, `meta.created sw "2010-"`: true,
		`meta.lastModified gt "2011-05-13T04:42:33.9Z" and meta.lastModified lt "2011-05-13T04:42:34.05Z"`: true, `meta.lastModified ne "2011-05-13T04:42:34Z"`: false,

		// Precedence: not before and before or; grouping first.
		`title pr or title pr and locale pr`: true, `(title pr or title pr) and locale pr`: false, `locale pr and title pr or title pr`: true, `locale pr and (title pr or title pr)`: false,
		`not (title pr) and locale pr or title pr`: true, `title pr and not (locale pr) and not(locale pr or locale pr)`: true, `NOT (locale pr) AND title pr`: true, `locale pr Or ((title pr))`: true,
		`not (not (title pr))`: true,

		// The same value must satisfy a value filter.
		`emails[type eq "home" and value co "example.com"]`: false, `emails.type eq "home" and emails.value co "example.com"`: true,
		`emails[type eq "work" and (value co "nope" or primary eq true)]`: true, `emails[not (type pr)]`: true, `emails[type eq "a" or type eq "b" or type eq "home" and value ew "org"]`: true,
		`emails[(value co "@")]`: true, `urn:example:T:tags[value eq "red"]`: true, `urn:example:T:tags[value eq "green"]`: false, `schemas[value co "enterprise"]`: true,
		`EMAILS[TYPE EQ "WORK"]`: true, `emails[type eq "work"].value eq "bjensen@example.com"`: true, `emails[type eq "home"].value eq "bjensen@example.com"`: false,
		`emails[type eq "home"].display pr`: false, `emails[type eq "home"].value co "jensen" and title pr`: true,

		// Extensions, qualified in any case and unqualified.
		enterprise + `:department eq "tours"`: true, strings.ToUpper(enterprise) + `:Department eq "tours"`: true, enterprise + `:manager.value eq "26118915"`: true,
		`id eq "2819c223" and manager eq "26118915"`: true, enterprise + `:manager eq "1"`: false, `title pr and ` + enterprise + `:department sw "T"`: true,
		enterprise + `:costCenter pr`: false, `x509Certificates.value eq "aGk="`: true, `x509Certificates eq "AGK="`: false,

		// White space.
		"  title\tpr  ": true, "title pr\r\n and userType\n eq \"Employee\"": true, `members.value eq"x" or userName sw"b"`: false,
	}
	delete(tests, `members.value eq"x" or userName sw"b"`)
	tests[`userName sw"b"`] = true // as in the RFC's own example of section 3.5.2.2
	for text, want := range tests {
		f, err := filter.Parse(text, user)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.Match(doc); got != want {
			t.Errorf("%s: got %v", text, got)
		}
		again, err := filter.Parse(f.String(), user)
		if err != nil || again.String() != f.String() || again.Match(doc) != want {
			t.Errorf("%s prints as %s, which reads back as %v, %v", text, f, again, err)
		}
	}
}

func TestMatchAnyGoType(t *testing.T) {
	user := userType()
	docs := []map[string]any{
		{"urn:example:T": map[string]any{"big": int64(9007199254740993), "tags": []string{"a"}}, "emails": []map[string]any{{"type": "work"}}, "meta": map[string]any{"created": time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{"urn:example:T": map[string]any{"big": json.Number("9007199254740993"), "tags": []any{"a"}}, "emails": []any{map[string]any{"type": "work"}}, "meta": map[string]any{"created": "2010-01-01T00:00:00Z"}},
	}
	for text, want := range map[string]bool{
		`urn:example:T:big eq 9007199254740993`: true, `urn:example:T:big eq 9007199254740992`: false, `urn:example:T:tags eq "a"`: true,
		`emails.type eq "work"`: true, `meta.created le "2010-01-01T00:00:00Z"`: true,
	} {
		f, err := filter.Parse(text, user)
		if err != nil {
			t.Fatal(err)
		}
		for i, doc := range docs {
			if f.Match(doc) != want {
				t.Errorf("%s on document %d: got %v", text, i, !want)
			}
		}
	}
	// A document that does not fit the schema matches nothing and does not panic.
	odd := map[string]any{"userName": 5, "name": "x", "emails": map[string]any{"type": "work"}, "active": "yes", "meta": nil, "urn:example:T": []any{"x"}}
	for text, want := range map[string]bool{
		`userName eq "5"`: false, `userName ne "5"`: true, `name.givenName pr`: false, `emails.type eq "work"`: true, `active eq true`: false,
		`active ne true`: true, `meta.created gt "2010-01-01T00:00:00Z"`: false, `urn:example:T:level gt 1`: false, `userName co "5"`: false,
	} {
		f, err := filter.Parse(text, user)
		if err != nil || f.Match(odd) != want {
			t.Errorf("%s: want %v, %v", text, want, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	user := userType()
	tests := map[string]string{ // to a part of the message
		``: "offset 0", `   `: "offset 3", `userName`: "operator", `userName eq`: "the end", `eq "x"`: "eq", `userName "x"`: "a string", `"x" eq userName`: "attribute",
		`userName regex "x"`: `"regex" is not supported`, `userName = "x"`: `"="`, `userName eq x`: `"x"`, `userName eq 'x'`: "double quotes", `userName eq "x`: "not closed", `userName eq "\x"`: "JSON string",
		"userName eq \"a\nb\"": "JSON string", `userName eq "x" "y"`: "not expected", `userName eq "x" foo`: `"foo"`, `userName eq "x" and`: "the end", `and userName pr`: "and",
		`userName eq "x" xor title pr`: "xor", `(userName pr`: `")"`, `userName pr)`: `")"`, `()`: "attribute", `not userName pr`: "parentheses", `not (userName pr`: `")"`, `userName pr and or title pr`: "or",
		`(userName pr)and(title pr)`: "space", `userName eq "x"and title pr`: "space", `title pr and(userName pr)`: "space", `userName pr pr`: `"pr"`, `userName prx`: "prx",
		`nope eq "x"`: "nope", `name.nope eq "x"`: "name.nope", `emails.nope pr`: "nope", `userName.x eq "x"`: "userName.x", `nope[type eq "x"]`: "nope", `emails[nope eq "x"]`: "nope", `emails[emails.type eq "x"]`: "emails.type",
		`emails[type eq "x"`: `"]"`, `emails]`: `"]"`, `emails[]`: "attribute", `emails[type[value eq "x"]]`: "nest", `emails [type eq "x"]`: "operator", `emails[type eq "x"].nope eq "y"`: "nope", `emails[type eq "x"].value`: "operator",
		`emails[type eq "x"] .value eq "y"`: ".value", `emails[type eq "x")`: `"]"`, `(title pr]`: `")"`, `name[givenName eq "x"]`: "multi-valued", `userName[value eq "x"]`: "multi-valued", `urn:example:T:tags[type eq "x"]`: "value",
		enterprise + ` eq "x"`: "schema", `urn:ietf:params:scim:schemas:core:2.0:User eq "x"`: "no such", `urn:example:nope:userName pr`: "no such", `urn:ietf:params:scim:schemas:core:2.0:Group:members pr`: "no such",
		// Operator, attribute and literal must fit.
		`active gt true`: "gt", `active ge false`: "ge", `active co "t"`: "co", `active eq "true"`: "boolean", `active eq 1`: "boolean", `userName eq 5`: "string", `userName eq true`: "string", `userName co 5`: "string",
		`x509Certificates.value gt "a"`: "binary", `x509Certificates.value le "a"`: "binary", `x509Certificates.value sw "a"`: "binary", `urn:example:T:level co 5`: "co", `urn:example:T:level eq "5"`: "integer",
		`urn:example:T:level eq 05`: "05", `urn:example:T:level eq 1e999`: "integer", `urn:example:T:level eq NaN`: "NaN", `meta.lastModified gt "yesterday"`: "dateTime", `meta.lastModified eq 5`: "dateTime", `meta.lastModified gt "2011-05-13"`: "dateTime",
		`userName gt null`: "null", `userName co null`: "null", `name eq "x"`: "sub-attribute", `addresses co "x"`: "sub-attribute", `meta eq "x"`: "sub-attribute", `emails eq 5`: "string",
		// An attribute that is never returned would be an oracle.
		`password eq "hunter2"`: "never returned", `password pr`: "never returned", `PASSWORD sw "h"`: "never returned", `urn:example:T:secret eq "x"`: "", `urn:example:T:secret.value eq "x"`: "never", `urn:example:T:secret[value eq "x"]`: "never",
		"userName eq \"\xff\"": "UTF-8",
	}
	for text, part := range tests {
		f, err := filter.Parse(text, user)
		e, ok := scimerr.As(err)
		if !ok || e.Status != 400 || e.ScimType != scimerr.TypeInvalidFilter {
			t.Errorf("%q: got %v, %v, want invalidFilter", text, f, err)
			continue
		}
		if !strings.Contains(e.Detail, part) || !strings.Contains(e.Detail, "offset ") {
			t.Errorf("%q: %q does not say %q with an offset", text, e.Detail, part)
		}
		if strings.Contains(e.Detail, "hunter2") {
			t.Errorf("%q: the value is repeated: %s", text, e.Detail)
		}
	}
}

func TestErrorOffset(t *testing.T) {
	_, err := filter.Parse(`title pr and userNme eq "x"`, userType())
	if want := `filter, at offset 13: "userNme": User has no such attribute`; err == nil || err.(*scimerr.Error).Detail != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestLimits(t *testing.T) {
	user := userType()
	nested := func(n int) string { return strings.Repeat("(", n) + "title pr" + strings.Repeat(")", n) }
	long := func(n int) string { return `title eq "` + strings.Repeat("x", n-len(`title eq ""`)) + `"` }
	chain := strings.Repeat("title pr or ", filter.MaxLength/12-1) + "title pr"
	for _, text := range []string{nested(filter.MaxDepth), long(filter.MaxLength), chain, strings.Repeat("not (", filter.MaxDepth-1) + `emails[type pr]` + strings.Repeat(")", filter.MaxDepth-1)} {
		if _, err := filter.Parse(text, user); err != nil {
			t.Errorf("%.30s… (%d bytes): %v", text, len(text), err)
		}
	}
	for _, text := range []string{
		nested(filter.MaxDepth + 1), long(filter.MaxLength + 1), nested(1 << 20), strings.Repeat("(", filter.MaxLength), strings.Repeat("not(", 2000),
		strings.Repeat("not (", filter.MaxDepth) + `emails[type pr]` + strings.Repeat(")", filter.MaxDepth), `emails[` + nested(filter.MaxDepth) + `]`,
	} {
		if _, err := filter.Parse(text, user); err == nil {
			t.Errorf("%.30s… (%d bytes) was accepted", text, len(text))
		} else if len(err.Error()) > 400 {
			t.Errorf("the error is %d bytes long", len(err.Error()))
		}
	}
}

func TestRefers(t *testing.T) {
	user := userType()
	for text, want := range map[string]bool{
		`groups pr`: true, `title pr and not (groups[value eq "x"])`: true, `title pr or GROUPS.value eq "x"`: true, `title pr and userName eq "groups"`: false,
	} {
		f, err := filter.Parse(text, user)
		if err != nil || f.Refers("groups") != want || !f.Refers("GROUPS") == want {
			t.Errorf("%s: Refers(groups) is not %v (%v)", text, want, err)
		}
	}
}
