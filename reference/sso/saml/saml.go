// Package saml is a strict SAML 2.0 service provider: metadata of both sides, AuthnRequests, the validation of
// responses, and single logout both ways. It knows no HTTP: it takes what a browser brought and returns what a
// browser has to carry on.
//
// What it holds to, because neither Go library does (OASIS SAML 2.0 Core, Bindings, Profiles; SAML2int):
// a message is bounded in size, depth and tokens before it becomes a tree; document types, processing
// instructions and comments are refused; there is one Assertion and it is where it belongs; a Signature is a
// child of what it signs, has one Reference to it, and only algorithms of a short list; every signature that is
// there must verify, with a key from the configuration and never one from the message; and only the element that
// a signature was verified over is read.
package saml

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Namespaces and identifiers of SAML 2.0 and of what it builds on.
const (
	nsAssertion  = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsProtocol   = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsMetadata   = "urn:oasis:names:tc:SAML:2.0:metadata"
	nsSignature  = "http://www.w3.org/2000/09/xmldsig#"
	nsEncryption = "http://www.w3.org/2001/04/xmlenc#"

	// BindingRedirect and BindingPOST are the two bindings that are spoken (Bindings sections 3.4 and 3.5).
	BindingRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
	BindingPOST     = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"

	// Formats of names (Core section 8.3).
	formatTransient   = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
	formatUnspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
	formatEntity      = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"

	methodBearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

	statusSuccess       = "urn:oasis:names:tc:SAML:2.0:status:Success"
	statusPartialLogout = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"
)

// Clocks and ages.
const (
	DefaultSkew = 180 * time.Second // difference of clocks that is forgiven when nothing else is said
	MaxSkew     = 5 * time.Minute
	maxAge      = 10 * time.Minute // of a message: it was made for what is going on now
)

// MaxRelayState is how many bytes a RelayState may have (Bindings section 3.4.3).
const MaxRelayState = 80

// Reason says in one stable word why a message is refused. It is for the audit log.
type Reason string

// The reasons.
const (
	ReasonForm          Reason = "saml-form"            // not one base64 text of a bounded length
	ReasonXML           Reason = "saml-xml"             // not the XML that is accepted: a DTD, a comment, too deep, not UTF-8 …
	ReasonStructure     Reason = "saml-structure"       // an element is missing, twice, unknown or in a place where it does not belong
	ReasonUnsigned      Reason = "saml-unsigned"        // nothing that matters is signed
	ReasonSignature     Reason = "saml-signature"       // a signature does not verify, or is of a form or algorithm that is not accepted
	ReasonEncryption    Reason = "saml-encryption"      // an encrypted assertion cannot be used, for whatever reason
	ReasonVersion       Reason = "saml-version"         // not 2.0
	ReasonIssued        Reason = "saml-issue-instant"   // made too long ago or in the future
	ReasonIssuer        Reason = "saml-issuer"          // from another identity provider
	ReasonDestination   Reason = "saml-destination"     // for another URL
	ReasonInResponseTo  Reason = "saml-in-response-to"  // the answer to another request, or to none
	ReasonUnsolicited   Reason = "saml-unsolicited"     // nobody asked, and the tenant does not allow that
	ReasonStatus        Reason = "saml-status"          // the identity provider says that it did not work
	ReasonSubject       Reason = "saml-subject"         // nobody is named, or not in a way that can be relied on
	ReasonTransient     Reason = "saml-transient-name"  // the name is another at each login
	ReasonConfirmation  Reason = "saml-confirmation"    // no bearer confirmation holds (Profiles section 4.1.4.3)
	ReasonConditions    Reason = "saml-conditions"      // missing, unknown, or not holding now
	ReasonAudience      Reason = "saml-audience"        // for another service provider
	ReasonAuthn         Reason = "saml-authn-statement" // nobody was authenticated, or the session is over
	ReasonReplayed      Reason = "saml-replayed"        // used before
	ReasonMetadataStale Reason = "saml-metadata-stale"  // what is known of the identity provider is no longer valid
)

// Refusal is the error of a message that must not be believed. Text is for the log and quotes nothing of the message.
type Refusal struct {
	Reason Reason
	Text   string
	// Status is the second-level status code of an identity provider that said no, without its prefix
	// ("AuthnFailed", "RequestDenied"); empty where it is none of SAML's own (Core section 3.2.2.2).
	Status string
}

// Error gives the reason and the text.
func (r *Refusal) Error() string { return string(r.Reason) + ": " + r.Text }

func refuse(why Reason, text string) *Refusal { return &Refusal{Reason: why, Text: text} }

// Replays remembers what was used, for as long as it could be used again. It is safe for concurrent use.
type Replays interface {
	// Seen notes an ID of an issuer until a time. It tells whether this was the first time: of two callers
	// with the same ID only one is first.
	Seen(ctx context.Context, issuer, id string, until time.Time) (first bool, err error)
}

// Options is what a ServiceProvider is.
type Options struct {
	EntityID   string
	ACS        string // URL of the assertion consumer service, POST only
	Logout     string // URL of the single logout service, both bindings
	Credential *Credential
	Replays    Replays
	// Skew is how far clocks may differ; DefaultSkew when 0, MaxSkew at most.
	Skew time.Duration
	Now  func() time.Time // nil means time.Now
}

// ServiceProvider is one service provider, as its identity providers know it. It is safe for concurrent use.
type ServiceProvider struct{ Options }

// New returns a service provider.
func New(o Options) (*ServiceProvider, error) {
	if o.EntityID == "" || o.ACS == "" || o.Logout == "" || o.Credential == nil || o.Replays == nil {
		return nil, errors.New("SAML service provider: it needs an entity ID, an ACS, a logout URL, a credential and a replay cache")
	}
	if o.Skew < 0 || o.Skew > MaxSkew {
		return nil, fmt.Errorf("SAML service provider: a clock skew of %s is not between 0 and %s", o.Skew, MaxSkew)
	}
	if o.Skew == 0 {
		o.Skew = DefaultSkew
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &ServiceProvider{Options: o}, nil
}

// once refuses what was used before. until is when it cannot be used any more in any case.
func (sp *ServiceProvider) once(ctx context.Context, issuer, id string, until time.Time) error {
	first, err := sp.Replays.Seen(ctx, issuer, id, until.Add(sp.Skew))
	if err != nil {
		return fmt.Errorf("look for a replay: %w", err)
	}
	if !first {
		return refuse(ReasonReplayed, "a message with this ID was used before")
	}
	return nil
}
