package oidc_test

import "strings"

// vendor is what the table says of one persona among all others.
type vendor struct {
	name     string
	path     string   // of the issuer
	paths    []string // of authorization, token, keys, userinfo, introspection, revocation, end_session
	extra    string   // a member of the discovery document that shows whose it is
	without  []string // members of the discovery document that are not there
	kind     string   // of subjects
	sub      string   // pattern
	idToken  string   // its claims
	userInfo string   // its claims
	scopes   string
	params   []string // of the authorization request
	rotation string   // of refresh tokens; "": there are none
	jwk      string   // members of a published key
	keys     int
	answer   string // parameters of the authorization response
	opaque   bool   // access token
}

const (
	guid     = "/11111111-1111-4111-8111-111111111111"
	thinOkta = "amr at_hash aud auth_time exp groups iat idp iss jti nonce sub ver"
	oktaInfo = "email email_verified family_name given_name groups name preferred_username sub"
)

func vendors() []vendor {
	okta := vendor{
		name: "okta-oin", path: "/oauth2/default", kind: "public", sub: "^00uAda00000000000001$", idToken: thinOkta, userInfo: oktaInfo,
		paths: []string{"/oauth2/default/v1/authorize", "/oauth2/default/v1/token", "/oauth2/default/v1/keys", "/oauth2/default/v1/userinfo",
			"/oauth2/default/v1/introspect", "/oauth2/default/v1/revoke", "/oauth2/default/v1/logout"},
		extra: "introspection_endpoint", without: []string{"authorization_response_iss_parameter_supported"},
		scopes: "openid profile email groups offline_access", rotation: "never", jwk: "alg e kid kty n use", keys: 1, answer: "code state tenant",
	}
	patch, org := okta, okta
	patch.name, org.name, org.path, org.opaque, org.keys = "okta-oin-patch", "okta-aiw", "/okta-aiw", true, 2
	org.userInfo = strings.Replace(oktaInfo, "groups ", "", 1)
	org.paths = below("/okta-aiw", "/oauth2/v1/authorize", "/oauth2/v1/token", "/oauth2/v1/keys", "/oauth2/v1/userinfo",
		"/oauth2/v1/introspect", "/oauth2/v1/revoke", "/oauth2/v1/logout")
	entra := vendor{
		name: "entra-default", path: guid + "/v2.0", kind: "pairwise", sub: `^[\w-]{43}$`,
		idToken:  "aud email exp groups iat iss name nbf nonce oid preferred_username rh sid sub tid uti ver",
		userInfo: "email family_name given_name name sub",
		paths: []string{guid + "/oauth2/v2.0/authorize", guid + "/oauth2/v2.0/token", guid + "/discovery/v2.0/keys", "/graph.microsoft.com/oidc/userinfo", "", "",
			guid + "/oauth2/v2.0/logout"},
		extra: "tenant_region_scope", without: []string{"code_challenge_methods_supported", "grant_types_supported"},
		scopes: "openid profile email offline_access", rotation: "replace", jwk: "e issuer kid kty n use x5c x5t", keys: 3, answer: "code state tenant",
	}
	flag, validator := entra, entra
	flag.name, validator.name = "entra-062020", "entra-validator"
	generic := vendor{
		name: "generic", path: "/oidc", kind: "public", sub: "^00uAda00000000000001$",
		idToken:  "at_hash aud auth_time email email_verified exp family_name given_name groups iat iss name nonce preferred_username sid sub",
		userInfo: oktaInfo, extra: "authorization_response_iss_parameter_supported",
		paths:  []string{"/oidc/authorize", "/oidc/token", "/oidc/keys", "/oidc/userinfo", "/oidc/introspect", "/oidc/revoke", "/oidc/logout"},
		scopes: "openid profile email groups offline_access", rotation: "once", jwk: "alg e kid kty n use", keys: 1, answer: "code iss state tenant", opaque: true,
	}
	ping, jump, one, google := generic, generic, generic, generic
	ping.name, ping.path, ping.extra, ping.answer = "pingfederate", "/pingfederate", "claim_types_supported", "code state tenant"
	ping.paths = below("/pingfederate", "/as/authorization.oauth2", "/as/token.oauth2", "/pf/JWKS", "/idp/userinfo.openid",
		"/as/introspect.oauth2", "/as/revoke_token.oauth2", "/idp/init_logout.openid")
	jump.name, jump.path, jump.extra, jump.answer = "jumpcloud", "/jumpcloud/", "revocation_endpoint", "code state tenant"
	jump.paths = below("/jumpcloud", "/oauth2/auth", "/oauth2/token", "/.well-known/jwks.json", "/userinfo", "", "/oauth2/revoke", "/oauth2/sessions/logout")
	one.name, one.path, one.extra, one.answer, one.sub = "onelogin", "/oidc/2", "introspection_endpoint", "code state tenant", `^\d+$`
	one.paths = below("/oidc/2", "/auth", "/token", "/certs", "/me", "/token/introspection", "/token/revocation", "/logout")
	one.idToken = "at_hash aud email exp family_name given_name groups iat iss name nonce preferred_username rt_hash sid sub updated_at"
	one.scopes = "openid profile email groups"
	one.userInfo = "email family_name given_name groups name preferred_username sub updated_at"
	google.name, google.path, google.without, google.sub = "google-unverified", "/google-unverified", []string{"introspection_endpoint"}, `^\d{21}$`
	google.paths = below("/google-unverified", "/o/oauth2/v2/auth", "/token", "/oauth2/v3/certs", "/v1/userinfo", "", "/revoke", "")
	google.idToken = "at_hash aud azp email email_verified exp family_name given_name hd iat iss name nonce sub"
	google.userInfo = "email email_verified family_name given_name hd name sub"
	google.scopes, google.params, google.rotation, google.keys = "openid profile email", []string{"access_type", "offline"}, "never", 2
	return []vendor{okta, patch, org, entra, flag, validator, one, google, jump, ping, generic}
}

func below(prefix string, paths ...string) []string {
	for i, path := range paths {
		if path != "" {
			paths[i] = prefix + path
		}
	}
	return paths
}

func vendorNamed(name string) vendor {
	for _, v := range vendors() {
		if v.name == name {
			return v
		}
	}
	panic("no vendor " + name)
}
