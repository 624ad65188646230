package reference_test

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"assay/reference"
	"assay/reference/sqlstore/postgrestest"
)

// fill makes users and returns how many.
func fill(t *testing.T, s *reference.Server, token string) int {
	t.Helper()
	const many = 7
	for i := range many {
		got := call(t, http.MethodPost, s.SCIM+"/Users", token, strings.Replace(ada, `"ada"`, fmt.Sprintf(`"ada%d"`, i), 1))
		if got.status != http.StatusCreated {
			t.Fatal(got.text)
		}
	}
	return many
}

// step reads one page of two users and returns their names and the next cursor.
func step(t *testing.T, s *reference.Server, token, cursor string) (names []string, next string) {
	t.Helper()
	got := call(t, http.MethodGet, s.SCIM+"/Users?count=2&cursor="+url.QueryEscape(cursor), token, "")
	if got.status != http.StatusOK {
		t.Fatalf("cursor %q: %d %s", cursor, got.status, got.text)
	}
	doc := got.json(t)
	for _, r := range doc["Resources"].([]any) {
		names = append(names, r.(map[string]any)["userName"].(string))
	}
	next, _ = doc["nextCursor"].(string)
	return names, next
}

// walk goes from one server to the next with each page, and wants everybody in order.
func walk(t *testing.T, many int, token string, server func(page int) *reference.Server) {
	t.Helper()
	var all []string
	for page, cursor := 0, ""; page == 0 || cursor != ""; page++ {
		var names []string
		names, cursor = step(t, server(page), token, cursor)
		all = append(all, names...)
	}
	var want []string
	for i := range many {
		want = append(want, fmt.Sprint("ada", i))
	}
	if fmt.Sprint(all) != fmt.Sprint(want) {
		t.Errorf("walked %v", all)
	}
}

// Replicas on one database go on with each other's walks.
func TestReplicasShareCursors(t *testing.T) {
	server := postgrestest.New(t)
	source, err := server.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	options := reference.Options{Data: source, Keyset: filepath.Join(t.TempDir(), "keyset.json")}
	replicas := []*reference.Server{start(t, options), start(t, options)}
	many := fill(t, replicas[0], replicas[0].Token)
	walk(t, many, replicas[0].Token, func(page int) *reference.Server { return replicas[page%2] })
}

// A walk outlives the process, on a file. With another keyset the server does not start, and says why.
func TestRestartKeepsCursors(t *testing.T) {
	dir := t.TempDir()
	options := reference.Options{Data: filepath.Join(dir, "x.db")}
	s, err := reference.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	token := s.Token
	walk(t, fill(t, s, token), token, func(page int) *reference.Server {
		if page == 0 {
			return s
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s, err = reference.Start(t.Context(), options); err != nil {
			t.Fatal(err)
		}
		return s
	})
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	options.Keyset = filepath.Join(dir, "other.json")
	_, err = reference.Start(t.Context(), options)
	if err == nil || !strings.Contains(err.Error(), "another key-encryption key than the keyset "+options.Keyset) {
		t.Errorf("with another keyset: %v", err)
	}
}
