package persona

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	p, err := Load([]byte(`name: acme
product: Acme
extends: entra-default
scim:
  opCase: lower
  cycle: 20m
  testRequests: ["/Users?count=1"]
  retry: {value: {attempts: 3, default: 5s, factor: 2}, source: "O9: captured", mark: O}
  headers: [{name: User-Agent, value: acme/1}]
  userCreate: |
    {"userName": "{email}"}
oidc:
  issuerPath: /acme
  refresh: never
  endpoints: {authorization: /acme/a, token: /acme/t, keys: /acme/k}
  claims: [{name: sub_jwk, value: {kty: RSA}}, {name: upn, source: login, scope: profile, only: idToken}]
  discoveryMore: {tenant_region_scope: NA}
`), "acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := p.SCIM
	if p.Name != "acme" || p.OIDC.IssuerPath.Value != "/acme" || s.OpCase.Value != Lower || s.Cycle.Value != 20*time.Minute ||
		s.Retry != (Knob[Retry]{Retry{3, 5 * time.Second, 2}, "O9: captured", Observed}) || s.Headers.Value.String() != "User-Agent: acme/1" ||
		len(s.TestRequests.Value) != 1 || s.OpCase.Source != "no page found; set in acme.yaml" {
		t.Errorf("%+v", p)
	}
	if o := p.OIDC; o.Refresh.Value != RefreshNever || o.Endpoints.Value != (Endpoints{Authorization: "/acme/a", Token: "/acme/t", Keys: "/acme/k"}) ||
		o.Claims.Value[1] != (Claim{Name: "upn", Source: ClaimLogin, Scope: "profile", Only: InIDToken}) || o.DiscoveryMore.Value["tenant_region_scope"] != "NA" ||
		o.Subject != EntraDefault().OIDC.Subject {
		t.Errorf("%+v", o)
	}
	if base := EntraDefault().SCIM; s.Quarantine.Value.String() != base.Quarantine.Value.String() || s.Booleans != base.Booleans {
		t.Error("what the file does not set is not that of the base")
	}
}

func TestLoadNamesTheLine(t *testing.T) {
	tests := map[string]string{
		"":                                      "line 1: want a mapping",
		"[]":                                    "line 1: want a mapping",
		"name: acme\n\t":                        "line 2",
		"name: okta-oin":                        "line 1: name \"okta-oin\" is taken",
		"title: x":                              "line 1: name \"\"",
		"name: a\nextends: okta":                "line 2: extends \"okta\", which is none of okta-oin,",
		"name: a\nsicm: {}":                     "line 2: \"sicm\" is none of name,",
		"name: a\nscim: 7":                      "line 2: scim: want a mapping",
		"name: a\nscim:\n  opcase: lower":       "line 3: scim has no knob \"opcase\"",
		"name: a\nscim:\n  opCase: Lower":       "line 3: scim.opCase: \"Lower\" is none of lower, capital",
		"name: a\nscim:\n  membersBatch: many":  "line 3: scim.membersBatch: yaml",
		"name: a\nscim:\n\n  membersBatch: 0":   "line 4: scim.membersBatch: want at least 1",
		"name: a\nscim:\n  retry: {atempts: 3}": "line 3: scim.retry has no \"atempts\"",
		"name: a\nscim:\n  cycle: {value: 40}":  "line 3: scim.cycle",
		"name: a\nscim:\n  cycle: {value: 1m, mark: X}":                         "line 3: scim.cycle: mark \"X\" is none of",
		"name: a\nscim:\n  userMatch: shoeSize":                                 "line 3: scim.userMatch: scim.userCreate has no \"shoeSize\"",
		"name: a\nscim:\n  userCreate: '{\"a\": \"{salary}\"}'":                 "line 3: scim.userCreate: a: placeholder {salary}",
		"name: a\nscim:\n  groupMembers: put":                                   "line 3: scim.groupRename: groups are renamed by PUT if and only if",
		"name: a\nscim:\n  userLookup: x":                                       "line 3: scim.userLookup: want a query with {filter}",
		"name: a\noidc:\n  issuerPath: acme":                                    "line 3: oidc.issuerPath: want a path that begins with a slash",
		"name: a\noidc:\n  issuerPath: /acme/":                                  "line 3: oidc.issuerPath: want a path",
		"name: a\noidc:\n  endpoints: {token: /t, keys: /k}":                    "line 3: oidc.endpoints: want authorization, token and keys",
		"name: a\noidc:\n  endpoints: {authorization: /a, token: /a, keys: /k}": "two endpoints have the path /a",
		"name: a\noidc:\n  endpoints: {tokens: /t}":                             "line 3: oidc.endpoints has no \"tokens\"",
		"name: a\noidc:\n  issuerPath: /acme//x":                                "line 3: oidc.issuerPath: want a path",
		"name: a\noidc:\n  issuerPath: /{tenant}/x":                             "line 3: oidc.tenant: want letters",
		"name: a\nextends: entra-default\noidc:\n  tenant: a/b":                 "line 4: oidc.tenant: want letters",
		"name: a\nextends: entra-default\noidc:\n  tenant: common":              "line 4: oidc.tenantAliases: want letters, digits, hyphens and dots, and not the tenant itself",
		"name: a\noidc:\n  subject: random":                                     "line 3: oidc.subject: \"random\" is none of id, number, pairwise",
		"name: a\noidc:\n  responseModes: [query, jwt]":                         "line 3: oidc.responseModes: \"jwt\" is none of query,",
		"name: a\noidc:\n  responseModes: []":                                   "line 3: oidc.responseModes: want at least one",
		"name: a\noidc:\n  discovery: [issuer]":                                 "line 3: oidc.discovery: \"issuer\" is none of",
		"name: a\noidc:\n  claims: [{name: x}]":                                 "line 3: oidc.claims: x: want either source or value",
		"name: a\noidc:\n  claims: [{name: x, source: salary}]":                 "line 3: oidc.claims: x: source \"salary\" is none of",
		"name: a\noidc:\n  claims: [{name: x, source: id, only: here}]":         "line 3: oidc.claims: x: only is",
		"name: a\noidc:\n  tokenLifetime: 0s":                                   "line 3: oidc.tokenLifetime: want 1s or more",
		"name: a\noidc:\n  claims: [{name: x, value: .nan}]":                    "line 3: oidc.claims: x: the value has no JSON form",
		"name: a\noidc:\n  discoveryMore: {x: .inf}":                            "line 3: oidc.discoveryMore: json",
		"name: a\noidc:\n  keyCount: 0":                                         "line 3: oidc.keyCount: want 1 to 10",
		"name: a\noidc:\n  groupOverage: link":                                  "line 3: oidc.groupsPath: want a path with /{user}/",
		"name: a\noidc:\n  usualAuth: [tls_client_auth]":                        "line 3: oidc.usualAuth: \"tls_client_auth\" is none of",
	}
	for text, want := range tests {
		if _, err := Load([]byte(text), "acme.yaml"); err == nil || !strings.Contains(err.Error(), "acme.yaml: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
	}
}

// What is built in could be loaded.
func TestBuiltInPersonasCanBePlayed(t *testing.T) {
	for _, p := range All() {
		for _, problem := range slices.Concat(p.OIDC.problems(), p.SAML.problems(), p.SCIM.problems()) {
			t.Errorf("%s: %v: %v", p.Name, problem.knobs, problem.err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("name: a\nextends: okta-oin\nscim:\n  retry: {value: {attempts: 3}, mark: O}\n  headers: [{name: x}]")
	f.Add("name: a\nscim: {codes: {gone: x}, testRequests: [a], cycle: 1s}\noidc: {issuerPath: /}")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Load([]byte(text), "f")
		if err != nil {
			return
		}
		if p.Name == "" || len(p.OIDC.problems()) > 0 || len(p.SCIM.problems()) > 0 {
			t.Errorf("%q is a persona", text)
		}
	})
}
