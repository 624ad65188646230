package directory

import (
	"context"
	"errors"
	"time"
)

// Change is one entry of the change feed: what a committed write did to a resource. It names attributes and
// ids and holds no value of an attribute.
type Change struct {
	Seq    int64 // its place in the order of commits, of all tenants together: it grows and has gaps
	Time   time.Time
	Kind   Kind
	ID     string
	Action ChangeAction
	// Attributes are the names of the attributes that a Changed, Deactivated or Reactivated touched, sorted; those
	// of an extension have its URN in front. They are empty when members alone have changed.
	Attributes []string
	// Removed and Added are the ids of the members that left and joined a group, in this order: who is in both
	// has lost the old place among the members.
	Removed, Added []string
}

// ChangeAction is what a Change did. Its text is stable.
type ChangeAction string

// The actions. A write that changes more than "active" is still one Deactivated or Reactivated. After Archived
// the user is gone for whoever looks at Resources; a Deleted may follow, when the archive gives it up too.
const (
	Created     ChangeAction = "created"
	Changed     ChangeAction = "changed"
	Deactivated ChangeAction = "deactivated"
	Reactivated ChangeAction = "reactivated"
	Archived    ChangeAction = "archived"
	Deleted     ChangeAction = "deleted"
)

// ErrChangesGone is returned for a place in the change feed after which changes are missing, because they are
// no longer kept, or which this database has never given out. The reader has to look at everything anew.
var ErrChangesGone = errors.New("the changes after this place are not kept")

// Feed is the part of the Store that tells, in the order of commits, what has happened to the resources of a
// tenant. Every change that was committed is in it, written in the same transaction, and nothing else: no
// write that changed nothing or was refused. Replaying it from the start gives the ids that there are and the
// members of each group.
//
// One write is one Change, with three exceptions. Many changed members are spread over several Changes in
// a row, so that each is of bounded size. A deleted or archived resource that was a member of groups is preceded by a
// Changed of each of those groups, with its id in Removed; that is as many as there were such groups. And
// a group that is deleted takes its memberships along without a word about each.
//
// A bounded number of the newest changes of each tenant is kept. Those that were made before there was a
// feed are missing like those that are no longer kept.
type Feed interface {
	// Changes returns the changes after the one with this Seq, oldest first, at most limit. 0 is before the
	// first change that there ever was. It returns ErrChangesGone when it would leave something out.
	Changes(ctx context.Context, tenant string, after int64, limit int) ([]Change, error)

	// NewestChanges returns the newest changes, oldest first, at most limit, and the place after them. A
	// reader who has got ErrChangesGone asks for this place, then looks at everything, then goes on from there.
	NewestChanges(ctx context.Context, tenant string, limit int) (changes []Change, end int64, err error)

	// AwaitChange returns nil as soon as there is a change after the one with this Seq: at once for one of
	// this process, within a second for one of another. It ends with the error of ctx.
	AwaitChange(ctx context.Context, tenant string, after int64) error
}
