package reports

import "strings"

// Decisive returns the exchange that most likely decided a check: the last one that is not labelled
// as clean-up, because an expectation ends the check that it fails. It is nil when there is none.
func Decisive(exchanges []Exchange) *Exchange {
	for i := len(exchanges) - 1; i >= 0; i-- {
		label := strings.ToLower(strings.ReplaceAll(exchanges[i].Label, "-", ""))
		if !strings.HasPrefix(label, "cleanup") && !strings.HasPrefix(label, "clean up") {
			return &exchanges[i]
		}
	}
	return nil
}
