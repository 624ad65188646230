package persona

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// SAML is how the persona's SAML 2.0 identity provider looks.
type SAML struct {
	EntityID Knob[string] // of the identity provider; {key} is the app's id at the vendor, {tenant} the customer's, {base} the public URL
	Path     Knob[string] // below which the endpoints of an app are; {key} as above
	Signs    Knob[Signed] // what of a response is signed
	// Method is the signature algorithm (XML Signature), which says the digest too.
	Method Knob[string]

	IssuerFormat Knob[bool] // Issuer carries Format "entity"
	NameIDFormat Knob[NameIDFormat]
	NameID       Knob[Source]         // what the NameID holds
	Attributes   Knob[SAMLAttributes] // of the attribute statement
	// EmptyAttributes keeps an attribute without values, which others leave out.
	EmptyAttributes Knob[bool]

	NotBefore    Knob[time.Duration] // how long before the login the conditions begin
	NotOnOrAfter Knob[time.Duration] // how long after it they end
	Confirmation Knob[time.Duration] // how long after it the bearer confirmation ends
	Session      Knob[time.Duration] // SessionNotOnOrAfter; 0 leaves it out
	// SessionIndex is the id of the request, as at Okta, rather than that of the assertion.
	IndexIsRequest Knob[bool]

	Logout Knob[bool] // there is single logout

	MetadataValid Knob[time.Duration] // until when metadata says that it is valid, from its fetching on; 0 leaves validUntil out
	MetadataCache Knob[time.Duration] // cacheDuration of metadata; 0 leaves it out
}

// Signed is what of a SAML response carries a signature.
type Signed string

// What can be signed.
const (
	SignsAssertion Signed = "assertion"
	SignsResponse  Signed = "response"
	SignsBoth      Signed = "response and assertion"
)

// Options are what can be signed.
func (Signed) Options() []string { return texts(SignsAssertion, SignsResponse, SignsBoth) }

// NameIDFormat is the Format of a NameID; "" leaves it out.
type NameIDFormat string

func (f NameIDFormat) String() string {
	if f == "" {
		return "left out"
	}
	return string(f)
}

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

// Options are the facts.
func (Source) Options() []string {
	return texts(SourceID, SourceLogin, SourceEmail, SourceGivenName, SourceFamilyName, SourceDisplayName, SourceGroups, SourceTenant)
}

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
	attrBasic       = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
	nameEmail       = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
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
		NameIDFormat: observed[NameIDFormat](nameUnspecified, captures),
		NameID:       observed(SourceLogin, captures),
		Attributes: observed(SAMLAttributes{
			{"FirstName", attrUnspecified, SourceGivenName}, {"LastName", attrUnspecified, SourceFamilyName},
			{"Email", attrUnspecified, SourceEmail}, {"groups", attrUnspecified, SourceGroups},
		}, captures+"; the groups attribute is one that an administrator adds"),
		EmptyAttributes: inferred(false, captures+" show attributes with values only"),
		NotBefore:       observed(5*time.Minute, captures),
		NotOnOrAfter:    observed(5*time.Minute, captures),
		Confirmation:    observed(5*time.Minute, captures),
		Session:         observed(time.Duration(0), captures),
		IndexIsRequest:  observed(true, captures),
		Logout:          documented(true, "T3: Okta developer docs, single logout"),
		MetadataValid:   recalled(time.Duration(0), "no page found; metadata of Okta tenants shows none"),
		MetadataCache:   recalled(time.Duration(0), "no page found; metadata of Okta tenants shows none"),
	}
}

// entraSAML is a SAML app of Entra ID with its default claims. All its apps share one URL there; here each
// has one of its own, so that a request can be told whose it is before it is read.
func entraSAML() SAML {
	const (
		docs   = "T2: Entra docs, single sign-on SAML protocol and token reference"
		claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
		entra  = "http://schemas.microsoft.com/identity/claims/"
	)
	return SAML{
		EntityID:     documented("https://sts.windows.net/{tenant}/", docs),
		Path:         inferred("/{tenant}/saml2/{key}", docs+"; the last part is ours"),
		Signs:        documented(SignsAssertion, docs),
		Method:       documented(rsaSHA256, docs),
		IssuerFormat: documented(false, docs),
		NameIDFormat: documented[NameIDFormat](nameEmail, docs),
		NameID:       documented(SourceLogin, docs),
		Attributes: documented(SAMLAttributes{
			{entra + "tenantid", "", SourceTenant}, {entra + "objectidentifier", "", SourceID}, {entra + "displayname", "", SourceDisplayName},
			{claims + "givenname", "", SourceGivenName}, {claims + "surname", "", SourceFamilyName},
			{claims + "emailaddress", "", SourceEmail}, {claims + "name", "", SourceLogin},
		}, docs),
		EmptyAttributes: inferred(false, docs+" say nothing of empty claims"),
		NotBefore:       inferred(5*time.Minute, docs+": 70 minutes between NotBefore and NotOnOrAfter; where the login is between them is a guess"),
		NotOnOrAfter:    inferred(65*time.Minute, docs+": 70 minutes between NotBefore and NotOnOrAfter; where the login is between them is a guess"),
		Confirmation:    documented(5*time.Minute, docs),
		Session:         inferred(time.Duration(0), docs+" show none"),
		IndexIsRequest:  inferred(false, docs+" show the id of the assertion"),
		Logout:          documented(true, docs),
		MetadataValid:   inferred(time.Duration(0), docs+" show none"),
		MetadataCache:   inferred(time.Duration(0), docs+" show none"),
	}
}

// oneLoginSAML is a OneLogin SAML app that signs the assertion.
func oneLoginSAML() SAML {
	s := genericSAML(captures + " do not show it")
	s.EntityID = observed("https://app.onelogin.com/saml/metadata/{key}", captures)
	s.Path = recalled("/trust/saml2/http-post/sso/{key}", "no page found; seen in metadata of OneLogin tenants")
	s.Signs = observed(SignsAssertion, captures+"; an app's setting can say the response")
	s.NameIDFormat = observed[NameIDFormat](nameEmail, captures)
	s.NameID = observed(SourceEmail, captures)
	s.Attributes = observed(SAMLAttributes{
		{"User.email", attrBasic, SourceEmail}, {"User.FirstName", attrBasic, SourceGivenName}, {"User.LastName", attrBasic, SourceFamilyName},
		{"memberOf", attrBasic, SourceGroups}, {"PersonImmutableID", attrBasic, SourceID},
	}, captures)
	s.NotBefore = observed(3*time.Minute, captures)
	s.NotOnOrAfter = observed(3*time.Minute, captures)
	s.Confirmation = observed(3*time.Minute, captures)
	s.Session = observed(24*time.Hour, captures)
	s.Logout = observed(true, captures)
	return s
}

// googleSAML is a custom SAML app of Google Workspace.
func googleSAML() SAML {
	s := genericSAML(captures + " do not show it")
	s.EntityID = observed("https://accounts.google.com/o/saml2?idpid={key}", captures)
	s.Path = inferred("/o/saml2/idp/{key}", captures+"; at Google the id is a parameter")
	s.Signs = observed(SignsResponse, captures)
	s.NameIDFormat = observed[NameIDFormat]("", captures)
	s.NameID = observed(SourceEmail, captures)
	s.EmptyAttributes = observed(true, captures)
	s.Logout = secondHand(false, "S1: partners' set-up guides: Google does not support single logout")
	s.MetadataValid = observed(5*365*24*time.Hour, "M1: Google's metadata in tests of public projects; at Google the end is that of the certificate, which lasts five years")
	return s
}

// pingSAML is a PingFederate connection.
func pingSAML() SAML {
	s := genericSAML(captures + " do not show it")
	s.NameIDFormat = observed[NameIDFormat](nameEmail, captures)
	s.NameID = observed(SourceEmail, captures)
	s.Attributes = observed(SAMLAttributes{
		{"email", attrBasic, SourceEmail}, {"firstname", attrBasic, SourceGivenName}, {"lastname", attrBasic, SourceFamilyName},
	}, captures+": lower-case names of the connection's own")
	s.Signs = observed(SignsAssertion, captures+"; or the response")
	s.MetadataCache = observed(24*time.Hour, "M2: PingFederate's metadata in tests and guides of public projects: cacheDuration PT1440M")
	return s
}

// genericSAML is no vendor: what SAML2int asks for.
func genericSAML(source string) SAML {
	return SAML{
		EntityID:     recalled("{base}/saml/{key}", source),
		Path:         recalled("/saml/{key}", source),
		Signs:        recalled(SignsAssertion, source),
		Method:       recalled(rsaSHA256, source),
		IssuerFormat: recalled(false, source),
		NameIDFormat: recalled[NameIDFormat](nameUnspecified, source),
		NameID:       recalled(SourceLogin, source),
		Attributes: recalled(SAMLAttributes{
			{"email", attrBasic, SourceEmail}, {"firstName", attrBasic, SourceGivenName}, {"lastName", attrBasic, SourceFamilyName}, {"groups", attrBasic, SourceGroups},
		}, source),
		EmptyAttributes: recalled(false, source),
		NotBefore:       recalled(5*time.Minute, source),
		NotOnOrAfter:    recalled(5*time.Minute, source),
		Confirmation:    recalled(5*time.Minute, source),
		Session:         recalled(time.Duration(0), source),
		IndexIsRequest:  recalled(false, source),
		Logout:          recalled(true, source),
		MetadataValid:   recalled(time.Duration(0), source),
		MetadataCache:   recalled(time.Duration(0), source),
	}
}

// problems tells why an identity provider of this shape cannot be.
func (s SAML) problems() []problem {
	var out []problem
	if !strings.HasPrefix(s.Path.Value, "/") || !strings.Contains(s.Path.Value, "{key}") {
		out = append(out, problem{[]string{"saml.path"}, errors.New("want a path with {key} in it")})
	}
	if s.NotOnOrAfter.Value <= 0 || s.Confirmation.Value <= 0 {
		out = append(out, problem{[]string{"saml.notOnOrAfter", "saml.confirmation"}, errors.New("want more than 0")})
	}
	return out
}
