package sqlstore

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"assay/reference/directory"
	"assay/reference/sqlstore/postgrestest"
)

func TestRewrite(t *testing.T) {
	for query, want := range map[string]string{
		"":                          "",
		"a = ? AND b = ?":           "a = $1 AND b = $2",
		"a -> 'x?''y?' = ? OR '' ?": "a -> 'x?''y?' = $1 OR '' $2",
	} {
		if got := (postgresDialect{}).rewrite(query); got != want {
			t.Errorf("%q became %q, wanted %q", query, got, want)
		}
	}
}

// On PostgreSQL, too, every lookup must go through an index. Its planner wants to know how much there is.
func TestLookupsUseIndexesOnPostgres(t *testing.T) {
	ctx := context.Background()
	source, err := postgrestest.New(t).Database(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, source)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fillPostgres(t, s, 300, 20)
	for want, q := range map[string]directory.Query{
		"resources_list":     {Kind: directory.User},
		"resources_id":       {Kind: directory.User, ID: "x"},
		"resources_name":     {Kind: directory.Group, Name: "x"},
		"resources_email":    {Kind: directory.User, Email: "x"},
		"resources_external": {Kind: directory.User, ExternalID: "x"},
	} {
		q.After = 1
		if got := foundAlike(planOnPostgres(t, s, q)); !strings.Contains(got, " "+want+" ") {
			t.Errorf("%+v: %s, wanted index %s", q, got, want)
		}
	}
	got := planOnPostgres(t, s, directory.Query{Kind: directory.User, Name: "x"})
	if !strings.Contains(got, " resources_user_name ") && !strings.Contains(got, " resources_name ") {
		t.Errorf("lookup by userName: %s", got)
	}
}

// fillPostgres makes tenants with so many users and as many groups in each.
func fillPostgres(t *testing.T, s *Store, tenants, each int) {
	t.Helper()
	err := s.write.do(context.Background(), func(ctx context.Context, conn conn) error {
		for _, statement := range []string{
			fmt.Sprintf(`INSERT INTO tenants (id, name, created) SELECT 'acme' || n, '', 0 FROM generate_series(1, %d) n`, tenants),
			fmt.Sprintf(`INSERT INTO resources (tenant, kind, id, external_id, name, name_key, email, email_key, display, active, attributes, created, modified, version)
			SELECT tenants.id, k, k || n, n, n, n, n, n, n, n %% 2 = 0, '{}', n, n, 1
			FROM generate_series(1, %d) n, tenants, (VALUES ('User'), ('Group')) kinds (k)`, each),
			`ANALYZE resources`,
		} {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func planOnPostgres(t *testing.T, s *Store, q directory.Query) string {
	t.Helper()
	where, args, err := s.conditions("acme7", q)
	if err != nil {
		t.Fatal(err)
	}
	return planOf(t, s, `EXPLAIN SELECT `+columns+` FROM resources WHERE `+where+` ORDER BY seq LIMIT 9`, args...)
}

// planOf joins the lines of a plan, of which the last column is for reading.
func planOf(t *testing.T, s *Store, explain string, args ...any) string {
	t.Helper()
	rows, err := s.read.QueryContext(context.Background(), explain, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	line := make([]any, len(names))
	for i := range line {
		line[i] = new(any)
	}
	var plan []string
	for rows.Next() {
		if err := rows.Scan(line...); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, fmt.Sprint(*line[len(line)-1].(*any)))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "; ")
}
