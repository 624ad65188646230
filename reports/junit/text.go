package junit

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"assay/reports"
)

// bodyLimit is how many bytes of one body a case quotes. GitLab refuses files over 30 MB; the whole
// bodies are in report.json.
const bodyLimit = 2000

// describe is the text of a case that did not simply pass: everything a reader of the CI page needs
// to see what was asked, what came, and how to try it alone.
func describe(c *reports.Check) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", message(c))
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-8s %s\n", label+":", value)
		}
	}
	line("check", c.Title)
	line("level", string(c.Level))
	line("where", c.Where)
	for _, w := range c.Wanted {
		line("wanted", w)
	}
	line("got", c.Got)
	line("hurts", strings.Join(c.Hurts, ", "))
	for _, ref := range c.Refs {
		line("source", citation(ref))
	}
	line("repeat", c.Repeat)
	if e := reports.Decisive(c.Exchanges); e != nil && c.Outcome != reports.NotApplicable {
		transcript(&b, e)
	}
	return b.String()
}

func citation(ref reports.Ref) string {
	s := ref.Doc
	if ref.Section != "" {
		s += " section " + ref.Section
	}
	if ref.Quote != "" {
		s += fmt.Sprintf(": %q", ref.Quote)
	}
	return s
}

func transcript(b *strings.Builder, e *reports.Exchange) {
	fmt.Fprintf(b, "\n> %s %s\n", e.Request.Method, e.Request.URL)
	quote(b, "> ", e.Request.Body)
	switch {
	case e.Error != "":
		fmt.Fprintf(b, "< no response: %s\n", e.Error)
	case e.Response.Status == 0:
		b.WriteString("< no response\n")
	default:
		fmt.Fprintf(b, "< %d\n", e.Response.Status)
	}
	quote(b, "< ", e.Response.Body)
}

func quote(b *strings.Builder, prefix, body string) {
	if body == "" {
		return
	}
	if len(body) > bodyLimit {
		body = strings.ToValidUTF8(body[:bodyLimit], "") + fmt.Sprintf("\n[cut after %d bytes]", bodyLimit)
	}
	for l := range strings.Lines(body) {
		fmt.Fprintf(b, "%s%s\n", prefix, strings.TrimRight(l, "\r\n"))
	}
}

// legal removes what XML 1.0 (section 2.2, Char) does not allow in a document, not even escaped.
func legal(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r', r == utf8.RuneError:
			return r
		case r < 0x20, r >= 0xD800 && r <= 0xDFFF, r == 0xFFFE, r == 0xFFFF:
			return -1
		default:
			return r
		}
	}, s)
}
