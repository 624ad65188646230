package check

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/onsi/gomega/types"
)

// Finding is why a matcher did not match, as data: where in the answer, what was wanted (any of the
// alternatives), and what was there.
type Finding struct {
	Where  string
	Wanted []string
	Got    string
}

// String says it in one sentence.
func (f Finding) String() string {
	text := "wanted " + strings.Join(f.Wanted, " or ") + ", got " + f.Got
	if f.Where != "" {
		text = f.Where + ": " + text
	}
	return text
}

// explained is a matcher that gives its failure as a Finding. Any other Gomega matcher can be used
// too; its text then stands for what was wanted.
type explained interface {
	types.GomegaMatcher
	Finding(actual any) Finding
}

// rejection is a matcher that asks the target to refuse something.
type rejection interface{ Rejects() bool }

func judge(actual any, matcher types.GomegaMatcher) (Finding, bool) {
	ok, err := matcher.Match(actual)
	if err != nil {
		return Finding{Wanted: []string{"a value that can be compared"}, Got: err.Error()}, false
	}
	if ok {
		return Finding{}, true
	}
	if m, isOurs := matcher.(explained); isOurs {
		return m.Finding(actual), false
	}
	return Finding{Wanted: []string{oneLine(matcher.FailureMessage(actual))}, Got: Show(actual)}, false
}

// Show prints a JSON value the way a report shows it, shortened when long.
func Show(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		data = []byte(fmt.Sprint(value))
	}
	const limit = 300
	if len(data) > limit {
		return strings.ToValidUTF8(string(data[:limit]), "") + "…"
	}
	return string(data)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
