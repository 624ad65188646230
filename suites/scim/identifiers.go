package scim

import (
	"net/url"
	"strings"

	"assay/suites/check"
	"assay/suites/wire"
)

const quoteAssigned = `When accepted by a service provider (e.g., after a SCIM create), the attributes "id" and "meta" (and its associated sub-attributes) MUST be assigned values by the service provider.`

func identifiers(s *check.Suite) {
	s.Describe("users: id and meta", func() {
		ids(s)
		meta(s)
		locations(s)
		contentLocation(s)
		schemasAttribute(s)
	})
}

func ids(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.ids-differ", Level: check.Must,
		Title: "two users have different ids",
		Refs:  check.Refs(check.RFC7643("3.1", "This identifier MUST be unique across the SCIM service provider's entire set of resources.")),
	}, func(t *check.T) {
		alike := map[string]any{"userType": "Twin"} // an id that is made of what people have in common is none
		first, second := settled(t, t.Post("/Users", t.User(alike))), settled(t, t.Post("/Users", t.User(alike)))
		t.Require("the first user", first, check.HaveJSON("/id", check.BeNonEmptyString()))
		t.Require("the second user", second, check.HaveJSON("/id", check.BeNonEmptyString()))
		t.ExpectThat("the id of the second user", second.String("/id")).To(beDifferentFrom(first.String("/id")))
	})
	s.It(check.Spec{
		ID: "scim.users.id-stable", Level: check.Must,
		Title: "a user keeps its id from one answer to the next",
		Refs:  check.Refs(check.RFC7643("3.1", "It MUST be a stable, non-reassignable identifier that does not change when the same resource is returned in subsequent requests.")),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Expect(t.Get(user.Path)).To(check.BeResource(user.ID))
		t.Require("a change", t.Put(user.Path, body(user, nil)), check.BeOK())
		t.Expect(t.Get(user.Path)).To(check.BeResource(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.users.id-without-reserved-word", Level: check.Must,
		Title: `an id does not contain the reserved word "bulkId"`,
		Refs:  check.Refs(check.RFC7643("3.1", `The string "bulkId" is a reserved keyword and MUST NOT be used within any unique identifier value.`)),
	}, func(t *check.T) {
		t.ExpectThat("the id of a user", t.CreateUser().ID).To(check.Satisfy(`no "bulkId" in it`, func(id any) bool {
			return !strings.Contains(id.(string), "bulkId")
		}))
	})
}

func meta(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.meta-assigned", Level: check.Must,
		Title: "a user has meta with resourceType, created, lastModified and location",
		Refs:  check.Refs(check.RFC7643("3.1", quoteAssigned)),
	}, func(t *check.T) {
		stored := t.Reread(t.CreateUser())
		for _, name := range []string{"resourceType", "created", "lastModified", "location"} {
			t.Expect(stored).To(check.HaveJSON("/meta/"+name, check.BeNonEmptyString()))
		}
	})
	s.It(check.Spec{
		ID: "scim.users.meta-resource-type", Level: check.Must,
		Title: "meta.resourceType of a user is User",
		Refs:  check.Refs(check.RFC7644("3.3.1", `For example, a POST to the endpoint "/Users" will set "resourceType" to "User", and "/Groups" will set "resourceType" to "Group".`)),
	}, func(t *check.T) {
		t.Expect(t.Reread(t.CreateUser())).To(check.HaveJSON("/meta/resourceType", "User"))
	})
	s.It(check.Spec{
		ID: "scim.users.meta-timestamps-valid", Level: check.Must,
		Title: "meta.created and meta.lastModified are DateTimes",
		Refs: check.Refs(check.RFC7643("3.1", "This attribute MUST be a DateTime."),
			check.RFC7643("2.3.5", "The attribute value MUST be encoded as a valid xsd:dateTime as specified in Section 3.3.7 of [XML-Schema] and MUST include both a date and a time.")),
	}, func(t *check.T) {
		stored := t.Reread(t.CreateUser())
		t.Expect(stored).To(check.HaveJSON("/meta/created", beDateTime()))
		t.Expect(stored).To(check.HaveJSON("/meta/lastModified", beDateTime()))
	})
	s.It(check.Spec{
		ID: "scim.users.meta-timestamps-equal", Level: check.Must,
		Title: "meta.lastModified of a user that was never modified is meta.created",
		Refs:  check.Refs(check.RFC7643("3.1", `If this resource has never been modified since its initial creation, the value MUST be the same as the value of "created".`)),
	}, func(t *check.T) {
		stored := t.Reread(t.CreateUser())
		created, err := instant(stored.String("/meta/created"))
		t.Require("meta.created is a DateTime", err, check.Be(nil))
		t.Expect(stored).To(check.HaveJSON("/meta/lastModified", check.Satisfy("the instant of meta.created, "+stored.String("/meta/created"), func(value any) bool {
			text, _ := value.(string)
			modified, err := instant(text)
			return err == nil && modified.Equal(created)
		})))
	})
	s.It(check.Spec{
		ID: "scim.users.last-modified-moves", Level: check.Must,
		Title: "meta.lastModified moves when a user is changed",
		Refs:  check.Refs(check.RFC7643("3.1", "The most recent DateTime that the details of this resource were updated at the service provider.")),
		Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		user := t.CreateUserKeeping(map[string]any{"displayName": "Before " + t.Name()})
		before := t.Reread(user).String("/meta/lastModified")
		tick(t, before)
		t.Require("the change", t.Put(user.Path, body(user, map[string]any{"displayName": "After " + t.Name()})), check.BeOK())
		t.Expect(t.Reread(user)).To(check.HaveJSON("/meta/lastModified", beAfter(before)))
	})
	s.It(check.Spec{
		ID: "scim.users.created-stays", Level: check.Must,
		Title: "meta.created stays when a user is changed",
		Refs:  check.Refs(check.RFC7643("3.1", `The "DateTime" that the resource was added to the service provider.`)),
	}, func(t *check.T) {
		user := t.CreateUser()
		created := t.Reread(user).String("/meta/created")
		t.Require("meta.created", created, check.BeNonEmptyString())
		tick(t, created)
		t.Require("the change", t.Put(user.Path, body(user, map[string]any{"displayName": "After " + t.Name()})), check.BeOK())
		t.Expect(t.Reread(user)).To(check.HaveJSON("/meta/created", created))
	})
}

func locations(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.location-resolves", Level: check.Must,
		Title: "GET of meta.location answers with the user",
		Refs:  check.Refs(check.RFC7643("3.1", "The URI of the resource being returned."), check.RFC7643("2.3.7", "An HTTP client performing a GET operation on a reference URI MUST receive the target resource or an appropriate HTTP response code.")),
	}, func(t *check.T) {
		user := t.CreateUser()
		stored := t.Reread(user)
		t.Require("meta.location", stored, check.HaveJSON("/meta/location", check.BeNonEmptyString()))
		t.Expect(follow(t, stored.String("/meta/location"))).To(check.BeResource(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.users.location-absolute", Level: check.Should,
		Title: "meta.location is an absolute URI",
		Refs:  check.Refs(check.RFC7643("3.1", "The URI of the resource being returned.")),
	}, func(t *check.T) {
		t.Expect(t.Reread(t.CreateUser())).To(check.HaveJSON("/meta/location", check.Satisfy("an absolute http or https URI", func(value any) bool {
			text, _ := value.(string)
			u, err := url.Parse(text)
			return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
		})))
	})
}

func contentLocation(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.content-location-agrees", Level: check.Must,
		Title: "the Content-Location header, where there is one, is meta.location",
		Refs:  check.Refs(check.RFC7643("3.1", `This value MUST be the same as the "Content-Location" HTTP response header (see Section 3.1.4.2 of [RFC7231]).`)),
	}, func(t *check.T) {
		user, compared := t.CreateUser(), 0
		for how, res := range map[string]*wire.Response{
			"the answer to a create": user.Created, "the answer to a GET": t.Get(user.Path), "the answer to a PUT": t.Put(user.Path, body(user, nil)),
		} {
			header := res.Header.Get("Content-Location")
			if !res.OK() || header == "" || res.String("/meta/location") == "" {
				continue
			}
			said, err := resolve(t, header)
			t.Require("the Content-Location header is a URI", err, check.Be(nil))
			location, err := resolve(t, res.String("/meta/location"))
			t.Require("meta.location is a URI", err, check.Be(nil))
			t.ExpectThat("Content-Location of "+how, said.String()).To(check.Be(location.String()))
			compared++
		}
		if compared == 0 {
			t.NotApplicable("no answer has a Content-Location header and meta.location")
		}
	})
}

func schemasAttribute(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.schemas-name-the-base", Level: check.Must,
		Title: "schemas of a user holds the core User schema",
		Refs:  check.Refs(check.RFC7643("3.3", `The "schemas" attribute MUST contain at least one value, which SHALL be the base schema for the resource.`)),
	}, func(t *check.T) {
		t.Expect(t.Reread(t.CreateUser())).To(check.HaveSchema(check.UserURN))
	})
	s.It(check.Spec{
		ID: "scim.users.schemas-are-of-the-type", Level: check.Must,
		Title: "schemas of a user holds only the schemas of its resource type",
		Refs:  check.Refs(check.RFC7643("3", `The "schemas" attribute for a resource MUST only contain values defined as "schema" and "schemaExtensions" for the resource's defined "resourceType".`)),
	}, func(t *check.T) {
		allowed := userSchemas(t)
		listed := check.Elements(t.Reread(t.CreateUser()), "/schemas")
		t.ExpectThat("schemas of a user", listed).To(beFilledList())
		for _, urn := range listed {
			text, _ := urn.(string)
			t.ExpectThat("the schemas of the resource type", allowed).To(includeFolded(text))
		}
	})
	s.It(check.Spec{
		ID: "scim.users.schemas-distinct", Level: check.Must,
		Title: "schemas of a user holds no value twice",
		Refs:  check.Refs(check.RFC7643("3", "Duplicate values MUST NOT be included.")),
	}, func(t *check.T) {
		listed := check.Elements(t.Reread(t.CreateUser()), "/schemas")
		t.ExpectThat("schemas of a user", listed).To(beFilledList())
		t.ExpectThat("schemas of a user", listed).To(check.Satisfy("no value twice", func(any) bool {
			seen := map[string]bool{}
			for _, urn := range listed {
				seen[check.Show(urn)] = true
			}
			return len(seen) == len(listed)
		}))
	})
	s.It(check.Spec{
		ID: "scim.users.schemas-in-use", Level: check.Should,
		Title: "schemas of a user names no extension of which the user has no attribute",
		Refs:  check.Refs(check.RFC7643("3.3", `The "schemas" attribute MAY contain additional values indicating extended schemas that are in use.`)),
	}, func(t *check.T) {
		stored := t.Reread(t.CreateUser())
		listed := check.Elements(stored, "/schemas")
		t.ExpectThat("schemas of a user", listed).To(beFilledList())
		for _, urn := range listed {
			text, _ := urn.(string)
			_, present := stored.At("/" + text)
			t.ExpectThat(text+" is the base schema or has attributes", present || check.Same(text, check.UserURN)).To(check.Be(true))
		}
	})
}

// userSchemas lists the base schema and the extensions of the target's User resource type.
func userSchemas(t *check.T) []string {
	for _, resourceType := range resourceTypesOf(t) {
		if textAt(resourceType, "/name") != "User" {
			continue
		}
		urns := []string{textAt(resourceType, "/schema")}
		for _, extension := range listAt(resourceType, "/schemaExtensions") {
			urn, _ := wire.At(extension, "/schema")
			text, _ := urn.(string)
			urns = append(urns, text)
		}
		return urns
	}
	t.NotApplicable("the target lists no resource type named User")
	return nil
}
