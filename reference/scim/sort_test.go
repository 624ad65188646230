package scim

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"assay/reference/directory"
)

// anybody lets everyone in.
type anybody struct{}

func (anybody) Verify(context.Context, string) (directory.Token, error) {
	return directory.Token{ID: "t1", Tenant: "acme"}, nil
}

// GAP-085, GAP-087: numbers are sorted by value, times as moments, whatever their text; what has no value
// comes last ascending and first descending.
func TestSortOfTypesThatNoStandardSchemaHas(t *testing.T) {
	w := newWorld(t, "", 1)
	w.verify = anybody{}
	for name, attributes := range map[string]map[string]any{
		"a": {"level": json.Number("10"), "ratio": json.Number("1.5"), "since": "2020-01-01T01:00:00+02:00", "flag": true},
		"b": {"level": json.Number("9"), "ratio": json.Number("-2.5"), "since": "2020-01-01T00:00:00Z", "flag": false},
		"c": {"level": json.Number("-1"), "ratio": json.Number("1.25"), "since": "2019-12-31T22:00:00.5-02:00", "flag": true},
		"d": {},
	} {
		r := directory.Resource{Kind: directory.User, Name: name, Active: true, Attributes: map[string]any{"userName": name}}
		if len(attributes) > 0 {
			r.Attributes[testURN] = attributes
		}
		if _, err := w.store.Create(t.Context(), "acme", r, nil); err != nil {
			t.Fatal(err)
		}
	}
	for by, want := range map[string]string{"level": "c b a d", "ratio": "b c a d", "since": "a b c d"} {
		for order, want := range map[string]string{"ascending": want, "descending": reversed(want)} {
			if got := w.sorted(t, testURN+":"+by, order); got != want {
				t.Errorf("%s %s: %q, wanted %q", by, order, got, want)
			}
		}
	}
	if got := w.sorted(t, testURN+":flag", "ascending"); !strings.HasPrefix(got, "b ") || !strings.HasSuffix(got, " d") {
		t.Errorf("flag: %q", got)
	}
}

func reversed(words string) string {
	list := strings.Fields(words)
	slices.Reverse(list)
	return strings.Join(list, " ")
}

// sorted are the names of all users in an order.
func (w *world) sorted(t *testing.T, by, order string) string {
	t.Helper()
	r := httptest.NewRequest("GET", "/Users?"+url.Values{"sortBy": {by}, "sortOrder": {order}}.Encode(), nil)
	r.Header.Set("Authorization", "Bearer x")
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	var list struct{ Resources []struct{ UserName string } }
	if err := json.Unmarshal(rec.Body.Bytes(), &list); err != nil || rec.Code != 200 {
		t.Fatalf("%s: %d %s", by, rec.Code, rec.Body)
	}
	var names []string
	for _, user := range list.Resources {
		names = append(names, user.UserName)
	}
	return strings.Join(names, " ")
}
