// Package migration moves a tenant from local login to single sign-on: a checklist of what stands in the way, and a
// background job that does it.
//
// The job goes through its steps in order: preconditions, canonical e-mail addresses, no duplicates, no conflicting
// bindings, and the flip, which looks at everything once more and changes the mode in the same transaction. So a tenant is in
// legacy mode or in sso mode, whatever happens to the process; a job whose process is gone is taken up by another one,
// or by the next, and each step can be done again. Users, roles and groups are not touched.
package migration

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay/reference/directory"
)

// Code names a finding. Its text is stable.
type Code string

// The findings. Those in the first group block a migration.
const (
	InvalidState       Code = "INVALID_STATE"
	NotConfigured      Code = "SSO_NOT_CONFIGURED"
	BreakGlassRequired Code = "BREAK_GLASS_REQUIRED"
	DuplicateEmails    Code = "DUPLICATE_EMAILS"
	BindingConflicts   Code = "BINDING_CONFLICTS"

	OneBreakGlass     Code = "ONE_BREAK_GLASS_ADMIN"
	UnverifiedDomains Code = "UNVERIFIED_DOMAINS"
	WithoutEmail      Code = "USERS_WITHOUT_EMAIL"
	WithoutExternalID Code = "USERS_WITHOUT_EXTERNAL_ID"
)

// Finding is something that stands in the way of a migration or, when it is not Blocking, that somebody should know before.
type Finding struct {
	Code     Code
	Blocking bool
	Text     string
	Users    []string // ids of those whom it is about, at most maxNamed
}

// Error is the text.
func (f *Finding) Error() string { return f.Text }

// maxNamed bounds how many users a finding names.
const maxNamed = 100

// Checklist is how ready a tenant is.
type Checklist struct {
	directory.Readiness
	Findings []Finding // those that block first
}

// Ready reports whether nothing stands in the way.
func (c Checklist) Ready() bool {
	return !slices.ContainsFunc(c.Findings, func(f Finding) bool { return f.Blocking })
}

// Check judges a tenant with these domains and this connection, of which only the matching strategy counts.
func Check(r directory.Readiness, domains []directory.Domain, matching string) Checklist {
	findings := blocking(r)
	findings = append(findings, warnings(r, domains, matching)...)
	return Checklist{Readiness: r, Findings: findings}
}

// blocking returns what stands in the way, in the order of the steps.
func blocking(r directory.Readiness) []Finding {
	var found []Finding
	for _, step := range []directory.MigrationStep{directory.StepPreconditions, directory.StepDuplicates, directory.StepBindings} {
		found = append(found, obstacles(r, step)...)
	}
	return found
}

// obstacles returns what keeps one step from being done.
func obstacles(r directory.Readiness, step directory.MigrationStep) []Finding {
	var found []Finding
	add := func(holds bool, code Code, users []string, format string, args ...any) {
		if holds {
			found = append(found, Finding{code, true, fmt.Sprintf(format, args...), named(users)})
		}
	}
	switch step {
	case directory.StepPreconditions:
		add(r.Mode != directory.ModeLegacy, InvalidState, nil, "The organisation is not in legacy mode but in mode %s.", r.Mode)
		add(!r.Connected, NotConfigured, nil, "There is no active single sign-on connection. Connect an identity provider and test the connection first.")
		add(len(r.BreakGlass) == 0, BreakGlassRequired, nil,
			"There is no break-glass administrator. Grant at least one active owner or administrator with a password break-glass access first.")
	case directory.StepDuplicates:
		add(len(r.Duplicates) > 0, DuplicateEmails, duplicates(r), "%d e-mail addresses belong to several active users, so that nobody can tell whom the identity provider means.", len(r.Duplicates))
	case directory.StepBindings:
		add(len(r.Conflicts) > 0, BindingConflicts, r.Conflicts, "%d users are linked to several people of one identity provider. Reset their identity bindings first.", len(r.Conflicts))
	}
	return found
}

func duplicates(r directory.Readiness) []string {
	var ids []string
	for _, email := range slices.Sorted(maps.Keys(r.Duplicates)) {
		ids = append(ids, r.Duplicates[email]...)
	}
	return ids
}

func warnings(r directory.Readiness, domains []directory.Domain, matching string) []Finding {
	var found []Finding
	add := func(holds bool, code Code, users []string, format string, args ...any) {
		if holds {
			found = append(found, Finding{code, false, fmt.Sprintf(format, args...), named(users)})
		}
	}
	add(len(r.BreakGlass) == 1, OneBreakGlass, r.BreakGlass, "There is one break-glass administrator only. Consider a second one.")
	foreign := unverified(r, domains)
	add(len(foreign) > 0, UnverifiedDomains, nil, "People have e-mail addresses in domains that are not verified and will not be led to your identity provider by them: %s.",
		strings.Join(foreign, ", "))
	add(len(r.NoEmail) > 0, WithoutEmail, r.NoEmail, "%d active users have no e-mail address by which single sign-on could find them.", len(r.NoEmail))
	add(strings.HasSuffix(matching, "ScimExternalId") && len(r.NoExternal) > 0, WithoutExternalID, r.NoExternal,
		"%d active users have no external ID, which the matching strategy %s needs.", len(r.NoExternal), matching)
	return found
}

// unverified returns the domains of people that the tenant has not verified, with how many people each has. A tenant without
// any domain takes everybody.
func unverified(r directory.Readiness, domains []directory.Domain) []string {
	if len(domains) == 0 {
		return nil
	}
	var foreign []string
	for _, name := range slices.Sorted(maps.Keys(r.ByDomain)) {
		own := slices.ContainsFunc(domains, func(d directory.Domain) bool { return d.Name == name && !d.Verified.IsZero() })
		if !own {
			foreign = append(foreign, fmt.Sprintf("%s (%d)", name, r.ByDomain[name]))
		}
	}
	return foreign[:min(len(foreign), maxNamed)]
}

func named(users []string) []string { return users[:min(len(users), maxNamed)] }
