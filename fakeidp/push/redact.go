package push

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const redacted = "[redacted]"

// secretHeaders are replaced as a whole, in requests and responses.
var secretHeaders = []string{"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie"}

// redactor removes an app's secrets from everything that is stored: the token in the forms in which a
// target may echo it, and the value of every JSON member called "password".
type redactor struct {
	tokens    []string // longest first
	passwords *regexp.Regexp
}

func newRedactor(token string) redactor {
	r := redactor{passwords: regexp.MustCompile(`(?i)("password"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,}"]+)`)}
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
func (r redactor) body(b []byte) string {
	s := string(b)
	if hasWord(s) {
		s = r.passwords.ReplaceAllString(s, `${1}"`+redacted+`"`)
	}
	return r.value(s)
}

// hasWord says whether there is something like "password" in s. Most bodies have none and are spared the
// regular expression, which costs as much as sending them.
func hasWord(s string) bool {
	for {
		at := strings.IndexAny(s, "wW")
		if at < 0 || len(s) < at+4 {
			return false
		}
		if strings.EqualFold(s[at:at+4], "word") {
			return true
		}
		s = s[at+1:]
	}
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
