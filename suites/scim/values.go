package scim

import (
	"strings"

	"github.com/onsi/gomega/types"

	"assay/suites/check"
	"assay/suites/wire"
)

// beRefusedOrNamed matches a refusal, or a user to whom the target gave a userName of its own.
func beRefusedOrNamed() types.GomegaMatcher {
	return check.AnswerSatisfies("the answer", "a refusal (4xx), or a user with a userName", func(r *wire.Response) bool {
		return r.Status >= 400 && r.Status < 500 || r.OK() && r.String("/userName") != ""
	})
}

func values(s *check.Suite) {
	s.Describe("users: values", func() {
		multiValued(s)
		wrongTypes(s)
		text(s)
	})
}

func multiValued(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.one-primary", Level: check.Must,
		Title: "no user has two primary e-mail addresses",
		Refs:  check.Refs(check.RFC7643("2.4", `The primary attribute value "true" MUST appear no more than once.`)),
	}, func(t *check.T) {
		first, second := email(t.Email(), "work"), email(t.Email(), "home")
		t.CreateUserKeeping(map[string]any{"emails": []any{first, second}})
		sent := t.User(map[string]any{"emails": []any{primary(first), primary(second)}})
		res := settled(t, t.Post("/Users", sent))
		t.Expect(res).To(check.AnswerSatisfies("emails", "a refusal (4xx), or at most one primary value", func(r *wire.Response) bool {
			return r.Status >= 400 && r.Status < 500 || r.OK() && r.String("/id") != "" && primaries(r) <= 1
		}))
	})
	s.It(check.Spec{
		ID: "scim.users.emails-kept", Level: check.Should,
		Title: "several e-mail addresses of a user are kept with their types",
		Refs:  check.Refs(check.RFC7643("2.4", "Multi-valued attributes contain a list of elements using the JSON array format defined in Section 5 of [RFC7159].")),
	}, func(t *check.T) {
		first, second := email(t.Email(), "work"), email(t.Email(), "home")
		stored := t.Reread(t.CreateUser(map[string]any{"emails": []any{first, second}}))
		t.Expect(stored).To(check.HaveElement("/emails", first))
		t.Expect(stored).To(check.HaveElement("/emails", second))
	})
	s.It(check.Spec{
		ID: "scim.users.no-duplicate-values", Level: check.Should,
		Title: "the same e-mail address with the same type is not returned twice",
		Refs:  check.Refs(check.RFC7643("2.4", "SHOULD NOT return the same (type, value) combination more than once per attribute, as this complicates processing by the client.")),
	}, func(t *check.T) {
		address := email(t.Email(), "work")
		t.CreateUserKeeping(map[string]any{"emails": []any{address}})
		res := settled(t, t.Post("/Users", t.User(map[string]any{"emails": []any{address, address}})))
		t.Expect(res).To(check.AnswerSatisfies("emails", "a refusal (4xx), or the value once", func(r *wire.Response) bool {
			same := 0
			for _, value := range check.Elements(r, "/emails") {
				if check.Contains(value, address) {
					same++
				}
			}
			return r.Status >= 400 && r.Status < 500 || r.OK() && same == 1
		}))
	})
}

// primary is the value marked as the primary one.
func primary(value map[string]any) map[string]any {
	return map[string]any{"value": value["value"], "type": value["type"], "primary": true}
}

func primaries(r *wire.Response) int {
	count := 0
	for _, value := range check.Elements(r, "/emails") {
		if is, _ := wire.At(value, "/primary"); is == true {
			count++
		}
	}
	return count
}

func wrongTypes(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.list-given-as-object", Level: check.Must,
		Title: "emails sent as an object rather than an array are never returned as an object",
		Refs:  check.Refs(check.RFC7643("2.4", "Multi-valued attributes contain a list of elements using the JSON array format defined in Section 5 of [RFC7159].")),
	}, func(t *check.T) {
		t.CreateUser()
		res := settled(t, t.Post("/Users", t.User(map[string]any{"emails": email(t.Email(), "work")})))
		t.Expect(res).To(refusedOrKeptAs("/emails", "an array", func(value any) bool { _, ok := value.([]any); return ok }))
	})
	s.It(check.Spec{
		ID: "scim.users.complex-given-as-string", Level: check.Must,
		Title: "name sent as a string rather than an object is never returned as a string",
		Refs:  check.Refs(check.RFC7643("2.3.8", "A singular or multi-valued attribute whose value is a composition of one or more simple attributes.")),
	}, func(t *check.T) {
		t.CreateUser()
		res := settled(t, t.Post("/Users", t.User(map[string]any{"name": "Ada Byron"})))
		t.Expect(res).To(refusedOrKeptAs("/name", "an object", func(value any) bool { _, ok := value.(map[string]any); return ok }))
	})
	s.It(check.Spec{
		ID: "scim.users.string-given-as-number", Level: check.Must,
		Title: "displayName sent as a number is never returned as a number",
		Refs:  check.Refs(check.RFC7643("2.3.1", "A sequence of zero or more Unicode characters encoded using UTF-8 as per [RFC2277] and [RFC3629].")),
	}, func(t *check.T) {
		t.CreateUser()
		res := settled(t, t.Post("/Users", t.User(map[string]any{"displayName": 1815})))
		t.Expect(res).To(refusedOrKeptAs("/displayName", "a string", func(value any) bool { _, ok := value.(string); return ok }))
	})
	s.It(check.Spec{
		ID: "scim.users.boolean-given-as-word", Level: check.Must,
		Title: "active sent as a word that is no boolean is never returned as a string",
		Refs:  check.Refs(check.RFC7643("2.3.2", `The literal "true" or "false".`)),
	}, func(t *check.T) {
		t.CreateUser()
		res := settled(t, t.Post("/Users", t.User(map[string]any{"active": "perhaps"})))
		t.Expect(res).To(refusedOrKeptAs("/active", "true or false", func(value any) bool { _, ok := value.(bool); return ok }))
	})
	s.It(check.Spec{
		ID: "scim.users.wrong-type-refused", Level: check.Should,
		Title: "a value of the wrong JSON type is refused with 400",
		Refs:  check.Refs(check.RFC7644("3.12", "A required value was missing,")),
	}, func(t *check.T) {
		t.Control(t.Post("/Users", t.User()), check.BeOK())
		t.Expect(t.Post("/Users", t.User(map[string]any{"name": "Ada Byron"}))).To(check.BeSCIMError(400))
		// Not as an object: OneLogin sends that, and a server may well take it for a list of one.
		t.Expect(t.Post("/Users", t.User(map[string]any{"emails": t.Email()}))).To(check.BeSCIMError(400))
	})
}

// refusedOrKeptAs matches a refusal, or a resource in which the attribute is absent or has its type.
func refusedOrKeptAs(pointer, kind string, ok func(any) bool) types.GomegaMatcher {
	name := strings.TrimPrefix(pointer, "/")
	return check.AnswerSatisfies(pointer, "a refusal (4xx), or a user with no "+name+" or with "+kind, func(r *wire.Response) bool {
		value, present := r.At(pointer)
		return r.Status >= 400 && r.Status < 500 || r.OK() && r.String("/id") != "" && (!present || value == nil || ok(value))
	})
}

func text(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.users.text-is-utf-8", Level: check.Must,
		Title: "text outside ASCII is kept character by character",
		Refs:  check.Refs(check.RFC7644("3.8", "Servers MUST accept requests and be able to return JSON-structured responses using UTF-8 encoding [RFC3629].")),
		Hurts: check.Hurts("okta", "entra", "onelogin", "google"),
	}, func(t *check.T) {
		t.CreateUserKeeping(map[string]any{"displayName": "Zoe Angstrom " + t.Name()})
		display := "Zoë Ångström 王小明 " + t.Name()
		res := t.Post("/Users", t.User(map[string]any{"displayName": display}))
		t.Expect(res).To(check.BeOK())
		t.Expect(settled(t, res)).To(check.HaveJSON("/displayName", display))
	})
	s.It(check.Spec{
		ID: "scim.users.json-escapes-decoded", Level: check.Must,
		Title: "escapes in JSON strings are decoded",
		Refs:  check.Refs(check.RFC7643("2.3.1", "The JSON format is defined in Section 7 of [RFC7159].")),
	}, func(t *check.T) {
		t.CreateUserKeeping(map[string]any{"displayName": "Ada " + t.Name()})
		display := `Ada "Countess" \ O'Byron ` + t.Name()
		res := t.Post("/Users", t.User(map[string]any{"displayName": display}))
		t.Expect(res).To(check.BeOK())
		t.Expect(settled(t, res)).To(check.HaveJSON("/displayName", display))
	})
}
