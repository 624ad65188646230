package scim

import (
	"strconv"
	"strings"

	"assay/suites/check"
	"assay/suites/wire"
)

const (
	quoteErrorBody   = "implementers MUST return the errors in the body of the response in a JSON format, using the attributes described below."
	quoteErrorStatus = "The HTTP status code (see Section 6 of [RFC7231]) expressed as a JSON string. REQUIRED."
	quoteStatusTable = "Implementers SHOULD handle the identified HTTP status codes as described below."
)

func errorBodies(s *check.Suite) {
	s.Describe("errors", func() {
		errorForm(s)
		malformedBodies(s)
	})
}

// notFound is an error that every target knows: reading a user that does not exist.
func notFound(t *check.T) *wire.Response {
	user := t.CreateUser()
	t.Control(t.Get(user.Path), check.BeResource(user.ID))
	res := readUnknown(t, user)
	t.Require("an error", res, check.BeRefused())
	return res
}

func errorForm(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.errors.body", Level: check.Must,
		Title: "an error has a JSON body with the Error schema",
		Refs:  check.Refs(check.RFC7644("3.12", quoteErrorBody)),
		Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		t.Expect(notFound(t)).To(check.HaveSchema(check.ErrorURN))
	})
	s.It(check.Spec{
		ID: "scim.errors.status-agrees", Level: check.Must,
		Title: "status in an error is the HTTP status as a string",
		Refs:  check.Refs(check.RFC7644("3.12", quoteErrorStatus)),
		Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		res := notFound(t)
		t.Expect(res).To(check.HaveJSON("/status", strconv.Itoa(res.Status)))
	})
	s.It(check.Spec{
		ID: "scim.errors.detail", Level: check.Should,
		Title: "an error says in words what is wrong",
		Refs:  check.Refs(check.RFC7644("3.12", "A detailed human-readable message. OPTIONAL.")),
		Hurts: check.Hurts("okta"),
	}, func(t *check.T) {
		t.Expect(notFound(t)).To(check.HaveJSON("/detail", check.BeNonEmptyString()))
	})
	s.It(check.Spec{
		ID: "scim.errors.scim-type-registered", Level: check.Should,
		Title: "scimType of an error is a keyword of RFC 7644",
		Refs:  check.Refs(check.RFC7644("3.12", "A SCIM detail error keyword. See Table 9. OPTIONAL.")),
	}, func(t *check.T) {
		t.Control(t.Post("/Users", t.User()), check.BeOK())
		res := t.Post("/Users", t.User(map[string]any{"userName": nil}))
		t.Require("an error", res, check.BeRefused())
		if _, given := res.At("/scimType"); !given {
			t.NotApplicable("the error has no scimType")
		}
		t.Expect(res).To(check.HaveJSON("/scimType", beKeyword("invalidFilter", "tooMany", "uniqueness", "mutability",
			"invalidSyntax", "invalidPath", "noTarget", "invalidValue", "invalidVers", "sensitive")))
	})
	s.It(check.Spec{
		ID: "scim.errors.unknown-endpoint", Level: check.Should,
		Title: "an endpoint that does not exist is answered with 404 and a SCIM error",
		Refs:  check.Refs(check.RFC7644("3.12", quoteStatusTable)),
	}, func(t *check.T) {
		t.Control(t.Get("/ServiceProviderConfig"), check.BeOK())
		t.Expect(t.Get("/AssayNoSuchEndpoint")).To(check.BeSCIMError(404))
	})
}

func malformedBodies(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.errors.truncated-json-refused", Level: check.Must,
		Title: "a body that breaks off in the middle is refused",
		Refs:  check.Refs(check.RFC7644("3.1", "Both resources and messages are passed in the form of JSON-based structures in the message body of an HTTP request or response.")),
	}, func(t *check.T) {
		whole := encoded(t, t.User())
		t.Control(t.Post("/Users", whole), check.BeOK())
		broken := encoded(t, t.User())
		t.Expect(t.Post("/Users", broken[:len(broken)-8])).To(check.BeRefused())
	})
	s.It(check.Spec{
		ID: "scim.errors.truncated-json-is-400", Level: check.Should,
		Title: "a body that breaks off in the middle is refused with 400 and invalidSyntax",
		Refs:  check.Refs(check.RFC7644("3.12", "The request body message")),
	}, func(t *check.T) {
		t.Control(t.Post("/Users", encoded(t, t.User())), check.BeOK())
		broken := encoded(t, t.User())
		t.Expect(t.Post("/Users", broken[:len(broken)-8])).To(check.BeSCIMError(400, "invalidSyntax"))
	})
	s.It(check.Spec{
		ID: "scim.errors.trailing-garbage-refused", Level: check.Should,
		Title: "a body with more after the JSON document is refused with 400",
		Refs:  check.Refs(check.RFC7644("3.12", quoteStatusTable)),
	}, func(t *check.T) {
		t.Control(t.Post("/Users", encoded(t, t.User())), check.BeOK())
		t.Expect(t.Post("/Users", encoded(t, t.User())+` {"more": 1}`)).To(check.BeSCIMError(400))
	})
	s.It(check.Spec{
		ID: "scim.errors.duplicate-keys", Level: check.May,
		Title: "a body that gives an attribute twice is refused",
		Refs:  check.Refs(check.RFC7644("3.1", "Both resources and messages are passed in the form of JSON-based structures in the message body of an HTTP request or response.")),
	}, func(t *check.T) {
		withTail := func(tail string) string {
			return strings.TrimSuffix(encoded(t, t.User(map[string]any{"displayName": nil})), "}") + tail + "}"
		}
		t.Control(t.Post("/Users", withTail(`,"displayName":"First"`)), check.BeOK())
		t.Expect(t.Post("/Users", withTail(`,"displayName":"First","displayName":"Second"`))).To(check.BeRefused())
	})
	s.It(check.Spec{
		ID: "scim.errors.invalid-utf8-refused", Level: check.Should,
		Title: "a body that is not UTF-8 is refused",
		Refs: check.Refs(check.RFC7644("3.8", "Servers MUST accept requests and be able to return JSON-structured responses using UTF-8 encoding [RFC3629]."),
			check.RFC7643("2.3.1", "A sequence of zero or more Unicode characters encoded using UTF-8")),
	}, func(t *check.T) {
		named := func(e string) string {
			return strings.Replace(encoded(t, t.User(map[string]any{"displayName": "Zo-MARK"})), "-MARK", e, 1)
		}
		t.Control(t.Post("/Users", named("é")), check.BeOK())
		t.Expect(t.Post("/Users", named("\xe9"))).To(check.BeRefused()) // ISO 8859-1
	})
	s.It(check.Spec{
		ID: "scim.errors.no-object-refused", Level: check.Must,
		Title: "a body that is JSON but no object is refused",
		Refs:  check.Refs(check.RFC7644("3.1", `A SCIM "resource" is a JSON object [RFC7159] that may be created, maintained, and retrieved via HTTP request methods as described in this document.`)),
	}, func(t *check.T) {
		t.Control(t.Post("/Users", encoded(t, t.User())), check.BeOK())
		for _, other := range []string{`"text"`, `42`, `null`} {
			t.ExpectThat("the body "+other, t.Post("/Users", other)).To(check.BeRefused())
		}
	})
	s.It(check.Spec{
		ID: "scim.errors.empty-body-refused", Level: check.Must,
		Title: "a create without a body is refused",
		Refs:  check.Refs(check.RFC7644("3.1", `A SCIM "resource" is a JSON object [RFC7159] that may be created, maintained, and retrieved via HTTP request methods as described in this document.`)),
	}, func(t *check.T) {
		t.Control(t.Post("/Users", encoded(t, t.User())), check.BeOK())
		t.Expect(t.Post("/Users", "")).To(check.BeRefused())
	})
	s.It(check.Spec{
		ID: "scim.errors.schemas-required", Level: check.Should,
		Title: "a create without schemas is refused with 400",
		Refs:  check.Refs(check.RFC7643("3", "All representations of SCIM schemas MUST include a non-empty array with value(s) of the URIs supported by that representation.")),
	}, func(t *check.T) {
		t.Control(t.Post("/Users", t.User()), check.BeOK())
		t.Expect(t.Post("/Users", t.User(map[string]any{"schemas": nil}))).To(check.BeSCIMError(400))
	})
}

// encoded is a document as the text that is sent.
func encoded(t *check.T, document map[string]any) string {
	data, err := wire.Body(document)
	if err != nil {
		t.NotRun("the request cannot be encoded: %v", err)
	}
	return string(data)
}
