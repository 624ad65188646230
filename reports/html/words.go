package html

import (
	"fmt"
	"strings"

	"assay/reports"
)

func verdictSign(v reports.Verdict) sign {
	switch v {
	case reports.Conformant:
		return sign{"pass", "✓", "Conformant"}
	case reports.Nonconformant:
		return sign{"fail", "✕", "Nonconformant"}
	case reports.Incomplete:
		return sign{"warn", "?", "Incomplete"}
	default:
		return sign{"warn", "?", "No verdict"}
	}
}

func outcomeSign(o reports.Outcome) sign {
	switch o {
	case reports.Pass:
		return sign{"pass", "✓", "passed"}
	case reports.Fail:
		return sign{"fail", "✕", "failed"}
	case reports.Warn:
		return sign{"warn", "!", "warning"}
	case reports.NotApplicable:
		return sign{"none", "–", "not applicable"}
	case reports.NotRun:
		return sign{"open", "?", "not run"}
	default:
		return sign{"open", "⚠", "harness error"}
	}
}

// levelSign adds to the RFC 2119 word what it means to somebody who does not know it.
func levelSign(l reports.Level) sign {
	switch l {
	case reports.Must:
		return sign{"must", "MUST", "required"}
	case reports.Should:
		return sign{"should", "SHOULD", "recommended"}
	default:
		return sign{"may", strings.ToUpper(string(l)), "optional"}
	}
}

func yesNo(b bool) sign {
	if b {
		return sign{"pass", "✓", "yes"}
	}
	return sign{"none", "–", "no"}
}

// productName is the name under which customers know a persona.
func productName(persona string) string {
	names := map[string]string{
		"okta": "Okta", "okta-oin": "Okta (catalogue app)", "okta-aiw": "Okta (custom app)",
		"entra": "Microsoft Entra ID", "onelogin": "OneLogin", "google": "Google Workspace",
		"ping": "PingOne", "pingone": "PingOne", "jumpcloud": "JumpCloud", "keycloak": "Keycloak",
		"adfs": "AD FS", "auth0": "Auth0", "duo": "Duo", "rippling": "Rippling",
	}
	if name, there := names[persona]; there {
		return name
	}
	return persona
}

// headline is the verdict in one sentence.
func headline(r *reports.Report) string {
	if r.Ran() == 0 {
		return "No check ran, so nothing is known about this target."
	}
	fails, known, open, warns := 0, 0, 0, r.Counts()[reports.Warn]
	for i := range r.Checks {
		if r.Checks[i].Level != reports.Must {
			continue
		}
		switch r.Checks[i].Outcome {
		case reports.Fail:
			fails++
			if r.Checks[i].Known {
				known++
			}
		case reports.NotRun, reports.Error:
			open++
		}
	}
	switch r.Verdict {
	case reports.Nonconformant:
		return plural(fails, "required check") + " failed" + also(known, " (%s known)", "") + also(open, "; %s could not be tried", "more") + "."
	case reports.Conformant:
		return "Every required check that applies to this target passed" + also(warns, "; %s missed", "recommendation") + "."
	default:
		return "No required check failed, but too little was tried to vouch for the target" + also(open, ": %s could not be tried", "required check") + "."
	}
}

// also is a clause about n things, or nothing when there are none.
func also(n int, format, noun string) string {
	switch {
	case n == 0:
		return ""
	case noun == "", noun == "more":
		return fmt.Sprintf(format, strings.TrimSpace(fmt.Sprintf("%d %s", n, noun)))
	default:
		return fmt.Sprintf(format, plural(n, noun))
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// meaning says what the verdict is good for.
func meaning(r *reports.Report) string {
	switch r.Verdict {
	case reports.Conformant:
		return "The target does what the cited standards and identity providers require of the features it claims. " +
			"Features that it does not claim were not judged."
	case reports.Nonconformant:
		return "The target breaks something that a cited standard or an identity provider requires. " +
			"Customers who rely on it can be locked out, or keep access that they should have lost, until it is fixed."
	default:
		return "This is neither a pass nor a failure. Resolve what is listed under “Could not be tried”, or widen the selection, and run again."
	}
}

func banner(r *reports.Report) string {
	if r.Run.Complete {
		return ""
	}
	note := "This run was interrupted, so what follows is only a part of it and can never count as a pass."
	if r.Run.Note != "" {
		note += " What stopped it: " + strings.TrimSuffix(r.Run.Note, ".") + "."
	}
	return note
}

// narrowed says what the operator chose to run, when that was not everything.
func narrowed(s reports.Selection) []string {
	var list []string
	add := func(label string, items []string) {
		if len(items) > 0 {
			list = append(list, label+" "+strings.Join(items, ", "))
		}
	}
	add("only", s.Only)
	add("without", s.Exclude)
	levels := make([]string, len(s.Levels))
	for i, l := range s.Levels {
		levels[i] = string(l)
	}
	add("levels", levels)
	add("profiles", s.Profiles)
	return list
}
