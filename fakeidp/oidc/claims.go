package oidc

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
	"assay/fakeidp/signin"
)

// The scopes whose claims a thin ID token leaves to userinfo.
const (
	scopeOpenID  = "openid"
	scopeProfile = "profile"
	scopeEmail   = "email"
)

// subjectOf is what "sub" says of a person to a client. It follows from their id and stays the same over restarts.
func (p *Provider) subjectOf(person control.Person, clientID string) string {
	switch p.face.Subject.Value {
	case persona.SubjectNumber:
		if strings.Trim(person.ID, "0123456789") == "" {
			return person.ID
		}
		sum := sha256.Sum256([]byte(p.face.IssuerPath.Value + " " + person.ID))
		return fmt.Sprintf("1%020d", binary.BigEndian.Uint64(sum[:8]))
	case persona.SubjectPairwise:
		sum := sha256.Sum256([]byte(strings.Join([]string{p.face.Tenant.Value, clientID, person.ID}, " ")))
		return base64.RawURLEncoding.EncodeToString(sum[:])
	default:
		return person.ID
	}
}

// userInfoClaims are the members of userinfo.
func (p *Provider) userInfoClaims(l login, scopes []string) map[string]any {
	l = p.refreshed(l)
	claims := p.personClaims(l, scopes, persona.InUserInfo)
	claims["sub"] = p.subjectOf(l.person, l.request.ClientID)
	return claims
}

// refreshed is the login with what the directory knows now of the person.
func (p *Provider) refreshed(l login) login {
	if person, ok := p.directory.Person(l.person.ID); ok {
		l.person = person
	}
	return l
}

// personClaims are the claims about a person that the scopes ask for, in one place.
func (p *Provider) personClaims(l login, scopes []string, place persona.Place) map[string]any {
	claims := map[string]any{}
	thin := place == persona.InIDToken && p.face.ThinIDToken.Value
	for _, claim := range p.face.Claims.Value {
		switch {
		case claim.Scope != "" && !slices.Contains(scopes, claim.Scope):
		case claim.Only != "" && claim.Only != place:
		case thin && (claim.Scope == scopeProfile || claim.Scope == scopeEmail):
		case claim.Source == persona.ClaimGroupNames:
			p.setGroups(claims, claim.Name, l.person, p.directory.GroupNames(l.person.ID))
		case claim.Source == persona.ClaimGroupIDs:
			p.setGroups(claims, claim.Name, l.person, p.directory.GroupIDs(l.person.ID))
		default:
			setClaim(claims, claim.Name, p.valueOf(claim, said{login: l, scopes: scopes}))
		}
	}
	return claims
}

// setGroups says the groups in the vendor's form, or where they are when there are too many.
func (p *Provider) setGroups(claims map[string]any, name string, person control.Person, groups []string) {
	limit := p.face.GroupLimit.Value
	switch {
	case len(groups) == 0:
	case limit > 0 && len(groups) > limit && p.face.GroupOverage.Value == persona.OverageLink:
		claims["_claim_names"] = map[string]any{name: "src1"}
		claims["_claim_sources"] = map[string]any{"src1": map[string]any{"endpoint": p.groupsURL(person.ID)}}
	case limit > 0 && len(groups) > limit:
		claims[name] = groups[:limit]
	case len(groups) == 1 && p.face.GroupBare.Value:
		claims[name] = groups[0]
	default:
		claims[name] = groups
	}
}

// said is what claims can be made from.
type said struct {
	login           login
	scopes          []string
	now             time.Time
	access, refresh string // tokens that come together
}

// loginClaims are claims about a login.
func (p *Provider) loginClaims(list persona.Claims, from said) map[string]any {
	claims := map[string]any{}
	for _, claim := range list {
		setClaim(claims, claim.Name, p.valueOf(claim, from))
	}
	return claims
}

func setClaim(claims map[string]any, name string, value any) {
	if text, ok := value.(string); value == nil || ok && text == "" {
		return
	}
	claims[name] = value
}

func (p *Provider) valueOf(claim persona.Claim, from said) any {
	if claim.Source == "" {
		if text, ok := claim.Value.(string); ok {
			return strings.ReplaceAll(text, "{random}", signin.Random(24))
		}
		return claim.Value
	}
	if value, ok := p.personValue(claim.Source, from.login); ok {
		return value
	}
	switch claim.Source {
	case persona.ClaimAuthTime:
		return from.login.authTime.Unix()
	case persona.ClaimMethods:
		return []string{"pwd"}
	case persona.ClaimProvider:
		return p.idp
	case persona.ClaimSession:
		return from.login.session
	case persona.ClaimClient:
		return from.login.request.ClientID
	case persona.ClaimScopes:
		return from.scopes
	case persona.ClaimScopeText:
		return strings.Join(from.scopes, " ")
	case persona.ClaimIssuedAt:
		return from.now.Unix()
	case persona.ClaimAccessHash:
		return leftHash(from.access)
	case persona.ClaimRefreshHash:
		return leftHash(from.refresh)
	default:
		return nil
	}
}

func (p *Provider) personValue(source persona.ClaimSource, l login) (string, bool) {
	switch person := l.person; source {
	case persona.ClaimID:
		return person.ID, true
	case persona.ClaimSubject:
		return p.subjectOf(person, l.request.ClientID), true
	case persona.ClaimLogin:
		return person.Login, true
	case persona.ClaimEmail:
		return person.Email, true
	case persona.ClaimDomain:
		_, domain, _ := strings.Cut(person.Email, "@")
		return domain, true
	case persona.ClaimGivenName:
		return person.GivenName, true
	case persona.ClaimMiddleName:
		return person.MiddleName, true
	case persona.ClaimFamilyName:
		return person.FamilyName, true
	case persona.ClaimDisplayName:
		return strings.TrimSpace(person.GivenName + " " + person.FamilyName), true
	case persona.ClaimLocale:
		return person.Locale, true
	case persona.ClaimTenant:
		return p.face.Tenant.Value, true
	case persona.ClaimUpdated:
		return p.started.UTC().Format(time.RFC3339), true
	default:
		return "", false
	}
}

// leftHash is at_hash and its like: the left half of the SHA-256 (Core 3.1.3.6), "" of nothing.
func leftHash(token string) string {
	if token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
