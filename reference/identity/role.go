package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"assay/reference/directory"
)

// Standing is the role of somebody and where it comes from.
type Standing struct {
	Role    directory.Role // that which counts
	Direct  directory.Role // assigned directly; "" for none
	Default bool           // nothing gives a role, so that it is the default one
	Grants  []directory.RoleMapping
	// GroupsUnknown says why the groups of the identity provider give nothing, where they could: GroupsOverage or
	// GroupsMissing. It is not the same as being in no group, and what they gave before does not go on either.
	GroupsUnknown string
}

// Standing computes the role of a user from what is so now: the highest of the one that is assigned directly and those of
// the mapped groups, or else the default of the connection. Nothing is cached, so that what is taken away is gone at once.
func (r *Recognizer) Standing(ctx context.Context, tenant, userID string) (Standing, error) {
	account, err := r.store.Account(ctx, tenant, userID)
	if err != nil {
		return Standing{}, fmt.Errorf("role: %w", err)
	}
	c, err := r.store.Connection(ctx, tenant)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return Standing{}, fmt.Errorf("role: %w", err)
	}
	s := Standing{Direct: account.Role}
	if err := r.grant(ctx, tenant, userID, c, &s); err != nil {
		return Standing{}, fmt.Errorf("role: %w", err)
	}
	roles := []directory.Role{s.Direct}
	for _, g := range s.Grants {
		roles = append(roles, g.Role)
	}
	if s.Role = directory.HighestRole(roles...); s.Role == "" {
		s.Role, s.Default = DefaultRoleOf(c), true
	}
	return s, nil
}

// DefaultRoleOf is the role of whoever has no other.
func DefaultRoleOf(c directory.Connection) directory.Role {
	if c.DefaultRole.Valid() {
		return c.DefaultRole
	}
	return directory.RoleMember
}

// grant adds the mapped groups of a user.
func (r *Recognizer) grant(ctx context.Context, tenant, userID string, c directory.Connection, s *Standing) error {
	mappings, err := r.store.RoleMappings(ctx, tenant)
	if err != nil || len(mappings) == 0 {
		return err
	}
	groups, err := r.store.GroupsOf(ctx, tenant, userID)
	if err != nil {
		return err
	}
	member := func(id string) bool {
		return slices.ContainsFunc(groups[userID], func(g directory.Member) bool { return g.ID == id })
	}
	named := Membership{}
	if c.GroupClaims && slices.ContainsFunc(mappings, func(m directory.RoleMapping) bool { return m.Source == directory.FromClaim }) {
		if named, err = r.claimed(ctx, tenant, userID, c); err != nil {
			return err
		}
	}
	s.GroupsUnknown = named.Unknown
	for _, m := range mappings {
		if m.Source == directory.FromDirectory && member(m.Group) || m.Source == directory.FromClaim && slices.Contains(named.Names, m.Group) {
			s.Grants = append(s.Grants, m)
		}
	}
	return nil
}

// claimed are the groups that the identity provider of the connection has named when a user last signed on.
func (r *Recognizer) claimed(ctx context.Context, tenant, userID string, c directory.Connection) (Membership, error) {
	seen, err := r.seenAs(ctx, tenant, userID, c.Issuer)
	if errors.Is(err, directory.ErrNotFound) {
		return Membership{Unknown: GroupsMissing}, nil
	}
	if err != nil {
		return Membership{}, err
	}
	return groupsOf(c, assertionOf(c, seen)), nil
}
