package scim

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/onsi/gomega/types"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

func returnedOnes(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.characteristics.returned-request", Level: check.Must,
		Title: "an attribute that is returned on request is in a read that names it, and in no other",
		Refs:  check.Refs(check.RFC7643("7", `The attribute is returned in a SCIM query operation only if specified in the "attributes" parameter.`)),
	}, func(t *check.T) {
		c := claims(t)
		chosen := c.choose(t, "returned on request", func(x trait) bool {
			return x.returned == "request" && x.writable() && !x.listed && x.kind != "complex"
		})
		for _, m := range c.keep(t, chosen, func(x trait) any { return x.value(t) }) {
			got, _ := m.shown(t, m.Resource)
			t.ExpectThat(m.path()+" when it is asked for", got).To(check.Be(m.value))
			t.ExpectThat("a read that asks for nothing", t.Reread(m.Resource)).To(check.LackJSON(m.pointer()))
		}
	})
	s.It(check.Spec{
		ID: "scim.characteristics.returned-always", Level: check.Must,
		Title: "an attribute that is always returned is in a read that asks for others",
		Refs:  check.Refs(check.RFC7643("7", `The attribute is always returned, regardless of the contents of the "attributes" parameter.`)),
	}, func(t *check.T) {
		c := claims(t)
		chosen := c.choose(t, "always returned", func(x trait) bool {
			return x.returned == "always" && x.parent == "" && x.writable() && !x.listed && x.kind != "complex"
		})
		for _, m := range c.keep(t, chosen, func(x trait) any { return x.value(t) }) {
			t.Expect(t.Reread(m.Resource, wire.Query("attributes", nameOf(m.endpoint)))).To(check.HaveJSON(m.pointer(), m.value))
			t.Expect(t.Reread(m.Resource, wire.Query("excludedAttributes", m.path()))).To(check.HaveJSON(m.pointer(), m.value))
		}
	})
	s.It(check.Spec{
		ID: "scim.characteristics.returned-never", Level: check.Must,
		Title: "the value of an attribute that is never returned is in no answer",
		Refs:  check.Refs(check.RFC7643("7", "Attribute values SHALL NOT be returned (e.g., because the value is a stored hash).")),
	}, func(t *check.T) {
		c := claims(t)
		chosen := c.choose(t, "never returned", func(x trait) bool {
			return !x.readable() && x.writable() && !x.listed && x.kind == "string"
		})
		for _, m := range c.keep(t, chosen, func(x trait) any { return x.value(t) }) {
			secret := m.atomOf()
			t.ExpectThat("POST", m.Created).To(notTell(secret))
			for what, res := range answersAbout(t, m) {
				t.ExpectThat(what, res).To(notTell(secret))
			}
		}
	})
}

// atomOf is the text of the value, which no other answer could hold by chance.
func (h held) atomOf() string {
	if list, ok := h.value.([]any); ok {
		return list[0].(string)
	}
	return h.value.(string)
}

// answersAbout are the answers to requests of every kind that might show the attribute.
func answersAbout(t *check.T, m made) map[string]*wire.Response {
	answers := map[string]*wire.Response{
		"PUT":                t.Put(m.Path, m.put(m.value)),
		"GET":                t.Get(m.Path),
		"GET that names it":  t.Get(m.Path, wire.Query("attributes", m.path())),
		"a second POST":      t.Post(m.endpoint, m.Sent),
		"an invalid replace": t.Put(m.Path, map[string]any{"schemas": m.Sent["schemas"], m.urn: m.Sent[m.urn], nameOf(m.endpoint): 5}),
	}
	if t.Claims(target.Patch) {
		answers["PATCH"] = t.Patch(m.Path, opReplace(m.path(), m.value))
	}
	if t.Claims(target.Filter) {
		byID := compare("id", "eq", m.ID)
		answers["a list"] = t.Find(m.endpoint, byID)
		answers["a search"] = t.Send("POST", m.endpoint+"/.search", map[string]any{
			"schemas": []any{searchURN}, "filter": byID, "attributes": []any{m.path()},
		})
	}
	if t.Claims(target.Bulk) {
		answers["a bulk request"] = sendBulk(t, nil, bulkOperation("PUT", m.Path, "", m.put(m.value)))
	}
	return answers
}

// notTell matches an answer in which a text is nowhere.
func notTell(secret string) types.GomegaMatcher {
	return check.AnswerSatisfies("the body", "no trace of the value", func(r *wire.Response) bool {
		return r.Err == nil && !strings.Contains(string(r.Body), secret)
	})
}

func dataTypes(s *check.Suite) {
	of := func(kind string) func(trait) bool {
		return func(x trait) bool {
			return x.kind == kind && x.writable() && x.readable() && !x.multiValued && !x.unique() && x.mutability != "immutable"
		}
	}
	s.It(check.Spec{
		ID: "scim.characteristics.decimal-by-value", Level: check.Must,
		Title: "decimals are compared by value: 1, 1.0 and 1e0 are the same",
		Refs:  check.Refs(check.RFC7643("2.3.3", "A real number with at least one digit to the left and right of the period.")),
		Needs: check.Needs(target.Filter),
	}, func(t *check.T) {
		c := claims(t)
		for _, m := range c.keep(t, c.choose(t, "a decimal", of("decimal")), func(trait) any { return 1.0 }) {
			byID := compare("id", "eq", m.ID)
			t.Require("GET with a filter on the id", find(t, m.endpoint, byID), check.ContainResource(m.ID))
			for _, form := range []string{"1.0", "1", "1e0"} {
				filter := byID + " and " + m.path() + " eq " + form
				t.ExpectThat("the filter "+filter, find(t, m.endpoint, filter)).To(check.ContainResource(m.ID))
			}
			filter := byID + " and " + m.path() + " eq 1.5"
			t.ExpectThat("the filter "+filter, find(t, m.endpoint, filter)).To(check.LackResource(m.ID))
		}
	})
	s.It(check.Spec{
		ID: "scim.characteristics.integer-form", Level: check.Must,
		Title: "an integer that is sent with a fraction or an exponent is refused, or returned without",
		Refs:  check.Refs(check.RFC7643("2.3.4", "the value MUST NOT contain fractional or exponent parts.")),
	}, func(t *check.T) {
		c := claims(t)
		for _, m := range c.keep(t, c.choose(t, "an integer", of("integer")), func(trait) any { return 42 }) {
			for _, form := range []string{"42.0", "4.2e1"} {
				res := t.Put(m.Path, m.put(json.RawMessage(form)))
				if res.OK() {
					got, _ := m.shown(t, m.Resource)
					t.ExpectThat(m.path()+" after "+form, got).To(beInteger())
					continue
				}
				t.ExpectThat(form, res).To(check.AnswerSatisfies("status", "HTTP 400, or success", func(r *wire.Response) bool { return r.Status == 400 }))
			}
		}
	})
	dateTimes(s, of("datetime"))
	binaries(s, of("binary"))
}

func dateTimes(s *check.Suite, picked func(trait) bool) {
	quote := "The attribute value MUST be encoded as a valid xsd:dateTime as specified in Section 3.3.7 of [XML-Schema] and MUST include both a date and a time."
	s.It(check.Spec{
		ID: "scim.characteristics.datetime-forms", Level: check.Must,
		Title: "a dateTime with an offset or with fractions of a second is accepted, and is the same moment afterwards",
		Refs:  check.Refs(check.RFC7643("2.3.5", quote)),
	}, func(t *check.T) {
		c := claims(t)
		for _, m := range c.keep(t, c.choose(t, "a dateTime", picked), func(x trait) any { return x.value(t) }) {
			for _, form := range []string{"2011-05-13T06:42:34+02:00", "2011-05-13T04:42:34.5Z"} {
				t.ExpectThat("PUT with "+form, t.Put(m.Path, m.put(form))).To(check.BeOK())
				got, _ := m.shown(t, m.Resource)
				t.ExpectThat(m.path(), got).To(beMoment(form))
			}
		}
	})
	s.It(check.Spec{
		ID: "scim.characteristics.datetime-whole", Level: check.Must,
		Title: "a dateTime without a time, or without seconds, is refused",
		Refs:  check.Refs(check.RFC7643("2.3.5", quote)),
	}, func(t *check.T) {
		c := claims(t)
		for _, m := range c.keep(t, c.choose(t, "a dateTime", picked), func(x trait) any { return x.value(t) }) {
			t.Control(t.Put(m.Path, m.put("2012-06-14T05:43:35Z")), check.BeOK())
			for _, form := range []string{"2011-05-13", "2011-05-13T04:42Z"} {
				t.ExpectThat("PUT with "+form, t.Put(m.Path, m.put(form))).To(check.BeSCIMError(400))
			}
		}
	})
}

// beMoment matches a dateTime that means the same moment, to the second: a target need not keep fractions.
func beMoment(form string) types.GomegaMatcher {
	return check.Satisfy("the moment of "+form+", to the second", func(value any) bool {
		text, _ := value.(string)
		got, err := instant(text)
		want, _ := instant(form)
		return err == nil && got.Sub(want).Abs() < time.Second
	})
}

func binaries(s *check.Suite, picked func(trait) bool) {
	s.It(check.Spec{
		ID: "scim.characteristics.binary-unpadded", Level: check.Must,
		Title: "a binary without the padding of base64 is accepted",
		Refs:  check.Refs(check.RFC7643("2.3.6", `Unless otherwise specified in the attribute definition, trailing padding characters MAY be omitted ("=").`)),
	}, func(t *check.T) {
		c := claims(t)
		for _, m := range c.keep(t, c.choose(t, "a binary", picked), func(trait) any { return "YXNzYXk=" }) {
			t.ExpectThat("PUT with YXNzYXk", t.Put(m.Path, m.put("YXNzYXk"))).To(check.BeOK())
		}
	})
	s.It(check.Spec{
		ID: "scim.characteristics.binary-base64", Level: check.Must,
		Title: "a binary that is not base64 is refused",
		Refs:  check.Refs(check.RFC7643("2.3.6", "The attribute value MUST be base64 encoded as specified in Section 4 of [RFC4648].")),
	}, func(t *check.T) {
		c := claims(t)
		for _, m := range c.keep(t, c.choose(t, "a binary", picked), func(trait) any { return "YXNzYXk=" }) {
			t.Control(t.Put(m.Path, m.put("YXNzYXkh")), check.BeOK())
			for _, bad := range []string{"not base64!", "YXNzYXk==="} {
				t.ExpectThat("PUT with "+bad, t.Put(m.Path, m.put(bad))).To(check.BeSCIMError(400))
			}
		}
	})
}
