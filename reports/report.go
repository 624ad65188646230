// Package reports holds the result of one assay run: what was tried, what happened, and the verdict
// for each profile. report.json, written from this type, is the only source; every other format
// (HTML, JUnit, Markdown) is rendered from it. The package knows nothing of suites or targets.
package reports

import "time"

// Schema names the version of the JSON document. Keys may be added within a version, never renamed.
const Schema = "assay-report/v1"

// Level is the strength of a check's requirement after RFC 2119.
type Level string

// The levels of a check.
const (
	Must   Level = "must"
	Should Level = "should"
	May    Level = "may"
)

// Outcome says what happened to one check.
type Outcome string

// The outcomes of a check. Warn is a should (or may) that is missed; NotApplicable means that the
// target does not claim the feature; NotRun that the check could not be tried, with the reason;
// Error that the harness itself failed.
const (
	Pass          Outcome = "pass"
	Fail          Outcome = "fail"
	Warn          Outcome = "warn"
	NotApplicable Outcome = "not-applicable"
	NotRun        Outcome = "not-run"
	Error         Outcome = "error"
)

// Outcomes lists every outcome in the order in which reports show them.
func Outcomes() []Outcome {
	return []Outcome{Pass, Fail, Warn, NotApplicable, NotRun, Error}
}

// Verdict is the answer for a profile, or for the whole run.
type Verdict string

// The verdicts. Incomplete means that a required check could not be judged.
const (
	Conformant    Verdict = "conformant"
	Nonconformant Verdict = "nonconformant"
	Incomplete    Verdict = "incomplete"
)

// Report is one run against one target.
type Report struct {
	Schema       string       `json:"schema"`
	Tool         Tool         `json:"tool"`
	Run          Run          `json:"run"`
	Target       Target       `json:"target"`
	Verdict      Verdict      `json:"verdict"`
	Profiles     []Profile    `json:"profiles"`
	NotClaimed   []string     `json:"profiles_not_claimed,omitempty"`
	Capabilities []Capability `json:"capabilities"`
	Checks       []Check      `json:"checks"`
}

// Tool identifies the assay that made the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Commit  string `json:"commit"`
}

// Run describes when and with which selection the checks ran.
// Complete is false when the run was interrupted; Note then says how.
type Run struct {
	ID        string    `json:"id"`
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended"`
	Complete  bool      `json:"complete"`
	Note      string    `json:"note,omitempty"`
	Selection Selection `json:"selection"`
}

// Selection is what the operator asked for; empty lists select everything.
type Selection struct {
	Only     []string `json:"only"`
	Exclude  []string `json:"exclude"`
	Levels   []Level  `json:"levels"`
	Profiles []string `json:"profiles"`
}

// Target is the implementation under test.
type Target struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Profile is a named set of checks with a verdict of its own. Deselected counts the must-level
// checks of the profile that the selection left out; any makes the profile at best incomplete.
type Profile struct {
	Name       string          `json:"name"`
	Verdict    Verdict         `json:"verdict"`
	Counts     map[Outcome]int `json:"counts"`
	Deselected int             `json:"deselected,omitempty"`
}

// Capability is a feature that the target claims or was seen to have. Observed is nil when no check
// could tell. Source names the document or file that made the claim.
type Capability struct {
	Name     string `json:"name"`
	Claimed  bool   `json:"claimed"`
	Observed *bool  `json:"observed,omitempty"`
	Source   string `json:"source"`
}

// Ref is a citation: the document, its section, and the words that carry the requirement.
type Ref struct {
	Doc     string `json:"doc"`
	Section string `json:"section"`
	Quote   string `json:"quote"`
	URL     string `json:"url"`
}

// Check is one behaviour and, after a run, what happened to it.
//
// Wanted and Got are the data of the first expectation that failed; Where says what they are about
// (a header, a JSON Pointer, a step of a scenario). Known marks a failure that a baseline accepts,
// KnownReason says why the baseline accepts it.
type Check struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Level       Level      `json:"level"`
	Profiles    []string   `json:"profiles"`
	Hurts       []string   `json:"hurts"`
	Refs        []Ref      `json:"refs"`
	Needs       []string   `json:"needs,omitempty"`
	Outcome     Outcome    `json:"outcome,omitempty"`
	Known       bool       `json:"known"`
	KnownReason string     `json:"known_reason,omitempty"`
	Reason      string     `json:"reason,omitempty"`
	Where       string     `json:"where,omitempty"`
	Wanted      []string   `json:"wanted,omitempty"`
	Got         string     `json:"got,omitempty"`
	DurationMS  float64    `json:"duration_ms,omitempty"`
	Exchanges   []Exchange `json:"exchanges,omitempty"`
	Repeat      string     `json:"repeat,omitempty"`
}

// Exchange is one HTTP request and what came back, with secrets already redacted.
type Exchange struct {
	Label      string   `json:"label,omitempty"`
	Request    Request  `json:"request"`
	Response   Response `json:"response"`
	Error      string   `json:"error,omitempty"`
	DurationMS float64  `json:"duration_ms"`
	Curl       string   `json:"curl,omitempty"`
}

// Request is the request of an exchange.
type Request struct {
	Method string              `json:"method"`
	URL    string              `json:"url"`
	Header map[string][]string `json:"header,omitempty"`
	Body   string              `json:"body,omitempty"`
}

// Response is the response of an exchange; Status is 0 when none came. Truncated says that the body
// was longer than what is kept here.
type Response struct {
	Status    int                 `json:"status"`
	Header    map[string][]string `json:"header,omitempty"`
	Body      string              `json:"body,omitempty"`
	Truncated bool                `json:"truncated,omitempty"`
}
