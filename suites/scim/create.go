package scim

import (
	"assay/suites/check"
	"assay/suites/wire"
)

const (
	quoteCreated      = "an HTTP response SHALL be returned with HTTP status code 201 (Created)"
	quoteLocation     = `The URI of the created resource SHALL include, in the HTTP "Location" header and the HTTP body, a JSON representation [RFC7159] with the attribute "meta.location".`
	quoteReadOnlySent = `In the request body, attributes whose mutability is "readOnly" (see Sections 2.2 and 7 of [RFC7643]) SHALL be ignored.`
)

func create(s *check.Suite) {
	s.Describe("users: create", func() {
		createAnswer(s)
		createIgnores(s)
		createAccepts(s)
	})
}

func createAnswer(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.create", Level: check.Must,
		Title: "a user can be created, which is answered with 201",
		Refs:  check.Refs(check.RFC7644("3.3", quoteCreated)),
		Hurts: check.Hurts("okta", "entra", "onelogin", "jumpcloud", "google"),
	}, func(t *check.T) {
		res := t.Post("/Users", t.User())
		t.Expect(res).To(check.HaveStatus(201))
		requireOwnID(t, settled(t, res))
	})
	s.It(check.Spec{
		ID: "scim.users.create-returns-user", Level: check.Should,
		Title: "the answer to a create carries the new user",
		Refs:  check.Refs(check.RFC7644("3.3", "The response body SHOULD contain the service provider's representation of the newly created resource.")),
		Hurts: check.Hurts("okta", "entra", "onelogin", "jumpcloud"),
	}, func(t *check.T) {
		sent := t.User()
		res := t.Post("/Users", sent)
		t.Require("the create", res, check.BeOK())
		requireOwnID(t, settled(t, res))
		t.Expect(res).To(check.HaveJSON("/id", check.BeNonEmptyString()))
		t.Expect(res).To(check.HaveJSON("/userName", check.BeNonEmptyString()))
	})
	s.It(check.Spec{
		ID: "scim.users.create-location-header", Level: check.Must,
		Title: "the answer to a create has a Location header",
		Refs:  check.Refs(check.RFC7644("3.3", quoteLocation)),
	}, func(t *check.T) {
		t.Expect(t.CreateUser().Created).To(check.HaveHeader("Location", ""))
	})
	s.It(check.Spec{
		ID: "scim.users.create-location-agrees", Level: check.Must,
		Title: "the Location header of a create and meta.location name the same resource",
		Refs:  check.Refs(check.RFC7644("3.3", quoteLocation)),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Require("the Location header", user.Created, check.HaveHeader("Location", ""))
		t.Expect(user.Response).To(check.HaveJSON("/meta/location", check.BeNonEmptyString()))
		header, err := resolve(t, user.Created.Header.Get("Location"))
		t.Require("the Location header is a URI", err, check.Be(nil))
		member, err := resolve(t, user.String("/meta/location"))
		t.Require("meta.location is a URI", err, check.Be(nil))
		t.ExpectThat("meta.location", member.Path).To(check.Be(header.Path))
	})
}

func createIgnores(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.create-id-is-the-servers", Level: check.Must,
		Title: "an id that the client sends with a create does not become the user's id",
		Refs:  check.Refs(check.RFC7643("3.1", `The value of the "id" attribute is always issued by the service provider and MUST NOT be specified by the client.`)),
	}, func(t *check.T) {
		wanted := t.Name()
		res := t.Post("/Users", t.User(map[string]any{"id": wanted}))
		if res.Err == nil && res.Status == 400 {
			t.Control(t.Post("/Users", t.User()), check.BeOK())
			t.Expect(res).To(check.BeRefused())
			return
		}
		t.Expect(res).To(check.BeOK())
		stored := settled(t, res)
		requireOwnID(t, stored)
		t.Expect(stored).To(check.HaveJSON("/id", check.BeNonEmptyString()))
		t.Expect(stored).To(check.HaveJSON("/id", beDifferentFrom(wanted)))
	})
	s.It(check.Spec{
		ID: "scim.users.create-meta-ignored", Level: check.Must,
		Title: "meta that the client sends with a create is ignored",
		Refs:  check.Refs(check.RFC7643("3.1", "This attribute SHALL be ignored when provided by clients.")),
		Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		const stamp = "2001-02-03T04:05:06Z"
		res := t.Post("/Users", t.User(map[string]any{
			"meta": map[string]any{"resourceType": "User", "created": stamp, "lastModified": stamp},
		}))
		t.Expect(res).To(check.BeOK())
		stored := settled(t, res)
		requireOwnID(t, stored)
		t.Expect(stored).To(check.HaveJSON("/id", check.BeNonEmptyString()))
		t.Expect(stored).To(check.HaveJSON("/meta/created", beDifferentFrom(stamp)))
	})
	s.It(check.Spec{
		ID: "scim.users.create-groups-ignored", Level: check.Must,
		Title: "groups that the client sends with a create are ignored",
		Refs:  check.Refs(check.RFC7644("3.3", quoteReadOnlySent), check.RFC7643("4.1.2", `This attribute has a mutability of "readOnly".`)),
		Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		claimed := t.Name()
		res := t.Post("/Users", t.User(map[string]any{"groups": []any{map[string]any{"value": claimed, "display": "Admins"}}}))
		t.Expect(res).To(check.BeOK())
		stored := settled(t, res)
		requireOwnID(t, stored)
		t.Expect(stored).To(check.HaveJSON("/id", check.BeNonEmptyString()))
		t.Expect(stored).To(check.LackElement("/groups", map[string]any{"value": claimed}))
	})
	s.It(check.Spec{
		ID: "scim.users.external-id-not-invented", Level: check.Must,
		Title: "a user that was made without an externalId has none",
		Refs:  check.Refs(check.RFC7643("3.1", `The value of the "externalId" attribute is always issued by the provisioning client and MUST NOT be specified by the service provider.`)),
	}, func(t *check.T) {
		user := t.CreateUser()
		if _, sent := user.Sent["externalId"]; sent {
			t.NotApplicable("the target file gives every user an externalId")
		}
		t.Expect(t.Reread(user)).To(check.LackJSON("/externalId"))
	})
}

func createAccepts(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.create-names-any-case", Level: check.Must,
		Title: "attribute names in a create are recognised in any case",
		Refs:  check.Refs(check.RFC7643("2.1", `Attribute names are case insensitive and are often "camel-cased"`)),
	}, func(t *check.T) {
		sent := t.User()
		name := sent["userName"]
		delete(sent, "userName")
		sent["USERNAME"] = name
		res := t.Post("/Users", sent)
		t.Expect(res).To(check.BeOK())
		t.Expect(settled(t, res)).To(check.HaveJSON("/userName", check.BeFolded(name.(string))))
	})
	s.It(check.Spec{
		ID: "scim.users.create-null-is-unassigned", Level: check.Must,
		Title: "null for an attribute in a create is the same as leaving the attribute out",
		Refs:  check.Refs(check.RFC7643("2.5", `Unassigned attributes, the null value, or an empty array (in the case of a multi-valued attribute) SHALL be considered to be equivalent in "state".`)),
		Hurts: check.Hurts("entra"),
	}, func(t *check.T) {
		sent := t.User()
		sent["nickName"] = nil
		res := t.Post("/Users", sent)
		t.Expect(res).To(check.BeOK())
		stored := settled(t, res)
		requireOwnID(t, stored)
		t.Expect(stored).To(check.HaveJSON("/id", check.BeNonEmptyString()))
	})
	s.It(check.Spec{
		ID: "scim.users.create-empty-list-is-unassigned", Level: check.Must,
		Title: "an empty array for an attribute in a create is the same as leaving the attribute out",
		Refs:  check.Refs(check.RFC7643("2.5", `Unassigned attributes, the null value, or an empty array (in the case of a multi-valued attribute) SHALL be considered to be equivalent in "state".`)),
		Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		sent := t.User(map[string]any{"phoneNumbers": []any{}, "groups": []any{}})
		res := t.Post("/Users", sent)
		t.Expect(res).To(check.BeOK())
		stored := settled(t, res)
		requireOwnID(t, stored)
		t.Expect(stored).To(check.HaveJSON("/id", check.BeNonEmptyString()))
		t.Expect(stored).To(check.LackJSON("/phoneNumbers"))
	})
	s.It(check.Spec{
		ID: "scim.users.external-id-kept", Level: check.Should,
		Title: "the externalId that the client gives a user is kept as it is",
		Refs:  check.Refs(check.RFC7643("3.1", `This attribute has "caseExact" as "true" and a mutability of "readWrite".`)),
		Hurts: check.Hurts("okta", "entra", "onelogin", "jumpcloud"),
	}, func(t *check.T) {
		external := "Ext-" + t.Name()
		user := t.CreateUser(map[string]any{"externalId": external})
		t.Expect(t.Reread(user)).To(check.HaveJSON("/externalId", external))
	})
	s.It(check.Spec{
		ID: "scim.users.username-kept", Level: check.Should,
		Title: "the userName that the client gives a user is kept, but for its case",
		Refs:  check.Refs(check.RFC7644("3.1", "SCIM responses SHALL reflect resource state as interpreted by the SCIM service provider.")),
		Hurts: check.Hurts("okta", "entra", "onelogin", "jumpcloud", "google"),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Expect(t.Reread(user)).To(check.HaveJSON("/userName", check.BeFolded(user.Sent["userName"].(string))))
	})
	s.It(check.Spec{
		ID: "scim.users.published-attributes-kept", Level: check.Should,
		Title: "attributes that the published User schema lets a client write are kept",
		Refs:  check.Refs(check.RFC7644("3.1", "Responses from this endpoint describe the schema supported by a service provider, including attribute characteristics such as cardinality, case-exactness, mutability, uniqueness, returnability, and whether or not attributes are required.")),
	}, func(t *check.T) {
		values := writable(t, map[string]any{
			"displayName": "Ada " + t.Name(), "nickName": "Addie", "title": "Analyst", "userType": "Employee",
			"name":         map[string]any{"givenName": "Augusta", "familyName": "King"},
			"phoneNumbers": []any{map[string]any{"value": "tel:+1-201-555-0123", "type": "work"}},
		})
		if len(values) == 0 {
			t.NotApplicable("the target's schema publishes none of the attributes that are tried")
		}
		stored := t.Reread(t.CreateUser(values))
		for name, value := range values {
			got, _ := stored.At("/" + name)
			t.ExpectThat(name, got).To(check.Satisfy(check.Show(value), func(got any) bool { return check.Contains(got, value) }))
		}
	})
}

// writable keeps the attributes that the target's own User schema lets a client write and read.
func writable(t *check.T, values map[string]any) map[string]any {
	kept := map[string]any{}
	for _, definition := range check.Elements(t.Get("/Schemas/"+check.UserURN), "/attributes") {
		name := textAt(definition, "/name")
		value, tried := values[name]
		returned, _ := wire.At(definition, "/returned")
		mutability, _ := wire.At(definition, "/mutability")
		if tried && (returned == nil || returned == "default") && (mutability == nil || mutability == "readWrite") {
			kept[name] = value
		}
	}
	return kept
}
