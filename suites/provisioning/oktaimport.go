package provisioning

import (
	"fmt"
	"slices"

	"assay/fakeidp/control"
	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

// pageSize is by how much Okta's import advances startIndex, whatever the target returned.
const pageSize = 100

// oktaImport tells the story of an import: Okta pages through all users and groups of the target.
func oktaImport(s *check.Suite) {
	s.Scenario("okta import", func() {
		a := &app{persona: "okta-oin"}
		var made []string
		var imported control.Import
		spec := func(behaviour, title string, more ...target.Capability) check.Spec {
			return check.Spec{
				ID: "okta.import." + behaviour, Title: title, Level: check.Must, Needs: needs(more...),
				Hurts: check.Hurts("okta"), Refs: check.Refs(check.Okta("Retrieve Users")),
			}
		}
		s.It(spec("users", "an import over more than one page finds every user"), func(t *check.T) {
			a.open(t)
			made = fillPages(t)
			var err error
			imported, err = t.IdP().Import(t.Context(), a.app.ID)
			a.do(t, err)
			record(t, imported.Steps)
			t.ExpectThat("the import", imported.Steps).To(succeed())
			missing := without(made, ids(imported.Users))
			t.ExpectThat("the users of this run that the import missed", missing).To(check.Be([]string{}))
		})
		s.It(spec("each-user-once", "no user comes twice in an import"), func(t *check.T) {
			requireImport(t, imported)
			found := ids(imported.Users)
			slices.Sort(found)
			t.ExpectThat("users beyond the distinct ones", len(found)-len(slices.Compact(slices.Clone(found)))).To(check.Be(0))
		})
		s.It(spec("counters", "totalResults, startIndex and itemsPerPage are integers on every page"), func(t *check.T) {
			requireImport(t, imported)
			page := t.Get("/Users?startIndex=101&count=100")
			for _, counter := range []string{"/totalResults", "/startIndex", "/itemsPerPage"} {
				t.Expect(page).To(check.HaveJSON(counter, aNumber()))
			}
			t.Expect(page).To(check.HaveJSON("/startIndex", pageSize+1))
		})
		s.It(spec("groups", "an import finds every group", target.Groups), func(t *check.T) {
			group := t.CreateGroup()
			again, err := t.IdP().Import(t.Context(), a.app.ID)
			a.do(t, err)
			record(t, again.Steps)
			t.ExpectThat("the groups that the import found", ids(again.Groups)).To(check.Satisfy(
				"the group "+group.ID, func(found any) bool { return slices.Contains(found.([]string), group.ID) }))
		})
	})
}

// requireImport ends the check as not-run when the import of the story did not take place.
func requireImport(t *check.T, imported control.Import) {
	if len(imported.Users) == 0 {
		t.NotRun("the import of this scenario did not succeed")
	}
}

// fillPages makes users until the target has more than a page of them, at least two, and returns
// the ids of those that it made.
func fillPages(t *check.T) []string {
	total, ok := check.Integer(t.Get("/Users?startIndex=1&count=1"), "/totalResults")
	if !ok {
		t.NotRun("the target does not say how many users it has")
	}
	var made []string
	for range max(2, pageSize+2-total) {
		made = append(made, t.CreateUser().ID)
	}
	return made
}

func ids(resources []map[string]any) []string {
	found := make([]string, len(resources))
	for i, resource := range resources {
		id, _ := wire.At(resource, "/id")
		found[i] = fmt.Sprint(id)
	}
	return found
}

// without returns the elements of all that are not in some; never nil.
func without(all, some []string) []string {
	rest := []string{}
	for _, one := range all {
		if !slices.Contains(some, one) {
			rest = append(rest, one)
		}
	}
	return rest
}
