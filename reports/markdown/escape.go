package markdown

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape makes s plain text in any place of a Markdown document, a table cell included: HTML becomes
// entities, Markdown's own punctuation gets a backslash, and everything stays on one line. The colon
// and the at sign are escaped too, against automatic links and mentions.
func escape(s string) string {
	var b strings.Builder
	for _, r := range strings.TrimSpace(s) {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '@':
			b.WriteString("&#64;")
		case strings.ContainsRune("\\`*_{}[]()#+!|~$:", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsControl(r):
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// code returns s as a code span. A span cannot hold a pipe in a table; use escape there.
func code(s string) string {
	s = oneLine(s)
	if s == "" {
		return "–"
	}
	fence := strings.Repeat("`", longestRun(s)+1)
	return fence + " " + s + " " + fence
}

// block returns s as a fenced code block whose fence s cannot close.
func block(s string) string {
	fence := strings.Repeat("`", max(3, longestRun(s)+1))
	return fence + "sh\n" + strings.TrimRight(s, "\n") + "\n" + fence + "\n"
}

// longestRun is the length of the longest run of backticks in s.
func longestRun(s string) int {
	longest, run := 0, 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s))
}

// short bounds s to limit bytes, at the border of a character.
func short(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// webURL returns raw as an http(s) URL fit for an autolink, or nothing.
func webURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	link := u.String()
	if strings.ContainsAny(link, "<> \t\r\n") {
		return ""
	}
	return link
}
