package directory

import "context"

// Keys is the part of the Store that holds keys which all processes on one database share. They are sealed by
// package secrets: the database alone opens nothing.
type Keys interface {
	// SealedKey returns the key that is kept under a name. When there is none it keeps the one that is offered:
	// of several processes that offer one at the same time, all get the same.
	SealedKey(ctx context.Context, name string, offered []byte) ([]byte, error)
	// ReplaceSealedKey puts fresh in the place of old. It returns false when old is not what is kept.
	ReplaceSealedKey(ctx context.Context, name string, old, fresh []byte) (bool, error)
	// SealedKeys returns all of them by name.
	SealedKeys(ctx context.Context) (map[string][]byte, error)
}
