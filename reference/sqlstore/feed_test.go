package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

// follower reads the feed of a tenant in small steps and replays it.
type follower struct {
	testing.TB
	store   *sqlstore.Store
	tenant  string
	at      int64
	ids     map[string]directory.Kind
	members map[string][]string // of each group, in the order of joining
}

func follow(tb testing.TB, s *sqlstore.Store) *follower {
	return &follower{TB: tb, store: s, tenant: tenant, ids: map[string]directory.Kind{}, members: map[string][]string{}}
}

// read reads on to the end and returns what there was.
func (f *follower) read() []directory.Change {
	f.Helper()
	var all []directory.Change
	for {
		changes, err := f.store.Changes(context.Background(), f.tenant, f.at, 7)
		if err != nil {
			f.Fatal(err)
		}
		if len(changes) == 0 {
			return all
		}
		for _, c := range changes {
			if c.Seq <= f.at || c.Time.IsZero() {
				f.Fatalf("after %d came %+v", f.at, c)
			}
			f.at = c.Seq
			f.replay(c)
		}
		all = append(all, changes...)
	}
}

func (f *follower) replay(c directory.Change) {
	f.Helper()
	if _, known := f.ids[c.ID]; known == (c.Action == directory.Created) {
		f.Errorf("%+v is about somebody known: %t", c, known)
	}
	for _, id := range c.Removed {
		at := slices.Index(f.members[c.ID], id)
		if at < 0 {
			f.Fatalf("%+v removes who is not there", c)
		}
		f.members[c.ID] = slices.Delete(f.members[c.ID], at, at+1)
	}
	for _, id := range c.Added {
		if _, known := f.ids[id]; !known || slices.Contains(f.members[c.ID], id) {
			f.Errorf("%+v adds a stranger or a member", c)
		}
		f.members[c.ID] = append(f.members[c.ID], id)
	}
	f.ids[c.ID] = c.Kind
	if c.Action == directory.Deleted || c.Action == directory.Archived {
		delete(f.ids, c.ID)
		delete(f.members, c.ID)
	}
}

// agree compares what was replayed with what is there.
func (f *follower) agree() {
	f.Helper()
	ids := map[string]directory.Kind{}
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		for r, err := range f.store.List(context.Background(), f.tenant, directory.Query{Kind: kind}) {
			if err != nil {
				f.Fatal(err)
			}
			ids[r.ID] = kind
		}
	}
	if !maps.Equal(ids, f.ids) {
		f.Errorf("replayed %v, there are %v", f.ids, ids)
	}
	groups, err := f.store.MembersOf(context.Background(), f.tenant, slices.Collect(maps.Keys(ids))...)
	if err != nil {
		f.Fatal(err)
	}
	for id := range ids {
		var got []string
		for _, m := range groups[id] {
			got = append(got, m.ID)
		}
		if !slices.Equal(got, f.members[id]) {
			f.Errorf("group %s: replayed %d members %v, it has %d %v", id, len(f.members[id]), f.members[id], len(got), got)
		}
	}
}

// only reads on and wants exactly these changes, but for Seq and Time.
func (f *follower) only(want ...directory.Change) {
	f.Helper()
	got := f.read()
	for i := range got {
		got[i].Seq, got[i].Time = 0, time.Time{}
	}
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		f.Errorf("the feed has\n%+v\nwanted\n%+v", got, want)
	}
	f.agree()
}

func TestFeed(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		f := follow(t, s)
		f.only()
		about := func(r directory.Resource, action directory.ChangeAction, names ...string) directory.Change {
			return directory.Change{Kind: r.Kind, ID: r.ID, Action: action, Attributes: names}
		}
		update := func(r directory.Resource, change func(e directory.Edit, r *directory.Resource) error) {
			t.Helper()
			if _, err := s.Update(ctx, tenant, r.Kind, r.ID, change); err != nil {
				t.Fatal(err)
			}
		}
		ada, bob := create(t, s, user("ada")), create(t, s, user("bob"))
		staff := create(t, s, group("staff"), directory.Member{ID: bob.ID}, directory.Member{ID: ada.ID}, directory.Member{ID: bob.ID})
		made := about(staff, directory.Created)
		made.Added = []string{bob.ID, ada.ID}
		f.only(about(ada, directory.Created), about(bob, directory.Created), made)

		update(ada, func(_ directory.Edit, r *directory.Resource) error {
			r.Attributes["title"], r.ExternalID = "Countess", "x"
			r.Attributes["urn:x:y:User"] = map[string]any{"department": "Engines", "costCenter": "1"}
			delete(r.Attributes, "displayName")
			return nil
		})
		f.only(about(ada, directory.Changed, "displayName", "externalId", "title", "urn:x:y:User:costCenter", "urn:x:y:User:department"))
		update(ada, func(_ directory.Edit, r *directory.Resource) error {
			r.Active = false
			r.Attributes["active"] = false
			r.Attributes["urn:x:y:User"] = map[string]any{"costCenter": "1"}
			return nil
		})
		f.only(about(ada, directory.Deactivated, "active", "urn:x:y:User:department"))
		update(ada, func(_ directory.Edit, r *directory.Resource) error {
			r.Active = true
			r.Attributes["active"] = true
			delete(r.Attributes, "urn:x:y:User")
			return nil
		})
		f.only(about(ada, directory.Reactivated, "active", "urn:x:y:User:costCenter"))

		update(ada, func(directory.Edit, *directory.Resource) error { return nil })
		update(staff, func(e directory.Edit, _ *directory.Resource) error {
			return errors.Join(e.AddMembers(ctx, directory.Member{ID: ada.ID}), e.RemoveMembers(ctx, staff.ID, "nobody"))
		})
		refusal := errors.New("no")
		_, err := s.Update(ctx, tenant, directory.Group, staff.ID, func(e directory.Edit, r *directory.Resource) error {
			r.Name = "lost"
			return errors.Join(refusal, e.ClearMembers(ctx))
		})
		if !errors.Is(err, refusal) {
			t.Error(err)
		}
		if _, err := s.Create(ctx, tenant, group("x"), []directory.Member{{ID: ada.ID}, {ID: "nobody"}}); err == nil {
			t.Error("a group with nobody inside was stored")
		}
		if _, err := s.Create(ctx, tenant, user("ADA"), nil); err == nil {
			t.Error("a second ada was stored")
		}
		if err := s.Delete(ctx, tenant, directory.User, ada.ID, func(directory.Resource) error { return refusal }); err != refusal {
			t.Error(err)
		}
		f.only() // nothing of all that has happened

		moved := about(staff, directory.Changed, "displayName")
		moved.Removed, moved.Added = []string{bob.ID}, []string{bob.ID}
		update(staff, func(e directory.Edit, r *directory.Resource) error {
			r.Attributes["displayName"] = "Staff"
			return errors.Join(e.RemoveMembers(ctx, bob.ID), e.AddMembers(ctx, directory.Member{ID: bob.ID}, directory.Member{ID: staff.ID}), e.RemoveMembers(ctx, staff.ID))
		})
		f.only(moved) // bob is at the end now, and staff is not in itself
		outer := create(t, s, group("outer"), directory.Member{ID: staff.ID}, directory.Member{ID: ada.ID})
		f.read()
		leaves := func(g, member directory.Resource) directory.Change {
			c := about(g, directory.Changed)
			c.Removed = []string{member.ID}
			return c
		}
		if err := s.Delete(ctx, tenant, directory.User, ada.ID, nil); err != nil {
			t.Fatal(err)
		}
		f.only(leaves(staff, ada), leaves(outer, ada), about(ada, directory.Deleted))
		if err := s.Delete(ctx, tenant, directory.Group, staff.ID, nil); err != nil {
			t.Fatal(err)
		}
		f.only(leaves(outer, staff), about(staff, directory.Deleted)) // and not a word about bob
	})
}

// Many members make several changes of bounded size; one more makes one with one id.
func TestFeedOfLargeGroup(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		f := follow(t, s)
		var all []directory.Member
		for i := range 450 {
			all = append(all, directory.Member{ID: create(t, s, user(fmt.Sprint("u", i))).ID})
		}
		g := create(t, s, group("g"), all[:449]...)
		f.read()
		for _, step := range []struct {
			change func(e directory.Edit) error
			rows   int
		}{
			{func(e directory.Edit) error { return e.AddMembers(ctx, all...) }, 1},
			{func(e directory.Edit) error { return errors.Join(e.ClearMembers(ctx), e.AddMembers(ctx, all[:10]...)) }, 3},
			{func(e directory.Edit) error {
				return errors.Join(e.AddMembers(ctx, all...), e.RemoveMembers(ctx, all[0].ID), e.ClearMembers(ctx))
			}, 1},
		} {
			if _, err := s.Update(ctx, tenant, directory.Group, g.ID, func(e directory.Edit, _ *directory.Resource) error { return step.change(e) }); err != nil {
				t.Fatal(err)
			}
			rows := f.read()
			if len(rows) != step.rows {
				t.Errorf("%d rows, wanted %d", len(rows), step.rows)
			}
			for _, c := range rows {
				if len(c.Added)+len(c.Removed) > 200 {
					t.Errorf("a row has %d added and %d removed", len(c.Added), len(c.Removed))
				}
			}
			f.agree()
		}
	})
}

// The feed is read while writers run, with the conditions of real writers: adds, removes, deletes, renames and
// refusals, on several groups. What was replayed is what is there.
func TestFeedUnderWriters(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) { testFeedUnderWriters(t, s, s) })
	t.Run("replicas", func(t *testing.T) {
		source := postgres.Database(t)
		testFeedUnderWriters(t, open(t, source), open(t, source))
	})
}

func testFeedUnderWriters(t *testing.T, stores ...*sqlstore.Store) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	f := follow(t, stores[0])
	groups := []directory.Resource{create(t, stores[0], group("a")), create(t, stores[0], group("b"))}
	refusal := errors.New("no")
	var wg sync.WaitGroup
	for worker := range 4 {
		s := stores[worker%len(stores)]
		wg.Go(func() {
			for n := range 25 {
				u, err := s.Create(ctx, tenant, user(fmt.Sprint("u", worker, "-", n)), nil)
				if err != nil {
					t.Error(err)
					return
				}
				for i, g := range groups {
					_, err = s.Update(ctx, tenant, directory.Group, g.ID, func(e directory.Edit, r *directory.Resource) error {
						r.Attributes["note"] = fmt.Sprint(worker, n)
						err := e.AddMembers(ctx, directory.Member{ID: u.ID})
						if n%5 == 4 && i == 1 {
							return errors.Join(err, refusal)
						}
						return err
					})
					if err != nil && !errors.Is(err, refusal) {
						t.Error(err)
					}
				}
				if n%3 == 0 {
					if err := s.Delete(ctx, tenant, directory.User, u.ID, nil); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	written := make(chan struct{})
	go func() { wg.Wait(); close(written) }()
	for finished := false; !finished; {
		select {
		case <-written:
			finished = true
		default:
		}
		f.read()
	}
	f.agree()
}

func TestFeedIsOfItsTenant(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		if err := s.CreateTenant(ctx, directory.Tenant{ID: "other"}); err != nil {
			t.Fatal(err)
		}
		create(t, s, user("ada"))
		mine := follow(t, s)
		mine.read()
		stranger, err := s.Create(ctx, "other", user("ada"), nil)
		if err != nil {
			t.Fatal(err)
		}
		mine.only()
		theirs := follow(t, s)
		theirs.tenant = "other"
		theirs.only(directory.Change{Kind: directory.User, ID: stranger.ID, Action: directory.Created})
		newest, end, err := s.NewestChanges(ctx, tenant, 10)
		if err != nil || len(newest) != 1 || end != newest[0].Seq || end != mine.at {
			t.Errorf("%+v, %d, %v", newest, end, err)
		}
	})
}

func TestFeedForgets(t *testing.T) {
	const keep = 100
	test := func(t *testing.T, source string) {
		s, err := sqlstore.Open(context.Background(), source, sqlstore.KeepChanges(keep))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ctx := context.Background()
		for _, id := range []string{tenant, "quiet"} {
			if err := s.CreateTenant(ctx, directory.Tenant{ID: id}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Create(ctx, "quiet", user("q"), nil); err != nil {
			t.Fatal(err)
		}
		f := follow(t, s)
		create(t, s, user("first"))
		f.read()
		behind := f.at
		for i := range 3 * keep {
			create(t, s, user(fmt.Sprint("u", i)))
			f.read() // whoever keeps up misses nothing
		}
		f.agree()
		for _, after := range []int64{0, behind, f.at + 1, 1 << 60} {
			if got, err := s.Changes(ctx, tenant, after, 10); !errors.Is(err, directory.ErrChangesGone) {
				t.Errorf("after %d: %d changes, %v", after, len(got), err)
			}
		}
		kept, end, err := s.NewestChanges(ctx, tenant, 10*keep)
		if err != nil || len(kept) < keep || len(kept) > keep+keep/20 || end != f.at {
			t.Errorf("%d changes are kept, the last is %d, %v", len(kept), end, err)
		}
		if rest, err := s.Changes(ctx, tenant, kept[0].Seq, 10*keep); err != nil || len(rest) != len(kept)-1 {
			t.Errorf("after the oldest that is kept: %d, %v", len(rest), err)
		}
		if rest, err := s.Changes(ctx, tenant, kept[0].Seq-1, 10*keep); err != nil || len(rest) != len(kept) {
			t.Errorf("after the newest that is gone: %d, %v", len(rest), err)
		}
		if quiet, err := s.Changes(ctx, "quiet", 0, 10); err != nil || len(quiet) != 1 {
			t.Errorf("a tenant that is quiet has lost something: %d, %v", len(quiet), err)
		}
		if few, end, err := s.NewestChanges(ctx, tenant, 2); err != nil || len(few) != 2 || few[1].Seq != end || !strings.HasPrefix(string(few[0].Action), "created") {
			t.Errorf("the newest two: %+v, %v", few, err)
		}
	}
	t.Run("file", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "x.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, postgres.Database(t)) })
}

func TestAwaitChange(t *testing.T) {
	both(t, func(t *testing.T, s *sqlstore.Store) {
		ctx := context.Background()
		create(t, s, user("ada"))
		if err := s.AwaitChange(ctx, tenant, 0); err != nil {
			t.Fatal(err)
		}
		_, end, err := s.NewestChanges(ctx, tenant, 1)
		if err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		if err := s.AwaitChange(short, tenant, end); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nothing has happened: %v", err)
		}
		awaitFrom(t, s, s, end)
	})
	t.Run("replicas", func(t *testing.T) {
		source := postgres.Database(t)
		awaitFrom(t, open(t, source), open(t, source), 0)
	})
}

// awaitFrom lets several wait at one store for a change that another makes.
func awaitFrom(t *testing.T, waiting, writing *sqlstore.Store, after int64) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if err := waiting.AwaitChange(ctx, tenant, after); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(20 * time.Millisecond) // most of them wait by now; those that do not are right all the same
	create(t, writing, user("eve"))
	wg.Wait()
}
