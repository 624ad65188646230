package directory

import (
	"context"
	"slices"
)

// Role is what somebody may do in a tenant.
type Role string

// The roles, the highest first.
const (
	RoleOwner  Role = "owner"
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
	RoleViewer Role = "viewer"
)

// Roles returns all roles, the highest first.
func Roles() []Role { return []Role{RoleOwner, RoleAdmin, RoleMember, RoleViewer} }

// Valid tells whether this is one of the roles. The empty role is none.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// AtLeast tells whether the role is this one or a higher one. What is no role is not even as high as itself.
func (r Role) AtLeast(least Role) bool {
	have, want := slices.Index(Roles(), r), slices.Index(Roles(), least)
	return have >= 0 && want >= 0 && have <= want
}

// HighestRole returns the highest of the roles; "" when there is none among them.
func HighestRole(roles ...Role) Role {
	for _, r := range Roles() {
		if slices.Contains(roles, r) {
			return r
		}
	}
	return ""
}

// Account is the local side of a user: what this application says of somebody, whatever SCIM and the identity
// provider say. Every user has one; it is the zero Account, but for UserID and Email, until it is first written.
type Account struct {
	UserID string
	// Email is the canonical form of the user's e-mail address or, without one, of the userName; "" when neither
	// is an address. The store keeps it: what a caller sets is ignored.
	Email string
	Role  Role // assigned directly; "" for none
	// LocalVersion is the Version of the user as this application itself wrote it last: as long as it is the
	// current one, the user is not provisioned by SCIM. 0 when it never did.
	LocalVersion int64
}

// Accounts is the part of the Store that holds the local side of users. An account goes with its user.
type Accounts interface {
	// Account returns the account of a user, or ErrNotFound when there is no such user.
	Account(ctx context.Context, tenant, userID string) (Account, error)

	// UpdateAccount reads a user and its account and runs change on the account inside one write transaction.
	// When change returns an error nothing is stored and that error is returned as it is. It must not call the Store.
	UpdateAccount(ctx context.Context, tenant, userID string, change func(Resource, *Account) error) (Account, error)

	// AccountsByEmail returns the accounts that were written and have this canonical e-mail address, at most limit.
	AccountsByEmail(ctx context.Context, tenant, email string, limit int) ([]Account, error)
}

// RoleMapping gives a role to the members of a group.
type RoleMapping struct {
	Source GroupSource
	Group  string // id of a group of the tenant, or a group as the identity provider names it in tokens and assertions
	Role   Role
}

// GroupSource is where a RoleMapping has its group from.
type GroupSource string

// The sources.
const (
	FromDirectory GroupSource = "directory" // a group of the tenant, by its id; the mapping goes with the group
	FromClaim     GroupSource = "claim"     // a value of the group claim, compared byte by byte
)

// RoleMappings is the part of the Store that says which groups give which roles.
type RoleMappings interface {
	// MapRole stores a mapping in place of that which the group has, or returns ErrNotFound when the tenant has no
	// such group.
	MapRole(ctx context.Context, tenant string, m RoleMapping) error

	// UnmapRole removes the mapping of a group, or returns ErrNotFound.
	UnmapRole(ctx context.Context, tenant string, source GroupSource, group string) error

	// RoleMappings returns all mappings of a tenant, by source and group.
	RoleMappings(ctx context.Context, tenant string) ([]RoleMapping, error)
}
