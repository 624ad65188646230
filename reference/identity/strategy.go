package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"assay/reference/directory"
)

// Strategy says which value of an assertion is compared with which attribute of the users that there are.
type Strategy struct {
	Name     string // stable; those of OIDC are PropelAuth's, but for the two marked below
	Protocol directory.Protocol
	From     Source
	To       Target
}

// Source is a value of an assertion.
type Source string

// The sources.
const (
	FromName       Source = "name"       // sub, or the text of the NameID
	FromEmail      Source = "email"      // the verified e-mail address
	FromEmailLocal Source = "emailLocal" // the same, or what of it stands before the "@"
	FromUsername   Source = "username"   // the mapped user name
	FromOID        Source = "oid"        // the claim oid, Entra's id of somebody, which SCIM can be made to send as externalId
	FromStableID   Source = "stableId"   // the mapped id that never changes
)

// Target is an attribute of users.
type Target string

// The targets.
const (
	ToUserName   Target = "userName"
	ToExternalID Target = "externalId"
	ToEmail      Target = "email" // the primary e-mail address, or else the userName
)

// Strategies returns all strategies.
func Strategies() []Strategy {
	return []Strategy{
		{"OidcSubToScimUsername", directory.OIDC, FromName, ToUserName},
		{"OidcSubToScimExternalId", directory.OIDC, FromName, ToExternalID},
		{"OidcEmailToScimUsername", directory.OIDC, FromEmail, ToUserName},
		{"OidcEmailUsernameToScimUsername", directory.OIDC, FromEmailLocal, ToUserName},
		{"OidcPreferredUsernameToScimUsername", directory.OIDC, FromUsername, ToUserName},
		{"OidcOidToScimExternalId", directory.OIDC, FromOID, ToExternalID}, // ours
		{"OidcEmailToScimEmail", directory.OIDC, FromEmail, ToEmail},       // ours: what DataRecs and Resgrid describe
		{"SamlNameIdToScimUsername", directory.SAML, FromName, ToUserName},
		{"SamlNameIdToScimExternalId", directory.SAML, FromName, ToExternalID},
		{"SamlEmailToScimUsername", directory.SAML, FromEmail, ToUserName},
		{"SamlEmailUsernameToScimUsername", directory.SAML, FromEmailLocal, ToUserName},
		{"SamlAttributeToScimUsername", directory.SAML, FromUsername, ToUserName},
		{"SamlAttributeToScimExternalId", directory.SAML, FromStableID, ToExternalID},
		{"SamlEmailToScimEmail", directory.SAML, FromEmail, ToEmail},
	}
}

// StrategiesOf returns the strategies of a protocol.
func StrategiesOf(p directory.Protocol) []Strategy {
	return slices.DeleteFunc(Strategies(), func(s Strategy) bool { return s.Protocol != p })
}

// StrategyOf is the strategy of a connection: the one that it names, or the default of its product.
func StrategyOf(c directory.Connection) Strategy {
	protocol := protocolOf(c)
	name := c.Matching
	if name == "" {
		name = defaultsOf(c).matching[protocol]
	}
	of := StrategiesOf(protocol)
	at := slices.IndexFunc(of, func(s Strategy) bool { return s.Name == name })
	return of[max(at, 0)]
}

func protocolOf(c directory.Connection) directory.Protocol {
	if c.Protocol == "" {
		return directory.OIDC
	}
	return c.Protocol
}

// values are what the users are compared with.
func (s Strategy) values(p Person) ([]string, error) {
	switch s.From {
	case FromEmail, FromEmailLocal:
		if p.Email == "" {
			return nil, refuse(NoEmail)
		}
		if !p.EmailVerified {
			return nil, refuse(UnverifiedEmail)
		}
		if s.From == FromEmail {
			return []string{p.Email}, nil
		}
		return []string{p.Email, p.Email[:strings.LastIndexByte(p.Email, '@')]}, nil
	}
	value := p.value(s.From)
	if value == "" {
		return nil, refuse(NoValue)
	}
	return []string{value}, nil
}

// match returns the one user that a strategy finds. When there is none, or more than one, it is a *Refusal.
func (r *Recognizer) match(ctx context.Context, tenant directory.Tenant, s Strategy, p Person) (directory.Resource, error) {
	values, err := s.values(p)
	if err != nil {
		return directory.Resource{}, err
	}
	if s.From == FromEmail || s.From == FromEmailLocal {
		if err := r.trusts(ctx, tenant, domainOf(p.Email)); err != nil {
			return directory.Resource{}, err
		}
	}
	found, err := r.find(ctx, tenant.ID, s.To, values)
	if err != nil {
		return directory.Resource{}, err
	}
	switch {
	case len(found) == 0:
		return directory.Resource{}, refuse(UnknownUser)
	case len(found) == 1:
		return found[0], nil
	case s.From == FromEmail:
		return directory.Resource{}, refuse(AmbiguousEmail)
	}
	return directory.Resource{}, refuse(Ambiguous)
}

// trusts refuses e-mail addresses for which a tenant's identity provider cannot speak: those outside the verified domains
// of the tenant. A tenant without a domain that is the only one takes everybody.
func (r *Recognizer) trusts(ctx context.Context, tenant directory.Tenant, domain string) error {
	if slices.Contains(tenant.Domains, domain) {
		return nil
	}
	if len(tenant.Domains) > 0 {
		return refuse(ForeignDomain)
	}
	tenants, err := r.store.Tenants(ctx)
	if err != nil {
		return fmt.Errorf("read tenants: %w", err)
	}
	if len(tenants) > 1 {
		return refuse(ForeignDomain)
	}
	return nil
}

// enough is how many users have to be found to know that there is more than one.
const enough = 2

// find returns the users whose attribute has one of the values, through indexes, at most two.
func (r *Recognizer) find(ctx context.Context, tenant string, to Target, values []string) ([]directory.Resource, error) {
	var found []directory.Resource
	for _, value := range values {
		users, err := r.having(ctx, tenant, to, value)
		if err != nil {
			return nil, fmt.Errorf("find user by %s: %w", to, err)
		}
		for _, user := range users {
			if !slices.ContainsFunc(found, func(f directory.Resource) bool { return f.ID == user.ID }) {
				found = append(found, user)
			}
		}
	}
	return found[:min(len(found), enough)], nil
}

func (r *Recognizer) having(ctx context.Context, tenant string, to Target, value string) ([]directory.Resource, error) {
	_, isEmail := directory.CanonicalEmail(value)
	switch {
	case to == ToEmail:
		return directory.ByEmail(ctx, r.store, tenant, value, enough, directory.FieldEmail, directory.FieldName)
	case to == ToUserName && isEmail:
		return directory.ByEmail(ctx, r.store, tenant, value, enough, directory.FieldName)
	}
	query := directory.Query{Kind: directory.User, Name: value}
	if to == ToExternalID {
		query = directory.Query{Kind: directory.User, ExternalID: value, Limit: enough}
	}
	var found []directory.Resource
	for user, err := range r.store.List(ctx, tenant, query) {
		if err != nil {
			return nil, err
		}
		// The index folds names more than two people's names may be folded.
		if to == ToExternalID || directory.FoldASCII(user.Name) == directory.FoldASCII(value) {
			found = append(found, user)
		}
	}
	return found, nil
}
