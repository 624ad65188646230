package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"assay/reports"
	"assay/suites"
)

// selectionFlags are the flags that choose checks.
type selectionFlags struct {
	only, exclude, levels, profiles []string
}

func (f *selectionFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.only, "only", nil, "run only these checks: IDs, prefixes of IDs, or patterns with *")
	flags.StringSliceVar(&f.exclude, "exclude", nil, "leave out these checks: IDs, prefixes of IDs, or patterns with *")
	flags.StringSliceVar(&f.levels, "level", nil, "only checks of these levels: must, should, may")
	flags.StringSliceVar(&f.profiles, "profile", nil, "only checks of these profiles, such as scim, okta, oidc")
}

// selection validates the flags: each must select something, because a pattern with a typo that
// silently selects nothing would look like success.
func (f *selectionFlags) selection() (reports.Selection, error) {
	s := reports.Selection{Only: f.only, Exclude: f.exclude, Profiles: f.profiles}
	checks := suites.List()
	for _, pattern := range slices.Concat(f.only, f.exclude) {
		if !slices.ContainsFunc(checks, func(c reports.Check) bool { return suites.Matches(pattern, c.ID) }) {
			return s, usage("no check matches %q; \"assay list\" shows all of them%s", pattern, suggest(pattern, checks))
		}
	}
	for _, level := range f.levels {
		if !slices.Contains([]string{"must", "should", "may"}, level) {
			return s, usage("%q is not a level; the levels are must, should and may", level)
		}
		s.Levels = append(s.Levels, reports.Level(level))
	}
	known := profileNames(checks)
	for _, profile := range f.profiles {
		if !slices.Contains(known, profile) {
			return s, usage("%q is not a profile; the profiles are %s", profile, strings.Join(known, ", "))
		}
	}
	if !slices.ContainsFunc(checks, func(c reports.Check) bool { return suites.Selected(c, s) }) {
		return s, usage("--only, --exclude, --level and --profile together leave no check")
	}
	return s, nil
}

func profileNames(checks []reports.Check) []string {
	var names []string
	for _, c := range checks {
		names = append(names, c.Profiles...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// suggest names checks whose ID contains what was typed.
func suggest(pattern string, checks []reports.Check) string {
	word := strings.Trim(pattern, "*.")
	if i := strings.LastIndex(word, "."); i >= 0 {
		word = word[i+1:]
	}
	var similar []string
	for _, c := range checks {
		if word != "" && strings.Contains(c.ID, word) && len(similar) < 3 {
			similar = append(similar, c.ID)
		}
	}
	if len(similar) == 0 {
		return ""
	}
	return "; similar: " + strings.Join(similar, ", ")
}
