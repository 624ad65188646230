package html

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"assay/reports"
)

// page is everything that the template shows, in its words.
type page struct {
	Style    template.CSS
	Title    string
	Target   string
	Link     string // the target's URL when it is a web address
	URL      string
	Facts    []fact
	Verdict  sign
	Headline string
	Meaning  string
	Banner   string
	Narrowed []string
	Hurt     []tally
	Tally    []tally
	Total    int

	Profiles   []profile
	NotClaimed string
	Sections   []section
	Skipped    []check // not applicable
	Passed     []area
	PassCount  int
	Abilities  []ability
}

// sign is a word with the symbol and the colour class that go with it.
type sign struct{ Class, Symbol, Word string }

type fact struct{ Label, Value string }

type tally struct {
	sign
	N int
}

type profile struct {
	Name    string
	Verdict sign
	Counts  []tally
	Left    int
}

// section is a list of checks that are shown in full.
type section struct {
	Anchor, Title, Lead string
	Open                bool // shown unfolded, and listed at the top when long
	Checks              []check
	Reasons             []tally // when set, shown in place of the checks, which are folded away
}

// foldFrom is the number of untried checks up to which each is shown. A target that is down leaves
// hundreds of them, with one cause between them.
const foldFrom = 8

// area is the passed checks that share the first two elements of their ID.
type area struct {
	Name   string
	Checks []check
}

type ability struct {
	Name, Source  string
	Claim, Seen   sign
	Contradiction bool
}

func newPage(r *reports.Report) page {
	p := page{
		Style:    template.CSS(style), // embedded in the binary, nothing of it comes from a report
		Target:   targetName(r),
		URL:      r.Target.URL,
		Link:     webLink(r.Target.URL),
		Verdict:  verdictSign(r.Verdict),
		Headline: headline(r),
		Meaning:  meaning(r),
		Banner:   banner(r),
		Facts:    facts(r),
		Narrowed: narrowed(r.Run.Selection),
		Hurt:     hurt(r),
		Tally:    tallies(r.Counts()),
		Total:    len(r.Checks),
	}
	p.Title = fmt.Sprintf("%s %s: %s", p.Verdict.Symbol, p.Target, p.Verdict.Word)
	for _, x := range r.Profiles {
		p.Profiles = append(p.Profiles, profile{Name: x.Name, Verdict: verdictSign(x.Verdict), Counts: tallies(x.Counts), Left: x.Deselected})
	}
	p.NotClaimed = strings.Join(r.NotClaimed, ", ")
	p.Sections = sections(r)
	p.Skipped = views(r, func(c *reports.Check) bool { return !c.Known && c.Outcome == reports.NotApplicable })
	passed := views(r, func(c *reports.Check) bool { return !c.Known && c.Outcome == reports.Pass })
	p.Passed, p.PassCount = areas(passed), len(passed)
	p.Abilities = abilities(r)
	return p
}

func sections(r *reports.Report) []section {
	all := []section{{
		Anchor: "broke", Title: "What broke", Open: true,
		Lead:   "Each of these should be true of the target; it was tried, and it is not. Required checks come first.",
		Checks: views(r, func(c *reports.Check) bool { return !c.Known && c.Outcome == reports.Fail }),
	}, {
		Anchor: "known", Title: "Known failures",
		Lead:   "These still fail, and the baseline accepts them for the reason given. They do not count against the build.",
		Checks: views(r, func(c *reports.Check) bool { return c.Known }),
	}, {
		Anchor: "warnings", Title: "Warnings",
		Lead:   "Recommendations that the target misses. The standard allows it; some identity providers may still stumble.",
		Checks: views(r, func(c *reports.Check) bool { return !c.Known && c.Outcome == reports.Warn }),
	}, {
		Anchor: "not-run", Title: "Could not be tried",
		Lead:   "Nothing is known about these, so they count neither for nor against the target. A required one makes the verdict incomplete.",
		Checks: views(r, untried),
	}}
	open := &all[len(all)-1]
	if len(open.Checks) > foldFrom {
		open.Reasons = reasons(open.Checks)
	}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.Checks) == 0 })
}

// untried also takes a check whose outcome nobody knows, so that no check is missing on the page.
func untried(c *reports.Check) bool {
	switch c.Outcome {
	case reports.Pass, reports.Fail, reports.Warn, reports.NotApplicable:
		return false
	default:
		return !c.Known
	}
}

// reasons counts how many checks gave each reason, the most frequent first.
func reasons(checks []check) []tally {
	var list []tally
	at := map[string]int{}
	for _, c := range checks {
		i, there := at[c.Reason]
		if !there {
			i = len(list)
			at[c.Reason] = i
			list = append(list, tally{sign: sign{Class: c.Outcome.Class, Symbol: c.Outcome.Symbol, Word: c.Reason}})
		}
		list[i].N++
	}
	slices.SortStableFunc(list, func(a, b tally) int { return b.N - a.N })
	return list
}

// views picks checks and puts the strongest level first, otherwise in the order of the report.
func views(r *reports.Report, want func(*reports.Check) bool) []check {
	var list []check
	for i := range r.Checks {
		if want(&r.Checks[i]) {
			list = append(list, newCheck(&r.Checks[i]))
		}
	}
	slices.SortStableFunc(list, func(a, b check) int { return a.rank - b.rank })
	return list
}

func areas(passed []check) []area {
	var list []area
	at := map[string]int{}
	for _, c := range passed {
		name := areaName(c.ID)
		i, there := at[name]
		if !there {
			i = len(list)
			at[name] = i
			list = append(list, area{Name: name})
		}
		list[i].Checks = append(list[i].Checks, c)
	}
	slices.SortFunc(list, func(a, b area) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// areaName is the first two elements of an ID: scim.patch of scim.patch.remove-without-path.
func areaName(id string) string {
	parts := strings.SplitN(id, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

func tallies(counts map[reports.Outcome]int) []tally {
	var list []tally
	for _, o := range reports.Outcomes() {
		if counts[o] > 0 {
			list = append(list, tally{outcomeSign(o), counts[o]})
		}
	}
	return list
}

// hurt counts, for each identity provider, the failures that break its real traffic.
func hurt(r *reports.Report) []tally {
	counts := map[string]int{}
	for i := range r.Checks {
		if r.Checks[i].Outcome != reports.Fail {
			continue
		}
		for _, name := range r.Checks[i].Hurts {
			counts[productName(name)]++
		}
	}
	var list []tally
	for name, n := range counts {
		list = append(list, tally{sign{Word: name}, n})
	}
	slices.SortFunc(list, func(a, b tally) int {
		if a.N != b.N {
			return b.N - a.N
		}
		return strings.Compare(a.Word, b.Word)
	})
	return list
}

func abilities(r *reports.Report) []ability {
	var list []ability
	for _, c := range r.Capabilities {
		a := ability{Name: c.Name, Source: c.Source, Claim: yesNo(c.Claimed), Seen: sign{"none", "–", "not seen"}}
		if c.Observed != nil {
			a.Seen = yesNo(*c.Observed)
			a.Contradiction = *c.Observed != c.Claimed
		}
		list = append(list, a)
	}
	return list
}

func facts(r *reports.Report) []fact {
	maker := strings.TrimSpace(r.Tool.Name + " " + r.Tool.Version)
	if r.Tool.Commit != "" {
		maker += " (" + r.Tool.Commit + ")"
	}
	list := []fact{{"Run", r.Run.ID}, {"Made by", maker}}
	if !r.Run.Started.IsZero() {
		list = append(list, fact{"Started", r.Run.Started.UTC().Format("2 January 2006, 15:04:05 UTC")})
	}
	if took := r.Run.Ended.Sub(r.Run.Started); !r.Run.Started.IsZero() && took > 0 {
		list = append(list, fact{"Took", took.Round(10 * time.Millisecond).String()})
	}
	return slices.DeleteFunc(list, func(f fact) bool { return f.Value == "" })
}

func targetName(r *reports.Report) string {
	if r.Target.Name != "" {
		return r.Target.Name
	}
	return r.Target.URL
}
