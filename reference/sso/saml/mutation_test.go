package saml_test

import (
	"slices"
	"strings"
	"testing"

	"assay/fakeidp/persona"
	fakesaml "assay/fakeidp/saml"
	"assay/reference/sso/saml"
)

// signings are personas that sign the response, the assertion and both: what wraps one may not wrap the other.
func signings() []string { return []string{"okta-oin", "entra-default", "google-unverified"} }

// TestMutations goes through everything that the fake IdP can do to a response, and through what it can do to signatures for
// each way of signing. What is hostile is refused, even where the genuine person would come out; what is only unusual, which the text of the mutation says,
// is accepted. What is about the way that a response travels is in the tests of the site.
func TestMutations(t *testing.T) {
	t.Parallel()
	i := newIDP(t)
	for n, name := range signings() {
		open, hidden := newParty(t, i, name, nil), newParty(t, i, name, encrypts(t))
		honest := open.accepted(t)
		stranger, err := open.login(t, grace)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range fakesaml.Mutations() {
			if m.Kind != fakesaml.Response || travels(m) || n > 0 && !aboutSignatures(m) {
				continue
			}
			p := open
			if encrypted(m) {
				p = hidden
			}
			t.Run(name+"/"+m.Name, func(t *testing.T) {
				got, err := p.login(t, ada, m.Name)
				switch {
				case err == nil && (got.Subject == stranger.Subject || got.Subject != honest.Subject && !strings.HasPrefix(m.Name, "saml-nameid-")):
					t.Fatalf("signed on as %q: %s", got.Subject, m.Text)
				case unusual(m) != (err == nil) && !optional(m):
					t.Errorf("%v: %s", err, m.Text)
				case err != nil && reasonOf(err) == "":
					t.Errorf("refused without a reason: %v", err)
				}
			})
		}
		open.accepted(t) // the service provider still takes what is good
		hidden.accepted(t)
	}
}

func aboutSignatures(m fakesaml.Mutation) bool {
	return slices.ContainsFunc(m.Rows, func(row string) bool {
		return strings.HasPrefix(row, "SAML-SIG") || strings.HasPrefix(row, "SAML-XSW") || row == "SAML-CND-07" || row == "SAML-CND-19"
	})
}

// encrypted tells whether a mutation needs an encryption certificate.
func encrypted(m fakesaml.Mutation) bool {
	return strings.Contains(m.Name, "encrypted") || slices.ContainsFunc(m.Rows, func(row string) bool { return strings.HasPrefix(row, "SAML-ENC") })
}

// unusual tells whether a mutation is one that has to be accepted.
func unusual(m fakesaml.Mutation) bool { return strings.HasPrefix(m.Text, "accept") }

// optional tells whether a mutation may be accepted and may be refused, as far as the standard goes: a name that is
// another's in capitals or in look-alike letters is a name of its own; what was authenticated how long ago matters to
// those who asked for it; a Destination has to be there when the response is signed.
func optional(m fakesaml.Mutation) bool {
	return strings.HasPrefix(m.Text, "accept, if at all") || slices.Contains([]string{
		"saml-nameid-upper-case", "saml-nameid-confusable", "saml-byte-order-mark", "saml-expired-now", "saml-old-authentication",
		"saml-session-ends-soon", "saml-weak-context", "saml-no-destination",
	}, m.Name)
}

// travels tells whether a mutation changes the form that a browser posts, not the message.
func travels(m fakesaml.Mutation) bool {
	return slices.Contains([]string{"saml-by-redirect", "saml-foreign-relay", "saml-two-responses"}, m.Name)
}

// TestMetadataMutations imports everything that the fake IdP can make of its metadata. A document in which somebody in
// between has put another key or another URL is refused where a certificate for its signature is configured.
func TestMetadataMutations(t *testing.T) {
	t.Parallel()
	i := newIDP(t)
	p := newParty(t, i, "okta-oin", nil)
	seen := 0
	for _, m := range fakesaml.Mutations() {
		if m.Kind != fakesaml.Metadata {
			continue
		}
		seen++
		if err := i.provider.LieInMetadata(p.app, []string{m.Name}); err != nil {
			t.Fatal(err)
		}
		terms := saml.Terms{EntityID: p.idp.EntityID, Now: i.clock.now()}
		if slices.Contains([]string{"saml-metadata-foreign-key", "saml-metadata-other-location"}, m.Name) {
			terms.SignedBy = p.idp.Certificates
		}
		found, err := saml.ParseMetadata([]byte(p.described(t)), terms)
		if unusual(m) != (err == nil) {
			t.Errorf("%s: %v: %s", m.Name, err, m.Text)
			continue
		}
		if err != nil {
			continue
		}
		lied := *p
		lied.idp = found
		if got, err := lied.login(t, ada); err != nil || got.Name.Value != ada {
			t.Errorf("%s: %+v, %v", m.Name, got, err)
		}
	}
	if seen < 10 {
		t.Errorf("%d mutations of metadata", seen)
	}
}

// accepted signs Ada on by an honest response.
func (p *party) accepted(t *testing.T) saml.Assertion {
	t.Helper()
	got, err := p.login(t, ada)
	if err != nil {
		t.Fatalf("honest response of %s: %v", p.app.Persona, err)
	}
	return got
}

// TestPersonas takes the honest response of every persona, open and encrypted.
func TestPersonas(t *testing.T) {
	t.Parallel()
	i := newIDP(t)
	seen := 0
	for _, vendor := range persona.All() {
		if vendor.SAML.Path.Value == "" {
			continue
		}
		seen++
		p := newParty(t, i, vendor.Name, nil)
		got := p.accepted(t)
		if got.Issuer != p.idp.EntityID || got.Name.Value == "" || got.Authenticated.IsZero() || len(got.Sessions) == 0 {
			t.Errorf("%s: %+v", vendor.Name, got)
		}
		hidden := newParty(t, i, vendor.Name, encrypts(t))
		if again := hidden.accepted(t); again.Name != got.Name {
			t.Errorf("%s encrypted: %+v", vendor.Name, again)
		}
	}
	if seen < 5 {
		t.Errorf("%d personas have SAML", seen)
	}
}
