package sqlstore

import (
	"context"
	"strings"
	"testing"

	"assay/reference/directory"
)

// Every lookup must go through its index: a scan of the table would pass all other tests.
func TestLookupsUseIndexes(t *testing.T) {
	s, err := Open(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for want, q := range map[string]directory.Query{
		"resources_list":      {Kind: directory.User},
		"resources_id":        {Kind: directory.User, ID: "x"},
		"resources_user_name": {Kind: directory.User, Name: "x"},
		"resources_name":      {Kind: directory.Group, Name: "x"},
		"resources_email":     {Kind: directory.User, Email: "x"},
		"resources_external":  {Kind: directory.User, ExternalID: "x"},
	} {
		q.After = 1
		where, args, err := s.conditions("acme", q)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := s.read.QueryContext(context.Background(), `EXPLAIN QUERY PLAN SELECT `+columns+` FROM resources WHERE `+where+` ORDER BY seq LIMIT 9`, args...)
		if err != nil {
			t.Fatal(err)
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, detail)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		if got := foundAlike(strings.Join(plan, "; ")); !strings.Contains(got, "USING INDEX "+want+" ") {
			t.Errorf("%+v: %s, wanted index %s", q, got, want)
		}
	}
}

// foundAlike calls the indexes that are there for an order by the names of those that find the same as fast.
func foundAlike(plan string) string {
	return strings.NewReplacer("_down ", " ", "resources_ordered_id ", "resources_id ").Replace(plan)
}
