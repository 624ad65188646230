// Package directory is the domain of the reference application: tenants, the people and groups that
// are provisioned into them, the credentials of their connections, and the Store that keeps it all.
package directory

import (
	"errors"
	"fmt"
	"time"
)

// Kind is the resource type of a Resource, as SCIM names it (RFC 7643 section 6).
type Kind string

// The kinds of resource that a tenant owns.
const (
	User  Kind = "User"
	Group Kind = "Group"
)

// Tenant is one customer of the application. Its people sign on through its Connection, if it has one.
type Tenant struct {
	ID   string
	Name string
	// CustomerID is what the application's owner calls this customer: it pairs the single sign-on and the SCIM
	// connection. Empty, or unique.
	CustomerID string
	Mode       Mode     // how its people sign on; a tenant that is made without one is in ModeSSO
	Domains    []string // verified e-mail domains, in canonical form: their people belong to this tenant
	Strict     bool     // its SCIM clients are forgiven nothing, see reference/scim/leniency
	Created    time.Time
}

// Mode is how the people of a tenant sign on.
type Mode string

// The modes. In ModeLegacy people sign on locally and single sign-on can only be tested; in ModeSSO they use
// their identity provider.
const (
	ModeLegacy Mode = "legacy"
	ModeSSO    Mode = "sso"
)

// Resource is a user or a group as it is stored.
//
// Attributes is the SCIM document in its canonical spelling: core attributes at the top level,
// extension attributes under their schema URN. It never holds schemas, id, meta, externalId, the
// members of a group, the groups of a user, or a password. Name, Email and Active are derived from it for lookups: Name is the
// userName of a user or the displayName of a group, Email a user's primary e-mail address.
type Resource struct {
	ID         string
	Kind       Kind
	ExternalID string
	Name       string
	Email      string
	Active     bool
	Attributes map[string]any
	Unique     []UniqueValue // what Attributes hold that must be unique; see UniqueValue
	Created    time.Time
	Modified   time.Time
	Version    int64 // counts up by one with each change
	Seq        int64 // its place in the order of creation in which lists come; the store sets it
}

// UniqueValue is a value that one resource may have: one of the tenant, or of all tenants when it is Global.
// Attribute is the path of the SCIM attribute, and two values are the same when their Keys are. Whoever
// writes the Attributes of a Resource says what of them is unique; nil leaves what was said last, and what
// a Store returns has none.
type UniqueValue struct {
	Attribute string
	Key       string
	Global    bool
}

// Member is a user or a group inside a group.
type Member struct {
	ID      string
	Kind    Kind
	Display string
}

// Identity binds a person's identity at an identity provider to a user of the tenant.
type Identity struct {
	Issuer   string // of the OpenID provider, or the entity ID of the SAML identity provider
	Subject  string // sub, or the NameID
	UserID   string
	Linked   time.Time
	LastUsed time.Time // when it last signed on; zero for never
}

// ErrNotFound is returned for a tenant, resource, token or identity that does not exist.
var ErrNotFound = errors.New("not found")

// ErrUnstorable is returned for a value that the database has no form for. PostgreSQL, for example, knows
// no text with the character U+0000.
var ErrUnstorable = errors.New("a value holds something that this database cannot keep, such as the character U+0000")

// ConflictError is returned when a write would break the uniqueness of an attribute.
type ConflictError struct {
	Kind      Kind
	Attribute string
	Value     string
}

// Error names the attribute and the value that is taken.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("a %s with %s %q exists already", e.Kind, e.Attribute, e.Value)
}
