package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

// desk is a Recognizer on a store with one tenant.
type desk struct {
	*Recognizer
	*testing.T
	tenant directory.Tenant
}

func newDesk(t *testing.T) desk {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	tenant := directory.Tenant{ID: "acme", Domains: []string{"acme.test"}}
	if err := store.CreateTenant(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	return desk{New(store, time.Now), t, tenant}
}

func (d desk) user(name, email, externalID string) string {
	d.Helper()
	user, err := d.store.Create(context.Background(), d.tenant.ID, directory.Resource{Kind: directory.User, Name: name, Email: email, ExternalID: externalID, Active: true}, nil)
	if err != nil {
		d.Fatal(err)
	}
	return user.ID
}

func saml(idp directory.IdPType, strategy string) directory.Connection {
	return directory.Connection{Protocol: directory.SAML, Issuer: "idp", ConnectionSettings: directory.ConnectionSettings{Active: true, IdP: idp, Matching: strategy}}
}

// Every strategy finds the one it is for, and nobody in place of two.
func TestStrategies(t *testing.T) {
	d := newDesk(t)
	id := d.user("ada@acme.test", "mail@acme.test", "ext-1")
	local := d.user("ada.l", "", "ext-2")
	d.user("other", "twin@acme.test", "ext-3")
	d.user("another", "twin@acme.test", "ext-3")
	d.user("twin.l", "", "")
	d.user("twin.l@acme.test", "", "")
	person := func(change func(*Person)) Person {
		p := Person{Name: "nobody", Email: "nobody@acme.test", EmailVerified: true, Fields: map[Field]string{Username: "nobody", StableID: "nobody"}, oid: "nobody"}
		change(&p)
		return p
	}
	tests := map[string]map[string]func(*Person){ // want by strategy
		id: {
			"OidcSubToScimUsername": func(p *Person) { p.Name = "ADA@acme.test" }, "OidcSubToScimExternalId": func(p *Person) { p.Name = "ext-1" },
			"OidcEmailToScimUsername": func(p *Person) { p.Email = "ada@acme.test" }, "OidcEmailUsernameToScimUsername": func(p *Person) { p.Email = "ada@acme.test" },
			"OidcPreferredUsernameToScimUsername": func(p *Person) { p.Fields[Username] = "Ada@acme.test" }, "OidcOidToScimExternalId": func(p *Person) { p.oid = "ext-1" },
			"OidcEmailToScimEmail": func(p *Person) { p.Email = "mail@acme.test" }, "SamlNameIdToScimUsername": func(p *Person) { p.Name = "ada@acme.test" },
			"SamlNameIdToScimExternalId": func(p *Person) { p.Name = "ext-1" }, "SamlEmailToScimUsername": func(p *Person) { p.Email = "ada@acme.test" },
			"SamlEmailUsernameToScimUsername": func(p *Person) { p.Email = "ada@acme.test" }, "SamlAttributeToScimUsername": func(p *Person) { p.Fields[Username] = "ada@acme.test" },
			"SamlAttributeToScimExternalId": func(p *Person) { p.Fields[StableID] = "ext-1" }, "SamlEmailToScimEmail": func(p *Person) { p.Email = "ada@acme.test" },
		},
		local: {"OidcEmailUsernameToScimUsername": func(p *Person) { p.Email = "ada.l@acme.test" }, "SamlEmailUsernameToScimUsername": func(p *Person) { p.Email = "ada.l@acme.test" }},
		string(UnknownUser): {
			"OidcSubToScimExternalId": func(p *Person) { p.Name = "EXT-1" }, "OidcEmailToScimUsername": func(p *Person) { p.Email = "mail@acme.test" },
			"OidcSubToScimUsername": func(p *Person) { p.Name = "ａｄａ.l" }, "OidcPreferredUsernameToScimUsername": func(p *Person) { p.Fields[Username] = "ext-1" },
		},
		string(Ambiguous): {
			"OidcSubToScimExternalId": func(p *Person) { p.Name = "ext-3" }, "OidcEmailUsernameToScimUsername": func(p *Person) { p.Email = "twin.l@acme.test" },
			"SamlAttributeToScimExternalId": func(p *Person) { p.Fields[StableID] = "ext-3" },
		},
		string(AmbiguousEmail):  {"OidcEmailToScimEmail": func(p *Person) { p.Email = "twin@acme.test" }},
		string(NoEmail):         {"OidcEmailToScimUsername": func(p *Person) { p.Email = "" }},
		string(UnverifiedEmail): {"OidcEmailToScimEmail": func(p *Person) { p.Email, p.EmailVerified = "mail@acme.test", false }},
		string(ForeignDomain):   {"OidcEmailUsernameToScimUsername": func(p *Person) { p.Email = "ada.l@elsewhere.test" }},
		string(NoValue):         {"OidcOidToScimExternalId": func(p *Person) { p.oid = "" }, "SamlAttributeToScimUsername": func(p *Person) { delete(p.Fields, Username) }},
	}
	for want, by := range tests {
		for name, change := range by {
			s := Strategies()[slices.IndexFunc(Strategies(), func(s Strategy) bool { return s.Name == name })]
			user, err := d.match(t.Context(), d.tenant, s, person(change))
			if refusal, ok := errors.AsType[*Refusal](err); ok {
				user.ID = string(refusal.Reason)
			} else if err != nil {
				t.Fatal(err)
			}
			if user.ID != want {
				t.Errorf("%s: %s, wanted %s", name, user.ID, want)
			}
		}
	}
	if len(tests[id]) != len(Strategies()) {
		t.Errorf("%d of %d strategies find somebody", len(tests[id]), len(Strategies()))
	}
}

func TestDefaults(t *testing.T) {
	for _, idp := range []directory.IdPType{"", directory.Okta, directory.Entra, directory.OneLogin, directory.Google, directory.Generic, "unheard of"} {
		for _, protocol := range []directory.Protocol{directory.OIDC, directory.SAML, ""} {
			c := directory.Connection{Protocol: protocol, ConnectionSettings: directory.ConnectionSettings{IdP: idp}}
			want := defaultsOf(c).matching[protocolOf(c)]
			if s := StrategyOf(c); s.Name != want || want == "" || s.Protocol != protocolOf(c) {
				t.Errorf("%q by %q: %+v, wanted %q", idp, protocol, s, want)
			}
			if MappingOf(c)[Email] == "" || MappingOf(c)[Groups] == "" {
				t.Errorf("%q by %q maps %v", idp, protocol, MappingOf(c))
			}
		}
	}
}

// What the vendors send, as ../shared/facts/idp-wire.md has it.
func TestPersonOf(t *testing.T) {
	entra := saml(directory.Entra, "")
	schema := "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	p := PersonOf(entra, Assertion{Issuer: "i", Subject: "key", Name: "ada@acme.test", EmailVerified: true, Claims: map[string][]string{
		schema + "emailaddress": {"Ada@Acme.test"}, schema + "givenname": {"Ada"}, "http://schemas.microsoft.com/identity/claims/objectidentifier": {"oid-1"},
		"http://schemas.microsoft.com/ws/2008/06/identity/claims/groups": {"g1", "g2"}, "role": {"admin"},
	}})
	if p.Email != "ada@acme.test" || p.Fields[GivenName] != "Ada" || p.Fields[StableID] != "oid-1" || !reflect.DeepEqual(p.Groups, Membership{Names: []string{"g1", "g2"}}) || slices.Contains(slices.Collect(maps.Values(p.Fields)), "admin") {
		t.Errorf("%+v", p)
	}
	if p := PersonOf(saml(directory.Okta, ""), Assertion{Name: "ada@acme.test", Claims: map[string][]string{"Email": {}}}); p.Email != "ada@acme.test" || p.Fields[Username] != "ada@acme.test" {
		t.Errorf("the NameID is an address: %+v", p)
	}
	oidc := directory.Connection{ConnectionSettings: directory.ConnectionSettings{IdP: directory.Entra}}
	for edov, verified := range map[string]bool{"true": true, "1": true, "false": false, "0": false} {
		p := PersonOf(oidc, Assertion{Claims: map[string][]string{"email": {"ada@acme.test"}, "xms_edov": {edov}, "oid": {"o"}}})
		if p.EmailVerified != verified || p.value(FromOID) != "o" || p.Fields[StableID] != "o" {
			t.Errorf("xms_edov %s: %+v", edov, p)
		}
	}
	oidc.IdP = directory.Okta
	p = PersonOf(oidc, Assertion{Claims: map[string][]string{"email": {"a@acme.test", "b@acme.test"}, "xms_edov": {"true"}, "name": {strings.Repeat("x", 256)}, "given_name": {"a\nb"}}})
	if p.Email != "" || p.EmailVerified || len(p.Fields) != 0 {
		t.Errorf("two addresses, a claim of another product and values that are none: %+v", p)
	}
}

func TestGroups(t *testing.T) {
	groups := func(values ...string) map[string][]string { return map[string][]string{"groups": values} }
	oidc := func(idp directory.IdPType) directory.Connection {
		return directory.Connection{ConnectionSettings: directory.ConnectionSettings{IdP: idp}}
	}
	for name, test := range map[string]struct {
		connection directory.Connection
		assertion  Assertion
		want       Membership
	}{
		"some":            {oidc(directory.Okta), Assertion{Claims: groups("a", "b")}, Membership{Names: []string{"a", "b"}}},
		"none":            {oidc(directory.Okta), Assertion{Claims: groups()}, Membership{}},
		"nothing said":    {oidc(directory.Okta), Assertion{}, Membership{Unknown: GroupsMissing}},
		"elsewhere":       {oidc(directory.Okta), Assertion{Absent: []string{"groups"}, Claims: groups("a")}, Membership{Unknown: GroupsOverage}},
		"hasgroups":       {oidc(directory.Entra), Assertion{Claims: map[string][]string{"hasgroups": {"true"}}}, Membership{Unknown: GroupsOverage}},
		"groups.link":     {saml(directory.Entra, ""), Assertion{Claims: map[string][]string{"http://schemas.microsoft.com/claims/groups.link": {"https://graph"}}}, Membership{Unknown: GroupsOverage}},
		"one text":        {saml(directory.OneLogin, ""), Assertion{Claims: map[string][]string{"memberOf": {"a; b;;c"}}}, Membership{Names: []string{"a", "b", "c"}}},
		"another's comma": {oidc(directory.Okta), Assertion{Claims: groups("a;b")}, Membership{Names: []string{"a;b"}}},
	} {
		if got := groupsOf(test.connection, test.assertion); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, wanted %+v", name, got, test.want)
		}
		// What is kept of it says the same later.
		if got := groupsOf(test.connection, assertionOf(test.connection, sightingOf(test.connection, test.assertion))); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s, kept: %+v, wanted %+v", name, got, test.want)
		}
	}
}

// By SAML people are matched, made and bound in the same way; an assertion of another issuer is somebody else.
func TestRecognizeBySAML(t *testing.T) {
	d := newDesk(t)
	ada := d.user("ada@acme.test", "", "")
	c := saml(directory.Okta, "")
	c.JIT, c.DefaultRole = true, directory.RoleViewer
	assertion := func(issuer, name string) Assertion {
		return Assertion{Issuer: issuer, Subject: "unspecified - - " + name, Name: name, EmailVerified: true, Claims: map[string][]string{"Email": {name}, "FirstName": {"F"}}}
	}
	for range 2 {
		got, err := d.Recognize(t.Context(), d.tenant, c, assertion("idp", "Ada@acme.test"))
		if err != nil || got.User.ID != ada {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if _, err := d.Recognize(t.Context(), d.tenant, c, assertion("idp", "ada@acme.test")); !isReason(err, AlreadyLinked) {
		t.Errorf("another NameID of the same person: %v", err)
	}
	made, err := d.Recognize(t.Context(), d.tenant, c, assertion("idp", "eve@acme.test"))
	if err != nil || !made.Made || made.User.Name != "eve@acme.test" {
		t.Errorf("made %+v, %v", made, err)
	}
	if again, err := d.Recognize(t.Context(), d.tenant, c, assertion("idp", "eve@acme.test")); err != nil || again.Made || again.User.ID != made.User.ID {
		t.Errorf("the second time %+v, %v", again, err)
	}
	if _, err := d.Recognize(t.Context(), d.tenant, c, assertion("idp", "eve@elsewhere.test")); !isReason(err, ForeignDomain) {
		t.Errorf("of another domain: %v", err)
	}
	// A new identity provider is another issuer: who has signed on before is linked to it as well.
	if moved, err := d.Recognize(t.Context(), d.tenant, c, assertion("new idp", "ada@acme.test")); err != nil || moved.User.ID != ada || !moved.Linked {
		t.Errorf("at the new identity provider: %+v, %v", moved, err)
	}
	if s, err := d.Standing(t.Context(), d.tenant.ID, ada); err != nil || s.Role != directory.RoleMember {
		t.Errorf("without a connection: %+v, %v", s, err)
	}
	seen, err := d.DryRunSeen(t.Context(), d.tenant, c, 0, 10)
	if err != nil || len(seen) != 5 || seen[0].UserID != ada || seen[0].Outcomes[0].Result != Matches {
		t.Errorf("%d seen, %+v, %v", len(seen), seen, err)
	}
}

// What is kept is bounded, holds nothing of the token, and never makes many groups none.
func TestSightingIsBounded(t *testing.T) {
	c := directory.Connection{ConnectionSettings: directory.ConnectionSettings{IdP: directory.Okta}}
	a := Assertion{Subject: "s", Claims: map[string][]string{"email": {"ada@acme.test"}, "long": {strings.Repeat("x", maxClaimValue+1)}, "bad": {"a\x00"}, "\xff": {"x"}}}
	for _, name := range momentary() {
		a.Claims[name] = []string{"secret"}
	}
	for i := range 2000 {
		a.Claims["groups"] = append(a.Claims["groups"], fmt.Sprintf("%036d", i))
		a.Claims[fmt.Sprintf("more%d", i)] = []string{strings.Repeat("<", 100)}
	}
	seen := sightingOf(c, a)
	encoded, err := json.Marshal(seen.Claims)
	if err != nil || len(encoded) > directory.MaxClaims {
		t.Errorf("%d bytes, %v", len(encoded), err)
	}
	if strings.Contains(string(encoded), "secret") || one(seen.Claims["email"]) == "" || seen.Claims["long"] != nil || seen.Claims["bad"] != nil {
		t.Errorf("kept %s", encoded)
	}
	if got := groupsOf(c, assertionOf(c, seen)); got.Unknown != GroupsOverage {
		t.Errorf("groups that do not fit are %+v", got)
	}
}

// FuzzSighting: whatever an identity provider sends, a bounded part of it is kept that a database can take, and the
// groups in it are those that were sent, or unknown.
func FuzzSighting(f *testing.F) {
	f.Add("groups", "a;b", "email", "ada@acme.test", "entra")
	f.Add("memberOf", "a;b", "hasgroups", "true", "onelogin")
	f.Add("nonce", "x", "\xff", "\x00", "okta")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2, idp string) {
		for _, protocol := range []directory.Protocol{directory.OIDC, directory.SAML} {
			c := directory.Connection{Protocol: protocol, ConnectionSettings: directory.ConnectionSettings{IdP: directory.IdPType(idp)}}
			a := Assertion{Issuer: "i", Subject: "s", Name: value2, Claims: map[string][]string{name1: {value1, value2}, name2: {value2}}}
			seen := sightingOf(c, a)
			encoded, err := json.Marshal(seen.Claims)
			if err != nil || len(encoded) > directory.MaxClaims {
				t.Fatalf("%d bytes, %v", len(encoded), err)
			}
			was, is := groupsOf(c, a), groupsOf(c, assertionOf(c, seen))
			if is.Unknown == "" && !reflect.DeepEqual(was, is) || was.Unknown == GroupsOverage && is.Unknown != GroupsOverage {
				t.Errorf("groups were %+v and are %+v", was, is)
			}
			if p := PersonOf(c, a); p.Email != "" {
				if canonical, ok := directory.CanonicalEmail(p.Email); !ok || canonical != p.Email {
					t.Errorf("e-mail %q", p.Email)
				}
			}
		}
	})
}
