package scim

import (
	"context"
	"slices"
	"testing"

	"assay/reference/scim/filter"
)

// FuzzWhere asks of any filter that the store selects with it what Match does: exactly that where the
// translation says that it is exact, and no less elsewhere.
func FuzzWhere(f *testing.F) {
	w := newWorld(f, "", 9)
	docs := w.populate(f, 30)
	for range 20 {
		f.Add(w.expression(docs, 2, false))
	}
	f.Add(`not (emails[type eq "work" and not (value pr)]) or ` + testURN + `:level gt 9007199254740992.5`)
	f.Add("userName co \"\x00\" or title ew \"\u212a\" or profileUrl sw \"HTTPS\"")
	ctx := context.Background()
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := filter.Parse(text, w.users.Type)
		if err != nil {
			return
		}
		var want, got []string
		for _, doc := range docs {
			if parsed.Match(doc) {
				want = append(want, doc["id"].(string))
			}
		}
		q, exact := w.users.query(parsed)
		for r, err := range w.store.List(ctx, "acme", q) {
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			got = append(got, r.ID)
		}
		missed := slices.ContainsFunc(want, func(id string) bool { return !slices.Contains(got, id) })
		if n, err := w.store.Count(ctx, "acme", q); err != nil || n != len(got) || missed || exact && len(got) != len(want) {
			t.Fatalf("%s\nexact: %v, matching %v, selected %v, counted %d, %v\n%+v", text, exact, want, got, n, err, q.Where)
		}
	})
}
