package sqlstore

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"assay/reference/directory"
	"assay/reference/sqlstore/postgrestest"
)

// A sorted list must come from an index in its order: neither a page nor its continuation may sort.
func TestOrdersUseIndexes(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ordersUseIndexes(t, s, "EXPLAIN QUERY PLAN ", "USING INDEX resources_", "TEMP B-TREE", "SCAN")
	if plan := planOf(t, s, "EXPLAIN QUERY PLAN "+longTexts("name_key"), "acme7", directory.User); !strings.Contains(plan, "resources_name_long ") {
		t.Errorf("long names: %s", plan)
	}
	if plan := planOf(t, s, "EXPLAIN QUERY PLAN "+longTexts("external_id"), "acme7", directory.User); !strings.Contains(plan, "resources_external_long ") {
		t.Errorf("long external IDs: %s", plan)
	}
}

// PostgreSQL would rather sort where it expects a handful. It is told not to, unless there is no other way.
func TestOrdersUseIndexesOnPostgres(t *testing.T) {
	ctx := context.Background()
	source, err := postgrestest.New(t).Database(ctx)
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	settings := address.Query()
	for _, name := range []string{"enable_sort", "enable_incremental_sort", "enable_bitmapscan"} {
		settings.Set(name, "off")
	}
	address.RawQuery = settings.Encode()
	s, err := Open(ctx, address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fillPostgres(t, s, 10, 2000)
	ordersUseIndexes(t, s, "EXPLAIN ", "using resources_", "Sort", "Seq Scan")
	if plan := planOf(t, s, "EXPLAIN "+longTexts("name_key"), "acme7", directory.User); !strings.Contains(plan, "resources_name_long ") {
		t.Errorf("long names: %s", plan)
	}
	if plan := planOf(t, s, "EXPLAIN "+longTexts("external_id"), "acme7", directory.User); !strings.Contains(plan, "resources_external_long ") {
		t.Errorf("long external IDs: %s", plan)
	}
}

func ordersUseIndexes(t *testing.T, s *Store, explain, want string, unwanted ...string) {
	t.Helper()
	keys := map[directory.Field]any{
		directory.FieldID: "User7", directory.FieldExternalID: "7", directory.FieldName: "7",
		directory.FieldActive: true, directory.FieldCreated: int64(1000), directory.FieldModified: int64(1000),
	}
	for _, kind := range []directory.Kind{directory.User, directory.Group} {
		for field, key := range keys {
			for _, descending := range []bool{false, true} {
				order := &directory.Order{Field: field, Descending: descending}
				for _, from := range []*directory.Place{nil, {Key: key, Seq: 9}} {
					for _, reverse := range []bool{false, true} {
						q := directory.Query{Kind: kind, Order: order, From: from, Reverse: reverse}
						ordersWithout(t, s, q, explain, want, unwanted)
					}
				}
			}
		}
	}
}

func ordersWithout(t *testing.T, s *Store, q directory.Query, explain, want string, unwanted []string) {
	t.Helper()
	parts, err := segments(q)
	if err != nil || len(parts) == 0 {
		t.Fatal(parts, err)
	}
	for _, part := range parts {
		text, args, err := s.selection("acme7", q, part)
		if err != nil {
			t.Fatal(err)
		}
		plan := planOf(t, s, explain+text, append(args, 100, 0)...)
		bad := !strings.Contains(plan, want)
		for _, step := range unwanted {
			bad = bad || strings.Contains(plan, step)
		}
		if bad {
			t.Errorf("%s %+v from %v, reverse %v: %s\n%s", q.Kind, *q.Order, q.From, q.Reverse, text, plan)
		}
	}
}
