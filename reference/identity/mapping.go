package identity

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"assay/reference/directory"
)

// Field is one of our own attributes of a person, to which a claim or attribute is mapped.
type Field string

// The fields.
const (
	Email       Field = "email"
	Username    Field = "username"
	StableID    Field = "stableId" // an id that is never given to somebody else
	DisplayName Field = "displayName"
	GivenName   Field = "givenName"
	FamilyName  Field = "familyName"
	Title       Field = "title"
	Locale      Field = "locale"
	Department  Field = "department"
	Groups      Field = "groups"
)

// Fields returns all fields.
func Fields() []Field {
	return []Field{Email, Username, StableID, DisplayName, GivenName, FamilyName, Title, Locale, Department, Groups}
}

// NameID is what a mapping of SAML calls the text of the NameID.
const NameID = "NameID"

// defaults are what an identity provider is when nothing else is said. The names are those that the vendors document
// (../shared/facts/idp-wire.md, sections 8 and 9); where these have none, because administrators choose them, ours.
type defaults struct {
	matching  map[directory.Protocol]string
	oidc      map[Field]string
	saml      map[Field]string
	verified  string   // a claim that vouches for the e-mail address beside email_verified: true, "true", 1 or "1"
	separator string   // between groups that come as one text
	overage   []string // claims or attributes that stand where the groups are too many
}

// claims are the standard claims (OpenID Connect Core section 5.1), and groups, which no standard has.
func claims(others map[Field]string) map[Field]string {
	names := map[Field]string{
		Email: "email", Username: "preferred_username", StableID: "sub", DisplayName: "name", GivenName: "given_name", FamilyName: "family_name",
		Locale: "locale", Groups: "groups",
	}
	maps.Copy(names, others)
	return names
}

func defaultsOf(c directory.Connection) defaults {
	all := map[directory.IdPType]defaults{
		// Nobody has said which product it is: people are matched as DataRecs and Resgrid describe.
		"": {matching: strategies("OidcEmailToScimEmail", "SamlEmailToScimEmail"), oidc: claims(nil), saml: plain(nil)},
		directory.Generic: {
			matching: strategies("OidcEmailToScimUsername", "SamlEmailToScimUsername"), oidc: claims(nil), saml: plain(nil),
		},
		directory.Okta: {
			matching: strategies("OidcEmailToScimUsername", "SamlNameIdToScimUsername"), oidc: claims(nil),
			saml: plain(map[Field]string{Email: "Email", GivenName: "FirstName", FamilyName: "LastName"}),
		},
		directory.Entra: {
			matching: strategies("OidcSubToScimExternalId", "SamlNameIdToScimUsername"), oidc: claims(map[Field]string{StableID: "oid"}),
			saml: map[Field]string{
				Email:       "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
				Username:    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
				GivenName:   "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
				FamilyName:  "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
				DisplayName: "http://schemas.microsoft.com/identity/claims/displayname",
				StableID:    "http://schemas.microsoft.com/identity/claims/objectidentifier",
				Groups:      "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
			},
			verified: "xms_edov", overage: []string{"hasgroups", "http://schemas.microsoft.com/claims/groups.link"},
		},
		directory.OneLogin: {
			matching: strategies("OidcEmailToScimUsername", "SamlNameIdToScimUsername"), oidc: claims(nil),
			saml: plain(map[Field]string{
				Email: "User.email", GivenName: "User.FirstName", FamilyName: "User.LastName", Groups: "memberOf", StableID: "PersonImmutableID",
			}),
			separator: ";",
		},
		directory.Google: {
			matching: strategies("OidcEmailToScimUsername", "SamlEmailToScimUsername"), oidc: claims(nil), saml: plain(nil),
		},
	}
	if d, ok := all[c.IdP]; ok {
		return d
	}
	return all[directory.Generic]
}

func strategies(oidc, saml string) map[directory.Protocol]string {
	return map[directory.Protocol]string{directory.OIDC: oidc, directory.SAML: saml}
}

// plain are attribute names where administrators choose them.
func plain(others map[Field]string) map[Field]string {
	names := map[Field]string{
		Email: "email", Username: NameID, StableID: NameID, DisplayName: "displayName", GivenName: "firstName", FamilyName: "lastName", Groups: "groups",
	}
	maps.Copy(names, others)
	return names
}

// MappingOf is the mapping of a connection: its own, and the default of its product for what that leaves out.
func MappingOf(c directory.Connection) map[Field]string {
	d := defaultsOf(c)
	names := maps.Clone(d.oidc)
	if protocolOf(c) == directory.SAML {
		names = maps.Clone(d.saml)
	}
	for field, name := range c.Mapping {
		names[Field(field)] = name
	}
	return names
}

// Person is an assertion in our own terms.
type Person struct {
	Issuer        string
	Subject       string
	Name          string
	Email         string // canonical; "" without a usable one
	EmailVerified bool
	Fields        map[Field]string
	Groups        Membership
	oid           string
}

// Membership is the groups that an identity provider names. Unknown says why they are not to be relied on: then they are
// neither these nor none.
type Membership struct {
	Names   []string
	Unknown string
}

// Why groups are unknown.
const (
	GroupsOverage = "overage" // there are too many of them for a token
	GroupsMissing = "missing" // nothing was said
)

// PersonOf puts an assertion into our own terms.
func PersonOf(c directory.Connection, a Assertion) Person {
	names := MappingOf(c)
	p := Person{Issuer: a.Issuer, Subject: a.Subject, Name: a.Name, Fields: map[Field]string{}, Groups: groupsOf(c, a), oid: one(a.Claims["oid"])}
	for field, name := range names {
		if field == Groups {
			continue
		}
		value := one(a.Claims[name])
		if name == NameID {
			value = tidy(a.Name)
		}
		if value != "" {
			p.Fields[field] = value
		}
	}
	p.Email, _ = directory.CanonicalEmail(p.Fields[Email])
	if p.Email == "" && p.Fields[Email] == "" && protocolOf(c) == directory.SAML {
		p.Email, _ = directory.CanonicalEmail(a.Name)
	}
	p.EmailVerified = a.EmailVerified
	if also := defaultsOf(c).verified; also != "" {
		p.EmailVerified = p.EmailVerified || slices.Contains([]string{"true", "1"}, one(a.Claims[also]))
	}
	return p
}

func (p Person) value(from Source) string {
	switch from {
	case FromName:
		return p.Name
	case FromUsername:
		return p.Fields[Username]
	case FromStableID:
		return p.Fields[StableID]
	case FromOID:
		return p.oid
	}
	return ""
}

func groupsOf(c directory.Connection, a Assertion) Membership {
	d, name := defaultsOf(c), MappingOf(c)[Groups]
	if slices.Contains(a.Absent, name) || slices.ContainsFunc(d.overage, func(mark string) bool { _, there := a.Claims[mark]; return there }) {
		return Membership{Unknown: GroupsOverage}
	}
	values, said := a.Claims[name]
	if !said {
		return Membership{Unknown: GroupsMissing}
	}
	var names []string
	for _, value := range values {
		parts := []string{value}
		if d.separator != "" {
			parts = strings.Split(value, d.separator)
		}
		for _, part := range parts {
			if part = strings.TrimSpace(part); part != "" {
				names = append(names, part)
			}
		}
	}
	return Membership{Names: names}
}

// one is a claim that has one value; of several it is not for us to choose.
func one(values []string) string {
	if len(values) != 1 {
		return ""
	}
	return tidy(values[0])
}

const maxValue = 255 // bytes of a value that is made an attribute of somebody

// tidy returns a value that can be shown and compared, or "". It is not changed: "ada " is nobody's name but its own.
func tidy(value string) string {
	if len(value) > maxValue || strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }) {
		return ""
	}
	return value
}

func domainOf(email string) string { return email[strings.LastIndexByte(email, '@')+1:] }
