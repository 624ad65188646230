package target

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"assay/suites/wire"
)

// Capability is an optional feature that checks may need.
type Capability string

// The capabilities that come from the target's own documents (RFC 7643 sections 5 and 6).
const (
	Patch      Capability = "patch"
	Bulk       Capability = "bulk"
	Filter     Capability = "filter"
	Sort       Capability = "sort"
	ETag       Capability = "etag"
	Groups     Capability = "groups"
	Enterprise Capability = "enterprise-user"
	Cursor     Capability = "cursor" // RFC 9865 section 4
)

// The capabilities that come from the target file, and from the run.
const (
	OIDC        Capability = "oidc"         // sso.oidc and sso.session
	SAML        Capability = "saml"         // sso.saml and sso.session
	ConnectOIDC Capability = "connect_oidc" // admin.connect_oidc
	IdP         Capability = "idp"          // a fake IdP takes part in the run
)

// Claim says whether a target claims a capability, and where.
type Claim struct {
	Claimed bool
	Source  string
}

// Probe reads the target's discovery documents and returns what it claims. A document that cannot be
// read makes its capabilities assumed: the checks are tried, and their failures tell. It returns
// ErrUnreachable when no HTTP answer comes at all.
func (t *Target) Probe(ctx context.Context) (map[Capability]Claim, error) {
	config := t.SCIM.Do(ctx, "GET", "/ServiceProviderConfig", nil)
	if config.Status == 0 {
		return nil, fmt.Errorf("%w: %s: %s", ErrUnreachable, t.SCIM.Base(), config.Summary())
	}
	claims := map[Capability]Claim{}
	for _, feature := range []Capability{Patch, Bulk, Filter, Sort, ETag} {
		claims[feature] = featureClaim(config, feature)
	}
	cursor, _ := config.At("/pagination/cursor")
	claims[Cursor] = Claim{cursor == true, "ServiceProviderConfig"}
	types := t.SCIM.Do(ctx, "GET", "/ResourceTypes", nil)
	claims[Groups] = typeClaim(types, func(resourceType any) bool {
		endpoint, _ := wire.At(resourceType, "/endpoint")
		text, _ := endpoint.(string)
		return strings.HasSuffix(strings.TrimSuffix(text, "/"), "Groups")
	})
	claims[Enterprise] = typeClaim(types, hasEnterprise)
	claims[OIDC] = Claim{t.File.SSO != nil && t.File.SSO.OIDC != nil, "target file: sso.oidc"}
	claims[SAML] = Claim{t.File.SSO != nil && t.File.SSO.SAML != nil, "target file: sso.saml"}
	claims[ConnectOIDC] = Claim{t.File.Admin["connect_oidc"] != nil, "target file: admin.connect_oidc"}
	t.claims = claims
	return claims, nil
}

func featureClaim(config *wire.Response, feature Capability) Claim {
	value, ok := config.At("/" + string(feature) + "/supported")
	supported, isBool := value.(bool)
	if !config.OK() || !ok || !isBool {
		return Claim{true, "assumed: ServiceProviderConfig does not say"}
	}
	return Claim{supported, "ServiceProviderConfig"}
}

func typeClaim(types *wire.Response, matches func(any) bool) Claim {
	value, _ := types.At("/Resources")
	list, ok := value.([]any)
	if !types.OK() || !ok || len(list) == 0 {
		return Claim{true, "assumed: ResourceTypes does not say"}
	}
	return Claim{slices.ContainsFunc(list, matches), "ResourceTypes"}
}

// hasEnterprise reports whether a resource type carries the Enterprise User extension (RFC 7643 section 4.3).
func hasEnterprise(resourceType any) bool {
	value, _ := wire.At(resourceType, "/schemaExtensions")
	extensions, _ := value.([]any)
	return slices.ContainsFunc(extensions, func(extension any) bool {
		urn, _ := wire.At(extension, "/schema")
		text, _ := urn.(string)
		return strings.EqualFold(text, EnterpriseURN)
	})
}

// EnterpriseURN is the schema of the Enterprise User extension (RFC 7643 section 4.3).
const EnterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
