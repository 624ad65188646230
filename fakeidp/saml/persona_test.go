package saml_test

import (
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"assay/fakeidp/control"
)

// TestShapesOfThePersonas holds what each vendor's persona sends to the table of idp-wire.md section 9.
func TestShapesOfThePersonas(t *testing.T) {
	const email = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
	for _, row := range []struct {
		persona, issuer       string // the issuer's beginning
		response, assertion   bool   // signed
		format                string // of the NameID, "" for none
		lasts, confirms       time.Duration
		session               time.Duration
		attribute, attributes string // one that is there, and its NameFormat
	}{
		{"okta-oin", "http://www.okta.com/exk", true, true, "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified", 10 * time.Minute, 5 * time.Minute, 0, "FirstName", "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"},
		{"entra-default", "https://sts.windows.net/11111111-1111-4111-8111-111111111111/", false, true, email, 70 * time.Minute, 5 * time.Minute, 0, "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", ""},
		{"onelogin", "https://app.onelogin.com/saml/metadata/exk", false, true, email, 6 * time.Minute, 3 * time.Minute, 24 * time.Hour, "User.email", "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"},
		{"google-unverified", "https://accounts.google.com/o/saml2?idpid=exk", true, false, "", 10 * time.Minute, 5 * time.Minute, 0, "groups", "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"},
		{"pingfederate", "http", false, true, email, 10 * time.Minute, 5 * time.Minute, 0, "firstname", "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"},
	} {
		t.Run(row.persona, func(t *testing.T) {
			r := newRig(t, nil)
			app, err := r.directory.CreateApp(control.App{Persona: row.persona, SAML: &control.SAML{EntityID: sp, ACS: []string{acs}}})
			if err != nil {
				t.Fatal(err)
			}
			ada, _ := r.directory.Person("ada@example.test")
			if err := r.directory.Assign(app.ID, ada.ID); err != nil {
				t.Fatal(err)
			}
			r.app = app
			r.readMetadata()
			root := r.granted("ada@example.test")
			assertion := root.SelectElement("Assertion")
			if signed := r.verify(root) == nil; signed != row.response {
				t.Errorf("response signed: %t", signed)
			}
			if signed := r.verify(assertion) == nil; signed != row.assertion {
				t.Errorf("assertion signed: %t", signed)
			}
			if issuer := assertion.SelectElement("Issuer").Text(); !strings.HasPrefix(issuer, row.issuer) {
				t.Errorf("issuer %q", issuer)
			}
			if format := assertion.FindElement("./Subject/NameID").SelectAttrValue("Format", ""); format != row.format {
				t.Errorf("NameID format %q", format)
			}
			issued := moment(t, assertion, "IssueInstant")
			conditions := assertion.SelectElement("Conditions")
			if lasts := moment(t, conditions, "NotOnOrAfter").Sub(moment(t, conditions, "NotBefore")); lasts != row.lasts {
				t.Errorf("conditions last %s", lasts)
			}
			if confirms := moment(t, assertion.FindElement(".//SubjectConfirmationData"), "NotOnOrAfter").Sub(issued); confirms != row.confirms {
				t.Errorf("confirmation lasts %s", confirms)
			}
			statement := assertion.SelectElement("AuthnStatement")
			if row.session == 0 != (statement.SelectAttr("SessionNotOnOrAfter") == nil) {
				t.Error("SessionNotOnOrAfter")
			}
			if row.session > 0 && moment(t, statement, "SessionNotOnOrAfter").Sub(issued) != row.session {
				t.Errorf("session until %s", moment(t, statement, "SessionNotOnOrAfter"))
			}
			attribute := assertion.FindElement("./AttributeStatement/Attribute[@Name='" + row.attribute + "']")
			if attribute == nil || attribute.SelectAttrValue("NameFormat", "") != row.attributes {
				t.Errorf("attribute %v", attribute)
			}
		})
	}
}

func moment(t *testing.T, e *etree.Element, name string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, e.SelectAttrValue(name, ""))
	if err != nil {
		t.Fatalf("%s of %s: %v", name, e.Tag, err)
	}
	return at
}
