package saml_test

import (
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"

	"assay/fakeidp/control"
	"assay/fakeidp/saml"
)

// seen is what of each mutation of a response is on the wire: an expression that matches its XML and not that
// of the honest response; with "!" in front the honest one's and not its; with "form " in front it is of what
// the browser carries. The line before the XML says what verifies and can be decrypted; times are minutes from now.
func seen() map[string]string {
	const (
		genuine  = `ada@example\.test`
		stranger = `grace@example\.test`
		nameID   = `<saml:NameID[^>]*>`
		evil     = nameID + stranger
		response = `^<samlp:Response[^>]*`
		instants = `IssueInstant="[-0-9]+T[:0-9]+`
	)
	table := map[string]string{
		"saml-signs-assertion": response + `><saml:Issuer[^>]*>[^<]*</saml:Issuer><samlp:Status>`, "saml-signs-response": `<saml:Assertion[^>]*><saml:Issuer[^>]*>[^<]*</saml:Issuer><saml:Subject>`,
		"saml-signs-both": `^<samlp:Response[^>]*><saml:Issuer[^>]*>[^<]*</saml:Issuer><ds:Signature.*<saml:Assertion[^>]*><saml:Issuer[^>]*>[^<]*</saml:Issuer><ds:Signature`,
		"saml-unsigned":   `!<ds:Signature`, "saml-signature-removed": `!<ds:Signature`, "saml-signature-hollow": `<ds:Signature xmlns:ds="[^"]*"/>`,
		"saml-signature-empty": `<ds:SignatureValue/>`, "saml-no-reference": `!<ds:Reference`,
		"saml-tampered-subject": `^response=bad assertion=bad.*\n.*` + evil, "saml-tampered-audience": `<saml:Audience>https://other-sp\.invalid`, "saml-tampered-attribute": `Administrators`,
		"saml-tampered-time": `<saml:Conditions [^>]*NotOnOrAfter="\+525600m"`, "saml-foreign-key": `^response=bad assertion=bad.*\n.*` + evil, "saml-foreign-key-hidden": `^response=bad assertion=bad.*\n.*` + evil, "saml-faked-certificate": `^response=bad assertion=bad.*\n.*` + evil, "saml-withdrawn-key": `^response=bad assertion=bad.*\n.*` + evil,
		"saml-response-foreign-key": `^response=bad assertion=genuine`, "saml-assertion-foreign-key": `^response=genuine assertion=bad`,

		"saml-sha1": `xmldsig#rsa-sha1"`, "saml-sha1-digest": `rsa-sha256".*DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"`, "saml-md5": `rsa-md5".*#md5"`,
		"saml-hmac-sha1": `xmldsig#hmac-sha1"`, "saml-hmac-sha256": `#hmac-sha256"`, "saml-reference-elsewhere": evil, "saml-reference-empty": `<ds:Reference URI="">`,
		"saml-reference-xpointer": `URI="#xpointer\(id\(`, "saml-two-references": `</ds:Reference><ds:Reference`, "saml-reference-itself": `SignedInfo Id="assay-signed-info".*URI="#assay-signed-info"`,
		"saml-transform-xpath": `REC-xpath-19991116.*` + evil, "saml-transform-xslt": `REC-xslt-19991116.*/lure`, "saml-transform-base64": `xmldsig#base64"`,
		"saml-c14n-comments": `xml-exc-c14n#WithComments"`, "saml-inclusive-c14n": `xml-c14n11"`, "saml-inclusive-c14n-1.0": `REC-xml-c14n-20010315"`,
		"saml-void-canonicalization": `xmlns:assay="1".*47DEQpj8HBSa\+/TImW\+5JCeuQeRkm5NMpJWZG3hSuFU=.*` + evil,

		"saml-key-value": `<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>`, "saml-retrieval-method": `<ds:KeyInfo><ds:RetrievalMethod URI="[^"]*/lure"`, "saml-issuer-serial": `<ds:X509IssuerSerial>.*X509SerialNumber>\d`,

		"saml-two-signed-infos": `</ds:SignedInfo><ds:SignedInfo>`, "saml-comment-in-digest": `<ds:DigestValue><!--assay-->`, "saml-comment-in-signature": `<ds:SignatureValue><!--assay-->`,
		"saml-second-signature-first": `</ds:Signature><ds:Signature`, "saml-second-signature-last": `</ds:Signature><ds:Signature`,
		"saml-planted-digest": `<samlp:StatusDetail><ds:DigestValue.*` + evil, "saml-planted-signature": `<samlp:Extensions><saml:Assertion.*` + genuine + `.*</samlp:Extensions>.*` + evil,
		"saml-signed-elsewhere": `<samlp:Extensions><samlp:LogoutResponse.*<ds:Signature.*</samlp:Extensions>.*` + evil, "saml-xslt-in-object": `<ds:Object><xsl:stylesheet`,

		"saml-forged-last": genuine + `.*</saml:Assertion><saml:Assertion.*` + evil, "saml-two-genuine": `<ds:Signature.*` + evil + `.*</saml:Assertion><saml:Assertion.*<ds:Signature.*` + genuine,
		"saml-assertion-beside-encrypted": evil + `.*</saml:Assertion><saml:EncryptedAssertion`, "saml-id-pollution": `saml:ID="id.*` + evil, "saml-duplicate-id": genuine + `.*</saml:Assertion><saml:Assertion.*` + evil,
		"saml-parser-differential": `<!NOTATION.*` + genuine + `.*` + evil, "saml-in-soap": `^<soap:Envelope.*<soap:Header>.*` + evil + `.*<soap:Body>.*` + genuine,
		"saml-in-artifact-response": `^<samlp:ArtifactResponse.*` + evil + `.*` + genuine, "saml-response-in-response": evil + `.*</saml:Assertion><samlp:Response.*` + genuine + `.*</samlp:Response></samlp:Response>$`,
		"saml-forged-other-prefix": `<assay:NameID[^>]*>` + stranger, "saml-forged-saml-1.1": `xmlns:saml1="urn:oasis:names:tc:SAML:1.0:assertion".*<saml1:NameID[^>]*>` + stranger,
		"saml-forged-no-namespace": `<NameID[^>]*>` + stranger, "saml-forged-in-advice": `</saml:Conditions><saml:Advice.*` + evil,

		"saml-comment-in-nameid": evil + `<!--assay-->\.invalid<`, "saml-comment-in-attribute": `<saml:AttributeValue[^>]*>[^<]+<!--assay-->[^<]+<`, "saml-comment-in-audience": `metadata<!--assay-->\.invalid</saml:Audience>`,
		"saml-comment-in-issuer": `<!--assay-->\.invalid</saml:Issuer>`, "saml-instruction-in-nameid": evil + `<\?assay ?\?>\.invalid<`, "saml-cdata-in-nameid": nameID + `<!\[CDATA\[` + genuine + `\]\]>`,
		"saml-character-reference": nameID + `&#97;da@example`, "saml-nameid-spaces": nameID + ` ` + stranger + ` <`, "saml-nameid-no-break-space": evil + "\u00a0<",
		"saml-nameid-upper-case": nameID + `GRACE@EXAMPLE\.TEST<`, "saml-nameid-confusable": nameID + "gr\u0430ce@example", "saml-markup-in-status": `RequestDenied.*<samlp:StatusMessage>&lt;script`,

		"saml-doctype": `^<!DOCTYPE samlp:Response>`, "saml-entity": `<!ENTITY who "` + stranger + `">.*&who;`, "saml-external-entity": `<!ENTITY who SYSTEM "http[^"]*/lure">.*&who;`,
		"saml-file-entity": `SYSTEM "file:///etc/hostname">.*&who;`, "saml-parameter-entity": `<!ENTITY % assay SYSTEM "http[^"]*/lure"> %assay;`,
		"saml-not-utf8": `<saml:NameID[^>]*>[^a-z]{2}</saml:NameID>`, "saml-utf16": `^\x{fffd}\x{fffd}<\x00s\x00`, "saml-latin1": `^<\?xml version="1.0" encoding="ISO-8859-1"\?><`, "saml-byte-order-mark": "^\ufeff<",
		"saml-nul": genuine + `\x00\.invalid`, "saml-colons": `<samlp::Status`, "saml-colon-in-attribute": ` :assay="x"`, "saml-truncated": `!</samlp:Response>$`,
		"saml-entity-expansion": `<!ENTITY e9 "&e8;&e8;.*&e9;`, "saml-entity-quadratic": `(&who;){9}`, "saml-many-attributes": `( a\d+=""){9}`, "saml-deep": `(<samlp:Status>){9}`,
		"saml-huge": `<!--(assay-){9}`, "saml-deflate-bomb": `form A{500}`,

		"saml-wrong-audience": `<saml:Audience>https://other-sp\.invalid`, "saml-no-audience": `!<saml:AudienceRestriction`, "saml-empty-audience": `<saml:Audience/>`, "saml-no-conditions": `!<saml:Conditions`,
		"saml-second-audience-restriction": `</saml:AudienceRestriction><saml:AudienceRestriction><saml:Audience>https://other-sp`, "saml-several-audiences": `<saml:Audience>https://other-sp[^<]*</saml:Audience><saml:Audience>https://sp\.example`,
		"saml-one-time-use": `<saml:OneTimeUse/></saml:Conditions>`, "saml-proxy-restriction": `<saml:ProxyRestriction Count="0"/>`, "saml-unknown-condition": `<saml:Condition [^>]*xsi:type="assay:UnknownType"`,

		"saml-wrong-recipient": `Recipient="https://other-sp`, "saml-no-recipient": `!Recipient=`, "saml-wrong-in-response-to": response + `InResponseTo="id0000`, "saml-earlier-in-response-to": response + `InResponseTo="_r0"`,
		"saml-no-in-response-to": `!InResponseTo=`, "saml-wrong-confirmation-in-response-to": `SubjectConfirmationData InResponseTo="id0000`, "saml-wrong-response-in-response-to": response + `InResponseTo="id0000.*Data InResponseTo="_r1"`,
		"saml-confirmation-expired": `<saml:SubjectConfirmationData[^>]*NotOnOrAfter="-60m"`, "saml-confirmation-without-end": `!<saml:SubjectConfirmationData[^>]*NotOnOrAfter`, "saml-confirmation-malformed": `<saml:SubjectConfirmationData[^>]*NotOnOrAfter="tomorrow"`,
		"saml-confirmation-not-before": `<saml:SubjectConfirmationData[^>]*NotBefore`, "saml-no-confirmation": `!<saml:SubjectConfirmation `, "saml-holder-of-key": `Method="[^"]*:holder-of-key"`, "saml-sender-vouches": `Method="[^"]*:sender-vouches"`,
		"saml-second-confirmation": `Recipient="https://other-sp.*</saml:SubjectConfirmation><saml:SubjectConfirmation.*Recipient="https://sp\.example`,

		"saml-expired": `<saml:Conditions NotBefore="-120m" NotOnOrAfter="-60m"`, "saml-expired-now": `<saml:Conditions NotBefore="-60m" NotOnOrAfter="[-+]0m"`, "saml-not-yet-valid": `<saml:Conditions NotBefore="\+60m" NotOnOrAfter="\+120m"`, "saml-conditions-malformed": `<saml:Conditions [^>]*NotOnOrAfter="tomorrow"`, "saml-not-utc": `<saml:Conditions [^>]*NotOnOrAfter="[^"]*\+02:00"`,
		"saml-issued-in-future": `<saml:Assertion[^>]*IssueInstant="\+60m"`, "saml-issued-long-ago": `<saml:Assertion[^>]*IssueInstant="-1440m"`, "saml-issued-malformed": `IssueInstant="yesterday"`, "saml-response-issued-long-ago": response + `IssueInstant="-1440m"`, "saml-old-authentication": `AuthnInstant="-1440m"`,
		"saml-session-ends-soon": `SessionNotOnOrAfter="\+0m"`, "saml-session-over": `SessionNotOnOrAfter="-60m"`, "saml-seconds": instants + `Z"`, "saml-microseconds": instants + `\.\d{6}Z"`,

		"saml-no-subject": `!<saml:Subject>`, "saml-no-nameid": `!<saml:NameID`, "saml-empty-nameid": `<saml:NameID[^>]*/>`, "saml-two-nameids": evil + `</saml:NameID>` + nameID + genuine, "saml-transient-nameid": `nameid-format:transient">_id`,
		"saml-no-authn-statement": `!<saml:AuthnStatement`, "saml-weak-context": `ac:classes:unspecified<`, "saml-no-name-format": `!NameFormat=`, "saml-several-values": `<saml:AttributeValue [^>]*>second value<`,
		"saml-untyped-values": `!xsi:type=`, "saml-nil-value": `xsi:nil="true"`, "saml-empty-value": `Name="assay-extra"><saml:AttributeValue/>`,

		"saml-wrong-destination": response + `Destination="https://other-sp`, "saml-no-destination": `!` + response + `Destination=`, "saml-wrong-issuer": `<saml:Assertion[^>]*><saml:Issuer[^>]*>https://other-idp`,
		"saml-wrong-response-issuer": response + `><saml:Issuer[^>]*>https://other-idp`, "saml-issuer-format": `<saml:Issuer [^>]*nameid-format:emailAddress`, "saml-no-issuer": `<saml:Assertion[^>]*><ds:Signature`,
		"saml-version-1.1": `<saml:Assertion[^>]*Version="1\.1"`, "saml-no-version": `!<saml:Assertion[^>]*Version=`, "saml-response-version-1.1": response + `Version="1\.1"`, "saml-no-response-version": `!` + response + `Version=`,
		"saml-no-id": `!<saml:Assertion[^>]* ID=`, "saml-empty-id": `<saml:Assertion[^>]* ID=""`, "saml-no-response-id": `!` + response + ` ID=`,

		"saml-status-with-assertion": `status:Responder.*<saml:Assertion`, "saml-no-assertion": `!<saml:Assertion`, "saml-status-authn-failed": `status:AuthnFailed.*<samlp:StatusMessage>`,
		"saml-status-no-passive": `status:NoPassive.*<samlp:StatusMessage>`, "saml-status-request-denied": `status:RequestDenied.*<samlp:StatusMessage>`,

		"saml-base64-lines": `form SAMLResponse=[^&]{76}%0D%0A`, "saml-base64-url": `!form SAMLResponse=[^&]*%2[BF]`, "saml-base64-garbage": `form %2A%26%5E%25(&|$)`, "saml-empty": `form SAMLResponse=(&|$)`,
		"saml-two-responses": `form SAMLResponse=[^&]+&SAMLResponse=`, "saml-by-redirect": `form ^https://sp\.example\.test/acs\?SAMLResponse=`, "saml-foreign-relay": `form RelayState=https%3A%2F%2Fother-sp`,

		"saml-aes256-gcm": `xmlenc11#aes256-gcm"`, "saml-aes128-cbc": `#aes128-cbc"`, "saml-aes256-cbc": `#aes256-cbc"`, "saml-key-beside": `<ds:RetrievalMethod [^>]*URI="#id-encrypted-key".*</xenc:EncryptedData><xenc:EncryptedKey[^>]* Id="id-encrypted-key"`,
		"saml-encrypted-unsigned": `!<ds:Signature`, "saml-rsa15": `#rsa-1_5"`, "saml-triple-des": `#tripledes-cbc"`, "saml-cbc-padding": `readable=garbled.*\n.*#aes256-cbc"`, "saml-cbc-tampered": `readable=garbled.*\n.*#aes256-cbc"`, "saml-gcm-tampered": `readable=no`,
		"saml-encrypted-nameid": `<saml:EncryptedID.*<xenc:EncryptedData`, "saml-encrypted-attribute": `<saml:EncryptedAttribute.*<xenc:EncryptedData`, "saml-other-key": `readable=no`,
	}
	for i := range 8 {
		for suffix, ids := range map[string]string{"": "unique", "-same-id": "repeated", "-no-id": "missing"} {
			table[fmt.Sprintf("saml-xsw%d%s", i+1, suffix)] = `ids=` + ids + `\n(.*` + genuine + `.*` + evil + `|.*` + evil + `.*` + genuine + `)`
		}
	}
	return table
}

var millisecondTime = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[:\d]+\.\d{3}Z"`)

// wire is what a browser gets for a login: what verifies, the XML, and what the browser carries on.
type wire struct{ xml, form string }

func (r *rig) wire(app control.App, id string, mutations ...string) wire {
	r.Helper()
	if err := r.provider.Grant(control.Grant{State: "relay-1", Person: "ada@example.test", Mutations: mutations}); err != nil {
		r.Fatal(err)
	}
	login := strings.TrimSuffix(r.provider.Metadata(app), "/metadata") + "?" + url.Values{"SAMLRequest": {deflated(r.T, authnRequest(id, ""))}, "RelayState": {"relay-1"}}.Encode()
	res, page := r.get(login)
	form := url.Values{}
	for _, input := range strings.Split(page, `<input type="hidden" name="`)[1:] { // an expression is too slow for the largest
		name, rest, _ := strings.Cut(input, `" value="`)
		value, _, _ := strings.Cut(rest, `"`)
		form.Add(name, html.UnescapeString(value))
	}
	w := wire{form: form.Encode()}
	if res.StatusCode == http.StatusSeeOther {
		w.form = res.Header.Get("Location")
		return w
	}
	raw, err := base64.StdEncoding.DecodeString(form.Get("SAMLResponse"))
	if err != nil {
		return w
	}
	raw = raw[:min(len(raw), 64<<10)] // the largest repeat themselves
	w.xml = r.minutes(r.facts(raw) + "\n" + string(raw))
	return w
}

// minutes writes times as minutes from now.
func (r *rig) minutes(text string) string {
	return millisecondTime.ReplaceAllStringFunc(text, func(text string) string {
		at, err := time.Parse(time.RFC3339, strings.Trim(text, `"`))
		if err != nil {
			r.Fatal(err)
		}
		return fmt.Sprintf(`"%+.0fm"`, time.Until(at).Minutes())
	})
}

// facts says which signatures are genuine, and whether what is encrypted can be read.
func (r *rig) facts(raw []byte) string {
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(raw); err != nil || doc.Root() == nil {
		return ""
	}
	verifies := func(e *etree.Element) string {
		switch {
		case e == nil || e.SelectElement("Signature") == nil:
			return "none"
		case r.verify(e) == nil:
			return "genuine"
		}
		return "bad"
	}
	facts := "response=" + verifies(doc.Root()) + " assertion=" + verifies(doc.Root().SelectElement("Assertion"))
	if data := doc.FindElement("//EncryptedAssertion/EncryptedData"); data != nil {
		facts += " readable=" + r.readable(data)
	}
	return facts + " ids=" + ids(doc)
}

func (r *rig) readable(data *etree.Element) string {
	plain, err := xmlenc.Decrypt(r.key, data)
	if err != nil {
		return "no"
	}
	if doc := etree.NewDocument(); doc.ReadFromBytes(plain) != nil || doc.Root() == nil {
		return "garbled"
	}
	return "yes"
}

// ids tells whether responses and assertions have an ID each of their own.
func ids(doc *etree.Document) string {
	known := map[string]bool{}
	for _, tag := range []string{"Response", "Assertion"} {
		for _, e := range doc.FindElements("//" + tag) {
			id := e.SelectAttrValue("ID", "")
			if id == "" {
				return "missing"
			}
			if known[id] {
				return "repeated"
			}
			known[id] = true
		}
	}
	return "unique"
}

// shows tells whether an expression of seen matches.
func (w wire) shows(pattern string) bool {
	text := w.xml
	if rest, ok := strings.CutPrefix(pattern, "form "); ok {
		pattern, text = rest, w.form
	}
	return regexp.MustCompile("(?m)" + pattern).MatchString(text)
}

// Each mutation of a response does on the wire what its name says, and the honest response does not.
func TestMutationsOnTheWire(t *testing.T) {
	r := newRig(t, nil)
	r.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	key, cert := newKey(t)
	r.key = key
	apps := map[string]control.App{"": r.app, "encrypts": r.another(control.App{Persona: "okta-oin", SAML: &control.SAML{
		EntityID: sp, ACS: []string{acs}, Encryption: base64.StdEncoding.EncodeToString(cert.Raw),
	}}), "assertion": r.another(control.App{Persona: "generic", SAML: &control.SAML{EntityID: sp, ACS: []string{acs}}})}
	truth := map[string]wire{}
	for kind, app := range apps {
		truth[kind] = r.wire(app, "_r1")
	}
	patterns := seen()
	for _, m := range saml.Mutations() {
		if m.Kind != saml.Response {
			continue
		}
		pattern, ok := patterns[m.Name]
		if !ok {
			t.Errorf("nothing says what %s does", m.Name)
			continue
		}
		delete(patterns, m.Name)
		kind := ""
		switch {
		case strings.HasPrefix(m.Rows[0], "SAML-ENC") || m.Name == "saml-assertion-beside-encrypted":
			kind = "encrypts"
		case m.Name == "saml-signs-both":
			kind = "assertion"
		case m.Name == "saml-earlier-in-response-to":
			r.wire(apps[kind], "_r0")
		}
		lie := r.wire(apps[kind], "_r1", m.Name)
		shows, hides := lie, truth[kind]
		if rest, ok := strings.CutPrefix(pattern, "!"); ok {
			pattern, shows, hides = rest, hides, shows
		}
		if !shows.shows(pattern) || hides.shows(pattern) {
			t.Errorf("%s: %q: of the two only %s may match it\n%.1500s\n%.300s", m.Name, pattern, map[bool]string{true: "it", false: "the honest one"}[shows == lie], lie.xml, lie.form)
		}
	}
	for name := range patterns {
		t.Errorf("there is no mutation %s", name)
	}
}
