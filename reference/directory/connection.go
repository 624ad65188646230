package directory

import "time"

// Connection is how the people of a tenant sign on through their identity provider.
//
// SealedSecret is the client secret as sealed by package secrets; the plain text is never stored. SAML is what the
// SAML service provider knows of the identity provider, a JSON document that it may have sealed: nobody
// else looks into it.
type Connection struct {
	Protocol     Protocol // OIDC when it is stored without one
	Issuer       string   // of the OpenID provider, or the entity ID of the SAML identity provider
	ClientID     string
	SealedSecret []byte
	SAML         []byte
	ConnectionSettings
	Updated time.Time
}

// ConnectionSettings are the settings of a Connection that no lookup needs.
type ConnectionSettings struct {
	Active    bool    `json:"active"` // people can sign on with it
	IdP       IdPType `json:"idp,omitempty"`
	Discovery string  `json:"discovery,omitempty"` // URL of the discovery document, when it is not where the issuer has it

	// Matching names the strategy by which somebody who signs on for the first time is found among the users;
	// empty for the default of IdP. See reference/identity.
	Matching string `json:"matching,omitempty"`
	// Mapping names the claim or attribute of each of our own attributes of a person; what it leaves out has the default of IdP.
	Mapping map[string]string `json:"mapping,omitempty"`
	// GroupClaims lets the groups in tokens and assertions give roles, beside those that SCIM has provisioned.
	GroupClaims bool `json:"groupClaims,omitempty"`

	JIT         bool     `json:"jit,omitempty"`         // users are made when they first sign on
	JITDomains  []string `json:"jitDomains,omitempty"`  // e-mail domains, canonical, of those whom JIT makes; empty for the verified domains of the tenant
	DefaultRole Role     `json:"defaultRole,omitempty"` // of whoever has no other; RoleMember when empty
	RequireSCIM bool     `json:"requireScim,omitempty"` // only those sign on whom SCIM has provisioned
	OwnDomains  bool     `json:"ownDomains,omitempty"`  // only those sign on whose e-mail address lies in a verified domain of the tenant
	// AllowIdPInitiated takes SAML assertions that nobody has asked for.
	AllowIdPInitiated bool `json:"allowIdpInitiated,omitempty"`
}

// Protocol is what a Connection speaks.
type Protocol string

// The protocols.
const (
	OIDC Protocol = "oidc"
	SAML Protocol = "saml"
)

// IdPType is the product behind a Connection. It decides defaults and nothing else. Empty is one that
// nobody has named.
type IdPType string

// The products.
const (
	Okta     IdPType = "okta"
	Entra    IdPType = "entra"
	OneLogin IdPType = "onelogin"
	Google   IdPType = "google"
	Generic  IdPType = "generic"
)
