package wire

import (
	"slices"
	"strings"

	"assay/reports"
)

// curl prints a recorded request as a command that a person can paste. The credentials are taken from
// $ASSAY_TOKEN, because the record does not hold them.
func curl(r reports.Request) string {
	var b strings.Builder
	b.WriteString("curl -i")
	if r.Method != "GET" {
		b.WriteString(" -X " + r.Method)
	}
	b.WriteString(" " + shellQuote(r.URL))
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range r.Header[name] {
			b.WriteString(" \\\n  -H " + curlHeader(name, value))
		}
	}
	if r.Body != "" {
		b.WriteString(" \\\n  --data-binary " + shellQuote(r.Body))
	}
	return b.String()
}

func curlHeader(name, value string) string {
	if name == "Authorization" && strings.HasSuffix(value, " "+redacted) {
		return `"Authorization: ` + strings.TrimSuffix(value, redacted) + `$ASSAY_TOKEN"`
	}
	return shellQuote(name + ": " + value)
}

// shellQuote quotes for a POSIX shell.
func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
