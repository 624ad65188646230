package saml_test

import (
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"assay/reference/sso/saml"
)

// TestMetadata: SAML-REQ-08 and SAML-REQ-09.
func TestMetadata(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	one := strings.SplitAfter(f.metadata(), "-->")[1]
	other := strings.ReplaceAll(one, forgerID, "https://other.test")
	cert := base64.StdEncoding.EncodeToString(f.cert)
	key := one[strings.Index(one, "<md:KeyDescriptor>"):strings.Index(one, "<md:SingleLogoutService")]
	foreign := newForgerWith(t, otherKey(t))
	second := base64.StdEncoding.EncodeToString(foreign.cert)
	named := strings.Replace(one, "<md:EntityDescriptor ", `<md:EntityDescriptor ID="m" `, 1)
	in := func(attributes, text string) string {
		return `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"` + attributes + `>` + text + `</md:EntitiesDescriptor>`
	}
	const past, future = ` validUntil="2001-01-01T00:00:00Z"`, ` validUntil="2099-01-01T00:00:00Z"`
	for _, r := range []struct{ name, text, entity, problem string }{
		{"as it is", f.metadata(), forgerID, ""},
		{"nobody is configured yet", one, "", ""},
		{"among others", in("", in("", other)+one), forgerID, ""},
		{"signed by its own key", f.signed(t, named, "EntityDescriptor"), forgerID, ""},
		{"valid for long", strings.Replace(one, "<md:EntityDescriptor ", "<md:EntityDescriptor"+future+" ", 1), forgerID, ""},
		{"a second key", strings.Replace(one, key, key+strings.Replace(key, cert, second, 1), 1), forgerID, ""},
		{"an encryption key that cannot be read", strings.Replace(one, key, key+`<md:KeyDescriptor use="encryption"/>`, 1), forgerID, ""},

		{"signed by another's key", foreign.signed(t, named, "EntityDescriptor"), forgerID, "give its certificate"},
		{"changed after signing", strings.Replace(f.signed(t, named, "EntityDescriptor"), "?a=b", "?a=c", 1), forgerID, "signature is refused"},
		{"an empty signature", strings.Replace(one, "<md:IDPSSODescriptor", `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/><md:IDPSSODescriptor`, 1), forgerID, "signature is refused"},
		{"which of two", in("", one+other), "", "say which entity ID is meant"},
		{"another one", one, "https://evil.test", "does not describe https://evil.test, but " + forgerID},
		{"twice", in("", one+one), forgerID, "more than once"},
		{"over", strings.Replace(one, "<md:EntityDescriptor ", "<md:EntityDescriptor"+past+" ", 1), forgerID, "valid until 2001"},
		{"over around", in(past, one), forgerID, "valid until 2001"},
		{"over inside", in(future, strings.Replace(one, "<md:IDPSSODescriptor", "<md:IDPSSODescriptor"+past, 1)), forgerID, "valid until 2001"},
		{"validUntil malformed", in(` validUntil="soon"`, one), forgerID, "validUntil is not a time"},
		{"a document type", `<!DOCTYPE a>` + one, forgerID, "document type"},
		{"not XML", "PK\x03\x04", forgerID, "refused"},
		{"a service provider", strings.ReplaceAll(one, "IDPSSODescriptor", "SPSSODescriptor"), forgerID, "no SAML 2.0 identity provider"},
		{"SAML 1.1", strings.Replace(one, "SAML:2.0:protocol", "SAML:1.1:protocol", 1), forgerID, "no SAML 2.0 identity provider"},
		{"no key", strings.Replace(one, "<md:KeyDescriptor>", `<md:KeyDescriptor use="encryption">`, 1), forgerID, "no signing certificate"},
		{"no certificate in it", strings.Replace(one, cert, "AAAA", 1), forgerID, "not an X.509 certificate"},
		{"no sign-on", strings.ReplaceAll(one, "SingleSignOnService", "Other"), forgerID, "no SingleSignOnService"},
		{"a script", strings.Replace(one, forgerURL+"?a=b", "javascript:alert(1)//", 1), forgerID, "not an absolute http or https URL"},
		{"a page", "<html/>", forgerID, "neither an EntityDescriptor"},
		{"too large", "<a>" + strings.Repeat(" ", 2<<20) + "</a>", forgerID, "longer than"},
	} {
		t.Run(r.name, func(t *testing.T) {
			idp, err := saml.ParseMetadata([]byte(r.text), saml.Terms{EntityID: r.entity, Now: time.Now()})
			if r.problem == "" && (err != nil || idp.EntityID != forgerID || len(idp.Certificates) < 1 || idp.Logout[saml.BindingPOST].Location == "") {
				t.Errorf("%+v, %v", idp, err)
			}
			if r.problem != "" && (err == nil || !strings.Contains(err.Error(), r.problem)) {
				t.Errorf("%v, want %q", err, r.problem)
			}
		})
	}
}

// TestSignedMetadata: where the certificate of a federation is configured, only what it signed is read.
func TestSignedMetadata(t *testing.T) {
	t.Parallel()
	f, federation := newForger(t), newForgerWith(t, otherKey(t))
	signer, err := x509.ParseCertificate(federation.cert)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(strings.SplitAfter(f.metadata(), "-->")[1], "<md:EntityDescriptor ", `<md:EntityDescriptor ID="m" `, 1)
	terms := saml.Terms{EntityID: forgerID, SignedBy: []*x509.Certificate{signer}, Now: time.Now()}
	if idp, err := saml.ParseMetadata([]byte(federation.signed(t, text, "EntityDescriptor")), terms); err != nil || idp.EntityID != forgerID {
		t.Errorf("%+v, %v", idp, err)
	}
	for name, forged := range map[string]string{
		"not signed": text, "signed by itself": f.signed(t, text, "EntityDescriptor"),
		"changed": strings.Replace(federation.signed(t, text, "EntityDescriptor"), "?a=b", "?a=c", 1),
		"wrapped": `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">` + federation.signed(t, text, "EntityDescriptor") + `</md:EntitiesDescriptor>`,
	} {
		if _, err := saml.ParseMetadata([]byte(forged), terms); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// TestRollover: SAML-SIG-20, by importing metadata anew; and metadata that is not valid any more (SAML-REQ-08).
func TestRollover(t *testing.T) {
	t.Parallel()
	i := newIDP(t)
	p := newParty(t, i, "okta-oin", nil)
	f := newForger(t)
	genuine := p.idp.Certificates
	p.idp.Certificates = append(f.known(t).Certificates, genuine...)
	if _, err := p.login(t, ada); err != nil {
		t.Errorf("the second of two keys: %v", err)
	}
	p.idp.Certificates = f.known(t).Certificates
	if _, err := p.login(t, ada); reasonOf(err) != saml.ReasonSignature {
		t.Errorf("a removed key: %v", err)
	}
	p.idp.Certificates = genuine
	p.idp.ValidUntil = i.clock.now().Add(-time.Second)
	if _, err := p.login(t, ada); reasonOf(err) != saml.ReasonMetadataStale {
		t.Errorf("stale metadata: %v", err)
	}
}

// TestOurMetadata: SAML-REQ-01.
func TestOurMetadata(t *testing.T) {
	t.Parallel()
	sp := newForger(t).sp(t)
	raw, err := sp.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(raw); err != nil {
		t.Fatal(err)
	}
	role := doc.FindElement("/EntityDescriptor[@entityID='" + site + "']/SPSSODescriptor[@AuthnRequestsSigned='true']")
	if role == nil || role.SelectAttrValue("protocolSupportEnumeration", "") != "urn:oasis:names:tc:SAML:2.0:protocol" {
		t.Fatalf("%s", raw)
	}
	var order []string
	for _, e := range role.ChildElements() {
		order = append(order, e.Tag+e.SelectAttrValue("use", ""))
	}
	// The schema has an order (Metadata section 2.4).
	if got := strings.Join(order, " "); got != "KeyDescriptorsigning KeyDescriptorencryption SingleLogoutService SingleLogoutService AssertionConsumerService" {
		t.Error(got)
	}
	acs := role.SelectElement("AssertionConsumerService")
	if acs.SelectAttrValue("Location", "") != sp.ACS || acs.SelectAttrValue("Binding", "") != saml.BindingPOST || acs.SelectAttrValue("index", "") != "0" {
		t.Errorf("%+v", acs.Attr)
	}
	if _, err := saml.ParseCertificate(certificates(t, string(raw))[0]); err != nil {
		t.Error(err)
	}
}

// TestRequests: SAML-REQ-02 to 05. The fake IdP verifies the signatures, of both bindings.
func TestRequests(t *testing.T) {
	t.Parallel()
	i := newIDP(t)
	p := newParty(t, i, "okta-oin", nil)
	for name, drop := range map[string]string{"redirect": saml.BindingPOST, "POST": saml.BindingRedirect} {
		t.Run(name, func(t *testing.T) {
			q := *p
			q.idp.SignOn = map[string]string{}
			for binding, location := range p.idp.SignOn {
				if binding != drop {
					q.idp.SignOn[binding] = location
				}
			}
			first, err := q.AuthnRequest(q.idp, strings.Repeat("r", saml.MaxRelayState))
			if err != nil {
				t.Fatal(err)
			}
			second, _ := q.AuthnRequest(q.idp, "r")
			if len(first.ID) != 42 || first.ID == second.ID || (first.Form != nil) != (name == "POST") {
				t.Errorf("%+v", first)
			}
			if _, err := q.AuthnRequest(q.idp, strings.Repeat("r", saml.MaxRelayState+1)); err == nil {
				t.Error("a RelayState of 81 bytes is sent")
			}
			if got, err := q.login(t, grace); err != nil || got.Name.Value != grace {
				t.Errorf("%+v, %v", got, err)
			}
			// The same request with another subject or binding parameter does not verify: the signature is over it.
			if first.Form == nil {
				broken := strings.Replace(first.URL, "RelayState=r", "RelayState=s", 1)
				if page := i.serve(t, http.MethodGet, broken, nil).Body.String(); !strings.Contains(page, "signature") {
					t.Errorf("a changed RelayState: %s", page)
				}
			}
		})
	}
	f := newForger(t)
	out, err := f.sp(t).AuthnRequest(f.known(t), "r")
	if err != nil || !strings.HasPrefix(out.URL, forgerURL+"?a=b&SAMLRequest=") {
		t.Errorf("a location with a query: %s, %v", out.URL, err)
	}
	u, err := url.Parse(out.URL)
	if err != nil {
		t.Fatal(err)
	}
	text := inflated(t, u.Query().Get("SAMLRequest"))
	for _, want := range []string{
		`Version="2.0"`, `Destination="` + forgerURL + `?a=b"`, `AssertionConsumerServiceURL="` + site + `/acs"`,
		`ProtocolBinding="` + saml.BindingPOST + `"`, `ID="` + out.ID + `"`, ">" + site + "</saml:Issuer>",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	for _, must := range []string{"Signature", "NameIDPolicy", "RequestedAuthnContext", "IsPassive", "ForceAuthn"} {
		if strings.Contains(text, must) {
			t.Errorf("%s is in %s", must, text)
		}
	}
}
