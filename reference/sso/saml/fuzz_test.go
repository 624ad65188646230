package saml_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"assay/reference/sso/saml"
)

// FuzzResponse posts what the fuzzer makes of a response: as it is, which has no signature that holds, and signed
// wherever there is something to sign. Nothing panics; nothing unsigned is accepted; and what is accepted says what its
// assertion says to a reader that knows no SAML.
func FuzzResponse(f *testing.F) {
	for _, r := range append(accepted(), append(subjectRows(), conditionRows()...)...) {
		if len(r.after) == 0 {
			f.Add(changed(f, template, r.before))
		}
	}
	f.Add(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`)
	i := newForger(f)
	idp := i.known(f)
	f.Fuzz(func(t *testing.T, text string) {
		sp := i.sp(t)
		text = i.fill(text)
		if _, err := sp.Response(t.Context(), idp, encodedAs(text), request); err == nil {
			t.Fatalf("accepted without a signature: %q", text)
		}
		doc := etree.NewDocument()
		if doc.ReadFromString(text) != nil || doc.Root() == nil {
			return
		}
		for _, path := range []string{"/Response/Assertion", "/Response"} {
			if e := doc.FindElement(path); e != nil && i.trySign(e) != nil {
				return // it has no canonical form
			}
		}
		out, err := doc.WriteToString()
		if err != nil {
			return
		}
		got, err := sp.Response(t.Context(), idp, encodedAs(out), request)
		if err != nil {
			if reasonOf(err) == "" {
				t.Fatalf("refused without a reason: %v", err)
			}
			return
		}
		plain := strings.NewReplacer("<![CDATA[", "", "]]>", "").Replace(out)
		if !strings.Contains(plain, ">"+site) || !strings.Contains(plain, request) || got.Name.Value == "" || len(doc.FindElements("//Assertion")) != 1 {
			t.Fatalf("accepted as %+v: %s", got, out)
		}
	})
}

// FuzzMetadata imports what the fuzzer makes of metadata: what is taken can be used.
func FuzzMetadata(f *testing.F) {
	i := newForger(f)
	good := i.metadata()
	f.Add(good, forgerID)
	f.Add(strings.Replace(good, "<md:EntityDescriptor ", `<md:EntityDescriptor validUntil="2099-01-01T00:00:00Z" `, 1), "")
	f.Add(`<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"><md:EntityDescriptor entityID="a"/></md:EntitiesDescriptor>`, "a")
	f.Add(`<!DOCTYPE a><a/>`, "")
	f.Fuzz(func(t *testing.T, text, entityID string) {
		idp, err := saml.ParseMetadata([]byte(text), saml.Terms{EntityID: entityID, Now: time.Now()})
		if err != nil {
			return
		}
		if entityID != "" && idp.EntityID != entityID || idp.Check() != nil {
			t.Fatalf("taken for %q: %+v", entityID, idp)
		}
		if _, err := i.sp(t).AuthnRequest(idp, "relay"); err != nil {
			t.Fatalf("no request can be made: %v", err)
		}
	})
}

// FuzzLogoutRequest brings what the fuzzer makes of a logout request by both bindings: only what is signed is taken.
func FuzzLogoutRequest(f *testing.F) {
	i := newForger(f)
	idp := i.known(f)
	f.Add(leave, "relay")
	f.Add(strings.Replace(leave, "<samlp:SessionIndex>s1</samlp:SessionIndex>", "", 1), "")
	f.Add(left, "&Signature=")
	f.Fuzz(func(t *testing.T, text, relay string) {
		sp := i.sp(t)
		filled := i.fill(text)
		for _, forged := range []saml.Carried{
			{Posted: encodedAs(filled), Relay: relay}, {Posted: text}, {Query: text},
			{Query: "SAMLRequest=" + url.QueryEscape(deflated(t, filled)) + "&" + relay},
		} {
			if _, err := sp.LogoutRequest(t.Context(), idp, forged); err == nil {
				t.Fatalf("an unsigned logout: %+v", forged)
			}
		}
		got, err := sp.LogoutRequest(t.Context(), idp, saml.Carried{Query: i.query(t, "SAMLRequest", filled, relay, rsaSHA256)})
		if err == nil && (got.ID == "" || got.Subject == "" || got.Relay != relay) {
			t.Fatalf("%+v of %s", got, filled)
		}
	})
}
