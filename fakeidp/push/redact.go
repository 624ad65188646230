package push

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const redacted = "[redacted]"

// secretHeaders are replaced as a whole, in requests and responses.
var secretHeaders = []string{"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie"}

// redactor removes an app's secrets from everything that is stored: the token in the forms in which a
// target may echo it, and the value of every JSON member called "password".
type redactor struct {
	tokens []string // longest first
}

func newRedactor(token string) redactor {
	var r redactor
	if token == "" {
		return r
	}
	inJSON, err := json.Marshal(token)
	if err != nil {
		inJSON = []byte(`""`)
	}
	for _, form := range []string{
		token, strings.Trim(string(inJSON), `"`), url.QueryEscape(token), url.PathEscape(token),
		base64.StdEncoding.EncodeToString([]byte(token)), base64.RawURLEncoding.EncodeToString([]byte(token)),
	} {
		if form != "" && !slices.Contains(r.tokens, form) {
			r.tokens = append(r.tokens, form)
		}
	}
	slices.SortStableFunc(r.tokens, func(a, b string) int { return len(b) - len(a) })
	return r
}

func (r redactor) text(s string) string {
	for _, token := range r.tokens {
		s = strings.ReplaceAll(s, token, redacted)
	}
	return s
}

// body redacts a body before it is cut, so that a cut cannot leave half a secret behind.
func (r redactor) body(b []byte) string { return r.value(hidePasswords(string(b))) }

// hidePasswords replaces the value of every member called "password", in any case. It takes what is not quite
// JSON, because a target may echo a password in anything.
func hidePasswords(s string) string {
	var out strings.Builder
	for {
		at := passwordValue(s)
		if at < 0 {
			break
		}
		out.WriteString(s[:at] + `"` + redacted + `"`)
		s = s[at+valueLength(s[at:]):]
	}
	if out.Len() == 0 {
		return s
	}
	out.WriteString(s)
	return out.String()
}

// passwordValue is where the value of the first password begins, -1 when there is none. It looks for the "w" first,
// which is rare.
func passwordValue(s string) int {
	const before, after = `"pass`, `word"`
	for at := 0; ; at++ {
		w := strings.IndexAny(s[at:], "wW")
		if w < 0 {
			return -1
		}
		at += w
		if at < len(before) || len(s) < at+len(after) || !strings.EqualFold(s[at-len(before):at], before) || !strings.EqualFold(s[at:at+len(after)], after) {
			continue
		}
		rest := strings.TrimLeft(s[at+len(after):], jsonSpace)
		if value := strings.TrimLeft(strings.TrimPrefix(rest, ":"), jsonSpace); strings.HasPrefix(rest, ":") && valueLength(value) > 0 {
			return len(s) - len(value)
		}
	}
}

const jsonSpace = " \t\r\n\f"

// valueLength is the length of the JSON string, number or word that s begins with.
func valueLength(s string) int {
	if !strings.HasPrefix(s, `"`) {
		if end := strings.IndexAny(s, jsonSpace+`,}"`); end >= 0 {
			return end
		}
		return len(s)
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// header returns h itself when there is nothing in it to hide.
func (r redactor) header(h http.Header) map[string][]string {
	if r.clean(h) {
		return h
	}
	out := make(map[string][]string, len(h))
	for name, values := range h {
		for _, value := range values {
			out[r.text(name)] = append(out[r.text(name)], r.value(value))
		}
	}
	for _, name := range secretHeaders {
		if len(h.Values(name)) > 0 {
			out[name] = []string{redacted}
		}
	}
	return out
}

func (r redactor) value(s string) string { return cut(strings.ToValidUTF8(r.text(s), "\uFFFD")) }

func (r redactor) clean(h http.Header) bool {
	for name, values := range h {
		if slices.Contains(secretHeaders, name) || r.text(name) != name ||
			slices.ContainsFunc(values, func(v string) bool { return r.value(v) != v }) {
			return false
		}
	}
	return true
}

// storedBody is how much of a body a step keeps.
const storedBody = 64 << 10

func cut(s string) string {
	if len(s) <= storedBody {
		return s
	}
	return strings.ToValidUTF8(s[:storedBody], "") + "… [cut]"
}
