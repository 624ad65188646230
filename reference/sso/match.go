package sso

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"assay/reference/directory"
)

const maxEmail = 254 // RFC 5321 section 4.5.3.1.3, as corrected by erratum 1690

// matcher finds the user of a tenant that an identity at the identity provider belongs to.
//
// The key of an identity is issuer and subject (OpenID Connect Core section 5.7). Only the first time,
// when that pair is unknown, the e-mail address decides; and only one that the identity provider has
// verified, that lies in a domain of the tenant, that exactly one user has, and that this user has not
// signed on with before as another subject of the issuer.
type matcher struct {
	store directory.Store
	now   func() time.Time
}

// match returns the user and whether the identity was linked just now. A refusal is a *refusal.
func (m *matcher) match(ctx context.Context, tenant directory.Tenant, claims Claims) (user directory.Resource, linked bool, err error) {
	identity, err := m.store.Identity(ctx, tenant.ID, claims.Issuer, claims.Subject)
	switch {
	case err == nil:
		user, err = m.store.Get(ctx, tenant.ID, directory.User, identity.UserID)
		if errors.Is(err, directory.ErrNotFound) {
			return directory.Resource{}, false, refuse(reasonUnknownUser)
		}
		if err != nil {
			return directory.Resource{}, false, fmt.Errorf("read linked user: %w", err)
		}
		return user, false, admit(user)
	case !errors.Is(err, directory.ErrNotFound):
		return directory.Resource{}, false, fmt.Errorf("read identity: %w", err)
	}
	user, err = m.byEmail(ctx, tenant, claims)
	if err != nil {
		return user, false, err
	}
	if err := m.unbound(ctx, tenant.ID, user.ID, claims.Issuer); err != nil {
		return directory.Resource{}, false, err
	}
	err = m.store.Link(ctx, tenant.ID, directory.Identity{
		Issuer: claims.Issuer, Subject: claims.Subject, UserID: user.ID, Linked: m.now().UTC(),
	})
	if _, taken := errors.AsType[*directory.ConflictError](err); taken { // by another login, a moment ago
		return directory.Resource{}, false, refuse(reasonAlreadyLinked)
	}
	if err != nil {
		return directory.Resource{}, false, fmt.Errorf("link identity: %w", err)
	}
	return user, true, nil
}

// unbound refuses to link a second subject of an issuer to a user. The address says that it is the
// same person and the subject says that it is not; identity providers give the address of somebody who
// has left to the next of that name, and never do so with a subject (OpenID Connect Core section 2).
func (m *matcher) unbound(ctx context.Context, tenant, userID, issuer string) error {
	identities, err := m.store.Identities(ctx, tenant, userID)
	if err != nil {
		return fmt.Errorf("read identities: %w", err)
	}
	if slices.ContainsFunc(identities, func(i directory.Identity) bool { return i.Issuer == issuer }) {
		return refuse(reasonAlreadyLinked)
	}
	return nil
}

func (m *matcher) byEmail(ctx context.Context, tenant directory.Tenant, claims Claims) (directory.Resource, error) {
	if claims.Email == "" {
		return directory.Resource{}, refuse(reasonNoEmail)
	}
	domain, ok := emailDomain(claims.Email)
	if !ok {
		return directory.Resource{}, refuse(reasonNoEmail)
	}
	if !claims.EmailVerified {
		return directory.Resource{}, refuse(reasonUnverifiedEmail)
	}
	if len(tenant.Domains) > 0 && !ownsDomain(tenant, domain) {
		return directory.Resource{}, refuse(reasonForeignDomain)
	}
	found, err := m.candidates(ctx, tenant.ID, claims.Email)
	if err != nil {
		return directory.Resource{}, err
	}
	switch len(found) {
	case 0:
		return directory.Resource{}, refuse(reasonUnknownUser)
	case 1:
		return found[0], admit(found[0])
	}
	return directory.Resource{}, refuse(reasonAmbiguousEmail)
}

// candidates are the users who have the address as primary e-mail or as userName. What the store
// finds is compared once more, with ASCII letters folded and nothing else: under Unicode folding a
// "K" may be the Kelvin sign, and whoever can register such a look-alike would be somebody else.
func (m *matcher) candidates(ctx context.Context, tenant, email string) ([]directory.Resource, error) {
	var found []directory.Resource
	for _, query := range []directory.Query{
		{Kind: directory.User, Email: email, Limit: 3},
		{Kind: directory.User, Name: email, Limit: 3},
	} {
		for user, err := range m.store.List(ctx, tenant, query) {
			if err != nil {
				return nil, fmt.Errorf("find user by e-mail: %w", err)
			}
			if !sameASCII(user.Email, email) && !sameASCII(user.Name, email) {
				continue
			}
			if !slices.ContainsFunc(found, func(f directory.Resource) bool { return f.ID == user.ID }) {
				found = append(found, user)
			}
		}
	}
	return found, nil
}

func admit(user directory.Resource) error {
	if !user.Active {
		return refuse(reasonInactive)
	}
	return nil
}

// emailDomain returns the domain of an address, in lower case. The address must be short, printable
// and without blanks.
func emailDomain(email string) (string, bool) {
	if len(email) > maxEmail || strings.ContainsFunc(email, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return "", false
	}
	at := strings.LastIndexByte(email, '@')
	if at < 1 || at == len(email)-1 {
		return "", false
	}
	return strings.ToLower(email[at+1:]), true
}

func ownsDomain(tenant directory.Tenant, domain string) bool {
	return slices.ContainsFunc(tenant.Domains, func(own string) bool { return sameASCII(own, domain) })
}

// sameASCII compares without regard to the case of the letters A to Z.
func sameASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
