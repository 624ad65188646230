// Package control is the fake IdP's control API: its wire types and a typed client. The suites import
// nothing else of the fake IdP.
//
// The API listens apart from the public one and takes a bearer token. Every path below is relative to
// the control URL; bodies are JSON.
package control

import (
	"encoding/json"
	"time"
)

// Person is somebody in the IdP's directory.
type Person struct {
	ID                string  `json:"id,omitempty" doc:"Okta-shaped (00u…), chosen by the IdP when empty"`
	Login             string  `json:"login" required:"true" doc:"the SCIM userName; of a guest of Entra ID, ada_partner.example#EXT#@acme.example"`
	Email             string  `json:"email" required:"true"`
	GivenName         string  `json:"given_name" required:"false"`
	MiddleName        string  `json:"middle_name,omitempty"`
	FamilyName        string  `json:"family_name" required:"false"`
	DisplayName       string  `json:"display_name,omitempty" doc:"given name and family name when empty"`
	Nickname          string  `json:"nickname,omitempty"`
	UserType          string  `json:"user_type,omitempty" doc:"such as Member or Guest, as in Entra ID"`
	Title             string  `json:"title,omitempty"`
	Department        string  `json:"department,omitempty"`
	EmployeeNumber    string  `json:"employee_number,omitempty"`
	Manager           string  `json:"manager,omitempty" doc:"person id; nobody can be above themselves"`
	Phone             string  `json:"phone,omitempty" doc:"at work"`
	Mobile            string  `json:"mobile,omitempty"`
	Fax               string  `json:"fax,omitempty"`
	Address           Address `json:"address,omitzero"`
	Locale            string  `json:"locale,omitempty"`
	PreferredLanguage string  `json:"preferred_language,omitempty" doc:"the locale when empty"`
	// Custom are attributes of an organisation's own, for the templates of a persona: "{custom.costCenter}".
	Custom    map[string]string `json:"custom,omitempty" doc:"for the templates of a persona: {custom.costCenter}"`
	Suspended bool              `json:"suspended,omitempty"`
}

// Address is where a person works.
type Address struct {
	Street     string `json:"street,omitempty"`
	City       string `json:"city,omitempty"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country,omitempty"`
}

// Deletion is a person who was deleted from the directory. They can be restored unless purged, with their
// apps and memberships.
type Deletion struct {
	Person   Person    `json:"person"`
	At       time.Time `json:"at"`
	Purged   bool      `json:"purged,omitempty"` // for good
	Assigned bool      `json:"-"`                // of one app: they had it when they were deleted
}

// Group is a group in the IdP's directory. What a target learns of groups inside it is a matter of the persona
// (its knob "scim.nestedGroups").
type Group struct {
	ID      string   `json:"id,omitempty"`
	Name    string   `json:"name" required:"true"`
	Members []string `json:"members,omitempty" doc:"person ids; logins and e-mail addresses are taken too"`
	Groups  []string `json:"groups,omitempty" doc:"ids of the groups inside this one; names are taken too"`
}

// App is one integration of a product with the IdP: an OpenID Connect client and a SCIM connection,
// which behave as its persona says. ClientSecret is returned by the call that makes the app, never again.
//
// The members of the OpenID Connect client are named as in RFC 7591 section 2.
type App struct {
	ID           string   `json:"id,omitempty"`
	Persona      string   `json:"persona" required:"false" doc:"okta-oin, entra-default …; that of the IdP when empty"`
	Name         string   `json:"name,omitempty"`
	ClientID     string   `json:"client_id,omitempty"`
	ClientSecret string   `json:"client_secret,omitempty"`
	RedirectURIs []string `json:"redirect_uris,omitempty"`
	// PostLogoutRedirectURIs are where a logout may lead; without any, wherever the origin is a redirect URI's.
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris,omitempty"`
	// BackchannelLogoutURI is posted a logout token when a session ends (Back-Channel Logout 1.0), FrontchannelLogoutURI is
	// loaded in an iframe with iss and sid (Front-Channel Logout 1.0), where the persona does that. An app with one of them
	// has "sid" in its ID tokens.
	BackchannelLogoutURI  string `json:"backchannel_logout_uri,omitempty"`
	FrontchannelLogoutURI string `json:"frontchannel_logout_uri,omitempty"`
	// AuthMethod is how the client authenticates: "client_secret_basic", "client_secret_post", "private_key_jwt", or
	// "none" for a public client, which has no secret. Empty is the persona's usual: by a secret.
	AuthMethod string          `json:"token_endpoint_auth_method,omitempty"`
	JWKS       json.RawMessage `json:"jwks,omitempty"` // public keys of private_key_jwt
	SCIM       *SCIM           `json:"scim,omitempty"`
	SAML       *SAML           `json:"saml,omitempty"`
	Issuer     string          `json:"issuer,omitempty" readOnly:"true" doc:"set by the IdP"`
}

// SCIM is where and how an app provisions. Token is write-only: no answer of the API contains it.
type SCIM struct {
	URL   string `json:"url"`
	Token string `json:"token,omitempty"`
	// UserTemplate is the JSON body of users with placeholders such as "{$user.email}", for a persona whose administrators
	// edit it (the knob scim.userTemplate). "" is the persona's.
	UserTemplate string `json:"user_template,omitempty"`
}

// UserTemplate is the body of a request that edits an app's template of users.
type UserTemplate struct {
	Template string `json:"template"`
}

// OnDemand asks to provision one person, or one group with some of its members, at once. Ids, or a person's login or
// e-mail.
type OnDemand struct {
	Person  string   `json:"person,omitempty"`
	Group   string   `json:"group,omitempty"`
	Members []string `json:"members,omitempty"`
}

// SAML is the service provider of an app, as its administrator registers it. Metadata is set by the IdP:
// the URL of what the service provider has to know. Certificates are PEM, or the base64 of their DER.
type SAML struct {
	EntityID    string   `json:"entity_id"`
	ACS         []string `json:"acs"`                   // assertion consumer services, the default first
	Logout      string   `json:"logout,omitempty"`      // where single logout answers and requests go
	Certificate string   `json:"certificate,omitempty"` // of its requests' signatures; when it is set, requests must be signed
	Encryption  string   `json:"encryption,omitempty"`  // certificate to encrypt assertions for
	Metadata    string   `json:"metadata,omitempty" readOnly:"true" doc:"URL of the IdP's metadata for this app"`
}

// Step is one thing that the provisioning engine did and why, with the exchange it made.
type Step struct {
	Seq      int      `json:"seq"`
	App      string   `json:"app"`
	Task     string   `json:"task"`    // "joiner", "update", "deactivate", "reactivate", "group-push", "membership", "rename", "group-delete", "import", "test", "delete", "reference", "quarantine"
	Subject  string   `json:"subject"` // person or group id
	Why      string   `json:"why"`
	Exchange Exchange `json:"exchange"`
	Verdict  string   `json:"verdict"` // what the vendor would do with this answer
	Failed   bool     `json:"failed"`
}

// Exchange is one HTTP exchange as the IdP saw it, with its credentials redacted.
type Exchange struct {
	Time           time.Time           `json:"time"`
	Method         string              `json:"method"`
	URL            string              `json:"url"`
	RequestHeader  map[string][]string `json:"request_header,omitempty"`
	RequestBody    string              `json:"request_body,omitempty"`
	Status         int                 `json:"status"`
	ResponseHeader map[string][]string `json:"response_header,omitempty"`
	ResponseBody   string              `json:"response_body,omitempty"`
	Error          string              `json:"error,omitempty"`
	DurationMS     float64             `json:"duration_ms"`
}

// Push is the answer to a push: what was done. Failed counts the steps that the vendor would show as
// an error in its task list. Of a push with more than 4000 requests Steps holds the latest ones.
type Push struct {
	Steps    []Step `json:"steps"`
	Failed   int    `json:"failed"`
	Requests int    `json:"requests"`
}

// ClockMove asks for a move of the clock: a duration such as "40m" or "720h", see time.ParseDuration.
type ClockMove struct {
	Advance string `json:"advance"`
}

// Clock is the answer to a move of the clock: what the cycles did that became due. Ran counts all of them;
// those that had nothing to send are not in Cycles.
type Clock struct {
	Now    time.Time `json:"now"`
	Ran    int       `json:"ran"`
	Cycles []Cycle   `json:"cycles"`
}

// Cycle is one cycle of one app.
type Cycle struct {
	App  string    `json:"app"`
	At   time.Time `json:"at"`
	Push Push      `json:"push"`
}

// Status is how an app's provisioning is doing. State is "active"; "quarantine", in which cycles are rare;
// or "disabled", when quarantine lasted too long. A push that succeeds ends both.
type Status struct {
	State     string     `json:"state"`
	Reason    string     `json:"reason,omitempty"`
	Since     *time.Time `json:"since,omitempty"`
	Now       time.Time  `json:"now"`
	NextCycle *time.Time `json:"next_cycle,omitempty"`
	Escrow    []Escrow   `json:"escrow"`
}

// Escrow is a person or group that could not be provisioned. Next is when a cycle tries again, nil for the
// next one.
type Escrow struct {
	Subject  string     `json:"subject"`
	Failures int        `json:"failures"`
	First    time.Time  `json:"first"`
	Next     *time.Time `json:"next,omitempty"`
	Reason   string     `json:"reason"`
}

// Import is the answer to an import: every resource that paging through the target found.
type Import struct {
	Users  []map[string]any `json:"users"`
	Groups []map[string]any `json:"groups"`
	Steps  []Step           `json:"steps"`
	Failed int              `json:"failed"`
}

// Comparison says where an app's target differs from the directory, as the app's persona defines equal. It
// looked at Users and Groups.
type Comparison struct {
	Users       int          `json:"users"`
	Groups      int          `json:"groups"`
	Differences []Difference `json:"differences"`
	Steps       []Step       `json:"steps"`
	Failed      int          `json:"failed"`
}

// Difference is one value that is not the same. Subject is empty for what only the target has; Path is
// empty when the whole resource is missing or too many.
type Difference struct {
	Subject string `json:"subject,omitempty"`
	Path    string `json:"path,omitempty"`
	Want    string `json:"want"`
	Got     string `json:"got"`
}

// Link is what the IdP remembers about a person or group at an app's target.
type Link struct {
	Subject string `json:"subject"`
	Remote  string `json:"remote"` // the target's id
	Active  bool   `json:"active"`
}

// Grant lets one authorization request through without the login page: the request whose state is
// State is answered at once for the person, with the mutations applied to what follows from it.
type Grant struct {
	State     string   `json:"state"`
	Person    string   `json:"person"` // person id, login or e-mail
	Mutations []string `json:"mutations,omitempty"`
	// Protocol is "oidc", which is meant when it is empty, or "saml": State is then the RelayState, or the ID of
	// the AuthnRequest.
	Protocol string `json:"protocol,omitempty"`
}

// Mutation describes one hostile behaviour. A Grant may name it, unless its stage is what an issuer publishes (discovery
// document, key set), which an app has for good, or a logout. With SAML the stages are "response"; "logout message", for a Grant
// whose State is that of a LogoutRequest, or for Client.StartSAMLLogout; and "metadata", for Client.LieInMetadata.
type Mutation struct {
	Name     string   `json:"name"`            // "wrong-nonce", "wrong-audience", "saml-xsw1" …
	Protocol string   `json:"protocol"`        // of the Grant that may name it: "oidc" or "saml"; "http" for an outage, which has calls of its own
	Stage    string   `json:"stage,omitempty"` // what it changes: "key set", "ID token payload" …
	Takes    string   `json:"takes,omitempty"` // what may follow "=" after the name: "URL", say
	Rows     []string `json:"rows,omitempty"`  // of the catalogue of sign-on checks
	Text     string   `json:"text"`
}

// Key is one key that an issuer publishes. ID is its "kid".
type Key struct {
	ID      string `json:"kid"`
	Signing bool   `json:"signing"` // tokens are signed with it
}

// Visit is one request of the OpenID Connect endpoints, for assertions on what a relying party sent.
// Secrets (client_secret, code, code_verifier, tokens) are replaced by "[redacted]".
type Visit struct {
	Time   time.Time           `json:"time"`
	Path   string              `json:"path"` // "authorize", "token", "userinfo", "keys", "discovery", "logout", "groups" …
	Client string              `json:"client_id,omitempty"`
	State  string              `json:"state,omitempty"` // the login that it belongs to, where known
	Params map[string][]string `json:"params,omitempty"`
	Status int                 `json:"status"`
	Error  string              `json:"error,omitempty"`
	Outage string              `json:"outage,omitempty"` // the kind of outage that it met; the status says nothing then
}

// Persona is an identity provider product that the fake IdP can play.
type Persona struct {
	Name    string `json:"name"` // "okta-oin"
	Title   string `json:"title"`
	Product string `json:"product"`
	Knobs   []Knob `json:"knobs"`
}

// Knob is one behaviour of a persona, with the evidence for it, so that a report can say what a failure
// rests on. Mark is D (documented by the vendor), O (observed on the wire), S (stated by a third party),
// I (inferred) or R (recalled, without a source).
type Knob struct {
	Name   string `json:"name"` // "scim.membersBatch"
	Value  string `json:"value"`
	Source string `json:"source"`
	Mark   string `json:"mark"`
	Text   string `json:"mark_text"`
}

// Crowd asks for made-up people, the same for the same seed.
type Crowd struct {
	People   int    `json:"people" minimum:"1" maximum:"100000"`
	Seed     uint64 `json:"seed,omitempty"`
	NoGroups bool   `json:"no_groups,omitempty" doc:"people only: the groups of two crowds have the same names"`
	App      string `json:"app,omitempty" doc:"id of an app that everybody gets and the groups are pushed to"`
}

// CrowdAdded says what a crowd added. Domain is that of its e-mail addresses, guests excepted.
type CrowdAdded struct {
	People int    `json:"people"`
	Guests int    `json:"guests"`
	Groups int    `json:"groups"`
	Domain string `json:"domain"`
}

// Snapshot is a state of the IdP that can be gone back to: the directory with its apps, and what provisioning
// remembers.
type Snapshot struct {
	Name   string    `json:"name"`
	Taken  time.Time `json:"taken"`
	People int       `json:"people"`
	Groups int       `json:"groups"`
	Apps   int       `json:"apps"`
}

// NewSnapshot asks for a snapshot. Its name is 1 to 64 letters, digits, hyphens and underscores.
type NewSnapshot struct {
	Name string `json:"name"`
}

// Problem is the body of every answer of the control API that is not a success.
type Problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}
