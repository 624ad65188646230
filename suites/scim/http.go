package scim

import (
	"net/http"

	"assay/suites/check"
	"assay/suites/wire"
)

const (
	scimJSON     = "application/scim+json"
	quoteMethods = "All requests to the service provider are made via HTTP methods as per Section 4.3 of [RFC7231] on a URL derived from the Base URL."
)

func mediaTypes(s *check.Suite) {
	s.Describe("media types", func() {
		responseTypes(s)
		requestTypes(s)
	})
}

func responseTypes(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.http.scim-json-accepted", Level: check.Must,
		Title: "an answer to a client that accepts only application/scim+json is application/scim+json",
		Refs:  check.Refs(check.RFC7644("3.8", `Service providers MUST support the "Accept" header "Accept: application/scim+json"`)),
		Hurts: check.Hurts("entra", "okta"),
	}, func(t *check.T) {
		user := t.CreateUser()
		res := t.Get(user.Path, wire.Header("Accept", scimJSON))
		t.Expect(res).To(check.BeResource(user.ID))
		t.Expect(res).To(check.HaveMediaType(scimJSON))
	})
	s.It(check.Spec{
		ID: "scim.http.scim-json-default", Level: check.Must,
		Title: "an answer to a client that names no format is application/scim+json",
		Refs:  check.Refs(check.RFC7644("3.8", `The format defaults to "application/scim+json" if no format is specified.`)),
		Hurts: check.Hurts("onelogin"),
	}, func(t *check.T) {
		user := t.CreateUser()
		res := t.Get(user.Path, wire.Header("Accept", ""))
		t.Expect(res).To(check.BeResource(user.ID))
		t.Expect(res).To(check.HaveMediaType(scimJSON))
	})
	s.It(check.Spec{
		ID: "scim.http.json-accepted", Level: check.Should,
		Title: "a client that accepts only application/json is served",
		Refs:  check.Refs(check.RFC7644("3.8", `SHOULD support the header "Accept: application/json"`)),
		Hurts: check.Hurts("entra", "onelogin"),
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Expect(t.Get(user.Path, wire.Header("Accept", "application/json"))).To(check.BeResource(user.ID))
	})
	s.It(check.Spec{
		ID: "scim.http.errors-are-scim-json", Level: check.Should,
		Title: "an error is application/scim+json",
		Refs:  check.Refs(check.RFC7644("3.1", `To identify this content, SCIM uses a media type of "application/scim+json" (see Section 8.1).`)),
	}, func(t *check.T) {
		t.Expect(notFound(t)).To(check.HaveMediaType(scimJSON))
	})
	s.It(check.Spec{
		ID: "scim.http.discovery-is-scim-json", Level: check.Must,
		Title: "discovery documents are application/scim+json",
		Refs:  check.Refs(check.RFC7644("3.8", `The format defaults to "application/scim+json" if no format is specified.`)),
	}, func(t *check.T) {
		for _, document := range []struct{ path, schema string }{
			{"/ServiceProviderConfig", configURN}, {"/ResourceTypes", check.ListURN}, {"/Schemas", check.ListURN},
		} {
			res := t.Get(document.path, wire.Header("Accept", scimJSON))
			t.Require(document.path, res, check.BeOK())
			t.Require(document.path, res, check.HaveSchema(document.schema))
			t.ExpectThat(document.path, res).To(check.HaveMediaType(scimJSON))
		}
	})
}

func requestTypes(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.http.scim-json-taken", Level: check.Must,
		Title: "a body sent as application/scim+json is taken",
		Refs:  check.Refs(check.RFC7644("3.8", "Servers MUST accept requests and be able to return JSON-structured responses using UTF-8 encoding [RFC3629]."), check.RFC7644("3.1", `To identify this content, SCIM uses a media type of "application/scim+json" (see Section 8.1).`)),
		Hurts: check.Hurts("okta", "entra"),
	}, func(t *check.T) {
		for _, mediaType := range []string{scimJSON, scimJSON + "; charset=utf-8"} {
			res := t.Post("/Users", t.User(), wire.Header("Content-Type", mediaType))
			t.ExpectThat(mediaType, res).To(check.HaveStatus(201))
			requireOwnID(t, settled(t, res))
		}
	})
	s.It(check.Spec{
		ID: "scim.http.json-taken", Level: check.Should,
		Title: "a body sent as application/json is taken",
		Refs:  check.Refs(check.RFC7644("8.1", `Older versions of SCIM are known to informally use "application/json".`)),
		Hurts: check.Hurts("okta", "onelogin", "jumpcloud"),
	}, func(t *check.T) {
		res := t.Post("/Users", t.User(), wire.Header("Content-Type", "application/json"))
		t.Expect(res).To(check.HaveStatus(201))
		requireOwnID(t, settled(t, res))
	})
	s.It(check.Spec{
		ID: "scim.http.other-type-refused", Level: check.May,
		Title: "a body sent as text/plain is refused",
		Refs:  check.Refs(check.RFC7644("3.8", "Other media types MAY be supported by service providers but are beyond the scope of this specification.")),
	}, func(t *check.T) {
		t.Control(t.Post("/Users", t.User()), check.BeOK())
		t.Expect(t.Post("/Users", t.User(), wire.Header("Content-Type", "text/plain"))).To(check.BeRefused())
	})
}

func methods(s *check.Suite) {
	s.Describe("methods", func() {
		s.It(check.Spec{
			ID: "scim.http.post-to-item-refused", Level: check.Should,
			Title: "POST to a single user is refused",
			Refs:  check.Refs(check.RFC7644("3.2", "The SCIM protocol specifies well-known endpoints and HTTP methods for managing resources defined in the SCIM Core Schema document ([RFC7643])")),
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Control(t.Put(user.Path, body(user, nil)), check.BeOK())
			t.Expect(t.Send("POST", user.Path, body(user, nil), lastOnConnection)).To(check.BeDeclined())
		})
		s.It(check.Spec{
			ID: "scim.http.405-names-methods", Level: check.Should,
			Title: "POST to a single user is answered with 405 and the methods that are allowed",
			Refs:  check.Refs(check.RFC7644("3.2", quoteMethods)),
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Control(t.Put(user.Path, body(user, nil)), check.BeOK())
			res := t.Send("POST", user.Path, body(user, nil), lastOnConnection)
			t.Expect(res).To(check.HaveStatus(405))
			t.Expect(res).To(check.HaveHeader("Allow", ""))
		})
		s.It(check.Spec{
			ID: "scim.http.head-as-get", Level: check.Should,
			Title: "HEAD of a user is answered as GET is",
			Refs:  check.Refs(check.RFC7644("3.2", quoteMethods)),
		}, func(t *check.T) {
			user := t.CreateUser()
			t.Require("the user", t.Get(user.Path), check.BeOK())
			t.Expect(t.Send("HEAD", user.Path, nil)).To(check.HaveStatus(200))
		})
		s.It(check.Spec{
			ID: "scim.http.options-not-404", Level: check.Should,
			Title: "OPTIONS of an endpoint is not answered as if there were no endpoint",
			Refs:  check.Refs(check.RFC7644("3.2", quoteMethods)),
		}, func(t *check.T) {
			t.Require("the users", t.Get("/Users?count=0"), check.BeOK())
			t.Require("an endpoint that is not there", t.Get("/NoSuchThings"), check.HaveStatus(404))
			t.Expect(t.Send("OPTIONS", "/Users", nil)).To(check.HaveStatus(200, 204, 405, 501))
		})
		s.It(check.Spec{
			ID: "scim.http.me-answered", Level: check.Should,
			Title: "/Me leads to the client's own resource, or is answered with 501",
			Refs: check.Refs(check.RFC7644("3.11", "A service provider that does NOT support this feature SHOULD respond with HTTP status code 501 (Not Implemented)."),
				check.RFC7644("3.11", `In any response, the HTTP "Location" header MUST be the permanent location of the aliased resource associated with the authenticated subject.`)),
		}, func(t *check.T) {
			res := t.Get("/Me")
			t.Expect(res).To(check.HaveStatus(200, 308, 501))
			if res.Status != 501 {
				t.Expect(res).To(check.HaveHeader("Location", ""))
			}
			if res.Status == 200 {
				t.Expect(res).To(check.HaveJSON("/id", check.BeNonEmptyString()))
			}
		})
	})
}

// lastOnConnection makes a request the last one on its connection. A target that refuses a request
// without reading its body may drop the connection, which must not hurt the next request.
func lastOnConnection(r *http.Request) { r.Close = true }
