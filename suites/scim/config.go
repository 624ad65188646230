package scim

import (
	"strings"

	"github.com/onsi/gomega/types"

	"assay/suites/check"
	"assay/suites/wire"
)

// configValues are the checks of what the configuration says, beyond its form.
func configValues(s *check.Suite) {
	s.It(check.Spec{
		ID: "scim.discovery.authentication-types", Level: check.Should,
		Title: "the types of authentication schemes are those of RFC 7643",
		Refs:  check.Refs(check.RFC7643("5", `This specification defines the values "oauth", "oauth2", "oauthbearertoken", "httpbasic", and "httpdigest".`)),
	}, func(t *check.T) {
		for _, scheme := range schemesOf(t) {
			value, _ := wire.At(scheme, "/type")
			t.ExpectThat("type of an authentication scheme", value).To(check.BeNonEmptyString())
			t.ExpectThat("type of an authentication scheme", value).To(beKeyword("oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"))
		}
	})
	s.It(check.Spec{
		ID: "scim.discovery.one-primary-scheme", Level: check.Must,
		Title: "no more than one authentication scheme is the primary one",
		Refs:  check.Refs(check.RFC7643("2.4", `The primary attribute value "true" MUST appear no more than once.`)),
	}, func(t *check.T) {
		res := t.Get("/ServiceProviderConfig")
		t.Require("the configuration", res, check.BeOK())
		if len(check.Elements(res, "/authenticationSchemes")) == 0 {
			t.NotApplicable("the configuration lists no authentication scheme")
		}
		count := 0
		for _, scheme := range schemesOf(t) {
			if is, _ := wire.At(scheme, "/primary"); is == true {
				count++
			}
		}
		t.ExpectThat("primary authentication schemes", count).To(check.Satisfy("at most one", func(any) bool { return count <= 1 }))
	})
	s.It(check.Spec{
		ID: "scim.discovery.documentation-urls", Level: check.Must,
		Title: "documentationUri and specUri of the configuration, where given, are URLs that HTTP can reach",
		Refs:  check.Refs(check.RFC7643("5", "An HTTP-addressable URL pointing to the service provider's human-consumable help documentation.")),
	}, func(t *check.T) {
		given := map[string]any{}
		note := func(about string, doc any, name string) {
			if value, ok := wire.At(doc, "/"+name); ok && value != nil {
				given[name+" of "+about] = value
			}
		}
		res := t.Get("/ServiceProviderConfig")
		t.Require("the configuration", res, check.BeOK())
		note("the configuration", res.Object(), "documentationUri")
		for _, scheme := range check.Elements(res, "/authenticationSchemes") {
			note("an authentication scheme", scheme, "documentationUri")
			note("an authentication scheme", scheme, "specUri")
		}
		if len(given) == 0 {
			t.NotApplicable("the configuration has neither documentationUri nor specUri")
		}
		for about, value := range given {
			t.ExpectThat(about, value).To(beHTTPReference(t))
		}
	})
}

// schemesOf reads the authentication schemes; without any, nothing about them can be tried.
func schemesOf(t *check.T) []any {
	res := t.Get("/ServiceProviderConfig")
	t.Require("the authentication schemes", res, check.HaveJSON("/authenticationSchemes", beFilledList()))
	return check.Elements(res, "/authenticationSchemes")
}

// beHTTPReference matches a URI reference that is, or resolves to, an http or https URL.
func beHTTPReference(t *check.T) types.GomegaMatcher {
	return check.Satisfy("an http or https URL", func(value any) bool {
		text, _ := value.(string)
		if text == "" || strings.ContainsAny(text, " \t\r\n<>\"") {
			return false
		}
		u, err := resolve(t, text)
		return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
	})
}
