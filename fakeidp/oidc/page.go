package oidc

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed pages/style.css
var style string

// pages are parsed once and only read afterwards.
var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// pageErrorHeader carries the error code of a page for people, so that a test can read it too.
const pageErrorHeader = "X-Assay-Error"

// page is what every page has.
type page struct {
	Title  string
	Nonce  string
	Style  template.CSS
	Issuer string
}

func (p *Provider) newPage(title string) page {
	return page{Title: title, Nonce: randomText(16), Style: template.CSS(style), Issuer: p.issuer}
}

// show writes a page. No form-action in its policy: browsers apply that also to the redirects that
// follow a form, and those lead to the client.
func (p *Provider) show(w http.ResponseWriter, status int, base page, name string, data any) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, data); err != nil {
		p.logger.Error("login page", "template", name, "error", err)
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", fmt.Sprintf(
		"default-src 'none'; img-src data:; style-src 'nonce-%[1]s'; script-src 'nonce-%[1]s'; base-uri 'none'; frame-ancestors 'none'", base.Nonce))
	w.Header().Set("X-Frame-Options", "DENY")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // an error means that the browser is gone
}

type messagePage struct {
	page
	Heading, Text, Code string
}

// failPage tells the person what the client cannot be told.
func (p *Provider) failPage(w http.ResponseWriter, refused refusal) {
	data := messagePage{page: p.newPage("Sign-in failed"), Heading: "Sign-in failed", Text: refused.description, Code: refused.code}
	w.Header().Set(pageErrorHeader, refused.code)
	p.show(w, http.StatusBadRequest, data.page, "message.html", data)
}

type postPage struct {
	page
	Action string
	Params url.Values
}

// formPost delivers an answer by a form that the browser posts (OAuth 2.0 Form Post Response Mode).
func (p *Provider) formPost(w http.ResponseWriter, a answer) {
	data := postPage{page: p.newPage("Back to the app"), Action: a.to, Params: a.params}
	p.show(w, http.StatusOK, data.page, "post.html", data)
}

// claimLine is a claim as the login page shows it.
type claimLine struct{ Name, Value string }

func claimText(value any) string {
	switch v := value.(type) {
	case []string:
		return strings.Join(v, ", ")
	default:
		return fmt.Sprint(v)
	}
}
