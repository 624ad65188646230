package directory

import "context"

// Note says what the audit log is told of a change of a resource. old is the zero Resource for one that is new,
// fresh for one that is deleted. It runs inside the transaction of the change and must not call the Store.
type Note func(old, fresh Resource) []Event

type noteKey struct{}

// WithNote gives a context with which Create, Update and Delete write the events of a note in the
// transaction of the change: there is neither a change without its events nor an event without its change, and
// both share one commit. A change that changes nothing is not noted.
func WithNote(ctx context.Context, n Note) context.Context {
	return context.WithValue(ctx, noteKey{}, n)
}

// Noted gives the events of a change by the note of the context; without one there are none.
func Noted(ctx context.Context, old, fresh Resource) []Event {
	if n, ok := ctx.Value(noteKey{}).(Note); ok {
		return n(old, fresh)
	}
	return nil
}
