package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"assay/reference/directory"
)

// DefaultKeepChanges is how many changes a tenant keeps when KeepChanges does not say so.
const DefaultKeepChanges = 100_000

// pollEvery is how often whoever waits for a change looks for those of other processes.
const pollEvery = time.Second

// feed is what a process remembers of the change feed.
type feed struct {
	keep int

	// written counts the changes of each tenant since its last look for old ones. Writers have it in turns.
	written map[string]int

	mu      sync.Mutex
	waiting map[string]chan struct{} // closed by the next write of the tenant
}

func newFeed() *feed {
	return &feed{keep: DefaultKeepChanges, written: map[string]int{}, waiting: map[string]chan struct{}{}}
}

// due tells whether it is time to look for old changes of a tenant: with its first write, and after every
// few percent of what is kept.
func (f *feed) due(tenant string, written int) bool {
	count, known := f.written[tenant]
	f.written[tenant] = count + written
	if known && count+written <= f.keep/50 {
		return false
	}
	f.written[tenant] = 0
	return true
}

// next is closed by the next write of the tenant.
func (f *feed) next(tenant string) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, waited := f.waiting[tenant]
	if !waited {
		c = make(chan struct{})
		f.waiting[tenant] = c
	}
	return c
}

func (f *feed) wake(tenant string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c, waited := f.waiting[tenant]; waited {
		close(c)
		delete(f.waiting, tenant)
	}
}

const changeColumns = `seq, time, kind, id, action, attributes, removed, added`

// Changes implements directory.Feed. A limit below 1 yields none.
func (s *Store) Changes(ctx context.Context, tenant string, after int64, limit int) ([]directory.Change, error) {
	changes, err := s.changes(ctx, `SELECT `+changeColumns+` FROM changes WHERE tenant = ? AND seq > ? ORDER BY seq LIMIT ?`,
		tenant, after, max(limit, 0))
	if err != nil {
		return nil, err
	}
	// Asked afterwards: what was dropped meanwhile counts as missing.
	gone, newest, err := s.horizon(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if after < gone || after > newest {
		return nil, directory.ErrChangesGone
	}
	return changes, nil
}

// NewestChanges implements directory.Feed. A limit below 1 is taken for 1.
func (s *Store) NewestChanges(ctx context.Context, tenant string, limit int) ([]directory.Change, int64, error) {
	changes, err := s.changes(ctx, `SELECT `+changeColumns+` FROM changes WHERE tenant = ? ORDER BY seq DESC LIMIT ?`,
		tenant, max(limit, 1))
	if err != nil {
		return nil, 0, err
	}
	if len(changes) == 0 {
		gone, _, err := s.horizon(ctx, tenant)
		return nil, gone, err
	}
	slices.Reverse(changes)
	return changes, changes[len(changes)-1].Seq, nil
}

func (s *Store) changes(ctx context.Context, query string, args ...any) ([]directory.Change, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	defer rows.Close()
	var changes []directory.Change
	for rows.Next() {
		c, err := scanChange(rows)
		if err != nil {
			return nil, fmt.Errorf("changes: %w", err)
		}
		changes = append(changes, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	return changes, nil
}

func scanChange(r row) (directory.Change, error) {
	var (
		c                          directory.Change
		at                         int64
		attributes, removed, added string
	)
	if err := r.Scan(&c.Seq, &at, &c.Kind, &c.ID, &c.Action, &attributes, &removed, &added); err != nil {
		return directory.Change{}, err
	}
	c.Time = fromNanos(at)
	for _, list := range []struct {
		encoded string
		into    *[]string
	}{{attributes, &c.Attributes}, {removed, &c.Removed}, {added, &c.Added}} {
		if list.encoded == "" {
			continue
		}
		if err := json.Unmarshal([]byte(list.encoded), list.into); err != nil {
			return directory.Change{}, err
		}
	}
	return c, nil
}

// horizon returns the greatest Seq of the changes of a tenant that are missing, and of all it ever had.
func (s *Store) horizon(ctx context.Context, tenant string) (gone, newest int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT coalesce((SELECT seq FROM change_horizons WHERE tenant = ?), 0),
		coalesce((SELECT max(seq) FROM changes WHERE tenant = ?), 0)`, tenant, tenant).Scan(&gone, &newest)
	if err != nil {
		return 0, 0, fmt.Errorf("changes: %w", err)
	}
	return gone, max(gone, newest), nil
}

// AwaitChange implements directory.Feed.
func (s *Store) AwaitChange(ctx context.Context, tenant string, after int64) error {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		next := s.feed.next(tenant) // before the look: a write in between is not missed
		_, newest, err := s.horizon(ctx, tenant)
		if err != nil {
			return err
		}
		if newest > after {
			return nil
		}
		select {
		case <-next:
		case <-poll.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
