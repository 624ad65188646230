package directory

import (
	"context"
	"iter"
)

// Store keeps the directory. Its writes are durable before they return, and each is atomic.
// It is safe for concurrent use.
type Store interface {
	Resources
	Connections
	Audit
	Feed
	Archive
	Keys
	Domains
	Accounts
	RoleMappings
	People
	Tokens
	Policies
	Sessions
	LocalLogin
	BreakGlass
	Migrations

	// Close releases the store. Nothing may be called afterwards.
	Close() error
}

// Resources is the part of the Store that holds people, groups and memberships.
type Resources interface {
	// Create stores a new resource with the members of a group (nil for a user). The store sets
	// Created, Modified and Version. It returns a *ConflictError when a user's Name, compared without
	// regard to case, is taken in the tenant, and when one of its Unique values is.
	Create(ctx context.Context, tenant string, r Resource, members []Member) (Resource, error)

	// Get returns one resource, or ErrNotFound.
	Get(ctx context.Context, tenant string, kind Kind, id string) (Resource, error)

	// Update reads the resource and runs change on it inside one write transaction, so that concurrent
	// updates never lose each other. When change returns an error nothing is stored and that error is
	// returned as it is. When neither the resource nor its members changed, Modified and Version stay.
	// It returns a *ConflictError as Create does.
	Update(ctx context.Context, tenant string, kind Kind, id string, change func(Edit, *Resource) error) (Resource, error)

	// Delete removes a resource, its memberships and its identities, or returns ErrNotFound. check, when it
	// is not nil, sees the resource inside the write transaction: when it returns an error nothing is
	// deleted and that error is returned as it is. It must not call the Store.
	Delete(ctx context.Context, tenant string, kind Kind, id string, check func(Resource) error) error

	// List streams the resources of a query in creation order (a stable order for paging) or in the order
	// of the query, or against it when the query says so.
	List(ctx context.Context, tenant string, q Query) iter.Seq2[Resource, error]

	// Orders tells whether it pays to let List put the resources of a query in its Order, which must not be nil, and
	// whether the order is then the one that looks at MaxOrdered bytes of a text. A caller to whom it says no has
	// to sort them.
	Orders(ctx context.Context, tenant string, q Query) (bool, error)

	// Count returns how many resources a query selects, before Limit and Offset.
	Count(ctx context.Context, tenant string, q Query) (int, error)

	// MembersOf returns the members of each of the groups, in the order in which they were added.
	MembersOf(ctx context.Context, tenant string, groups ...string) (map[string][]Member, error)

	// GroupsOf returns the groups that each of the users is a direct member of.
	GroupsOf(ctx context.Context, tenant string, users ...string) (map[string][]Member, error)
}

// Edit is the open transaction of an Update: the members of the group that is being changed.
// Adding a member that is there and removing one that is not are no changes.
// The cost of a change does not depend on the size of the group, except for Members and Clear.
type Edit interface {
	Members(ctx context.Context) ([]Member, error)
	AddMembers(ctx context.Context, members ...Member) error
	RemoveMembers(ctx context.Context, ids ...string) error
	ClearMembers(ctx context.Context) error
}

// Query selects resources of one kind. The fields that are not empty must all match, through an index:
// ID and ExternalID exactly, Name and Email without regard to case.
type Query struct {
	Kind       Kind
	ID         string
	ExternalID string
	Name       string
	Email      string
	// Where, when it is not nil, must hold too.
	Where Condition
	// After and Before, when they are not 0, leave out all resources but those that were created after
	// and before the one with this Seq, which need not exist any more.
	After, Before int64
	// Order, when it is not nil, is the order of the list. All fields but FieldEmail have one.
	Order *Order
	// From, when it is not nil, leaves out all resources but those that the list has, in its Order, behind this place.
	From *Place
	// Reverse lists against the order: without an Order, the newest first.
	Reverse bool
	Offset  int
	Limit   int // 0 means all
}

// Connections is the part of the Store that holds tenants and what lets others in:
// single sign-on connections and linked identities.
type Connections interface {
	// CreateTenant stores a new tenant; its Domains count as verified. It returns a *ConflictError when the ID, the
	// CustomerID or one of the domains is another tenant's.
	CreateTenant(ctx context.Context, t Tenant) error
	Tenant(ctx context.Context, id string) (Tenant, error)
	// TenantOfCustomer returns the tenant with a customer ID, or ErrNotFound; no tenant has the empty one.
	TenantOfCustomer(ctx context.Context, customerID string) (Tenant, error)
	Tenants(ctx context.Context) ([]Tenant, error)
	// SetCustomerID sets Tenant.CustomerID, or returns ErrNotFound or, when another tenant has it, a *ConflictError.
	SetCustomerID(ctx context.Context, tenant, customerID string) error
	// SetMode changes Tenant.Mode in one transaction. check, when it is not nil, sees the tenant as it is in that
	// transaction: when it returns an error nothing changes and that error is returned as it is. It must not call the Store.
	SetMode(ctx context.Context, tenant string, mode Mode, check func(Tenant) error) error
	// SetStrict sets Tenant.Strict, or returns ErrNotFound.
	SetStrict(ctx context.Context, tenant string, strict bool) error

	SetConnection(ctx context.Context, tenant string, c Connection) error
	Connection(ctx context.Context, tenant string) (Connection, error)

	// Link binds an identity to a user. Doing so again changes nothing. It returns a *ConflictError when the
	// identity belongs to another user, because moving it would hand over an account, and when the user
	// has another subject of the same issuer: one person has one.
	Link(ctx context.Context, tenant string, i Identity) error
	Identity(ctx context.Context, tenant, issuer, subject string) (Identity, error)
	// Identities returns all identities that are linked to a user, by issuer and subject; none is no error.
	Identities(ctx context.Context, tenant, userID string) ([]Identity, error)
}
