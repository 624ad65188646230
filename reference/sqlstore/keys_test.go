package sqlstore_test

import (
	"context"
	"sync"
	"testing"

	"assay/reference/sqlstore"
)

// Of many who offer a key, one wins, and everybody gets that one, also later and under no other name.
func TestSealedKey(t *testing.T) {
	test := func(t *testing.T, stores ...*sqlstore.Store) {
		ctx := context.Background()
		got := make([]string, 12)
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() {
				key, err := stores[i%len(stores)].SealedKey(ctx, "cursor", []byte{byte(i), 0, 255})
				if err != nil {
					t.Error(err)
				}
				got[i] = string(key)
			})
		}
		wg.Wait()
		for _, key := range got {
			if len(key) != 3 || key != got[0] {
				t.Errorf("keys %q", got)
			}
		}
		if other, err := stores[0].SealedKey(ctx, "other", []byte("mine")); err != nil || string(other) != "mine" {
			t.Errorf("another name: %q, %v", other, err)
		}
	}
	both(t, func(t *testing.T, s *sqlstore.Store) { test(t, s) })
	t.Run("replicas", func(t *testing.T) {
		source := postgres.Database(t)
		test(t, open(t, source), open(t, source))
	})
}
