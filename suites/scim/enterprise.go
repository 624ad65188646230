package scim

import (
	"assay/suites/check"
	"assay/suites/target"
)

func enterprise(s *check.Suite) {
	s.Describe("users: enterprise extension", func() {
		s.It(check.Spec{
			ID: "scim.users.extension-in-its-container", Level: check.Must,
			Title: "attributes of an extension are returned in the container that its URN names",
			Refs:  check.Refs(check.RFC7643("3.3", "Except for the base object schema, the schema extension URI SHALL be used as a JSON container to distinguish attributes belonging to the extension namespace from base schema attributes.")),
			Needs: check.Needs(target.Enterprise), Hurts: check.Hurts("okta", "entra"),
		}, func(t *check.T) {
			stored := t.Reread(t.CreateUser(extension(map[string]any{"department": "Engines"})))
			t.Expect(stored).To(check.LackJSON("/department"))
			if _, kept := stored.At("/" + target.EnterpriseURN); !kept {
				t.NotApplicable("the target does not keep the department")
			}
			t.Expect(stored).To(check.HaveJSON("/"+target.EnterpriseURN+"/department", "Engines"))
		})
		s.It(check.Spec{
			ID: "scim.users.extension-named-in-schemas", Level: check.Must,
			Title: "schemas of a user with extension attributes holds the URN of the extension",
			Refs:  check.Refs(check.RFC7643("3", `The "schemas" attribute is a REQUIRED attribute and is an array of Strings containing URIs that are used to indicate the namespaces of the SCIM schemas that define the attributes present in the current JSON structure.`)),
			Needs: check.Needs(target.Enterprise),
		}, func(t *check.T) {
			t.Expect(t.Reread(withDepartment(t))).To(check.HaveSchema(target.EnterpriseURN))
		})
		s.It(check.Spec{
			ID: "scim.users.extension-container-any-case", Level: check.Should,
			Title: "the container of an extension is recognised in any case",
			Refs:  check.Refs(check.RFC7644("3.10", quoteAllFacets)),
			Needs: check.Needs(target.Enterprise),
		}, func(t *check.T) {
			withDepartment(t)
			shouted := extension(map[string]any{"department": "Engines"})
			delete(shouted, target.EnterpriseURN)
			shouted[upperURN(target.EnterpriseURN)] = map[string]any{"department": "Engines"}
			res := t.Post("/Users", t.User(shouted))
			t.Expect(res).To(check.BeOK())
			t.Expect(settled(t, res)).To(check.HaveJSON("/"+target.EnterpriseURN+"/department", "Engines"))
		})
		s.It(check.Spec{
			ID: "scim.users.schemas-in-any-order", Level: check.Must,
			Title: "the order of the URNs in schemas makes no difference",
			Refs:  check.Refs(check.RFC7643("3", "Value order is not specified and MUST NOT impact behavior.")),
			Needs: check.Needs(target.Enterprise),
		}, func(t *check.T) {
			withDepartment(t)
			reversed := extension(map[string]any{"department": "Engines"})
			reversed["schemas"] = []any{target.EnterpriseURN, check.UserURN}
			res := t.Post("/Users", t.User(reversed))
			t.Expect(res).To(check.BeOK())
			t.Expect(settled(t, res)).To(check.HaveJSON("/"+target.EnterpriseURN+"/department", "Engines"))
		})
		s.It(check.Spec{
			ID: "scim.users.extension-listed-but-unused", Level: check.Should,
			Title: "a create may name an extension in schemas without attributes of it",
			Refs:  check.Refs(check.RFC7643("3.3", `Each value in the "schemas" attribute indicates additive schema that MAY exist in a SCIM resource representation.`)),
			Needs: check.Needs(target.Enterprise), Hurts: check.Hurts("entra", "jumpcloud"),
		}, func(t *check.T) {
			res := t.Post("/Users", t.User(map[string]any{"schemas": []any{check.UserURN, target.EnterpriseURN}}))
			t.Expect(res).To(check.HaveStatus(201))
			requireOwnID(t, settled(t, res))
		})
		s.It(check.Spec{
			ID: "scim.users.extension-replaced", Level: check.Must,
			Title: "PUT replaces attributes of an extension",
			Refs:  check.Refs(check.RFC7644("3.5.1", "readWrite, writeOnly Any values provided SHALL replace the existing attribute values.")),
			Needs: check.Needs(target.Enterprise), Hurts: check.Hurts("okta", "onelogin"),
		}, func(t *check.T) {
			user := withDepartment(t)
			change := map[string]any{target.EnterpriseURN: map[string]any{"department": "Tides"}}
			t.Expect(t.Put(user.Path, body(user, change))).To(check.BeOK())
			t.Expect(t.Reread(user)).To(check.HaveJSON("/"+target.EnterpriseURN+"/department", "Tides"))
		})
	})
}

// withDepartment makes a user with an enterprise attribute that the target keeps.
func withDepartment(t *check.T) check.Resource { return inDepartment(t, "Engines") }
