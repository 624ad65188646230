package mutation

import (
	"net/url"
	"slices"
	"strings"
)

// discoveryTable is what the discovery document can say that is not so.
func discoveryTable() []Mutation {
	return slices.Concat(discoveryIssuers(), discoveryEndpoints(), discoveryOmissions(), discoveryPromises(), discoveryReplies())
}

func discoveryIssuers() []Mutation {
	const row = "OIDC-CFG-02"
	return []Mutation{
		set(Discovery, row, "discovery-issuer-host", "issuer names another host (Discovery 4.3: MUST be identical)", "issuer",
			func(l Login) any { return replaceHost(l.Issuer, "other-idp.invalid") }),
		set(Discovery, row, "discovery-issuer-path", "issuer has another path (Discovery 4.3)", "issuer",
			func(l Login) any { return l.Issuer + "-other" }),
		set(Discovery, row, "discovery-issuer-scheme", "issuer is http where it is https, or the reverse (Discovery 4.3)", "issuer",
			func(l Login) any { return otherScheme(l.Issuer) }),
		set(Discovery, row, "discovery-issuer-slash", "issuer has a trailing slash more, or less (Discovery 4.3)", "issuer",
			func(l Login) any { return otherSlash(l.Issuer) }),
		set(Discovery, row, "discovery-issuer-case", "issuer is in capitals (Discovery 4.3)", "issuer",
			func(l Login) any { return strings.ToUpper(l.Issuer) }),
		set(Discovery, row, "discovery-issuer-list", "issuer is a list that holds the right one (Discovery 3: a string)", "issuer",
			func(l Login) any { return []string{l.Issuer} }),
		drop(Discovery, row, "discovery-issuer-missing", "there is no issuer (Discovery 3: REQUIRED)", "issuer"),
		set(Discovery, "OIDC-CFG-09", "discovery-issuer-template",
			"issuer holds the literal text {tenantid}, as Entra ID's common endpoint has it (Discovery 4.3 forbids it, Entra ID does it)", "issuer",
			func(l Login) any { return replacePath(l.Issuer, "/{tenantid}/v2.0") }),
	}
}

// endpoints are the members of the discovery document that hold a URL which relying parties use.
func endpoints() []string {
	return []string{"authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"}
}

func discoveryEndpoints() []Mutation {
	table := []Mutation{
		edit(Discovery, "OIDC-CFG-04", "discovery-http-endpoints", "every endpoint is plain http though the issuer is https (Discovery 3: MUST use https)",
			func(_ Login, m map[string]any) {
				for _, member := range endpoints() {
					downgrade(m, member)
				}
			}),
	}
	for _, member := range endpoints() {
		name := strings.ReplaceAll(strings.TrimSuffix(strings.TrimSuffix(member, "_endpoint"), "_uri"), "_", "-")
		rows := "OIDC-CFG-06"
		if member == "authorization_endpoint" || member == "token_endpoint" {
			rows += " OIDC-FLOW-09 OIDC-FLOW-10 OIDC-FLOW-11"
		}
		if member == "userinfo_endpoint" {
			rows += " OIDC-UI-06"
		}
		table = append(table,
			edit(Discovery, "OIDC-CFG-04", "discovery-http-"+name, member+" alone is plain http though the issuer is https (Discovery 3)",
				func(_ Login, m map[string]any) { downgrade(m, member) }),
			set(Discovery, rows, "discovery-"+name+"-elsewhere",
				member+" is another party's URL, by default one of the link-local address where clouds keep credentials (RFC 9700 section 4.4)", member,
				given(linkLocal)).taking("URL"),
			set(Discovery, "OIDC-CFG-06", "discovery-"+name+"-file", member+" is a file: URL (Discovery 3: MUST use https)", member,
				constant("file:///etc/passwd")))
	}
	return table
}

func discoveryOmissions() []Mutation {
	table := []Mutation{
		drop(Discovery, "OIDC-LGO-03", "discovery-no-logout", "there is no end_session_endpoint, as at Google (RP-Initiated Logout 2.1: REQUIRED only where it is offered)",
			"end_session_endpoint"),
		drop(Discovery, "OIDC-REQ-06", "discovery-no-pkce", "code_challenge_methods_supported is left out (RFC 9700 section 4.8: no downgrade)",
			"code_challenge_methods_supported"),
		drop(Discovery, "OIDC-UI-05", "discovery-no-userinfo", "there is no userinfo_endpoint (Discovery 3: RECOMMENDED)", "userinfo_endpoint"),
	}
	for _, member := range []string{
		"authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported",
	} {
		table = append(table, drop(Discovery, "OIDC-CFG-05", "discovery-without-"+strings.ReplaceAll(member, "_", "-"),
			"there is no "+member+" (Discovery 3: REQUIRED)", member))
	}
	return table
}

func discoveryPromises() []Mutation {
	return []Mutation{
		set(Discovery, "OIDC-REQ-05 OIDC-REQ-06", "discovery-plain-pkce", "code_challenge_methods_supported offers plain only (RFC 9700 section 2.1.1)",
			"code_challenge_methods_supported", constant([]string{"plain"})),
		set(Discovery, "OIDC-FLOW-08", "discovery-promises-response-issuer",
			"authorization_response_iss_parameter_supported is true (RFC 9207 section 3); go with missing-response-issuer where the persona sends iss",
			"authorization_response_iss_parameter_supported", constant(true)),
		set(Discovery, "OIDC-FLOW-08", "discovery-denies-response-issuer", "authorization_response_iss_parameter_supported is false (RFC 9207 section 3)",
			"authorization_response_iss_parameter_supported", constant(false)),
		set(Discovery, "OIDC-KEY-01", "discovery-offers-none", "id_token_signing_alg_values_supported offers none beside RS256 (RFC 8725 section 3.1: offering is not registering)",
			"id_token_signing_alg_values_supported", constant([]string{"RS256", "none"})),
		set(Discovery, "OIDC-KEY-04 OIDC-KEY-05", "discovery-offers-hs256", "id_token_signing_alg_values_supported offers HS256 beside RS256 (RFC 8725 section 2.1)",
			"id_token_signing_alg_values_supported", constant([]string{"RS256", "HS256"})),
		set(Discovery, "OIDC-KEY-03", "discovery-offers-more", "id_token_signing_alg_values_supported offers RS256, ES256, PS256 and EdDSA; go with jwks-more-keys (Discovery 3)",
			"id_token_signing_alg_values_supported", constant([]string{"RS256", "ES256", "PS256", "EdDSA"})),
		edit(Discovery, "OIDC-CFG-07", "discovery-unknown-members", "there are members that nobody knows, among them objects and null (Discovery 3: MUST be ignored)",
			func(_ Login, m map[string]any) {
				m["assay_unknown_flag"], m["assay_unknown_nothing"] = true, nil
				m["assay_unknown_object"] = map[string]any{"issuer": otherIssuer, "list": []any{1, "two", nil}}
			}),
	}
}

func discoveryReplies() []Mutation {
	const row = "OIDC-CFG-05"
	return []Mutation{
		twice(DiscoveryReply, "OIDC-CFG-02 OIDC-CFG-05", "discovery-duplicate-issuer", "issuer is there twice, the second another's (RFC 8259 section 4)", "issuer", constant(otherIssuer)),
		reply(DiscoveryReply, row, "discovery-bom", "the document begins with a byte order mark (RFC 8259 section 8.1: MUST NOT)",
			func(_ Login, r *Reply) { r.Body = append([]byte("\ufeff"), r.Body...) }),
		reply(DiscoveryReply, row, "discovery-list", "the document is a list that holds the right object (Discovery 4.2)",
			func(_ Login, r *Reply) { r.Body = slices.Concat([]byte("["), r.Body, []byte("]")) }),
		reply(DiscoveryReply, row, "discovery-null", "the document is null (Discovery 4.2)", func(_ Login, r *Reply) { r.Body = []byte("null") }),
	}
}

func downgrade(m map[string]any, member string) {
	if address, ok := m[member].(string); ok {
		m[member] = strings.Replace(address, "https://", "http://", 1)
	}
}

func otherScheme(address string) string {
	if rest, ok := strings.CutPrefix(address, "https://"); ok {
		return "http://" + rest
	}
	return "https://" + strings.TrimPrefix(address, "http://")
}

func otherSlash(address string) string {
	if bare, ok := strings.CutSuffix(address, "/"); ok {
		return bare
	}
	return address + "/"
}

func replaceHost(address, host string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "https://" + host
	}
	u.Host = host
	return u.String()
}

// replacePath keeps scheme and host. The path goes as it is: braces must not be escaped.
func replacePath(address, path string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host + path
}
