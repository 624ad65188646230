package persona

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
)

// OIDC is how the persona's OpenID provider looks. Paths are below the public URL, and {tenant} in them stands
// for Tenant.
type OIDC struct {
	// IssuerPath is the path of the issuer. "", and "/" for an issuer that ends in a slash, are the host itself,
	// which only one persona of a process can have; a persona that cannot have its paths has them below its name.
	IssuerPath     Knob[string]
	Tenant         Knob[string]
	TenantAliases  Knob[[]string] // stand for any tenant in paths; the issuer in their discovery document is a template with {tenantid}
	Endpoints      Knob[Endpoints]
	ServerMetadata Knob[bool]     // the discovery document is at {issuer}/.well-known/oauth-authorization-server too
	Discovery      Knob[[]string] // members of the discovery document that can be left out; what they hold is what the fake IdP does
	DiscoveryMore  Knob[Members]  // members of the discovery document with fixed values

	ResponseModes  Knob[[]string] // query, fragment, form_post
	ResponseIssuer Knob[bool]     // the authorization response has "iss" (RFC 9207)
	StateRequired  Knob[bool]
	ClientAuth     Knob[[]string] // methods of client authentication that are advertised; public clients there are everywhere
	UsualAuth      Knob[[]string] // those that an app which registers none may use
	Scopes         Knob[[]string] // that are granted
	ForeignScopes  Knob[bool]     // other scopes are ignored; otherwise they are refused

	DirectoryIDs  Knob[IDForm] // of people, groups and apps, where this is the IdP's own persona
	Subject       Knob[Subject]
	Claims        Knob[Claims] // about the person; "sub" is Subject
	ThinIDToken   Knob[bool]   // claims of the scopes profile and email only at userinfo when an access token is issued too
	GroupBare     Knob[bool]   // a single group is a string, not a list
	GroupLimit    Knob[int]    // most groups in a claim; 0: no limit
	GroupOverage  Knob[Overage]
	GroupsPath    Knob[string]        // where all groups are when the claim is a link; {user} is the person's id
	LoginClaims   Knob[Claims]        // about the login, besides iss, sub, aud, iat, exp and nonce
	TokenLifetime Knob[time.Duration] // of the ID token

	AccessToken         Knob[TokenForm]
	AccessTokenClaims   Knob[Claims] // of a JWT, besides iss, iat and exp
	AccessTokenLifetime Knob[time.Duration]
	Refresh             Knob[Refresh]
	Rotation            Knob[Rotation] // of refresh tokens
	PublicRotation      Knob[Rotation] // of refresh tokens of clients without a secret
	RefreshLifetime     Knob[time.Duration]

	KeyCount    Knob[int]      // published signing keys
	KeyMembers  Knob[[]string] // of a published key, besides kty, n, e and kid: use, alg, x5c, x5t, x5t#S256, issuer
	KeyID       Knob[KeyID]
	KeyLifetime Knob[time.Duration] // that relying parties may keep the key set for
	LogoutHint  Knob[bool]          // a logout needs an id_token_hint

	BackChannelLogout  Knob[bool] // apps can be told of logouts by a POST (Back-Channel Logout 1.0)
	FrontChannelLogout Knob[bool] // apps can be told of logouts by an iframe (Front-Channel Logout 1.0)
	SuspensionLogsOut  Knob[bool] // a person who is suspended is logged out everywhere, and apps are told
}

// Path fills in the tenant.
func (o OIDC) Path(template string) string {
	return strings.ReplaceAll(template, "{tenant}", o.Tenant.Value)
}

// Endpoints are the paths of a provider. It has no endpoint whose path is "".
type Endpoints struct{ Authorization, Token, UserInfo, Keys, Introspection, Revocation, EndSession string }

// Named lists the endpoints under their names in a discovery document.
func (e Endpoints) Named() map[string]string {
	return map[string]string{
		"authorization_endpoint": e.Authorization, "token_endpoint": e.Token, "userinfo_endpoint": e.UserInfo, "jwks_uri": e.Keys,
		"introspection_endpoint": e.Introspection, "revocation_endpoint": e.Revocation, "end_session_endpoint": e.EndSession,
	}
}

func (e Endpoints) String() string {
	var paths []string
	for _, path := range []string{e.Authorization, e.Token, e.UserInfo, e.Keys, e.Introspection, e.Revocation, e.EndSession} {
		if path != "" {
			paths = append(paths, path)
		}
	}
	return strings.Join(paths, ", ")
}

// Members are members of a JSON object. "{public}" in a text is the public URL.
type Members map[string]any

func (m Members) String() string {
	if len(m) == 0 {
		return ""
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// IDForm is what ids in the directory look like.
type IDForm string

// The forms of ids.
const (
	IDOkta   IDForm = "okta"   // 20 letters and digits, of which the first three name the kind
	IDGUID   IDForm = "guid"   // 36 characters
	IDHex    IDForm = "hex"    // 24 hexadecimal digits
	IDNumber IDForm = "number" // 21 digits
)

// Options lists them.
func (IDForm) Options() []string { return texts(IDOkta, IDGUID, IDHex, IDNumber) }

// Subject is what "sub" is.
type Subject string

// The kinds of subject.
const (
	SubjectID       Subject = "id"       // of the person in the directory, the same for every client
	SubjectNumber   Subject = "number"   // the id, if it is digits, or else digits that follow from it; the same for every client
	SubjectPairwise Subject = "pairwise" // 43 characters of base64url that follow from the id and the client
)

// Options lists them.
func (Subject) Options() []string { return texts(SubjectID, SubjectNumber, SubjectPairwise) }

// Claim is a member of a token or of userinfo: what Source says, or else Value, in which {random} is random. An
// empty value leaves it out.
type Claim struct {
	Name   string
	Source ClaimSource
	Value  any
	Scope  string // that asks for it; "": said to everybody
	Only   Place  // where it is, if not in both places
}

// Place is where claims about a person are.
type Place string

// The places.
const (
	InIDToken  Place = "idToken"
	InUserInfo Place = "userInfo"
)

// Claims are members of a token or of userinfo.
type Claims []Claim

func (c Claims) String() string {
	lines := make([]string, len(c))
	for i, claim := range c {
		lines[i] = fmt.Sprintf("%s = %v", claim.Name, claim.Value)
		if claim.Source != "" {
			lines[i] = fmt.Sprintf("%s = %s", claim.Name, claim.Source)
		}
		if claim.Scope != "" {
			lines[i] += " (" + claim.Scope + ")"
		}
		if claim.Only != "" {
			lines[i] += " in " + string(claim.Only)
		}
	}
	return strings.Join(lines, "; ")
}

// ClaimSource is a fact about a person or a login.
type ClaimSource string

// The facts about a person.
const (
	ClaimID          ClaimSource = "id"
	ClaimSubject     ClaimSource = "subject"
	ClaimLogin       ClaimSource = "login"
	ClaimEmail       ClaimSource = "e-mail"
	ClaimDomain      ClaimSource = "e-mail domain"
	ClaimGivenName   ClaimSource = "given name"
	ClaimMiddleName  ClaimSource = "middle name"
	ClaimFamilyName  ClaimSource = "family name"
	ClaimDisplayName ClaimSource = "display name"
	ClaimLocale      ClaimSource = "locale"
	ClaimGroupNames  ClaimSource = "group names"
	ClaimGroupIDs    ClaimSource = "group ids"
	ClaimTenant      ClaimSource = "tenant id"
	ClaimUpdated     ClaimSource = "time of update" // as text, not as a number
)

// The facts about a login.
const (
	ClaimAuthTime    ClaimSource = "authentication time"
	ClaimMethods     ClaimSource = "authentication methods"
	ClaimProvider    ClaimSource = "identity provider" // who authenticated the person
	ClaimSession     ClaimSource = "session id"
	ClaimClient      ClaimSource = "client id"
	ClaimScopes      ClaimSource = "scopes"     // a list
	ClaimScopeText   ClaimSource = "scope text" // separated by spaces
	ClaimIssuedAt    ClaimSource = "issued at"
	ClaimAccessHash  ClaimSource = "access token hash"
	ClaimRefreshHash ClaimSource = "refresh token hash"
)

// Options lists the facts.
func (ClaimSource) Options() []string {
	return texts(ClaimID, ClaimSubject, ClaimLogin, ClaimEmail, ClaimDomain, ClaimGivenName, ClaimMiddleName, ClaimFamilyName, ClaimDisplayName,
		ClaimLocale, ClaimGroupNames, ClaimGroupIDs, ClaimTenant, ClaimUpdated, ClaimAuthTime, ClaimMethods, ClaimProvider, ClaimSession, ClaimClient,
		ClaimScopes, ClaimScopeText, ClaimIssuedAt, ClaimAccessHash, ClaimRefreshHash)
}

// Overage is what becomes of the groups of somebody who is in more than GroupLimit.
type Overage string

// The ways to deal with too many groups.
const (
	OverageCut  Overage = "cut"  // the claim holds the first ones
	OverageLink Overage = "link" // _claim_names and _claim_sources point to where all are (Core 5.6.2)
)

// Options lists them.
func (Overage) Options() []string { return texts(OverageCut, OverageLink) }

// TokenForm is what an access token looks like.
type TokenForm string

// The forms.
const (
	Opaque TokenForm = "opaque"
	JWT    TokenForm = "jwt"
)

// Options lists them.
func (TokenForm) Options() []string { return texts(Opaque, JWT) }

// Refresh is how a client asks for a refresh token.
type Refresh string

// The ways to ask.
const (
	RefreshNever   Refresh = "never" // there are none
	RefreshAlways  Refresh = "always"
	RefreshByScope Refresh = "offlineAccess" // scope offline_access (Core 11)
	RefreshByParam Refresh = "accessType"    // parameter access_type=offline
)

// Options lists them.
func (Refresh) Options() []string {
	return texts(RefreshNever, RefreshAlways, RefreshByScope, RefreshByParam)
}

// Rotation is what becomes of a refresh token that is used.
type Rotation string

// The ways to rotate.
const (
	RotateNever  Rotation = "never"   // it stays, and no other is given
	RotateLoose  Rotation = "replace" // another is given, and it stays good too
	RotateStrict Rotation = "once"    // another is given; to use it again revokes all that came from it (RFC 9700 section 4.14.2)
)

// Options lists them.
func (Rotation) Options() []string { return texts(RotateNever, RotateLoose, RotateStrict) }

// KeyID is what the id of a signing key is.
type KeyID string

// The kinds of key id.
const (
	KeyIDRandom     KeyID = "random"
	KeyIDThumbprint KeyID = "thumbprint" // SHA-1 of the key's certificate, as x5t
)

// Options lists them.
func (KeyID) Options() []string { return texts(KeyIDRandom, KeyIDThumbprint) }

// problems tells why a provider of this shape cannot be.
func (o OIDC) problems() []problem {
	var out []problem
	add := func(bad bool, text string, knobs ...string) {
		if bad {
			out = append(out, problem{knobs, errors.New(text)})
		}
	}
	add(strings.Trim(o.IssuerPath.Value, "/") != "" && !isPath(o.IssuerPath.Value), "want a path that begins with a slash and ends in none, or the host itself: \"\" or \"/\"", "oidc.issuerPath")
	e := o.Endpoints.Value
	templated := strings.Contains(o.IssuerPath.Value+e.String(), "{tenant}")
	add((templated || o.Tenant.Value != "") && !isSegment(o.Tenant.Value), "want letters, digits, hyphens and dots for {tenant}", "oidc.tenant", "oidc.issuerPath", "oidc.endpoints")
	add(slices.ContainsFunc(o.TenantAliases.Value, func(alias string) bool { return !isSegment(alias) || alias == o.Tenant.Value }),
		"want letters, digits, hyphens and dots, and not the tenant itself", "oidc.tenantAliases", "oidc.tenant")
	add(e.Authorization == "" || e.Token == "" || e.Keys == "", "want authorization, token and keys", "oidc.endpoints")
	seen := map[string]bool{}
	for name, at := range e.Named() {
		add(at != "" && !isPath(at), name+": want a path that begins with a slash and ends in none", "oidc.endpoints")
		add(at != "" && seen[at], name+": two endpoints have the path "+at, "oidc.endpoints")
		seen[at] = true
	}
	if o.GroupOverage.Value == OverageLink {
		at := o.GroupsPath.Value
		add(strings.Count(at, "{user}") != 1 || !strings.Contains(at, "/{user}/") || !isPath(strings.ReplaceAll(at, "{user}", "x")), "want a path with /{user}/ in it", "oidc.groupsPath", "oidc.groupOverage")
	}
	out = append(out, o.choiceProblems()...)
	if _, err := json.Marshal(o.DiscoveryMore.Value); err != nil {
		out = append(out, problem{[]string{"oidc.discoveryMore"}, err})
	}
	for knob, claims := range map[string]Claims{
		"oidc.claims": o.Claims.Value, "oidc.loginClaims": o.LoginClaims.Value, "oidc.accessTokenClaims": o.AccessTokenClaims.Value,
	} {
		out = append(out, claims.problems(knob)...)
	}
	for knob, d := range map[string]time.Duration{
		"oidc.tokenLifetime": o.TokenLifetime.Value, "oidc.accessTokenLifetime": o.AccessTokenLifetime.Value,
		"oidc.refreshLifetime": o.RefreshLifetime.Value, "oidc.keyLifetime": o.KeyLifetime.Value,
	} {
		add(d < time.Second, "want 1s or more", knob)
	}
	add(o.KeyCount.Value < 1 || o.KeyCount.Value > 10, "want 1 to 10", "oidc.keyCount")
	add(o.GroupLimit.Value < 0, "want 0 or more", "oidc.groupLimit")
	return out
}

func isPath(text string) bool {
	return strings.HasPrefix(text, "/") && text != "/" && path.Clean(text) == text && !strings.ContainsAny(strings.ReplaceAll(text, "{tenant}", ""), "{}?# ")
}

// isSegment tells whether a tenant can stand in a path.
func isSegment(text string) bool {
	return text != "" && strings.Trim(text, ".") != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._", r)
	})
}

// The values that lists of texts may hold.
func (o OIDC) choiceProblems() []problem {
	var out []problem
	for _, list := range []struct {
		knob   string
		values []string
		known  []string
	}{
		{"oidc.responseModes", o.ResponseModes.Value, []string{"query", "fragment", "form_post"}},
		{"oidc.clientAuth", o.ClientAuth.Value, []string{"client_secret_basic", "client_secret_post", "private_key_jwt", "none"}},
		{"oidc.usualAuth", o.UsualAuth.Value, o.ClientAuth.Value},
		{"oidc.discovery", o.Discovery.Value, OptionalMembers()},
		{"oidc.keyMembers", o.KeyMembers.Value, []string{"use", "alg", "x5c", "x5t", "x5t#S256", "issuer"}},
	} {
		for _, value := range list.values {
			if !slices.Contains(list.known, value) {
				out = append(out, problem{[]string{list.knob}, fmt.Errorf("%q is none of %s", value, strings.Join(list.known, ", "))})
			}
		}
	}
	if len(o.ResponseModes.Value) == 0 || len(o.UsualAuth.Value) == 0 {
		out = append(out, problem{[]string{"oidc.responseModes", "oidc.usualAuth"}, errors.New("want at least one")})
	}
	return out
}

// OptionalMembers are the members of a discovery document that Discovery may name. The others are always there:
// issuer, authorization_endpoint, token_endpoint, jwks_uri, response_types_supported, subject_types_supported and
// id_token_signing_alg_values_supported (Discovery 3).
func OptionalMembers() []string {
	return []string{
		"userinfo_endpoint", "introspection_endpoint", "revocation_endpoint", "end_session_endpoint", "scopes_supported", "response_modes_supported",
		"grant_types_supported", "token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported",
		"introspection_endpoint_auth_methods_supported", "revocation_endpoint_auth_methods_supported", "claims_supported",
		"code_challenge_methods_supported", "authorization_response_iss_parameter_supported", "request_parameter_supported",
		"request_uri_parameter_supported", "claims_parameter_supported",
		"backchannel_logout_supported", "backchannel_logout_session_supported", "frontchannel_logout_supported", "frontchannel_logout_session_supported",
	}
}

func (c Claims) problems(knob string) []problem {
	var out []problem
	for _, claim := range c {
		switch {
		case claim.Name == "":
			out = append(out, problem{[]string{knob}, errors.New("a claim has no name")})
		case (claim.Source == "") == (claim.Value == nil):
			out = append(out, problem{[]string{knob}, fmt.Errorf("%s: want either source or value", claim.Name)})
		case claim.Source != "" && !slices.Contains(claim.Source.Options(), string(claim.Source)):
			out = append(out, problem{[]string{knob}, fmt.Errorf("%s: source %q is none of %s", claim.Name, claim.Source, strings.Join(claim.Source.Options(), ", "))})
		case !encodes(claim.Value):
			out = append(out, problem{[]string{knob}, fmt.Errorf("%s: the value has no JSON form", claim.Name)})
		case !slices.Contains(texts("", InIDToken, InUserInfo), string(claim.Only)):
			out = append(out, problem{[]string{knob}, fmt.Errorf("%s: only is idToken or userInfo", claim.Name)})
		}
	}
	return out
}

func encodes(value any) bool {
	_, err := json.Marshal(value)
	return err == nil
}
