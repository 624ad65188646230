package saml_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"assay/reference/sso/saml"
)

const (
	nameID       = `<saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">ada@example.test</saml:NameID>`
	restriction  = `<saml:AudienceRestriction><saml:Audience>SITE</saml:Audience></saml:AudienceRestriction>`
	confirmation = `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">`
	data         = `<saml:SubjectConfirmationData InResponseTo="REQUEST" NotOnOrAfter="SOON" Recipient="SITE/acs"/>`
	success      = `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>`
	conditions   = `<saml:Conditions NotBefore="NOW" NotOnOrAfter="SOON">`
	authn        = `AuthnInstant="NOW"`
)

// row is one response. Its pairs are replaced before and after signing; want is empty where it has to be accepted.
type row struct {
	name          string
	before, after []string
	want          saml.Reason
	alone         bool // with one signature only: an outer one would be over what is changed
}

// TestResponses holds the service provider to the catalogue of sign-on checks, sections 10 to 13, by messages whose
// signatures hold unless they are what is wrong.
func TestResponses(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	idp, sp := f.known(t), f.sp(t)
	for _, r := range slices.Concat(accepted(), xmlRows(), signatureRows(), subjectRows(), conditionRows(), envelopeRows()) {
		for _, tags := range [][]string{{"Assertion"}, {"Response"}, {"Assertion", "Response"}} {
			if r.alone && len(tags) > 1 {
				continue
			}
			t.Run(r.name+"/"+strings.Join(tags, "+"), func(t *testing.T) {
				text := f.signed(t, f.fill(changed(t, template, r.before)), tags...)
				text = changed(t, text, r.after)
				got, err := sp.Response(t.Context(), idp, encodedAs(text), request)
				if reasonOf(err) != r.want || (err == nil) != (r.want == "") {
					t.Errorf("%v, want %q: %s", err, r.want, text)
				}
				if err == nil && (got.Name.Value != ada || !slices.Equal(got.Attributes["groups"], []string{"a", "b"}) || !slices.Equal(got.Sessions, []string{"s1"})) {
					t.Errorf("%+v", got)
				}
			})
		}
	}
}

func accepted() []row {
	return []row{
		{name: "plain"},
		{name: "CND-04 several audiences", before: []string{"<saml:Audience>SITE</saml:Audience>", "<saml:Audience>https://other.test</saml:Audience><saml:Audience>SITE</saml:Audience>"}},
		{name: "CND-17 one of two confirmations", before: []string{confirmation, `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"/>` + confirmation}},
		{name: "CND-17 the other of two", before: []string{confirmation, confirmation + `<saml:SubjectConfirmationData Recipient="https://other.test/acs" NotOnOrAfter="SOON" InResponseTo="REQUEST"/></saml:SubjectConfirmation>` + confirmation}},
		{name: "CND-28 once and no proxies", before: []string{restriction, restriction + `<saml:OneTimeUse/><saml:ProxyRestriction Count="0"/>`}},
		{name: "CND-31 microseconds", before: []string{authn, `AuthnInstant="2020-01-01T00:00:00.123456Z"`}},
		{name: "CND-31 nil and typed and empty values", before: []string{`<saml:Attribute Name="groups">`,
			`<saml:Attribute Name="nothing"><saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/><saml:AttributeValue/></saml:Attribute><saml:Attribute Name="groups">`}},
		{name: "CND-13 within the skew", before: []string{conditions, `<saml:Conditions NotBefore="NOW+179" NotOnOrAfter="NOW+3600">`}},
		{name: "CND-13 within the skew at the end", before: []string{conditions, `<saml:Conditions NotBefore="NOW-3600" NotOnOrAfter="NOW-179">`}},
		{name: "XML-04 CDATA and references", after: []string{">ada@example.test</", "><![CDATA[ada]]>&#x40;example&#46;test</"}},
		{name: "XML-08 byte order mark", after: []string{"<samlp:Response ", "\xef\xbb\xbf<samlp:Response "}},
		{name: "white space in signatures", after: []string{"</ds:SignatureValue>", "\n \t</ds:SignatureValue>"}, alone: true},
		{name: "KeyInfo of somebody else", after: []string{"<ds:X509Data>", "<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate>"}, alone: true},
		{name: "qualifiers that say nothing new", before: []string{"<saml:NameID ", `<saml:NameID NameQualifier="IDP" SPNameQualifier="SITE" `}},
	}
}

func xmlRows() []row {
	const dtd = "<!DOCTYPE samlp:Response>"
	return []row{
		{name: "XML-01 comment", before: []string{"ada@example.test<", "ada@example.test<!---->.evil.test<"}, want: saml.ReasonXML},
		{name: "XML-02 comment in the audience", after: []string{"<saml:Audience>", "<saml:Audience><!-- -->"}, want: saml.ReasonXML},
		{name: "XML-03 instruction", after: []string{">ada@example.test<", "><?p not-?>ada@example.test<"}, want: saml.ReasonXML},
		{name: "XML-07 document type", after: []string{"<samlp:Response ", dtd + "<samlp:Response "}, want: saml.ReasonXML},
		{name: "XML-05 entity", after: []string{"<samlp:Response ", `<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hosts">]><samlp:Response `, ">ada@example.test<", ">&e;<"}, want: saml.ReasonXML},
		{name: "XML-08 Latin-1", after: []string{"<samlp:Response ", `<?xml version="1.0" encoding="ISO-8859-1"?><samlp:Response `}, want: saml.ReasonXML},
		{name: "XML-08 NUL", after: []string{">ada@", ">\x00ada@"}, want: saml.ReasonXML},
		{name: "XML-08 not UTF-8", after: []string{">ada@", ">\xffada@"}, want: saml.ReasonXML},
		{name: "XML-09 two colons", after: []string{"<saml:Subject>", "<saml::Subject>"}, want: saml.ReasonXML},
		{name: "XML-09 two colons in an attribute", after: []string{"Version=", "x::y=\"\" Version="}, want: saml.ReasonXML},
		{name: "XSW-11 prefixed ID", after: []string{"<samlp:Response ", `<samlp:Response xmlns:x="urn:x" x:ID="a" `}, want: saml.ReasonXML},
		{name: "XSW-11 attribute twice", after: []string{` Recipient=`, ` Recipient="https://other.test" Recipient=`}, want: saml.ReasonXML},
		{name: "SIG-21 relative namespace", after: []string{"<saml:Subject>", `<saml:Subject xmlns:v="void">`}, want: saml.ReasonXML},
		{name: "text behind", after: []string{"</samlp:Response>", "</samlp:Response>x"}, want: saml.ReasonXML},
		{name: "two roots", after: []string{"</samlp:Response>", "</samlp:Response><a/>"}, want: saml.ReasonXML},
		{name: "unclosed", after: []string{"</samlp:Response>", ""}, want: saml.ReasonXML},
		{name: "XSW-10 SAML 1.1 beside", after: []string{"<samlp:Status>", `<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion"/><samlp:Status>`}, want: saml.ReasonStructure},
		{name: "XSW-14 a response inside", after: []string{"<samlp:Status>", `<samlp:Extensions><samlp:Response/></samlp:Extensions><samlp:Status>`}, want: saml.ReasonStructure},
		{name: "XSW-14 in an envelope", after: []string{"<samlp:Response ", "<e><samlp:Response ", "</samlp:Response>", "</samlp:Response></e>"}, want: saml.ReasonStructure},
		{name: "XSW-9 an encrypted one too", after: []string{"</saml:Assertion>", `</saml:Assertion><saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"/>`}, want: saml.ReasonStructure},
		{name: "a LogoutResponse as Response", after: []string{"<samlp:Response ", "<samlp:LogoutResponse ", "</samlp:Response>", "</samlp:LogoutResponse>"}, want: saml.ReasonStructure},
	}
}

func signatureRows() []row {
	reject := func(name string, after ...string) row {
		return row{name: name, after: after, want: saml.ReasonSignature}
	}
	return []row{
		reject("SIG-06 name", ">ada@example.test<", ">grace@example.test<"),
		reject("SIG-05 no value", "</ds:SignatureValue>", "</ds:SignatureValue><ds:Object/>"),
		reject("SIG-05 two values", "</ds:SignatureValue>", "</ds:SignatureValue><ds:SignatureValue>AAAA</ds:SignatureValue>"),
		reject("SIG-12 empty URI", `URI="#`, `URI="" x="#`),
		reject("SIG-12 two references", "<ds:Reference ", `<ds:Reference URI="#x"/><ds:Reference `),
		reject("SIG-12 xpointer", `URI="#`, `URI="#xpointer(/)" x="#`),
		reject("SIG-13 XPath", "http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/TR/1999/REC-xpath-19991116"),
		reject("SIG-13 XSLT beside", "<ds:Transforms>", `<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>`),
		reject("SIG-14 with comments", "http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
		reject("SIG-11 SHA-1 digest", "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"),
		reject("SIG-10 HMAC", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
		reject("SIG-15 two SignedInfo", "<ds:SignedInfo>", "<ds:SignedInfo/><ds:SignedInfo>"),
		reject("another prefix for the namespace", "<ds:SignedInfo>", `<ds:SignedInfo xmlns:ds="urn:x">`),
		{name: "SIG-17 two signatures", after: []string{"<ds:Signature ", `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/><ds:Signature `}, want: saml.ReasonStructure},
		{name: "SIG-18 planted", after: []string{"<samlp:Status>", `<samlp:Status><samlp:StatusDetail><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/></samlp:StatusDetail>`}, want: saml.ReasonStructure},
		{name: "signature in another namespace", after: []string{`xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`, `xmlns:ds="urn:x"`}, want: saml.ReasonStructure},
	}
}

func subjectRows() []row {
	reject := func(name string, want saml.Reason, before ...string) row {
		return row{name: name, before: before, want: want}
	}
	return []row{
		reject("CND-15 two names", saml.ReasonSubject, nameID, nameID+nameID),
		reject("CND-15 element in the name", saml.ReasonSubject, "ada@example.test<", "ada@example.test<saml:x/><"),
		reject("CND-15 base id", saml.ReasonSubject, nameID, nameID+"<saml:BaseID/>"),
		reject("XML-11 blank before", saml.ReasonSubject, ">ada@example.test", "> ada@example.test"),
		reject("XML-11 no-break space behind", saml.ReasonSubject, "ada@example.test<", "ada@example.test\u00a0<"),
		reject("XML-11 line break", saml.ReasonSubject, "ada@example.test", "ada\n@example.test"),
		reject("too long", saml.ReasonSubject, "ada@example.test", strings.Repeat("a", 257)),
		reject("CND-32 transient", saml.ReasonTransient, "1.1:nameid-format:emailAddress", "2.0:nameid-format:transient"),
		reject("CND-12 begins", saml.ReasonConfirmation, `<saml:SubjectConfirmationData `, `<saml:SubjectConfirmationData NotBefore="NOW-3600" `),
		reject("CND-11 malformed end", saml.ReasonConfirmation, `NotOnOrAfter="SOON" Recipient`, `NotOnOrAfter="tomorrow" Recipient`),
		reject("CND-11 over", saml.ReasonConfirmation, `NotOnOrAfter="SOON" Recipient`, `NotOnOrAfter="NOW-181" Recipient`),
		reject("CND-08 the confirmation answers nothing", saml.ReasonConfirmation, `<saml:SubjectConfirmationData InResponseTo="REQUEST"`, `<saml:SubjectConfirmationData`),
		reject("CND-16 no data", saml.ReasonConfirmation, data, ""),
		reject("CND-16 two data", saml.ReasonConfirmation, data, data+data),
		reject("CND-24 malformed instant", saml.ReasonAuthn, authn, `AuthnInstant="x"`),
		reject("CND-24 future instant", saml.ReasonAuthn, authn, `AuthnInstant="NOW+3600"`),
		reject("CND-27 session over", saml.ReasonAuthn, authn, authn+` SessionNotOnOrAfter="NOW-3600"`),
	}
}

func conditionRows() []row {
	reject := func(name string, want saml.Reason, before ...string) row {
		return row{name: name, before: before, want: want}
	}
	return []row{
		reject("CND-02 empty restriction", saml.ReasonAudience, "<saml:Audience>SITE</saml:Audience>", ""),
		reject("CND-01 longer audience", saml.ReasonAudience, "<saml:Audience>SITE<", "<saml:Audience>SITE/<"),
		reject("CND-01 other case", saml.ReasonAudience, "<saml:Audience>SITE<", "<saml:Audience>"+strings.ToUpper(site)+"<"),
		reject("CND-14 two Conditions", saml.ReasonConditions, "<saml:AuthnStatement ", conditions+restriction+"</saml:Conditions><saml:AuthnStatement "),
		reject("CND-13 beyond the skew", saml.ReasonConditions, `NotBefore="NOW"`, `NotBefore="NOW+185"`),
		reject("CND-13 beyond the skew at the end", saml.ReasonConditions, conditions, `<saml:Conditions NotOnOrAfter="NOW-181">`),
		reject("CND-13 malformed", saml.ReasonConditions, `NotBefore="NOW"`, `NotBefore="never"`),
		reject("CND-13 with a zone", saml.ReasonConditions, `NotBefore="NOW"`, `NotBefore="2020-01-01T00:00:00+01:00"`),
		reject("CND-28 twice", saml.ReasonConditions, restriction, restriction+"<saml:OneTimeUse/><saml:OneTimeUse/>"),
		reject("CND-28 foreign condition", saml.ReasonConditions, restriction, restriction+`<x xmlns="urn:x"/>`),
	}
}

func envelopeRows() []row {
	reject := func(name string, want saml.Reason, before ...string) row {
		return row{name: name, before: before, want: want}
	}
	const a = `ID="aID" Version="2.0" IssueInstant="NOW"`
	return []row{
		reject("CND-06 destination", saml.ReasonDestination, `Destination="SITE/acs"`, `Destination="https://other.test/acs"`),
		reject("CND-06 destination is a prefix", saml.ReasonDestination, `Destination="SITE/acs"`, `Destination="SITE/ac"`),
		reject("CND-08 in response to nothing", saml.ReasonInResponseTo, ` InResponseTo="REQUEST">`, `>`),
		reject("CND-08 in response to another", saml.ReasonInResponseTo, ` InResponseTo="REQUEST">`, ` InResponseTo="id-other">`),
		reject("CND-19 issuer format", saml.ReasonIssuer, "<saml:Issuer>IDP", `<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">IDP`),
		reject("CND-19 assertion without issuer", saml.ReasonIssuer, "<saml:Issuer>IDP</saml:Issuer>", ""),
		reject("CND-20 status", saml.ReasonStatus, "status:Success", "status:Requester"),
		reject("CND-20 no status", saml.ReasonStructure, "<samlp:Status>"+success+"</samlp:Status>", ""),
		reject("CND-20 success below a failure", saml.ReasonStatus, success, `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder">`+success+`</samlp:StatusCode>`),
		reject("CND-22 response of 1.1", saml.ReasonVersion, `ID="rID" Version="2.0"`, `ID="rID" Version="1.1"`),
		reject("CND-22 assertion without version", saml.ReasonVersion, a, `ID="aID" IssueInstant="NOW"`),
		reject("CND-23 an hour old", saml.ReasonIssued, a, `ID="aID" Version="2.0" IssueInstant="NOW-3600"`),
		reject("CND-23 response from the future", saml.ReasonIssued, `ID="rID" Version="2.0" IssueInstant="NOW"`, `ID="rID" Version="2.0" IssueInstant="NOW+185"`),
		reject("CND-23 malformed", saml.ReasonIssued, a, `ID="aID" Version="2.0" IssueInstant="NOWZ"`),
		reject("unknown element in the response", saml.ReasonStructure, "<samlp:Status>", "<samlp:More/><samlp:Status>"),
		reject("unknown element in the assertion", saml.ReasonStructure, "<saml:Subject>", "<saml:More/><saml:Subject>"),
	}
}

// TestUnsigned: SIG-04, and what only looks signed.
func TestUnsigned(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	idp, sp := f.known(t), f.sp(t)
	_, err := sp.Response(t.Context(), idp, encodedAs(f.fill(template)), request)
	if reasonOf(err) != saml.ReasonUnsigned {
		t.Errorf("nothing signed: %v", err)
	}
	text := f.signed(t, f.fill(changed(t, template, []string{` Destination="SITE/acs"`, ""})), "Assertion")
	if _, err := sp.Response(t.Context(), idp, encodedAs(text), request); err != nil {
		t.Errorf("an unsigned response without Destination: %v", err)
	}
	text = f.signed(t, f.fill(changed(t, template, []string{` Destination="SITE/acs"`, ""})), "Response")
	if _, err := sp.Response(t.Context(), idp, encodedAs(text), request); reasonOf(err) != saml.ReasonDestination {
		t.Errorf("CND-07, a signed response without Destination: %v", err)
	}
	foreign := newForgerWith(t, otherKey(t))
	text = foreign.signed(t, f.signed(t, f.fill(template), "Assertion"), "Response")
	if _, err := sp.Response(t.Context(), idp, encodedAs(text), request); reasonOf(err) != saml.ReasonSignature {
		t.Errorf("SIG-09, a foreign response around a genuine assertion: %v", err)
	}
	text = f.signed(t, foreign.signed(t, f.fill(template), "Assertion"), "Response")
	if _, err := sp.Response(t.Context(), idp, encodedAs(text), request); reasonOf(err) != saml.ReasonSignature {
		t.Errorf("SIG-09, a foreign assertion in a genuine response: %v", err)
	}
}

// TestUsedOnce: CND-18, CND-08 and CND-09.
func TestUsedOnce(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	idp, sp := f.known(t), f.sp(t)
	text := encodedAs(f.signed(t, f.fill(template), "Assertion"))
	if _, err := sp.Response(t.Context(), idp, text, "id-of-another"); reasonOf(err) != saml.ReasonInResponseTo {
		t.Errorf("to another request: %v", err)
	}
	if _, err := sp.Response(t.Context(), idp, text, ""); reasonOf(err) != saml.ReasonInResponseTo {
		t.Errorf("an answer where nobody asked: %v", err)
	}
	if _, err := sp.Response(t.Context(), idp, text, request); err != nil {
		t.Fatal(err)
	}
	for _, wait := range []time.Duration{0, 4 * time.Minute, 4 * time.Minute, time.Hour} {
		f.clock.wait(wait)
		if _, err := sp.Response(t.Context(), idp, text, request); err == nil {
			t.Errorf("accepted twice, after %s", wait)
		}
	}
	unsolicited := changed(t, template, []string{` InResponseTo="REQUEST"`, ""})
	text = encodedAs(f.signed(t, f.fill(unsolicited), "Assertion"))
	if _, err := sp.Response(t.Context(), idp, text, request); reasonOf(err) != saml.ReasonInResponseTo {
		t.Errorf("unsolicited where something was asked: %v", err)
	}
	if _, err := sp.Response(t.Context(), idp, text, ""); err != nil {
		t.Errorf("unsolicited: %v", err)
	}
	if _, err := sp.Response(t.Context(), idp, text, ""); reasonOf(err) != saml.ReasonReplayed {
		t.Errorf("unsolicited twice: %v", err)
	}
	half := changed(t, unsolicited, []string{`<saml:SubjectConfirmationData `, `<saml:SubjectConfirmationData InResponseTo="REQUEST" `})
	if _, err := sp.Response(t.Context(), idp, encodedAs(f.signed(t, f.fill(half), "Assertion")), ""); reasonOf(err) != saml.ReasonConfirmation {
		t.Errorf("an unsolicited response whose confirmation answers something: %v", err)
	}
}

// TestStatus: CND-21. What the identity provider says is reported when it is one of SAML's own words.
func TestStatus(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	idp, sp := f.known(t), f.sp(t)
	for second, want := range map[string]string{
		"urn:oasis:names:tc:SAML:2.0:status:AuthnFailed": "AuthnFailed", "urn:x:y": "Responder", "urn:oasis:names:tc:SAML:2.0:status:&lt;b&gt;": "Responder",
	} {
		text := changed(t, template, []string{success, `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="` + second + `"/></samlp:StatusCode><samlp:StatusMessage>&lt;script&gt;</samlp:StatusMessage>`})
		_, err := sp.Response(t.Context(), idp, encodedAs(f.signed(t, f.fill(text), "Response")), request)
		refusal, ok := err.(*saml.Refusal)
		if !ok || refusal.Status != want || strings.Contains(err.Error(), "script") {
			t.Errorf("%s: %v", second, err)
		}
	}
}

// TestNames: two names are the same only when everything about them is.
func TestNames(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	idp, sp := f.known(t), f.sp(t)
	seen := map[string]string{}
	for _, start := range []string{
		`<saml:NameID>ada`, `<saml:NameID>Ada`, `<saml:NameID Format="urn:x">ada`, `<saml:NameID NameQualifier="q">ada`, `<saml:NameID SPNameQualifier="q">ada`,
		`<saml:NameID NameQualifier="q r">ada`, `<saml:NameID NameQualifier="q">r ada`,
	} {
		text := changed(t, template, []string{nameID, start + "</saml:NameID>"})
		got, err := sp.Response(t.Context(), idp, encodedAs(f.signed(t, f.fill(text), "Assertion")), request)
		if err != nil {
			t.Fatalf("%s: %v", start, err)
		}
		if other, ok := seen[got.Subject]; ok {
			t.Errorf("%s and %s are both %q", start, other, got.Subject)
		}
		seen[got.Subject] = start
	}
}
