package scim

import (
	"strings"

	"github.com/onsi/gomega/types"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const (
	quoteRequired  = "A Boolean value that specifies whether or not the attribute is required."
	quoteImmutable = "If one or more values are already set for the attribute, the input value(s) MUST match, or HTTP status code 400 SHOULD be returned"
	quoteSetOnce   = "The attribute MAY be defined at resource creation (e.g., POST) or at record replacement via a request (e.g., a PUT). The attribute SHALL NOT be updated."
	quoteUniqueIn  = "No two resources on the same server SHOULD possess the same value."
	quoteCase      = `When comparing attributes of type String, the case sensitivity for String type attributes SHALL be determined by the attribute's "caseExact" characteristic`
)

// characteristics holds a target to what its own schemas say of each attribute (RFC 7643 section 7). The
// checks learn the attributes from /Schemas; where it publishes none of a kind they are not applicable.
func characteristics(s *check.Suite) {
	s.Describe("characteristics", func() {
		requiredOnes(s)
		uniqueOnes(s)
		caseExactness(s)
		immutableOnes(s)
		returnedOnes(s)
		dataTypes(s)
	})
}

func requiredOnes(s *check.Suite) {
	required := func(x trait) bool { return x.required && x.writable() && !x.listed && (x.parent == "" || x.urn != "") }
	s.It(check.Spec{
		ID: "scim.characteristics.required-on-create", Level: check.Must,
		Title: "a resource without an attribute that the published schema requires is refused, or gets a default",
		Refs:  check.Refs(check.RFC7643("7", quoteRequired), check.RFC7644("3.12", "A required value was missing,")),
	}, func(t *check.T) {
		c := claims(t)
		for _, x := range c.choose(t, "required", required) {
			control := c.body(t, x.endpoint, held{x, x.value(t)})
			t.Control(t.Post(x.endpoint, control), check.BeOK())
			bad := made{check.Resource{Sent: c.body(t, x.endpoint, held{x, x.value(t)})}, held{x, nil}}.put(nil)
			if x.parent == "" && x.urn != "" && len(bad[x.urn].(map[string]any)) == 0 {
				continue // the extension is not there without its only attribute
			}
			delete(bad, "id")
			res := t.Post(x.endpoint, bad)
			t.ExpectThat("POST without "+x.path(), res).To(refusedUnlessDefault(x, 400))
		}
		t.Expect(c.traits).To(check.Satisfy("attributes", func(any) bool { return len(c.traits) > 0 }))
	})
	s.It(check.Spec{
		ID: "scim.characteristics.required-on-replace", Level: check.Must,
		Title: "a PUT without an attribute that the published schema requires is refused, or leaves it with a value",
		Refs:  check.Refs(check.RFC7644("3.5.1", `If an attribute is "required", clients MUST specify the attribute in the PUT request.`)),
	}, func(t *check.T) {
		c := claims(t)
		for _, m := range c.keep(t, c.choose(t, "required", required), func(x trait) any { return x.value(t) }) {
			t.Control(t.Put(m.Path, m.put(m.value)), check.BeOK())
			bad := m.put(nil)
			if m.parent == "" && m.urn != "" && len(bad[m.urn].(map[string]any)) == 0 {
				continue
			}
			t.ExpectThat("PUT without "+m.path(), t.Put(m.Path, bad)).To(refusedUnlessDefault(m.trait, 400))
		}
		t.Expect(c.traits).To(check.Satisfy("attributes", func(any) bool { return len(c.traits) > 0 }))
	})
	s.It(check.Spec{
		ID: "scim.characteristics.required-extension", Level: check.Must,
		Title: "a resource without an extension that its type requires is refused",
		Refs:  check.Refs(check.RFC7643("6", "If true, a resource of this type MUST include this schema extension and also include any attributes declared as required in this schema extension.")),
	}, func(t *check.T) {
		c := claims(t)
		if len(c.required) == 0 {
			t.NotApplicable("no resource type of users or groups has an extension that is required")
		}
		for _, extension := range c.required {
			t.Control(t.Post(extension.endpoint, c.body(t, extension.endpoint)), check.BeOK())
			bad := c.body(t, extension.endpoint)
			delete(bad, extension.urn)
			t.ExpectThat("POST without "+extension.urn, t.Post(extension.endpoint, bad)).To(check.BeSCIMError(400))
		}
	})
}

// refusedUnlessDefault matches a refusal, or a resource to which the target has given a value by itself.
func refusedUnlessDefault(x trait, status int) types.GomegaMatcher {
	return check.AnswerSatisfies("the answer", "HTTP 400, or a value of "+x.path()+" by default", func(r *wire.Response) bool {
		_, has := r.At(x.pointer())
		return r.Status == status || r.OK() && has
	})
}

func uniqueOnes(s *check.Suite) {
	unique := func(x trait) bool {
		return x.unique() && x.writable() && !x.listed && x.kind != "boolean" && x.kind != "complex"
	}
	s.It(check.Spec{
		ID: "scim.characteristics.uniqueness", Level: check.Should,
		Title: "a second resource with the value of an attribute that the published schema says is unique is refused",
		Refs:  check.Refs(check.RFC7643("7", quoteUniqueIn), check.RFC7644("3.3", quoteConflict)),
	}, func(t *check.T) {
		c := claims(t)
		chosen := c.choose(t, "unique", unique)
		for _, m := range c.keep(t, chosen, func(x trait) any { return x.value(t) }) {
			t.Control(t.Post(m.endpoint, c.body(t, m.endpoint, held{m.trait, m.trait.value(t)})), check.BeOK())
			twin := t.Post(m.endpoint, c.body(t, m.endpoint, m.held))
			t.ExpectThat("the second resource with "+m.path(), twin).To(check.BeSCIMError(409, "uniqueness"))
		}
	})
	s.It(check.Spec{
		ID: "scim.characteristics.uniqueness-case", Level: check.Should,
		Title: "whether values of a unique attribute that differ in case are the same is as its caseExact says",
		Refs:  check.Refs(check.RFC7643("7", quoteUniqueIn), check.RFC7643("7", "A Boolean value that specifies whether or not a string attribute is case sensitive.")),
	}, func(t *check.T) {
		c := claims(t)
		chosen := c.choose(t, "a unique string", func(x trait) bool { return unique(x) && x.kind == "string" && !x.multiValued })
		for _, m := range c.keep(t, chosen, func(x trait) any { return x.value(t) }) {
			t.Control(t.Post(m.endpoint, c.body(t, m.endpoint, held{m.trait, m.trait.value(t)})), check.BeOK())
			other := held{m.trait, strings.ToUpper(m.value.(string))}
			res := t.Post(m.endpoint, c.body(t, m.endpoint, other))
			if m.caseExact {
				t.ExpectThat("another resource with "+m.path()+" in other case", res).To(check.BeOK())
				continue
			}
			t.ExpectThat("a second resource with "+m.path()+" in other case", res).To(check.BeSCIMError(409, "uniqueness"))
		}
	})
}

func caseExactness(s *check.Suite) {
	comparable := func(exact bool) func(trait) bool {
		return func(x trait) bool {
			return x.kind == "string" && x.caseExact == exact && x.writable() && x.readable() && !x.listed && !x.multiValued
		}
	}
	s.It(check.Spec{
		ID: "scim.characteristics.case-exact-filter", Level: check.Must,
		Title: "a filter tells case apart in an attribute that the published schema makes case-exact",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteCase)), Needs: check.Needs(target.Filter),
	}, func(t *check.T) {
		c := claims(t)
		for _, m := range found(t, c.keep(t, c.choose(t, "case-exact", comparable(true)), func(x trait) any { return x.value(t) })) {
			text := m.value.(string)
			t.ExpectThat(m.path()+" in other case", find(t, m.endpoint, compare(m.path(), "eq", strings.ToUpper(text)))).To(check.LackResource(m.ID))
		}
	})
	s.It(check.Spec{
		ID: "scim.characteristics.any-case-filter", Level: check.Must,
		Title: "a filter does not tell case apart in an attribute that the published schema does not make case-exact",
		Refs:  check.Refs(check.RFC7644("3.4.2.2", quoteCase)), Needs: check.Needs(target.Filter),
	}, func(t *check.T) {
		c := claims(t)
		for _, m := range found(t, c.keep(t, c.choose(t, "a string in any case", comparable(false)), func(x trait) any { return x.value(t) })) {
			text := m.value.(string)
			t.ExpectThat(m.path()+" in other case", find(t, m.endpoint, compare(m.path(), "eq", strings.ToUpper(text)))).To(check.ContainResource(m.ID))
		}
	})
}

// found gives those that a filter finds by their exact value, which is the control. Why it does not find
// others is for other checks to say, and a target may decline it for some attributes.
func found(t *check.T, all []made) []made {
	var found []made
	for _, m := range all {
		res := findPlain(t, m.endpoint, compare(m.path(), "eq", m.value.(string)))
		if isThere, err := check.ContainResource(m.ID).Match(res); err == nil && isThere {
			t.Control(res, check.ContainResource(m.ID))
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		t.NotApplicable("the target finds no such attribute by its exact value")
	}
	return found
}

func immutableOnes(s *check.Suite) {
	immutable := func(x trait) bool {
		return x.mutability == "immutable" && x.readable() && !x.listed && x.kind != "complex" && x.kind != "boolean" && x.kind != "datetime"
	}
	s.It(check.Spec{
		ID: "scim.characteristics.immutable-kept", Level: check.Must,
		Title: "neither PUT nor PATCH changes the value of an immutable attribute",
		Refs:  check.Refs(check.RFC7643("7", quoteSetOnce), check.RFC7644("3.5.1", quoteImmutable)),
	}, func(t *check.T) {
		c := claims(t)
		for _, m := range c.keep(t, c.choose(t, "immutable", immutable), func(x trait) any { return x.value(t) }) {
			t.Put(m.Path, m.put(m.trait.value(t)))
			if t.Claims(target.Patch) {
				t.Patch(m.Path, opReplace(m.path(), m.trait.value(t)))
			}
			got, _ := m.shown(t, m.Resource)
			t.ExpectThat(m.path()+" after both", got).To(check.Be(m.value))
		}
	})
	s.It(check.Spec{
		ID: "scim.characteristics.immutable-refused", Level: check.Should,
		Title: "a PUT that changes an immutable attribute is refused with mutability",
		Refs:  check.Refs(check.RFC7644("3.5.1", quoteImmutable)),
	}, func(t *check.T) {
		c := claims(t)
		for _, m := range c.keep(t, c.choose(t, "immutable", immutable), func(x trait) any { return x.value(t) }) {
			t.Control(t.Put(m.Path, m.put(m.value)), check.BeOK())
			t.ExpectThat("PUT with another "+m.path(), t.Put(m.Path, m.put(m.trait.value(t)))).To(check.BeSCIMError(400, "mutability"))
		}
	})
	s.It(check.Spec{
		ID: "scim.characteristics.immutable-patch-refused", Level: check.Must,
		Title: "a PATCH that changes an immutable attribute is refused",
		Refs:  check.Refs(check.RFC7644("3.5.2", `a client MUST NOT modify an attribute that has mutability "readOnly" or "immutable".`)),
		Needs: check.Needs(target.Patch),
	}, func(t *check.T) {
		c := claims(t)
		for _, m := range c.keep(t, c.choose(t, "immutable", immutable), func(x trait) any { return x.value(t) }) {
			t.Control(t.Patch(m.Path, opReplace("externalId", t.Name())), check.BeOK())
			t.ExpectThat("PATCH of "+m.path(), t.Patch(m.Path, opReplace(m.path(), m.trait.value(t)))).To(check.BeRefused())
		}
	})
	s.It(check.Spec{
		ID: "scim.characteristics.immutable-first-value", Level: check.Must,
		Title: "PUT gives an immutable attribute its first value",
		Refs:  check.Refs(check.RFC7644("3.5.1", "If the service provider has no existing values, the new value(s) SHALL be applied.")),
	}, func(t *check.T) {
		c := claims(t)
		for _, m := range c.keep(t, c.choose(t, "immutable", immutable), func(x trait) any { return x.value(t) }) {
			without := m.put(nil)
			delete(without, "id")
			without[nameOf(m.endpoint)] = t.User()["userName"]
			res := t.Post(m.endpoint, without)
			t.Require("a resource without "+m.path(), res, check.BeOK())
			first := made{check.Resource{ID: res.String("/id"), Path: m.endpoint + "/" + res.String("/id"), Sent: without}, m.held}
			if m.urn != "" && without[m.urn] == nil {
				continue
			}
			t.ExpectThat("PUT with the first "+m.path(), t.Put(first.Path, first.put(m.value))).To(check.BeOK())
			got, _ := first.shown(t, first.Resource)
			t.ExpectThat(m.path(), got).To(check.Be(m.value))
		}
	})
}

// nameOf is the attribute that names the resources of an endpoint.
func nameOf(endpoint string) string {
	if endpoint == "/Groups" {
		return "displayName"
	}
	return "userName"
}
