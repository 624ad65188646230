package persona

import (
	"fmt"
	"strings"
	"time"
)

// SAML is how the persona's SAML 2.0 identity provider looks.
type SAML struct {
	EntityID Knob[string] // of the identity provider; {key} is the app's id at the vendor, {base} the public URL
	Path     Knob[string] // below which the endpoints of an app are; {key} as above
	Signs    Knob[Signed] // what of a response is signed
	// Method is the signature algorithm (XML Signature), which says the digest too.
	Method Knob[string]

	IssuerFormat Knob[bool]           // Issuer carries Format "entity"
	NameIDFormat Knob[string]         // "" leaves the attribute out
	NameID       Knob[Source]         // what the NameID holds
	Attributes   Knob[SAMLAttributes] // of the attribute statement

	NotBefore    Knob[time.Duration] // how long before the login the conditions begin
	NotOnOrAfter Knob[time.Duration] // how long after it they end
	Confirmation Knob[time.Duration] // how long after it the bearer confirmation ends
	Session      Knob[time.Duration] // SessionNotOnOrAfter; 0 leaves it out
	// SessionIndex is the id of the request, as at Okta, rather than that of the assertion.
	IndexIsRequest Knob[bool]

	Logout Knob[bool] // there is single logout
}

// Signed is what of a SAML response carries a signature.
type Signed string

// What can be signed.
const (
	SignsAssertion Signed = "assertion"
	SignsResponse  Signed = "response"
	SignsBoth      Signed = "response and assertion"
)

// Source is a fact about a person that an identity provider can assert.
type Source string

// The facts.
const (
	SourceID          Source = "id"
	SourceLogin       Source = "login"
	SourceEmail       Source = "e-mail"
	SourceGivenName   Source = "given name"
	SourceFamilyName  Source = "family name"
	SourceDisplayName Source = "display name"
	SourceGroups      Source = "group names"
	SourceTenant      Source = "tenant id"
)

// SAMLAttribute is one attribute of a statement.
type SAMLAttribute struct {
	Name   string
	Format string // NameFormat; "" leaves it out
	Source Source
}

// SAMLAttributes are the attributes of a statement, in order.
type SAMLAttributes []SAMLAttribute

func (l SAMLAttributes) String() string {
	lines := make([]string, len(l))
	for i, a := range l {
		lines[i] = fmt.Sprintf("%s = %s", a.Name, a.Source)
	}
	return strings.Join(lines, "; ")
}

// The identifiers of SAML Core section 8 and XML Signature that personas choose from.
const (
	nameUnspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
	attrUnspecified = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"
	rsaSHA256       = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
)

const captures = "T4: SAML captures in the tests of gosaml2 and crewjam/saml"

// oktaSAML is an Okta SAML app with the attribute names that its captures show.
func oktaSAML() SAML {
	return SAML{
		EntityID:     observed("http://www.okta.com/{key}", captures),
		Path:         Knob[string]{"/app/{key}/sso/saml", "no page found; seen in metadata of Okta tenants", Recalled},
		Signs:        observed(SignsBoth, captures),
		Method:       observed(rsaSHA256, captures),
		IssuerFormat: observed(true, captures),
		NameIDFormat: observed(nameUnspecified, captures),
		NameID:       observed(SourceLogin, captures),
		Attributes: observed(SAMLAttributes{
			{"FirstName", attrUnspecified, SourceGivenName}, {"LastName", attrUnspecified, SourceFamilyName},
			{"Email", attrUnspecified, SourceEmail}, {"groups", attrUnspecified, SourceGroups},
		}, captures+"; the groups attribute is one that an administrator adds"),
		NotBefore:      observed(5*time.Minute, captures),
		NotOnOrAfter:   observed(5*time.Minute, captures),
		Confirmation:   observed(5*time.Minute, captures),
		Session:        observed(time.Duration(0), captures),
		IndexIsRequest: observed(true, captures),
		Logout:         documented(true, "T3: Okta developer docs, single logout"),
	}
}
