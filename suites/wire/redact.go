package wire

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"assay/reports"
)

const (
	redacted = "[redacted]"
	keepBody = 16 << 10 // bytes of a body that a report keeps
)

// Redactor removes secrets from everything that is recorded: the values that it was told about, and
// whatever sits where secrets sit (credential headers, password and token members, authorization codes).
type Redactor struct {
	mu       sync.RWMutex
	secrets  []string
	replacer *strings.Replacer
}

// NewRedactor returns a redactor for the given secrets.
func NewRedactor(secrets ...string) *Redactor {
	r := &Redactor{replacer: strings.NewReplacer()}
	r.Add(secrets...)
	return r
}

// Add makes further values secret. Values shorter than six bytes are left out: replacing them would
// mangle the record and hide nothing.
func (r *Redactor) Add(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range secrets {
		if len(secret) < 6 {
			continue
		}
		r.secrets = append(r.secrets, secret, redacted)
		if escaped := url.QueryEscape(secret); escaped != secret {
			r.secrets = append(r.secrets, escaped, redacted)
		}
	}
	r.replacer = strings.NewReplacer(r.secrets...)
}

// patterns finds secrets by the place they sit in.
type patterns struct {
	jwt, member, form *regexp.Regexp
	members, forms    []string // what a text must have in lower case, one of them, for member and form to match
}

// compiled is built once; regular expressions are immutable.
var compiled = sync.OnceValue(func() patterns {
	names := []string{
		"password", "client_secret", "access_token", "refresh_token", "id_token", "code_verifier", "code", "assertion",
	}
	either := strings.Join(names, "|")
	var members, forms []string
	for _, name := range names {
		members, forms = append(members, `"`+name+`"`), append(forms, name+"=")
	}
	return patterns{
		jwt:     regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*`), // RFC 7519, signed or not
		member:  regexp.MustCompile(`(?i)("(?:` + either + `|token|secret)"\s*:\s*")(?:[^"\\]|\\.)*`),
		form:    regexp.MustCompile(`(?i)((?:^|[?&;\s])(?:` + either + `)=)[^&\s"'<>]+`),
		members: append(members, `"token"`, `"secret"`), forms: forms,
	}
})

// Text redacts any text.
func (r *Redactor) Text(text string) string {
	r.mu.RLock()
	text = r.replacer.Replace(text)
	r.mu.RUnlock()
	p := compiled()
	if strings.Contains(text, "eyJ") {
		text = p.jwt.ReplaceAllString(text, redacted)
	}
	// Most texts hold none of the names; looking for them is much cheaper than matching.
	lower := strings.ToLower(text)
	holds := func(part string) bool { return strings.Contains(lower, part) }
	if slices.ContainsFunc(p.members, holds) {
		text = p.member.ReplaceAllString(text, "${1}"+redacted)
	}
	if slices.ContainsFunc(p.forms, holds) {
		text = p.form.ReplaceAllString(text, "${1}"+redacted)
	}
	return text
}

// URL redacts a URL: its user information and the parameters that carry secrets.
func (r *Redactor) URL(raw string) string {
	parsed, err := url.Parse(raw)
	if err == nil && parsed.User != nil {
		parsed.User = url.User(redacted)
		raw = parsed.String()
	}
	return r.Text(raw)
}

// Header copies a header with credentials and cookie values redacted.
func (r *Redactor) Header(header http.Header) map[string][]string {
	if len(header) == 0 {
		return nil
	}
	clean := make(map[string][]string, len(header))
	for name, values := range header {
		for _, value := range values {
			clean[name] = append(clean[name], r.headerValue(name, value))
		}
	}
	return clean
}

func (r *Redactor) headerValue(name, value string) string {
	switch http.CanonicalHeaderKey(name) {
	case "Authorization", "Proxy-Authorization":
		scheme, _, found := strings.Cut(value, " ")
		if !found {
			return redacted
		}
		return scheme + " " + redacted
	case "Cookie", "Set-Cookie":
		cookie, rest, _ := strings.Cut(value, "=")
		if _, attributes, found := strings.Cut(rest, ";"); found && name == "Set-Cookie" {
			return cookie + "=" + redacted + ";" + attributes
		}
		return cookie + "=" + redacted
	default:
		return r.Text(value)
	}
}

// Body redacts a body and cuts it to what a report keeps. It cuts a little further out first, so that
// a secret on the edge is still recognised.
func (r *Redactor) Body(body []byte) string {
	body = body[:min(len(body), keepBody+4096)]
	text := r.Text(strings.ToValidUTF8(string(body), "\uFFFD"))
	return strings.ToValidUTF8(text[:min(len(text), keepBody)], "")
}

// Exchange redacts an exchange that somebody else recorded.
func (r *Redactor) Exchange(e reports.Exchange) reports.Exchange {
	e.Request.URL = r.URL(e.Request.URL)
	e.Request.Header = r.Header(e.Request.Header)
	e.Request.Body = r.Body([]byte(e.Request.Body))
	e.Response.Header = r.Header(e.Response.Header)
	e.Response.Truncated = e.Response.Truncated || len(e.Response.Body) > keepBody
	e.Response.Body = r.Body([]byte(e.Response.Body))
	e.Error = r.Text(e.Error)
	e.Curl = curl(e.Request)
	return e
}
