package directory

import (
	"context"
	"time"
)

// MaxClaims is how many bytes the Claims of a Sighting may have, as JSON.
const MaxClaims = 32 << 10

// Sighting is what an identity provider has last said about somebody who came to sign on, whether or not that
// found a user.
type Sighting struct {
	Issuer  string
	Subject string
	// Claims are the claims or attributes by the names that the identity provider uses, those with texts alone. There is no
	// token, nonce or other secret among them.
	Claims map[string][]string
	// Overage tells that the identity provider has left out the groups because there are too many of them.
	Overage bool
	// Barred tells that the user of this identity was deleted or archived: nobody is made for it until it is linked
	// again. The store keeps it.
	Barred bool
	Seen   time.Time
	Place  int64 // its place in the order of first sightings; the store sets it
}

// People is the part of the Store that recognises people who sign on.
type People interface {
	// Saw keeps a sighting in place of the one that there is of this identity. Of each tenant the newest
	// 100,000 are kept. A user who is linked to the identity has used it now when admitted is true.
	Saw(ctx context.Context, tenant string, s Sighting, admitted bool) error

	// Sighting returns what was last seen of an identity, or ErrNotFound.
	Sighting(ctx context.Context, tenant, issuer, subject string) (Sighting, error)

	// Sightings returns sightings with a Place after this one, in the order of first sightings, at most limit.
	Sightings(ctx context.Context, tenant string, after int64, limit int) ([]Sighting, error)

	// Provision makes the user of an identity when the identity is not linked yet, and brings the user up to date when it
	// is, inside one write transaction: of several who come at the same time one makes it. change sees the zero
	// Resource of a new user, with its Kind, and may refuse with an error, which is returned as it is. A user that
	// something else than Provision has changed since is left alone. fresh tells that the user was made.
	// It returns a *ConflictError as Create does.
	Provision(ctx context.Context, tenant string, i Identity, change func(*Resource) error) (user Resource, fresh bool, err error)

	// Unlink removes the identities of a user and returns them; with everything, the user loses the external ID
	// too. It returns ErrNotFound when there is no such user.
	Unlink(ctx context.Context, tenant, userID string, everything bool) ([]Identity, error)
}
