// Package signin is the fake IdP's pages for people: where somebody says who they are, and what an
// application will learn; messages; and the form that brings an answer to an application. OpenID
// Connect and SAML share them. They work without scripts, but for the form that submits itself.
package signin

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed pages/style.css
var style string

// pages are parsed once and only read afterwards.
var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// ErrorHeader carries the error code of a page for people, so that a test can read it too.
const ErrorHeader = "X-Assay-Error"

// Pages shows the pages of one identity provider. New makes it; it is safe for concurrent use.
type Pages struct {
	name   string // of the provider, at the foot of each page
	path   string // the cookie's
	secure bool
	key    []byte // authenticates the login form
	logger *slog.Logger
}

// New makes the pages of the provider that goes by name. path is where the login page is served, which
// the form's cookie is bound to; secure says that it is reached over https.
func New(name, path string, secure bool, logger *slog.Logger) *Pages {
	return &Pages{name: name, path: path, secure: secure, key: []byte(Random(32)), logger: logger}
}

// Random returns n random bytes as URL-safe text.
func Random(n int) string {
	bytes := make([]byte, n)
	_, _ = rand.Read(bytes) // crypto/rand.Read never fails: it crashes the program instead
	return base64.RawURLEncoding.EncodeToString(bytes)
}

// page is what every page has.
type page struct {
	Title    string
	Nonce    string
	Style    template.CSS
	Provider string
	framed   string // sources of iframes, for the policy
}

func (p *Pages) page(title string) page {
	return page{Title: title, Nonce: Random(16), Style: template.CSS(style), Provider: p.name}
}

// show writes a page. No form-action in its policy: browsers apply that also to the redirects that
// follow a form, and those lead to the client.
func (p *Pages) show(w http.ResponseWriter, status int, base page, name string, data any) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, data); err != nil {
		p.logger.Error("login page", "template", name, "error", err)
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", fmt.Sprintf(
		"default-src 'none'; img-src data:; style-src 'nonce-%[1]s'; script-src 'nonce-%[1]s'; base-uri 'none'; frame-ancestors 'none'%[2]s", base.Nonce, base.framed))
	w.Header().Set("X-Frame-Options", "DENY")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // an error means that the browser is gone
}

type messagePage struct {
	page
	Heading, Text, Code string
}

// Fail tells the person what the application cannot be told.
func (p *Pages) Fail(w http.ResponseWriter, code, text string) {
	data := messagePage{page: p.page("Sign-in failed"), Heading: "Sign-in failed", Text: text, Code: code}
	w.Header().Set(ErrorHeader, code)
	p.show(w, http.StatusBadRequest, data.page, "message.html", data)
}

// SignedOut says that the person is signed out.
func (p *Pages) SignedOut(w http.ResponseWriter) {
	data := messagePage{page: p.page("Signed out"), Heading: "Signed out", Text: "You can close this page."}
	p.show(w, http.StatusOK, data.page, "message.html", data)
}

type framesPage struct {
	page
	Frames []string
	Target string
}

// SigningOut loads a page of each application that the person leaves in an iframe, so that they end their sessions, and goes on to
// the target, if there is one, two seconds later.
func (p *Pages) SigningOut(w http.ResponseWriter, frames []string, target string) {
	data := framesPage{page: p.page("Signed out"), Frames: frames, Target: target}
	data.framed = "; frame-src"
	for _, frame := range frames {
		if u, err := url.Parse(frame); err == nil {
			data.framed += " " + u.Scheme + "://" + u.Host
		}
	}
	if target != "" {
		w.Header().Set("Refresh", "2; url="+target)
	}
	p.show(w, http.StatusOK, data.page, "frames.html", data)
}

type postPage struct {
	page
	Action string
	Params url.Values
}

// Post delivers an answer to an application by a form that the browser posts.
func (p *Pages) Post(w http.ResponseWriter, action string, params url.Values) {
	data := postPage{page: p.page("Back to the app"), Action: action, Params: params}
	p.show(w, http.StatusOK, data.page, "post.html", data)
}
