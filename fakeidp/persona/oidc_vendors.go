package persona

import (
	"slices"
	"time"
)

// The sources behind the knobs of the OpenID providers.
const (
	oktaAuth   = "T3: Okta developer docs, authorization servers"
	oktaGroups = "V1: HashiCorp Vault docs, Okta as OIDC provider"
	entraID    = "T1: Entra docs, ID token claims"
	entraOP    = "T1: Entra docs, OpenID Connect on the Microsoft identity platform"
	googleID   = "T5: Google, OpenID Connect reference"
	oneLoginID = "developers.onelogin.com/openid-connect"
	pingOP     = "P3: PingFederate docs, OpenID provider configuration endpoint"
	jumpOP     = "J3: JumpCloud's issuer and tokens in public issues"
	jumpPaths  = "J5: JumpCloud's endpoints in public configurations"
	oktaDoc    = "D1: discovery document of an Okta organisation, recorded in a public test (2020)"
	entraDoc   = "D2: discovery document of an Entra tenant, recorded in public tests (2021 and 2022)"
	oneDoc     = "D3: discovery document of OneLogin, recorded in a public test (2022-11)"
	googleDoc  = "D4: discovery document of Google, recorded in public tests"
	shape      = "no page found; the usual form"
)

// genericOIDC is no vendor: OpenID Connect Core with its defaults.
func genericOIDC(source string) OIDC {
	return OIDC{
		IssuerPath:    recalled("/oidc", source),
		Tenant:        recalled("", source),
		TenantAliases: recalled([]string{}, source),
		Endpoints: recalled(Endpoints{
			Authorization: "/oidc/authorize", Token: "/oidc/token", UserInfo: "/oidc/userinfo", Keys: "/oidc/keys",
			Introspection: "/oidc/introspect", Revocation: "/oidc/revoke", EndSession: "/oidc/logout",
		}, source),
		ServerMetadata: recalled(false, source),
		Discovery:      recalled(OptionalMembers(), source),
		DiscoveryMore:  recalled(Members{}, source),
		ResponseModes:  recalled([]string{"query", "fragment", "form_post"}, source),
		ResponseIssuer: recalled(true, source),
		StateRequired:  recalled(false, source),
		ClientAuth:     recalled([]string{"client_secret_basic", "client_secret_post", "private_key_jwt", "none"}, source),
		UsualAuth:      recalled([]string{"client_secret_basic", "client_secret_post"}, source),
		Scopes:         recalled([]string{"openid", "profile", "email", "groups", "offline_access"}, source),
		ForeignScopes:  recalled(true, source),

		DirectoryIDs: recalled(IDOkta, source),
		Subject:      recalled(SubjectID, source),
		Claims: recalled(append(standardClaims(),
			Claim{Name: "email_verified", Value: true, Scope: "email"}, Claim{Name: "groups", Source: ClaimGroupNames, Scope: "groups"}), source),
		ThinIDToken:  recalled(false, source),
		GroupBare:    recalled(false, source),
		GroupLimit:   recalled(0, source),
		GroupOverage: recalled(OverageCut, source),
		GroupsPath:   recalled("", source),
		LoginClaims: recalled(Claims{
			{Name: "auth_time", Source: ClaimAuthTime}, {Name: "at_hash", Source: ClaimAccessHash}, {Name: "sid", Source: ClaimSession},
		}, source),
		TokenLifetime: recalled(time.Hour, source),

		AccessToken:         recalled(Opaque, source),
		AccessTokenClaims:   recalled(Claims{}, source),
		AccessTokenLifetime: recalled(time.Hour, source),
		Refresh:             recalled(RefreshByScope, source),
		Rotation:            recalled(RotateStrict, source),
		PublicRotation:      recalled(RotateStrict, source),
		RefreshLifetime:     recalled(30*24*time.Hour, source),

		KeyCount:    recalled(1, source),
		KeyMembers:  recalled([]string{"use", "alg"}, source),
		KeyID:       recalled(KeyIDRandom, source),
		KeyLifetime: recalled(time.Hour, source),
		LogoutHint:  recalled(false, source),

		BackChannelLogout:  recalled(false, source),
		FrontChannelLogout: recalled(false, source),
		SuspensionLogsOut:  recalled(false, source),
	}
}

// plainOIDC is genericOIDC with everything on top of Core that the fake IdP can do.
func plainOIDC() OIDC {
	const source = "no page found; Back-Channel and Front-Channel Logout 1.0"
	o := genericOIDC(rfc)
	o.BackChannelLogout = inferred(true, source)
	o.FrontChannelLogout = inferred(true, source)
	o.SuspensionLogsOut = inferred(true, source+" leave open what ends a session")
	return o
}

// usualMembers are those that vendors without channels for logouts have.
func usualMembers() []string {
	return without(OptionalMembers(),
		"backchannel_logout_supported", "backchannel_logout_session_supported", "frontchannel_logout_supported", "frontchannel_logout_session_supported")
}

// standardClaims are the claims of Core 5.4 that the directory has values for.
func standardClaims() Claims {
	return Claims{
		{Name: "name", Source: ClaimDisplayName, Scope: "profile"}, {Name: "given_name", Source: ClaimGivenName, Scope: "profile"},
		{Name: "middle_name", Source: ClaimMiddleName, Scope: "profile"}, {Name: "family_name", Source: ClaimFamilyName, Scope: "profile"},
		{Name: "preferred_username", Source: ClaimLogin, Scope: "profile"}, {Name: "locale", Source: ClaimLocale, Scope: "profile"},
		{Name: "email", Source: ClaimEmail, Scope: "email"},
	}
}

// oktaOIDC is Okta's custom authorization server "default".
func oktaOIDC() OIDC {
	const lifetimes = "no page found; the default of an access policy"
	o := genericOIDC(shape)
	o.IssuerPath = documented("/oauth2/default", oktaAuth)
	o.Endpoints = documented(Endpoints{
		Authorization: "/oauth2/default/v1/authorize", Token: "/oauth2/default/v1/token", UserInfo: "/oauth2/default/v1/userinfo",
		Keys: "/oauth2/default/v1/keys", Introspection: "/oauth2/default/v1/introspect", Revocation: "/oauth2/default/v1/revoke",
		EndSession: "/oauth2/default/v1/logout",
	}, oktaAuth)
	o.ServerMetadata = documented(true, oktaAuth)
	o.ResponseModes = documented([]string{"query", "fragment", "form_post"}, oktaAuth+"; okta_post_message is not offered here")
	o.Discovery = observed(without(usualMembers(), "authorization_response_iss_parameter_supported", "request_uri_parameter_supported", "claims_parameter_supported"), oktaDoc)
	o.ResponseIssuer = inferred(false, oktaDoc+" does not have it")
	o.ClientAuth = observed([]string{"client_secret_basic", "client_secret_post", "private_key_jwt", "none"}, oktaDoc+"; client_secret_jwt is not offered here")
	o.StateRequired = recalled(true, "no page found")
	o.Scopes = observed([]string{"openid", "email", "profile", "address", "phone", "offline_access", "groups"}, oktaDoc)
	o.ForeignScopes = recalled(false, shape)
	o.DirectoryIDs = documented(IDOkta, oktaAuth)
	o.Subject = documented(SubjectID, oktaAuth)
	o.Claims = documented(o.Claims.Value, oktaAuth+"; the groups claim is one that an administrator configures")
	o.ThinIDToken = documented(true, oktaAuth)
	o.GroupLimit = secondHand(100, oktaGroups)
	o.GroupOverage = secondHand(OverageCut, oktaGroups+": cut without a sign")
	o.LoginClaims = documented(Claims{
		{Name: "ver", Value: 1}, {Name: "jti", Value: "ID.{random}"}, {Name: "amr", Source: ClaimMethods}, {Name: "idp", Source: ClaimProvider},
		{Name: "auth_time", Source: ClaimAuthTime}, {Name: "at_hash", Source: ClaimAccessHash},
	}, oktaAuth)
	o.TokenLifetime = recalled(time.Hour, "no page found; fixed")
	o.AccessToken = documented(JWT, oktaAuth)
	o.AccessTokenClaims = documented(Claims{
		{Name: "ver", Value: 1}, {Name: "jti", Value: "AT.{random}"}, {Name: "aud", Value: "api://default"}, {Name: "sub", Source: ClaimLogin},
		{Name: "auth_time", Source: ClaimAuthTime}, {Name: "cid", Source: ClaimClient}, {Name: "uid", Source: ClaimSubject}, {Name: "scp", Source: ClaimScopes},
	}, oktaAuth+"; uid, cid and scp are recalled")
	o.AccessTokenLifetime = recalled(time.Hour, lifetimes)
	o.Rotation = recalled(RotateNever, lifetimes)
	o.RefreshLifetime = recalled(7*24*time.Hour, lifetimes+": unused for seven days")
	o.KeyMembers = observed([]string{"alg", "use"}, oktaDoc)
	o.LogoutHint = documented(true, oktaAuth)
	o.FrontChannelLogout = documented(true, oktaAuth+": front-channel single logout")
	return o
}

// oktaOrgOIDC is the authorization server of an Okta organisation: its issuer is the host, and its access
// tokens are not for others to read.
func oktaOrgOIDC() OIDC {
	o := oktaOIDC()
	o.IssuerPath = documented("", oktaAuth)
	o.Endpoints = documented(Endpoints{
		Authorization: "/oauth2/v1/authorize", Token: "/oauth2/v1/token", UserInfo: "/oauth2/v1/userinfo", Keys: "/oauth2/v1/keys",
		Introspection: "/oauth2/v1/introspect", Revocation: "/oauth2/v1/revoke", EndSession: "/oauth2/v1/logout",
	}, oktaAuth+"; "+oktaDoc)
	claims := standardClaims()
	o.Claims = documented(append(claims,
		Claim{Name: "email_verified", Value: true, Scope: "email"}, Claim{Name: "groups", Source: ClaimGroupNames, Scope: "groups", Only: InIDToken}), oktaAuth)
	o.AccessToken = inferred(Opaque, oktaAuth+": it is a JWT whose key is not published")
	o.AccessTokenClaims = inferred(Claims{}, oktaAuth+": not for others to read")
	o.KeyCount = observed(2, oktaDoc)
	return o
}

// entraOIDC is a tenant of Entra ID, with the common endpoints that take people of every tenant.
func entraOIDC() OIDC {
	o := genericOIDC(shape)
	o.IssuerPath = documented("/{tenant}/v2.0", entraID)
	o.Tenant = inferred("11111111-1111-4111-8111-111111111111", entraID+": a GUID")
	o.TenantAliases = documented([]string{"common", "organizations"}, entraOP+"; learn.microsoft.com Q&A 303897 has the template in the issuer")
	o.Endpoints = documented(Endpoints{
		Authorization: "/{tenant}/oauth2/v2.0/authorize", Token: "/{tenant}/oauth2/v2.0/token", UserInfo: "/graph.microsoft.com/oidc/userinfo",
		Keys: "/{tenant}/discovery/v2.0/keys", EndSession: "/{tenant}/oauth2/v2.0/logout",
	}, entraOP+"; the host graph.microsoft.com is a path here")
	o.Discovery = observed([]string{
		"userinfo_endpoint", "end_session_endpoint", "scopes_supported", "response_modes_supported", "token_endpoint_auth_methods_supported",
		"claims_supported", "request_uri_parameter_supported",
	}, entraDoc+": it says nothing of PKCE and of grants")
	o.FrontChannelLogout = documented(true, entraOP+"; the discovery document says so too")
	o.DiscoveryMore = observed(Members{
		"tenant_region_scope": "WW", "cloud_instance_name": "microsoftonline.com", "cloud_graph_host_name": "graph.windows.net",
		"msgraph_host": "graph.microsoft.com", "rbac_url": "https://pas.windows.net", "http_logout_supported": true, "frontchannel_logout_supported": true,
	}, entraDoc+"; the endpoints for devices and Kerberos are left out")
	o.ResponseModes = documented([]string{"query", "fragment", "form_post"}, entraOP)
	o.ResponseIssuer = inferred(false, entraDoc+" does not have it")
	o.ClientAuth = observed([]string{"client_secret_post", "private_key_jwt", "client_secret_basic"}, entraDoc)
	o.Scopes = documented([]string{"openid", "profile", "email", "offline_access"}, entraOP)
	o.DirectoryIDs = documented(IDGUID, entraID)
	o.Subject = documented(SubjectPairwise, entraID)
	o.Claims = documented(Claims{
		{Name: "name", Source: ClaimDisplayName, Scope: "profile"}, {Name: "preferred_username", Source: ClaimLogin, Scope: "profile", Only: InIDToken},
		{Name: "oid", Source: ClaimID, Scope: "profile", Only: InIDToken}, {Name: "tid", Source: ClaimTenant, Only: InIDToken},
		{Name: "given_name", Source: ClaimGivenName, Scope: "profile", Only: InUserInfo}, {Name: "family_name", Source: ClaimFamilyName, Scope: "profile", Only: InUserInfo},
		{Name: "email", Source: ClaimEmail, Scope: "email"}, {Name: "groups", Source: ClaimGroupIDs, Only: InIDToken},
	}, entraID+"; there is no email_verified; the groups claim is one that an administrator configures; oid is the id in the directory, as in SCIM and SAML")
	o.GroupLimit = documented(200, entraID)
	o.GroupOverage = documented(OverageLink, entraID)
	o.GroupsPath = documented("/graph.microsoft.com/v1.0/users/{user}/getMemberObjects", entraID+"; the host graph.microsoft.com is a path here")
	o.LoginClaims = documented(Claims{
		{Name: "ver", Value: "2.0"}, {Name: "nbf", Source: ClaimIssuedAt}, {Name: "rh", Value: "1.{random}"}, {Name: "sid", Source: ClaimSession},
		{Name: "uti", Value: "{random}"},
	}, entraID+": at_hash is in tokens of the authorization endpoint only")
	o.TokenLifetime = documented(65*time.Minute, entraID+": exp is 3900 seconds after iat in its example")
	o.AccessToken = documented(JWT, entraID)
	o.AccessTokenClaims = recalled(Claims{
		{Name: "aud", Value: "00000003-0000-0000-c000-000000000000"}, {Name: "sub", Source: ClaimSubject}, {Name: "oid", Source: ClaimID},
		{Name: "tid", Source: ClaimTenant}, {Name: "appid", Source: ClaimClient}, {Name: "scp", Source: ClaimScopeText}, {Name: "nbf", Source: ClaimIssuedAt},
		{Name: "ver", Value: "1.0"}, {Name: "uti", Value: "{random}"},
	}, shape+" and tokens for Microsoft Graph")
	o.Rotation = recalled(RotateLoose, "no page found")
	o.PublicRotation = recalled(RotateLoose, "no page found")
	o.RefreshLifetime = recalled(90*24*time.Hour, "no page found")
	o.KeyCount = inferred(3, entraID+": several, and they change at any time")
	o.KeyMembers = recalled([]string{"use", "x5c", "x5t", "issuer"}, shape+": there is no alg")
	o.KeyID = documented(KeyIDThumbprint, entraID)
	o.KeyLifetime = recalled(24*time.Hour, shape)
	return o
}

// oneLoginOIDC is OneLogin's provider, second version.
func oneLoginOIDC() OIDC {
	o := genericOIDC(shape)
	o.IssuerPath = documented("/oidc/2", oneLoginID)
	o.Endpoints = documented(Endpoints{
		Authorization: "/oidc/2/auth", Token: "/oidc/2/token", UserInfo: "/oidc/2/me", Keys: "/oidc/2/certs",
		Introspection: "/oidc/2/token/introspection", Revocation: "/oidc/2/token/revocation", EndSession: "/oidc/2/logout",
	}, oneLoginID+"; "+oneDoc)
	o.ClientAuth = observed([]string{"client_secret_basic", "client_secret_post", "none"}, oneDoc)
	o.Scopes = observed([]string{"openid", "name", "profile", "groups", "email", "params", "phone"}, oneDoc)
	o.UsualAuth = documented([]string{"client_secret_basic"}, oneLoginID+": POST must be selected")
	o.DirectoryIDs = documented(IDNumber, oneLoginID+"/scopes; how many digits is recalled")
	o.Subject = documented(SubjectNumber, oneLoginID+"/scopes")
	o.Claims = documented(Claims{
		{Name: "email", Source: ClaimEmail}, {Name: "preferred_username", Source: ClaimLogin}, {Name: "name", Source: ClaimDisplayName},
		{Name: "given_name", Source: ClaimGivenName, Scope: "profile"}, {Name: "family_name", Source: ClaimFamilyName, Scope: "profile"},
		{Name: "updated_at", Source: ClaimUpdated, Scope: "profile"}, {Name: "groups", Source: ClaimGroupNames, Scope: "groups"},
	}, oneLoginID+"/scopes: email and name with openid alone, updated_at is text, there is no email_verified")
	o.LoginClaims = documented(Claims{{Name: "at_hash", Source: ClaimAccessHash}, {Name: "rt_hash", Source: ClaimRefreshHash}, {Name: "sid", Source: ClaimSession}},
		oneLoginID+"/scopes; sid is recalled")
	o.Refresh = inferred(RefreshAlways, oneDoc+" has the grant, but no scope offline_access")
	o.ResponseIssuer = inferred(false, oneDoc+" does not have it")
	o.Discovery = observed(without(usualMembers(), "authorization_response_iss_parameter_supported", "token_endpoint_auth_signing_alg_values_supported"), oneDoc)
	return o
}

// googleOIDC is Google's provider.
func googleOIDC() OIDC {
	o := genericOIDC(shape)
	o.IssuerPath = documented("", googleID)
	o.Endpoints = documented(Endpoints{
		Authorization: "/o/oauth2/v2/auth", Token: "/token", UserInfo: "/v1/userinfo", Keys: "/oauth2/v3/certs", Revocation: "/revoke",
	}, googleID+"; "+googleDoc+"; there they are on several hosts")
	o.Discovery = observed([]string{
		"userinfo_endpoint", "revocation_endpoint", "scopes_supported", "grant_types_supported",
		"token_endpoint_auth_methods_supported", "claims_supported", "code_challenge_methods_supported", "authorization_response_iss_parameter_supported",
	}, googleDoc+"; the member of RFC 9207 is from "+googleID)
	o.ResponseIssuer = documented(true, googleID)
	o.ClientAuth = observed([]string{"client_secret_post", "client_secret_basic"}, googleDoc)
	o.Scopes = documented([]string{"openid", "profile", "email"}, googleID)
	o.ForeignScopes = recalled(false, "no page found")
	o.DirectoryIDs = documented(IDNumber, googleID+"; how many digits is recalled")
	o.Subject = documented(SubjectNumber, googleID)
	o.Claims = documented(Claims{
		{Name: "name", Source: ClaimDisplayName, Scope: "profile"}, {Name: "given_name", Source: ClaimGivenName, Scope: "profile"},
		{Name: "family_name", Source: ClaimFamilyName, Scope: "profile"}, {Name: "email", Source: ClaimEmail, Scope: "email"},
		{Name: "email_verified", Value: true, Scope: "email"}, {Name: "hd", Source: ClaimDomain},
	}, googleID+": hd is there for Workspace accounts; there are no groups")
	o.LoginClaims = documented(Claims{{Name: "azp", Source: ClaimClient}, {Name: "at_hash", Source: ClaimAccessHash}}, googleID)
	o.AccessTokenLifetime = recalled(time.Hour, shape)
	o.Refresh = documented(RefreshByParam, googleID+": access_type=offline")
	o.Rotation = recalled(RotateNever, "no page found")
	o.PublicRotation = recalled(RotateNever, "no page found")
	o.RefreshLifetime = recalled(180*24*time.Hour, "no page found; unused for six months")
	o.KeyCount = recalled(2, shape)
	o.KeyLifetime = recalled(6*time.Hour, "no page found; cache headers of several hours")
	return o
}

// jumpCloudOIDC is JumpCloud's provider, whose issuer ends in a slash.
func jumpCloudOIDC() OIDC {
	o := genericOIDC(shape)
	o.IssuerPath = observed("/", jumpOP)
	o.Endpoints = observed(Endpoints{
		Authorization: "/oauth2/auth", Token: "/oauth2/token", UserInfo: "/userinfo", Keys: "/.well-known/jwks.json",
		Revocation: "/oauth2/revoke", EndSession: "/oauth2/sessions/logout",
	}, jumpPaths+"; the path of revocation is recalled")
	o.Discovery = recalled(without(usualMembers(), "authorization_response_iss_parameter_supported", "introspection_endpoint", "introspection_endpoint_auth_methods_supported"), shape)
	o.ResponseIssuer = recalled(false, shape)
	o.StateRequired = recalled(true, "no page found; eight characters or more")
	o.ClientAuth = recalled([]string{"client_secret_basic", "client_secret_post", "none"}, shape)
	o.UsualAuth = secondHand([]string{"client_secret_post"}, "J4: sourcebot pull request 1022: the default of an app")
	o.DirectoryIDs = observed(IDHex, jump2+": externalId")
	o.GroupBare = observed(true, jumpOP)
	return o
}

// pingOIDC is PingFederate, whose issuer is the base URL of the server.
func pingOIDC() OIDC {
	o := genericOIDC(unproven)
	o.IssuerPath = documented("", pingOP)
	o.Endpoints = documented(Endpoints{
		Authorization: "/as/authorization.oauth2", Token: "/as/token.oauth2", UserInfo: "/idp/userinfo.openid", Keys: "/pf/JWKS",
		Introspection: "/as/introspect.oauth2", Revocation: "/as/revoke_token.oauth2", EndSession: "/idp/init_logout.openid",
	}, pingOP)
	o.ServerMetadata = documented(true, "P4: PingFederate docs, OAuth authorization server metadata endpoint")
	o.Discovery = documented(without(usualMembers(), "authorization_response_iss_parameter_supported"), pingOP)
	o.ResponseIssuer = inferred(false, pingOP+" does not show it")
	o.DiscoveryMore = documented(Members{"claim_types_supported": []string{"normal"}}, pingOP)
	return o
}

// without leaves the members that are not among some.
func without(all []string, some ...string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(one string) bool { return slices.Contains(some, one) })
}
