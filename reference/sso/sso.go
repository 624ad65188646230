// Package sso signs people on through the identity provider of their tenant: it is an OpenID Connect
// relying party with the authorization code flow and PKCE, and, with package saml, a SAML service provider.
//
// Two of its parts are interfaces so that they can be replaced or wrapped: Logins, which keeps what a
// login in progress must remember, and Checker, which judges an ID token.
package sso

import (
	"context"
	"errors"
	"time"
)

// LoginLife is how long a person has to come back from the identity provider.
const LoginLife = 5 * time.Minute

// Login is what has to be remembered between sending a browser to the identity provider and its return.
type Login struct {
	State    string // 256 random bits; the key
	Tenant   string
	Issuer   string
	ClientID string
	Nonce    string // 256 random bits, comes back in the ID token
	Verifier string // PKCE code verifier (RFC 7636 section 4.1)
	Request  string // ID of the SAML request, which its answer names; empty for OpenID Connect
	Logout   bool   // the SAML request is a LogoutRequest
	Binding  string // SHA-256 of the cookie of the browser that began, in base64url
	Expires  time.Time
}

// ErrNoLogin is returned for a state that is unknown, expired or taken already.
var ErrNoLogin = errors.New("no such login in progress")

// Logins keeps the logins in progress. It is safe for concurrent use.
type Logins interface {
	// Put keeps a login until it expires.
	Put(ctx context.Context, login Login) error
	// Take returns a login and forgets it, so that of two callers only one gets it. It returns
	// ErrNoLogin when there is none.
	Take(ctx context.Context, state string) (Login, error)
}

// Claims is what an ID token says about a person.
type Claims struct {
	Issuer        string
	Subject       string
	SubjectName   string // the subject as people know it, when that is something else, as the text of a NameID is
	Email         string
	EmailVerified bool
	Name          string
	// All are all claims with texts, numbers or truth values, the latter as in JSON.
	All map[string][]string
	// Absent are the names of claims that are to be had elsewhere ("_claim_names", OpenID Connect Core section 5.6.2).
	Absent []string

	AccessTokenHash string // at_hash, empty when absent
	Algorithm       string // of the signature
}

// Checker judges an ID token that came back for a login (OpenID Connect Core section 3.1.3.7).
//
// When the token must not be believed the error is an *InvalidTokenError that names every rule that
// the token breaks. Any other error means that the token could not be judged, for instance because
// the keys of the identity provider could not be read.
type Checker interface {
	Check(ctx context.Context, login Login, rawIDToken string) (Claims, error)
}

// Rule names one thing that is asked of an ID token.
type Rule string

// The rules. All but RuleForm are judged independently of each other.
const (
	RuleForm        Rule = "form"             // a compact JWS with JSON in it and no member twice (RFC 7515 section 4)
	RuleType        Rule = "type"             // an ID token, not another kind of JWT (RFC 8725 section 3.11)
	RuleAlgorithm   Rule = "algorithm"        // RS256, PS256 or ES256, as advertised (Core 3.1.3.7 rule 7)
	RuleSignature   Rule = "signature"        // made with a current key of the issuer (rule 6)
	RuleIssuer      Rule = "issuer"           // exactly the issuer that was asked (rule 2)
	RuleAudience    Rule = "audience"         // for us and for nobody else (rule 3)
	RuleAuthorized  Rule = "authorized-party" // azp, where present, is us (rule 5)
	RuleExpiry      Rule = "expiry"           // exp is present and not past (rule 9)
	RuleIssuedAt    Rule = "issued-at"        // iat is present and recent (rule 10)
	RuleNotBefore   Rule = "not-before"       // nbf, where present, is past (RFC 7519 section 4.1.5)
	RuleNonce       Rule = "nonce"            // the nonce of this login (rule 11)
	RuleSubject     Rule = "subject"          // sub is a string of 1 to 255 characters (Core section 2)
	RuleAccessToken Rule = "access-token"     // at_hash, where present, is a string; it is compared by the relying party, which has the token
)

// Violation is one rule that a token breaks. Text never quotes the token.
type Violation struct {
	Rule Rule
	Text string
}

// InvalidTokenError says why an ID token is refused. Claims is what could be read of the token all the
// same; nothing in it may be relied on.
type InvalidTokenError struct {
	Violations []Violation
	Claims     Claims
}

// Error names the first broken rule.
func (e *InvalidTokenError) Error() string {
	if len(e.Violations) == 0 {
		return "invalid ID token"
	}
	first := e.Violations[0]
	return "invalid ID token: " + string(first.Rule) + ": " + first.Text
}
