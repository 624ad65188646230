// Package check is the vocabulary in which checks are written: Spec says what a check is, Suite.It
// registers it with Ginkgo, T is what its body works with, and the matchers say what is expected.
// A matcher's failure is data (what was wanted, what came, where), fit for a report.
package check

import (
	"strings"

	"assay/reports"
	"assay/suites/target"
)

// Spec describes one check. ID is made of dotted words and stable for ever. Its first word is the
// profile, unless Profiles says otherwise; its second is the topic.
type Spec struct {
	ID       string
	Title    string // a sentence that is true of a target that passes
	Level    reports.Level
	Refs     []reports.Ref
	Needs    []target.Capability
	Hurts    []string // personas whose real traffic breaks when this fails
	Profiles []string
}

// Levels of a check, after RFC 2119.
const (
	Must   = reports.Must
	Should = reports.Should
	May    = reports.May
)

// Needs lists the capabilities without which a check is not applicable.
func Needs(capabilities ...target.Capability) []target.Capability { return capabilities }

// Hurts lists the personas whose real traffic breaks when a check fails.
func Hurts(personas ...string) []string { return personas }

// Refs lists the citations of a check.
func Refs(refs ...reports.Ref) []reports.Ref { return refs }

// RFC7643 cites the SCIM core schema. The quote is verbatim; a test looks it up in the section.
func RFC7643(section, quote string) reports.Ref { return rfc("7643", section, quote) }

// RFC7644 cites the SCIM protocol.
func RFC7644(section, quote string) reports.Ref { return rfc("7644", section, quote) }

// RFC9865 cites cursor-based pagination for SCIM.
func RFC9865(section, quote string) reports.Ref { return rfc("9865", section, quote) }

// RFC6749 cites the OAuth 2.0 authorization framework.
func RFC6749(section, quote string) reports.Ref { return rfc("6749", section, quote) }

// RFC7519 cites JSON Web Token.
func RFC7519(section, quote string) reports.Ref { return rfc("7519", section, quote) }

// RFC7515 cites JSON Web Signature.
func RFC7515(section, quote string) reports.Ref { return rfc("7515", section, quote) }

// RFC7636 cites PKCE.
func RFC7636(section, quote string) reports.Ref { return rfc("7636", section, quote) }

func rfc(number, section, quote string) reports.Ref {
	url := "https://www.rfc-editor.org/rfc/rfc" + number
	if section != "" {
		url += "#section-" + section
	}
	return reports.Ref{Doc: "RFC " + number, Section: section, Quote: quote, URL: url}
}

// OIDCCore cites OpenID Connect Core 1.0 by section. Its text is not at hand to verify a quote against,
// so none is given.
func OIDCCore(section string) reports.Ref {
	return reports.Ref{
		Doc: "OpenID Connect Core 1.0", Section: section,
		URL: "https://openid.net/specs/openid-connect-core-1_0.html",
	}
}

// Okta cites the vendor's SCIM documentation by topic.
func Okta(topic string) reports.Ref {
	return reports.Ref{
		Doc: "Okta SCIM 2.0 reference", Section: topic,
		URL: "https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20/",
	}
}

// check converts a spec to the form in which reports carry it.
func (s Spec) check() reports.Check {
	profiles := s.Profiles
	if len(profiles) == 0 {
		profile, _, _ := strings.Cut(s.ID, ".")
		profiles = []string{profile}
	}
	needs := make([]string, len(s.Needs))
	for i, need := range s.Needs {
		needs[i] = string(need)
	}
	hurts := s.Hurts
	if hurts == nil {
		hurts = []string{}
	}
	return reports.Check{
		ID: s.ID, Title: s.Title, Level: s.Level, Profiles: profiles,
		Hurts: hurts, Refs: s.Refs, Needs: needs,
	}
}
