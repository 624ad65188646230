package oidc

import (
	"slices"
	"strings"

	"assay/fakeidp/control"
)

// The scopes that are granted. Okta refuses the others with invalid_scope; phone, address and
// offline_access are among Okta's own too, and are accepted here without effect.
const (
	scopeOpenID  = "openid"
	scopeProfile = "profile"
	scopeEmail   = "email"
	scopeGroups  = "groups"
)

func supportedScopes() []string {
	return []string{scopeOpenID, scopeProfile, scopeEmail, scopeGroups}
}

func acceptedScope(scope string) bool {
	return slices.Contains(supportedScopes(), scope) ||
		slices.Contains([]string{"phone", "address", "offline_access"}, scope)
}

// OktaClaims are the claims that Okta can assert of a person with its default mapping: the subject is
// the Okta user id, preferred_username the login, and groups (a claim that an administrator has to
// configure) holds names.
func OktaClaims(person control.Person, groups []string) map[string]any {
	claims := map[string]any{
		"sub":                person.ID,
		"name":               strings.TrimSpace(person.GivenName + " " + person.FamilyName),
		"given_name":         person.GivenName,
		"family_name":        person.FamilyName,
		"preferred_username": person.Login,
		"email":              person.Email,
		"email_verified":     true,
	}
	if person.MiddleName != "" {
		claims["middle_name"] = person.MiddleName
	}
	if person.Locale != "" {
		claims["locale"] = person.Locale
	}
	if len(groups) > 0 {
		claims["groups"] = groups
	}
	return claims
}

// scopeOf names the scope that asks for a claim (Core 5.4; groups is Okta's). A claim without a scope
// is said to everybody.
func scopeOf(claim string) string {
	switch claim {
	case "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile",
		"picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at":
		return scopeProfile
	case "email", "email_verified":
		return scopeEmail
	case "groups":
		return scopeGroups
	default:
		return ""
	}
}

// selectClaims leaves the claims that the scopes ask for.
func selectClaims(all map[string]any, scopes []string) map[string]any {
	selected := map[string]any{}
	for claim, value := range all {
		if scope := scopeOf(claim); scope == "" || slices.Contains(scopes, scope) {
			selected[claim] = value
		}
	}
	return selected
}

// claimsOf are all claims about a person, and the subject among them.
func (p *Provider) claimsOf(person control.Person) (claims map[string]any, subject string) {
	claims = p.claims(person, p.directory.GroupNames(person.ID))
	subject, ok := claims["sub"].(string)
	if !ok {
		subject = person.ID
	}
	return claims, subject
}
