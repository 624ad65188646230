package directory

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"assay/fakeidp/control"
)

// nested is a directory with the groups A > B > C, where A holds C directly too.
func nested(t *testing.T) *Directory {
	t.Helper()
	d := New()
	for _, login := range []string{"ada", "bob", "eve"} {
		if _, err := d.CreatePerson(control.Person{ID: login, Login: login, Email: login}); err != nil {
			t.Fatal(err)
		}
	}
	for _, g := range []control.Group{
		{ID: "c", Name: "C", Members: []string{"eve"}},
		{ID: "b", Name: "B", Members: []string{"bob", "ada"}, Groups: []string{"c"}},
		{ID: "a", Name: "A", Members: []string{"ada"}, Groups: []string{"B", "b", "c"}},
	} {
		if _, err := d.CreateGroup(g); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func TestGroupsInsideGroups(t *testing.T) {
	d := nested(t)
	if got, _ := d.Group("a"); !slices.Equal(got.Groups, []string{"b", "c"}) {
		t.Errorf("groups inside A: %v", got.Groups)
	}
	if got := d.AllMembers("a"); !slices.Equal(got, []string{"ada", "bob", "eve"}) {
		t.Errorf("all members of A: %v", got)
	}
	if err := d.DeleteGroup("c"); err != nil {
		t.Fatal(err)
	}
	if got, _ := d.Group("a"); !slices.Equal(got.Groups, []string{"b"}) {
		t.Errorf("groups inside A, when C is gone: %v", got.Groups)
	}
	if got := d.AllMembers("nothing"); len(got) != 0 {
		t.Errorf("all members of no group: %v", got)
	}
}

func TestNoGroupIsInsideItself(t *testing.T) {
	for _, test := range []struct{ id, name, inner, want string }{
		{"a", "A", "a", "A\" cannot be inside itself"},
		{"a", "New", "new", "cannot be inside itself"},
		{"c", "C", "B", "(C > B > C)"},
		{"c", "C", "a", "(C > A > B > C)"},
		{"b", "B", "nothing", "\"nothing\" is the id or name of no group"},
	} {
		_, err := nested(t).UpdateGroup(control.Group{ID: test.id, Name: test.name, Groups: []string{test.inner}})
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s in %s: %v, want %s", test.inner, test.name, err, test.want)
		}
	}
}
