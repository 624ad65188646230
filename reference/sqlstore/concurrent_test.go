package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

func TestConcurrentUpdatesLoseNothing(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		made, grp := create(t, s, user("ada")), create(t, s, group("all"))
		const workers = 32
		var wg sync.WaitGroup
		for i := range workers {
			wg.Go(func() {
				u, err := s.Create(ctx, tenant, user(fmt.Sprint("u", i)), nil)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = s.Update(ctx, tenant, directory.User, made.ID, func(_ directory.Edit, r *directory.Resource) error {
					if i%4 == 3 { // some refuse in between, and must not take the others along
						r.Name = "refused"
						return errors.New("refused")
					}
					r.Attributes[fmt.Sprint("k", i)] = true
					return nil
				})
				if (err != nil) != (i%4 == 3) {
					t.Error(err)
				}
				_, err = s.Update(ctx, tenant, directory.Group, grp.ID, func(e directory.Edit, _ *directory.Resource) error {
					return e.AddMembers(ctx, directory.Member{ID: u.ID})
				})
				if err != nil {
					t.Error(err)
				}
				if _, err := s.MembersOf(ctx, tenant, grp.ID); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got, err := s.Get(ctx, tenant, directory.User, made.ID)
		if err != nil || len(got.Attributes) != 2+workers*3/4 || got.Version != 1+workers*3/4 || got.Name != "ada" {
			t.Errorf("%+v, %v", got, err)
		}
		members, err := s.MembersOf(ctx, tenant, grp.ID)
		if err != nil || len(members[grp.ID]) != workers {
			t.Errorf("%d members, %v", len(members[grp.ID]), err)
		}
	})
}

func TestConcurrentCreatesOfOneName(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		var won atomic.Int32
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				name := "ada"
				if i%2 == 1 {
					name = strings.ToUpper(name)
				}
				_, err := s.Create(context.Background(), tenant, user(name), nil)
				var taken *directory.ConflictError
				switch {
				case err == nil:
					won.Add(1)
				case !errors.As(err, &taken):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d creates succeeded", won.Load())
		}
	})
}

// Of several subjects of one issuer that claim a user at once, one gets the account.
func TestConcurrentLinksOfOneUser(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		ada := create(t, s, user("ada"))
		var won atomic.Int32
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				err := s.Link(ctx, tenant, directory.Identity{Issuer: "i", Subject: fmt.Sprint(i), UserID: ada.ID})
				var taken *directory.ConflictError
				switch {
				case err == nil:
					won.Add(1)
				case !errors.As(err, &taken):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		identities, err := s.Identities(ctx, tenant, ada.ID)
		if won.Load() != 1 || len(identities) != 1 || err != nil {
			t.Errorf("%d links succeeded, %+v, %v", won.Load(), identities, err)
		}
	})
}

func TestCancelledWrites(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		dead, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := s.Create(dead, tenant, user("late"), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		// Who waits for a turn gives up in time; who has it finishes.
		made := create(t, s, user("ada"))
		ctx, cancel := context.WithCancel(context.Background())
		_, err := s.Update(ctx, tenant, directory.User, made.ID, func(_ directory.Edit, r *directory.Resource) error {
			cancel()
			waiting, stop := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer stop()
			if err := s.Delete(waiting, tenant, directory.User, made.ID, nil); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a write inside a write: %v", err)
			}
			r.Active = false
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if got, err := s.Get(context.Background(), tenant, directory.User, made.ID); err != nil || got.Active {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// fillGroup makes a group of n users and returns it with one user who is outside it.
func fillGroup(tb testing.TB, s *sqlstore.Store, n int) (grp, outsider directory.Resource) {
	tb.Helper()
	members := make([]directory.Member, n)
	for start := 0; start < n; start += 1000 {
		var wg sync.WaitGroup // together they share commits
		for i := start; i < min(start+1000, n); i++ {
			wg.Go(func() {
				r, err := s.Create(context.Background(), tenant, user(fmt.Sprint("u", i)), nil)
				if err != nil {
					tb.Error(err)
				}
				members[i] = directory.Member{ID: r.ID}
			})
		}
		wg.Wait()
	}
	return create(tb, s, group("big"), members...), create(tb, s, user("outsider"))
}

func toggle(tb testing.TB, s *sqlstore.Store, grp, who directory.Resource) {
	ctx := context.Background()
	for _, change := range []func(directory.Edit, *directory.Resource) error{
		func(e directory.Edit, _ *directory.Resource) error {
			return e.AddMembers(ctx, directory.Member{ID: who.ID})
		},
		func(e directory.Edit, _ *directory.Resource) error { return e.RemoveMembers(ctx, who.ID) },
	} {
		if _, err := s.Update(ctx, tenant, directory.Group, grp.ID, change); err != nil {
			tb.Fatal(err)
		}
	}
}

// One op adds a member to a group and removes it again. The metric x-of-10 is the time per op as a
// multiple of that in a group of 10: near 1 means that the size of the group does not matter.
func BenchmarkMemberChange(b *testing.B) {
	var base float64
	for _, n := range []int{10, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := open(b, "")
			grp, who := fillGroup(b, s, n)
			for b.Loop() {
				toggle(b, s, grp, who)
			}
			perOp := float64(b.Elapsed()) / float64(b.N)
			if n == 10 {
				base = perOp
			}
			b.ReportMetric(perOp/base, "x-of-10")
		})
	}
}

func BenchmarkCreate(b *testing.B) {
	for _, name := range []string{"memory", "file"} {
		b.Run(name, func(b *testing.B) {
			path := ""
			if name == "file" {
				path = filepath.Join(b.TempDir(), "x.db")
			}
			s := open(b, path)
			var n atomic.Int64
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := s.Create(context.Background(), tenant, user(fmt.Sprint("n", n.Add(1))), nil); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func BenchmarkGet(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "x.db"))
	made := create(b, s, user("ada"))
	for b.Loop() {
		if _, err := s.Get(context.Background(), tenant, directory.User, made.ID); err != nil {
			b.Fatal(err)
		}
	}
}
