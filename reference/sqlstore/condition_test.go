package sqlstore

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"assay/reference/directory"
)

// A condition that cannot be compiled is refused by List and Count, and nothing of it is run.
func TestConditionsRefused(t *testing.T) {
	s, err := Open(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	some := directory.Some{At: []string{"emails"}}
	for name, where := range map[string]directory.Condition{
		"nothing in All":     directory.All{nil},
		"a quotation mark":   directory.Present{At: []string{`a"`}},
		"an apostrophe":      directory.ValueTest{At: []string{`a' OR '1'='1`}, Op: directory.Equal, Value: "x"},
		"a placeholder":      directory.Some{At: []string{"a?"}},
		"an empty key":       directory.Present{At: []string{""}},
		"a nested Some":      directory.Some{At: []string{"a"}, Where: some},
		"an unknown field":   directory.FieldTest{Field: "seq", Op: directory.Equal, Value: "x"},
		"a number for name":  directory.FieldTest{Field: directory.FieldName, Op: directory.Equal, Value: 1},
		"active less":        directory.FieldTest{Field: directory.FieldActive, Op: directory.Less, Value: true},
		"created contains":   directory.FieldTest{Field: directory.FieldCreated, Op: directory.Contains, Value: time.Now()},
		"a text for created": directory.FieldTest{Field: directory.FieldCreated, Op: directory.Equal, Value: "2020"},
	} {
		q := directory.Query{Kind: directory.User, Where: where}
		if _, err := s.Count(context.Background(), "acme", q); err == nil {
			t.Errorf("%s: counted", name)
		}
		for r, err := range s.List(context.Background(), "acme", q) {
			if err == nil {
				t.Errorf("%s: listed %v", name, r)
			}
		}
	}
}

// Conditions on fields go through indexes, alone and beside others.
func TestConditionsUseIndexes(t *testing.T) {
	s, err := Open(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	is := func(f directory.Field, value any) directory.Condition {
		return directory.FieldTest{Field: f, Op: directory.Equal, Value: value}
	}
	title := directory.ValueTest{At: []string{"title"}, Op: directory.Equal, Value: "x", Fold: true}
	for _, try := range []struct {
		kind  directory.Kind
		where directory.Condition
		want  string
	}{
		{directory.User, is(directory.FieldID, "x"), "resources_id (tenant=? AND id=?)"},
		{directory.User, is(directory.FieldName, "x"), "name_key=?"},
		{directory.Group, is(directory.FieldName, "x"), "resources_name (tenant=? AND kind=? AND name_key=?"},
		{directory.User, is(directory.FieldEmail, "x"), "resources_email (tenant=? AND kind=? AND email_key=?"},
		{directory.User, is(directory.FieldExternalID, "x"), "resources_external (tenant=? AND kind=? AND external_id=?"},
		{directory.User, is(directory.FieldActive, false), "resources_active (tenant=? AND kind=? AND active=? AND rowid>?"},
		{directory.User, is(directory.FieldCreated, time.Now()), "resources_created (tenant=? AND kind=? AND created=?"},
		{directory.User, is(directory.FieldModified, time.Now()), "resources_modified (tenant=? AND kind=? AND modified=?"},
		{directory.User, directory.All{title, is(directory.FieldName, "x")}, "name_key=?"},
		{directory.User, directory.Any{is(directory.FieldName, "x"), is(directory.FieldName, "y")}, "name_key=?"},
		{directory.Group, directory.Linked{ID: "x"}, "resources_lower_id (tenant=? AND <expr>=?)"},
	} {
		where, args, err := s.conditions("acme", directory.Query{Kind: try.kind, Where: try.where, After: 1})
		if err != nil {
			t.Fatal(err)
		}
		if selective(try.where) {
			where += ` ORDER BY +seq`
		} else {
			where += ` ORDER BY seq`
		}
		if plan := foundAlike(explain(t, s, where, args)); !strings.Contains(plan, try.want) {
			t.Errorf("%+v: %s, wanted %s", try.where, plan, try.want)
		}
	}
}

func explain(t *testing.T, s *Store, where string, args []any) string {
	t.Helper()
	rows, err := s.read.QueryContext(context.Background(), `EXPLAIN QUERY PLAN SELECT `+columns+` FROM resources WHERE `+where+` LIMIT 9`, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "; ")
}

// Clients write conditions: the statements that are kept for them are limited.
func TestStatementsAreLimited(t *testing.T) {
	s, err := Open(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range maxPrepared + 50 {
		key := "a" + strings.Repeat("b", i)
		if _, err := s.Count(context.Background(), "acme", directory.Query{Where: directory.Present{At: []string{key}}}); err != nil {
			t.Fatal(err)
		}
	}
	own, err := s.dbs[0].Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	err = own.Raw(func(c any) error {
		if n := len(c.(*preparedConn).kept); n != maxPrepared {
			return fmt.Errorf("%d statements are kept", n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
