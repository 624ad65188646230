package oidc

import (
	"maps"
	"slices"
	"strings"

	"assay/fakeidp/persona"
)

// idTokenAlgorithm is what ID tokens are signed with; every OpenID Provider must offer it (Core 3.1.3.7).
const idTokenAlgorithm = "RS256"

// discovery is the discovery document. Its members are those of the vendor's; what they hold is true of this
// provider. At an alias of the tenant the issuer is a template, as Entra ID has it.
func (p *Provider) discovery(alias string) map[string]any {
	document := map[string]any{}
	for name, value := range p.face.DiscoveryMore.Value {
		document[name] = p.fillPublic(value)
	}
	for name, value := range p.abilities() {
		if slices.Contains(p.face.Discovery.Value, name) || !slices.Contains(persona.OptionalMembers(), name) {
			document[name] = value
		}
	}
	tenant, issuer := p.face.Tenant.Value, p.issuer
	if alias != "" {
		tenant, issuer = alias, p.base+strings.ReplaceAll(p.face.IssuerPath.Value, "{tenant}", "{tenantid}")
	}
	document["issuer"] = issuer
	for name, path := range p.face.Endpoints.Value.Named() {
		if path != "" && (slices.Contains(p.face.Discovery.Value, name) || !slices.Contains(persona.OptionalMembers(), name)) {
			document[name] = p.base + strings.ReplaceAll(path, "{tenant}", tenant)
		}
	}
	return document
}

func (p *Provider) fillPublic(value any) any {
	if text, ok := value.(string); ok {
		return strings.ReplaceAll(text, "{public}", p.base)
	}
	return value
}

// abilities are the members that follow from what the provider does, the endpoints excepted.
func (p *Provider) abilities() map[string]any {
	face := p.face
	grants := []string{"authorization_code"}
	if face.Refresh.Value != persona.RefreshNever {
		grants = append(grants, "refresh_token")
	}
	kind := "public"
	if face.Subject.Value == persona.SubjectPairwise {
		kind = "pairwise"
	}
	methods := face.ClientAuth.Value
	proven := slices.DeleteFunc(slices.Clone(methods), func(m string) bool { return m == "none" })
	all := map[string]any{
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{kind},
		"id_token_signing_alg_values_supported": []string{idTokenAlgorithm},
		"scopes_supported":                      face.Scopes.Value, "response_modes_supported": face.ResponseModes.Value,
		"grant_types_supported": grants, "token_endpoint_auth_methods_supported": methods,
		"introspection_endpoint_auth_methods_supported": proven, "revocation_endpoint_auth_methods_supported": methods,
		"claims_supported": p.claimNames(), "code_challenge_methods_supported": []string{"S256"},
		"authorization_response_iss_parameter_supported": face.ResponseIssuer.Value,
		"request_parameter_supported":                    false, "request_uri_parameter_supported": false, "claims_parameter_supported": false,
	}
	for name, able := range map[string]bool{"backchannel": face.BackChannelLogout.Value, "frontchannel": face.FrontChannelLogout.Value} {
		all[name+"_logout_supported"], all[name+"_logout_session_supported"] = able, able
	}
	if slices.Contains(methods, methodKey) {
		all["token_endpoint_auth_signing_alg_values_supported"] = assertionAlgorithms()
	}
	return all
}

// claimNames are the claims that an ID token or userinfo can have.
func (p *Provider) claimNames() []string {
	names := map[string]bool{"iss": true, "sub": true, "aud": true, "iat": true, "exp": true, "nonce": true}
	for _, claim := range slices.Concat(p.face.LoginClaims.Value, p.face.Claims.Value) {
		names[claim.Name] = true
	}
	return slices.Sorted(maps.Keys(names))
}
