package saml_test

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"assay/reference/sso/saml"
)

func inflated(t testing.TB, text string) string {
	t.Helper()
	out, err := io.ReadAll(flate.NewReader(strings.NewReader(decoded(t, text))))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func deflated(t testing.TB, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return base64.StdEncoding.EncodeToString(packed.Bytes())
}

// query signs a message of the redirect binding.
func (f *forger) query(t testing.TB, field, text, relay, algorithm string) string {
	t.Helper()
	q := field + "=" + url.QueryEscape(deflated(t, text)) + "&RelayState=" + url.QueryEscape(relay) + "&SigAlg=" + url.QueryEscape(algorithm)
	sum := sha256.Sum256([]byte(q))
	signature, err := rsa.SignPKCS1v15(rand.Reader, f.key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return q + "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature))
}

const (
	rsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	leave     = `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="rID" Version="2.0" IssueInstant="NOW" Destination="SITE/logout" NotOnOrAfter="SOON">` +
		`<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">IDP</saml:Issuer>` +
		`<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">ada@example.test</saml:NameID>` +
		`<samlp:SessionIndex>s1</samlp:SessionIndex></samlp:LogoutRequest>`
	left = `<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="rID" Version="2.0" IssueInstant="NOW" Destination="SITE/logout" InResponseTo="REQUEST">` +
		`<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">IDP</saml:Issuer>` +
		`<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:LogoutResponse>`
)

// TestLogoutRequests: SAML-SLO-03 and 04, by both bindings.
func TestLogoutRequests(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	idp, sp := f.known(t), f.sp(t)
	for _, r := range []row{
		{name: "good"},
		{name: "of everything", before: []string{"<samlp:SessionIndex>s1</samlp:SessionIndex>", ""}},
		{name: "without an end", before: []string{` NotOnOrAfter="SOON"`, ""}},
		{name: "over", before: []string{` NotOnOrAfter="SOON"`, ` NotOnOrAfter="NOW-181"`}, want: saml.ReasonConditions},
		{name: "old", before: []string{`IssueInstant="NOW"`, `IssueInstant="NOW-3600"`}, want: saml.ReasonIssued},
		{name: "for another URL", before: []string{"SITE/logout", "https://other.test/logout"}, want: saml.ReasonDestination},
		{name: "for no URL", before: []string{`Destination="SITE/logout"`, ""}, want: saml.ReasonDestination},
		{name: "of another issuer", before: []string{">IDP<", ">https://other.test<"}, want: saml.ReasonIssuer},
		{name: "of nobody", before: []string{"ada@example.test", ""}, want: saml.ReasonSubject},
		{name: "of version 1.1", before: []string{`Version="2.0"`, `Version="1.1"`}, want: saml.ReasonVersion},
		{name: "of another kind", before: []string{"LogoutRequest", "LogoutResponse"}, want: saml.ReasonStructure},
		{name: "an empty index", before: []string{">s1<", "><"}, want: saml.ReasonStructure},
	} {
		t.Run(r.name, func(t *testing.T) {
			text := changed(t, leave, r.before)
			tag := "LogoutRequest"
			if r.name == "of another kind" {
				tag = "LogoutResponse"
			}
			for binding, c := range map[string]saml.Carried{
				"redirect": {Query: f.query(t, "SAMLRequest", f.fill(text), "back", rsaSHA256)},
				"POST":     {Posted: encodedAs(f.signed(t, f.fill(text), tag)), Relay: "back"},
			} {
				got, err := sp.LogoutRequest(t.Context(), idp, c)
				if reasonOf(err) != r.want || (err == nil) != (r.want == "") {
					t.Errorf("%s: %v, want %q", binding, err, r.want)
				}
				if err != nil {
					continue
				}
				if got.Relay != "back" || !strings.HasSuffix(got.Subject, " "+ada) || r.name == "good" && !slices.Equal(got.Index, []string{"s1"}) {
					t.Errorf("%+v", got)
				}
				if _, err := sp.LogoutRequest(t.Context(), idp, c); reasonOf(err) != saml.ReasonReplayed {
					t.Errorf("%s twice: %v", binding, err)
				}
			}
		})
	}
}

// TestForgedLogout: what is not signed, or not by the identity provider, logs nobody out.
func TestForgedLogout(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	idp, sp := f.known(t), f.sp(t)
	foreign := newForgerWith(t, otherKey(t))
	good := f.query(t, "SAMLRequest", f.fill(leave), "back", rsaSHA256)
	for name, r := range map[string]struct {
		saml.Carried
		want saml.Reason
	}{
		"unsigned POST":        {saml.Carried{Posted: encodedAs(f.fill(leave))}, saml.ReasonUnsigned},
		"foreign POST":         {saml.Carried{Posted: encodedAs(foreign.signed(t, f.fill(leave), "LogoutRequest"))}, saml.ReasonSignature},
		"changed POST":         {saml.Carried{Posted: encodedAs(strings.Replace(f.signed(t, f.fill(leave), "LogoutRequest"), ada, grace, 1))}, saml.ReasonSignature},
		"unsigned redirect":    {saml.Carried{Query: strings.Split(good, "&SigAlg=")[0]}, saml.ReasonUnsigned},
		"foreign redirect":     {saml.Carried{Query: foreign.query(t, "SAMLRequest", f.fill(leave), "", rsaSHA256)}, saml.ReasonSignature},
		"changed relay":        {saml.Carried{Query: strings.Replace(good, "RelayState=back", "RelayState=forth", 1)}, saml.ReasonSignature},
		"dropped relay":        {saml.Carried{Query: strings.Replace(good, "&RelayState=back", "", 1)}, saml.ReasonSignature},
		"SHA-1":                {saml.Carried{Query: f.query(t, "SAMLRequest", f.fill(leave), "", "http://www.w3.org/2000/09/xmldsig#rsa-sha1")}, saml.ReasonSignature},
		"two requests":         {saml.Carried{Query: good + "&SAMLRequest=x"}, saml.ReasonForm},
		"nothing":              {saml.Carried{}, saml.ReasonForm},
		"a signature inside":   {saml.Carried{Query: f.query(t, "SAMLRequest", f.signed(t, f.fill(leave), "LogoutRequest"), "", rsaSHA256)}, saml.ReasonStructure},
		"not deflated":         {saml.Carried{Query: strings.Replace(good, "SAMLRequest=", "SAMLRequest=AAAA", 1)}, saml.ReasonForm},
		"an answer as request": {saml.Carried{Query: f.query(t, "SAMLResponse", f.fill(leave), "", rsaSHA256)}, saml.ReasonForm},
	} {
		if _, err := sp.LogoutRequest(t.Context(), idp, r.Carried); reasonOf(err) != r.want {
			t.Errorf("%s: %v, want %q", name, err, r.want)
		}
	}
}

// TestLogoutResponses: SAML-SLO-02.
func TestLogoutResponses(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	idp, sp := f.known(t), f.sp(t)
	for _, r := range []row{
		{name: "good"},
		{name: "partial", before: []string{"status:Success", "status:PartialLogout"}},
		{name: "failed", before: []string{"status:Success", "status:Responder"}, want: saml.ReasonStatus},
		{name: "to another", before: []string{"REQUEST", "id-other"}, want: saml.ReasonInResponseTo},
		{name: "to nothing", before: []string{` InResponseTo="REQUEST"`, ""}, want: saml.ReasonInResponseTo},
		{name: "of another", before: []string{">IDP<", ">https://other.test<"}, want: saml.ReasonIssuer},
		{name: "for another", before: []string{"SITE/logout", "SITE/acs"}, want: saml.ReasonDestination},
	} {
		text := f.fill(changed(t, left, r.before))
		for binding, c := range map[string]saml.Carried{
			"redirect": {Query: f.query(t, "SAMLResponse", text, "", rsaSHA256)}, "POST": {Posted: encodedAs(f.signed(t, text, "LogoutResponse"))},
		} {
			if err := sp.LogoutResponse(idp, c, request); reasonOf(err) != r.want || (err == nil) != (r.want == "") {
				t.Errorf("%s, %s: %v, want %q", r.name, binding, err, r.want)
			}
		}
	}
	if err := sp.LogoutResponse(idp, saml.Carried{Posted: encodedAs(f.fill(left))}, request); reasonOf(err) != saml.ReasonUnsigned {
		t.Errorf("unsigned: %v", err)
	}
}

// TestEndSession: SAML-SLO-01. The fake IdP verifies the request, ends the session, and its answer is accepted.
func TestEndSession(t *testing.T) {
	t.Parallel()
	i := newIDP(t)
	p := newParty(t, i, "okta-oin", nil)
	got := p.accepted(t)
	for _, binding := range []string{saml.BindingRedirect, saml.BindingPOST} {
		idp := p.idp
		idp.Logout = map[string]saml.Endpoint{binding: p.idp.Logout[binding]}
		out, err := p.EndSession(idp, saml.Session{Name: got.Name, Index: got.Sessions}, "relay")
		if err != nil {
			t.Fatal(err)
		}
		form := p.carry(t, out)
		if err := p.LogoutResponse(idp, saml.Carried{Posted: form.Get("SAMLResponse"), Relay: form.Get("RelayState")}, out.ID); err != nil {
			t.Errorf("%s: %v", binding, err)
		}
	}
	named := saml.Session{Name: saml.NameID{Value: "a&b", Format: "urn:f", Qualifier: "q", SPQualifier: "s"}, Index: []string{"1", "2"}}
	idp := p.idp
	idp.Logout = map[string]saml.Endpoint{saml.BindingPOST: p.idp.Logout[saml.BindingPOST]}
	out, err := p.EndSession(idp, named, "")
	if err != nil {
		t.Fatal(err)
	}
	const want = `Format="urn:f" NameQualifier="q" SPNameQualifier="s">a&amp;b</saml:NameID><samlp:SessionIndex>1</samlp:SessionIndex><samlp:SessionIndex>2</samlp:SessionIndex>`
	if text := decoded(t, out.Form.Get("SAMLRequest")); !strings.Contains(text, want) || out.Form.Has("RelayState") {
		t.Errorf("%s", text)
	}
	if _, err := p.EndSession(saml.IdentityProvider{}, named, ""); err == nil {
		t.Error("a request without an endpoint")
	}
	answer, err := p.Ended(idp, saml.Ending{ID: "id-x", Relay: "r"})
	if err != nil || !strings.Contains(decoded(t, answer.Form.Get("SAMLResponse")), `InResponseTo="id-x"`) || answer.Form.Get("RelayState") != "r" {
		t.Errorf("%+v, %v", answer, err)
	}
}

// TestSessionEnds: SAML-CND-27. OneLogin says how long its sessions last.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	p := newParty(t, newIDP(t), "onelogin", nil)
	if got := p.accepted(t); time.Until(got.SessionEnds).Round(time.Hour) != 24*time.Hour {
		t.Errorf("%s", got.SessionEnds)
	}
}
