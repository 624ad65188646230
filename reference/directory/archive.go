package directory

import (
	"context"
	"time"
)

// ArchivedUser is a user in the archive: as the resource was, with what a restore would need.
type ArchivedUser struct {
	Resource
	At     time.Time // when it was archived
	Groups []string  // ids of the groups that it was a direct member of, in the order of joining
	Place  int64     // its place in the order of archiving
}

// Archive is the part of the Store that keeps users who have left for good while their e-mail address and their
// names become free. An archived user is no resource any more: nothing in Resources finds it.
type Archive interface {
	// ArchiveUser moves a user to the archive and removes its memberships and identities, or returns
	// ErrNotFound. A user who is there already is returned as it is, and fresh is false.
	ArchiveUser(ctx context.Context, tenant, id string) (a ArchivedUser, fresh bool, err error)

	// ArchivedUser returns one archived user, or ErrNotFound.
	ArchivedUser(ctx context.Context, tenant, id string) (ArchivedUser, error)

	// ArchivedUsers returns archived users with a Place after this one, in the order of archiving, at most limit.
	ArchivedUsers(ctx context.Context, tenant string, after int64, limit int) ([]ArchivedUser, error)

	// DeleteArchived removes an archived user for good, or returns ErrNotFound.
	DeleteArchived(ctx context.Context, tenant, id string) error
}
