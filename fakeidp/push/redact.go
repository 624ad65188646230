package push

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

const redacted = "[redacted]"

// secretHeaders are replaced as a whole, in requests and responses.
var secretHeaders = []string{"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie"}

// redactor removes an app's secrets from everything that is stored: the token in the forms in which a
// target may echo it, and the value of every JSON member called "password".
type redactor struct {
	tokens    *strings.Replacer
	passwords *regexp.Regexp
}

func newRedactor(token string) redactor {
	r := redactor{passwords: regexp.MustCompile(`(?i)("password"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,}"]+)`)}
	if token == "" {
		r.tokens = strings.NewReplacer()
		return r
	}
	inJSON, err := json.Marshal(token)
	if err != nil {
		inJSON = []byte(`""`)
	}
	var pairs []string
	for _, form := range []string{
		token, strings.Trim(string(inJSON), `"`), url.QueryEscape(token), url.PathEscape(token),
		base64.StdEncoding.EncodeToString([]byte(token)), base64.RawURLEncoding.EncodeToString([]byte(token)),
	} {
		if form != "" {
			pairs = append(pairs, form, redacted)
		}
	}
	r.tokens = strings.NewReplacer(pairs...)
	return r
}

func (r redactor) text(s string) string {
	if r.tokens == nil {
		return s
	}
	return r.tokens.Replace(s)
}

// body redacts a body before it is cut, so that a cut cannot leave half a secret behind.
func (r redactor) body(b []byte) string {
	s := r.passwords.ReplaceAllString(string(b), `${1}"`+redacted+`"`)
	return cut(strings.ToValidUTF8(r.text(s), "\uFFFD"))
}

func (r redactor) header(h http.Header) map[string][]string {
	out := make(map[string][]string, len(h))
	for name, values := range h {
		for _, value := range values {
			out[r.text(name)] = append(out[r.text(name)], cut(strings.ToValidUTF8(r.text(value), "\uFFFD")))
		}
	}
	for _, name := range secretHeaders {
		if len(h.Values(name)) > 0 {
			out[name] = []string{redacted}
		}
	}
	return out
}

// storedBody is how much of a body a step keeps.
const storedBody = 64 << 10

func cut(s string) string {
	if len(s) <= storedBody {
		return s
	}
	return strings.ToValidUTF8(s[:storedBody], "") + "… [cut]"
}
