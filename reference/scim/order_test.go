package scim

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"assay/reference/directory"
	"assay/reference/scim/filter"
	"assay/reference/scim/schema"
	"assay/reference/sqlstore/postgrestest"
)

// What the store folds and what a sort key folds is the same, for names other than userName too.
func TestKeysFoldAlike(t *testing.T) {
	for r := range unicode.MaxRune + 1 {
		if text := string(r); schema.Fold(text) != directory.FoldKey(text) {
			t.Errorf("%U: %q and %q", r, schema.Fold(text), directory.FoldKey(text))
		}
	}
}

// TestStoreOrdersAsKeysDo generates resources: whatever page is asked for, of a list that the store has put in order
// it is the same as of one that is sorted by the keys of its documents.
func TestStoreOrdersAsKeysDo(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		ordered(t, "sqlite", filepath.Join(t.TempDir(), "x.db"), 11)
	})
	t.Run("postgres", func(t *testing.T) {
		var server postgrestest.Shared
		t.Cleanup(func() {
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
		})
		ordered(t, "pgx", server.Database(t), 12)
	})
}

func ordered(t *testing.T, driver, source string, seed uint64) {
	w := newWorld(t, source, seed)
	w.populate(t, 140)
	for range 40 {
		w.group(t, w.text())
	}
	meet(t, driver, source)
	fields := map[*kind][]string{
		w.users:         {"userName", "externalId", "id", "meta.created", "meta.lastModified", "active"},
		w.server.groups: {"displayName", "externalId", "id", "meta.created", "meta.lastModified"},
		nil:             {"userName", "displayName", "externalId", "id", "meta.created", "meta.lastModified", "active"},
	}
	for k, names := range fields {
		for _, name := range names {
			w.pages(t, k, name, true)
		}
	}
	// Two names that differ where the order does not look any more: now it is not that of the index.
	for _, end := range []string{"b", "a"} {
		w.group(t, strings.Repeat("n", directory.MaxOrdered)+end)
	}
	w.pages(t, w.server.groups, "displayName", false)
	w.pages(t, w.server.groups, "externalId", true)
	w.pages(t, w.users, "userName", true)
}

func (w *world) group(t *testing.T, name string) {
	t.Helper()
	doc := map[string]any{"displayName": name}
	w.maybe(doc, "externalId", w.text())
	r := directory.Resource{Kind: directory.Group, Active: true}
	w.server.groups.fill(&r, doc)
	if _, err := w.store.Create(context.Background(), "acme", r, nil); err != nil && !strings.Contains(name, "\x00") && !strings.Contains(r.ExternalID, "\x00") {
		t.Fatal(err)
	}
}

// meet gives many resources the same times.
func meet(t *testing.T, driver, source string) {
	t.Helper()
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE resources SET created = 1577836800000000000 + seq * 31 % 7 * 1000, modified = 1577836800000000000 - seq % 5 * 1000000`); err != nil {
		t.Fatal(err)
	}
}

// pages compares pages of a list that is sorted by an attribute with what its documents say; a nil kind is all.
func (w *world) pages(t *testing.T, k *kind, by string, indexed bool) {
	t.Helper()
	for _, text := range []string{"", `meta.created ge "2020-01-01T00:00:00.000002Z"`, `externalId ne "\u00e9x" and displayName ne "\u00e9y"`} {
		directions := []bool{false, true}
		if text != "" {
			directions = []bool{w.random.IntN(2) == 0}
		}
		for _, descending := range directions {
			name := fmt.Sprintf("%s by %s, descending %v, filter %s", kindName(k), by, descending, text)
			p := listParams{filter: text, sortBy: by, descending: descending, start: 1, counted: true}
			want := w.documentsInOrder(t, k, p)
			if text == "" && k != nil {
				w.stored(t, name, k, p, want, indexed)
			}
			for range 2 {
				p.start, p.count = 1+w.random.IntN(len(want)+2), 1+w.random.IntN(len(want)+2)
				page := w.page(t, k, p)
				from := min(p.start-1, len(want))
				if to := min(from+p.count, len(want)); !slices.Equal(page.ids, want[from:to]) || page.TotalResults != len(want) {
					t.Errorf("%s, %d from %d of %d: %v, wanted %v", name, p.count, p.start, page.TotalResults, page.ids, want[from:to])
				}
			}
			p.start = 1
			for _, p.count = range []int{len(want)/5 + w.random.IntN(20), len(want)/2 + w.random.IntN(len(want))} {
				w.walkThere(t, name, k, p, want)
			}
		}
	}
}

func kindName(k *kind) string {
	if k == nil {
		return "all"
	}
	return k.Name
}

// documentsInOrder are the ids of what matches, by the keys that the documents have.
func (w *world) documentsInOrder(t *testing.T, k *kind, p listParams) []string {
	t.Helper()
	kinds := []*kind{k}
	if k == nil {
		kinds = w.kinds()
	}
	var list []keyed
	for _, k := range kinds {
		o, err := newOrder(k, p.sortBy, p.descending)
		if err != nil && len(kinds) == 1 {
			t.Fatal(err)
		}
		var f *filter.Filter
		if p.filter != "" {
			if f, err = filter.ParseAcross(p.filter, k.Type); err != nil {
				t.Fatal(err)
			}
		}
		for r, err := range w.store.List(context.Background(), "acme", directory.Query{Kind: k.Kind}) {
			if err != nil {
				t.Fatal(err)
			}
			doc, entry := w.server.document(k, r, nil), keyed{Resource: r}
			if f != nil && !f.Match(doc) {
				continue
			}
			if o != nil {
				entry.key = o.key(doc)
			}
			list = append(list, entry)
		}
	}
	slices.SortFunc(list, (&order{descending: p.descending}).compare)
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	return ids
}

// stored compares what the store gives from one end or the other, and whether it is asked at all.
func (w *world) stored(t *testing.T, name string, k *kind, p listParams, want []string, indexed bool) {
	t.Helper()
	l, err := w.listing(w.exchange(k), p)
	if err != nil || l.query.Order != nil != indexed {
		t.Fatalf("%s: the store orders: %v, %v", name, l.query.Order != nil, err)
	}
	if !indexed {
		return
	}
	for _, l.query.Reverse = range []bool{false, true} {
		for _, l.query.Offset = range []int{0, 1 + w.random.IntN(len(want)-1), len(want)} {
			var got []string
			for r, err := range w.store.List(context.Background(), "acme", l.query) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, r.ID)
			}
			if !slices.Equal(got, want[l.query.Offset:]) {
				t.Errorf("%s, reverse %v from %d: %v, wanted %v", name, l.query.Reverse, l.query.Offset, got, want[l.query.Offset:])
			}
		}
		want = slices.Clone(want)
		slices.Reverse(want)
	}
}

// walkThere walks by cursor to the end and back.
func (w *world) walkThere(t *testing.T, name string, k *kind, p listParams, want []string) {
	t.Helper()
	cursor := ""
	var page pageRead
	for from := 0; from == 0 || cursor != ""; from += p.count {
		p.cursor = &cursor
		page = w.page(t, k, p)
		if to := min(from+p.count, len(want)); !slices.Equal(page.ids, want[min(from, to):to]) {
			t.Fatalf("%s, walk by %d at %d: %v, wanted %v", name, p.count, from, page.ids, want[min(from, to):to])
		}
		cursor = page.NextCursor
	}
	to := len(want) - cmp.Or(len(want)%p.count, p.count)
	for cursor = page.PreviousCursor; cursor != ""; cursor = page.PreviousCursor {
		page = w.page(t, k, p)
		if !slices.Equal(page.ids, want[to-p.count:to]) {
			t.Fatalf("%s, back by %d to %d: %v, wanted %v", name, p.count, to, page.ids, want[to-p.count:to])
		}
		to -= p.count
	}
	if to != 0 {
		t.Errorf("%s: the way back ended at %d", name, to)
	}
}

func (w *world) exchange(k *kind) *exchange {
	return &exchange{request: httptest.NewRequest("GET", "/", nil), token: directory.Token{ID: "t1", Tenant: "acme"}, kind: k}
}

// pageRead is what a client sees of a page.
type pageRead struct {
	listResponse
	ids []string
}

func (w *world) page(t *testing.T, k *kind, p listParams) (read pageRead) {
	t.Helper()
	ask := w.server.page
	if k == nil {
		ask = w.pageAll
	}
	got, err := ask(w.exchange(k), p)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got.body, &read.listResponse); err != nil {
		t.Fatal(err)
	}
	for _, doc := range read.Resources {
		id, _ := doc.(map[string]any)["id"].(string)
		read.ids = append(read.ids, id)
	}
	return read
}
