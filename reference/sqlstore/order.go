package sqlstore

import (
	"context"
	"fmt"
	"slices"

	"assay/reference/directory"
)

// segment is a part of a list that comes from an index in its order: resources with one value in the column, in
// the order of creation, or those with all values, in the order of the values. A list is cut into such where the
// order of its index would not do: what has no value is not first, and equal values descend as they ascend.
type segment struct {
	where string // what a resource of the segment has beyond the conditions of the query, if anything
	args  []any
	by    string
}

// sorting is an order in the words of the tables.
type sorting struct {
	directory.Query
	column string
	unique bool // no two resources of the kind have the same value
}

// newSorting knows which columns have an order, and an index for it.
func newSorting(q directory.Query) (sorting, error) {
	s := sorting{Query: q}
	switch q.Order.Field {
	case directory.FieldID:
		s.column, s.unique = "id", true
	case directory.FieldExternalID:
		s.column = "external_id"
	case directory.FieldName:
		s.column, s.unique = "name_key", q.Kind == directory.User
	case directory.FieldActive:
		s.column = "active"
	case directory.FieldCreated:
		s.column = "created"
	case directory.FieldModified:
		s.column = "modified"
	default:
		return sorting{}, fmt.Errorf("lists cannot be ordered by %q", q.Order.Field)
	}
	return s, nil
}

// segments are those of a list, behind the place where it begins.
func segments(q directory.Query) ([]segment, error) {
	if q.Order == nil {
		return []segment{{by: inSeq(q.Reverse)}}, nil
	}
	s, err := newSorting(q)
	if err != nil {
		return nil, err
	}
	values := s.values()
	if q.From == nil {
		return s.whole(values), nil
	}
	key, err := s.key()
	if err != nil {
		return nil, err
	}
	if at := slices.Index(values, key); at >= 0 {
		return append([]segment{s.rest(key)}, s.whole(values[at+1:])...), nil
	}
	if key != nil {
		at := slices.Index(values, any(spread{}))
		return append([]segment{s.rest(key), s.beyond(key)}, s.whole(values[at+1:])...), nil
	}
	if s.down() { // what has no value precedes all
		return s.whole(values), nil
	}
	return nil, nil
}

func (s sorting) whole(values []any) []segment {
	list := make([]segment, len(values))
	for i, value := range values {
		list[i] = s.segment(value)
	}
	return list
}

// spread stands for the values that are not fixed ones.
type spread struct{}

// values are what the segments of the whole list have in the column, in the order of the list.
func (s sorting) values() []any {
	list := []any{spread{}}
	switch s.Order.Field {
	case directory.FieldActive:
		list = []any{false, true}
	case directory.FieldExternalID:
		list = []any{spread{}, ""}
	}
	if s.down() {
		slices.Reverse(list)
	}
	return list
}

// down tells whether the values of the list descend.
func (s sorting) down() bool { return s.Order.Descending != s.Reverse }

func (s sorting) segment(value any) segment {
	if value == any(spread{}) {
		return segment{where: s.spread(), by: s.byValue()}
	}
	return segment{where: " AND " + s.column + " = ?", args: []any{value}, by: inSeq(s.Reverse)}
}

// spread says in the words of a partial index what it is that such a segment has.
func (s sorting) spread() string {
	switch {
	case s.Order.Field == directory.FieldExternalID:
		return ` AND external_id > ''`
	case s.Order.Field == directory.FieldName && s.Kind == directory.Group:
		return ` AND kind = 'Group'`
	}
	return ""
}

// rest is what comes behind the place with the same value.
func (s sorting) rest(key any) segment {
	g := s.segment(key)
	comparison := " AND seq > ?"
	if s.Reverse {
		comparison = " AND seq < ?"
	}
	g.where, g.args = g.where+comparison, append(g.args, s.From.Seq)
	if s.unique {
		g.by = s.byValue() // of one
	}
	return g
}

// beyond is what comes behind the place with other values.
func (s sorting) beyond(key any) segment {
	comparison := " > ?"
	if s.down() {
		comparison = " < ?"
	}
	return segment{where: s.spread() + " AND " + s.column + comparison, args: []any{key}, by: s.byValue()}
}

func (s sorting) byValue() string {
	by := s.column
	if s.down() {
		by += " DESC"
	}
	if s.unique {
		return by // the index of the ascending order can be read from its end too
	}
	return by + ", " + inSeq(s.Reverse)
}

func inSeq(reverse bool) string {
	if reverse {
		return "seq DESC"
	}
	return "seq"
}

// key is the value that the column has at the place where the list begins; nil where no row has what the place has.
func (s sorting) key() (any, error) {
	key, ok := s.From.Key, false
	if key == nil {
		if s.Order.Field == directory.FieldExternalID {
			return "", nil
		}
		return nil, nil
	}
	switch s.Order.Field {
	case directory.FieldActive:
		_, ok = key.(bool)
	case directory.FieldCreated, directory.FieldModified:
		_, ok = key.(int64)
	default:
		_, ok = key.(string)
	}
	if !ok {
		return nil, fmt.Errorf("a list by %s cannot begin at a %T", s.Order.Field, key)
	}
	return key, nil
}

// behind is what is left of a query after a resource.
func behind(q directory.Query, r directory.Resource) directory.Query {
	switch {
	case q.Order != nil:
		q.From = &directory.Place{Key: q.Order.Key(r), Seq: r.Seq}
	case q.Reverse:
		q.Before = r.Seq
	default:
		q.After = r.Seq
	}
	return q
}

// Orders implements directory.Resources. It says no for a condition that holds for so few that they are found
// first and sorted then, and where there is a longer text than the order looks at: the indexes have all of it.
func (s *Store) Orders(ctx context.Context, tenant string, q directory.Query) (bool, error) {
	order, err := newSorting(q)
	if err != nil {
		return false, err
	}
	if selective(q.Where) {
		return false, nil
	}
	if q.Order.Field != directory.FieldName && q.Order.Field != directory.FieldExternalID {
		return true, nil // IDs are short: the store makes them
	}
	var long bool
	err = s.read.QueryRowContext(ctx, longTexts(order.column), tenant, q.Kind).Scan(&long)
	if err != nil {
		return false, fmt.Errorf("look for long texts: %w", err)
	}
	return !long, nil
}

// longTexts asks for the longest in the words of a partial index, which has hardly a row.
func longTexts(column string) string {
	return fmt.Sprintf(`SELECT coalesce(max(octet_length(%[1]s)), 0) > %[2]d FROM resources WHERE tenant = ? AND kind = ? AND octet_length(%[1]s) > %[2]d`,
		column, directory.MaxOrdered)
}
