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
			if ofOthers(m) || travels(m) || n > 0 && !aboutSignatures(m) {
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

// ofOthers tells whether a mutation is of another kind of message.
func ofOthers(m fakesaml.Mutation) bool {
	return strings.HasPrefix(m.Name, "saml-logout-") || strings.HasPrefix(m.Name, "saml-metadata-")
}

// aboutSignatures tells whether it matters to a mutation what is signed.
func aboutSignatures(m fakesaml.Mutation) bool {
	return slices.ContainsFunc([]string{"xsw", "sign", "key", "tampered", "forged", "duplicate", "reference", "digest", "destination", "issuer", "planted"}, func(word string) bool {
		return strings.Contains(m.Name, word)
	})
}

// encrypted tells whether a mutation needs an encryption certificate.
func encrypted(m fakesaml.Mutation) bool {
	return slices.ContainsFunc([]string{"encrypted", "aes", "rsa-1_5", "tripledes", "pkcs", "3des", "cbc", "key-beside", "other-key"}, func(word string) bool {
		return strings.Contains(m.Name, word)
	})
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
