// Package page writes the reference's HTML pages: one layout, one stylesheet, and the headers that keep
// a page from being framed, cached, or made to run what was not meant to run. No page needs a script.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed layout.html
var layout string

//go:embed style.css
var style string

// Set is a set of pages that share the layout. It is safe for concurrent use.
type Set struct {
	pages  map[string]*template.Template
	policy string
}

// Options shapes a Set.
type Options struct {
	// FormTargets are further sources to which forms may lead, in the words of the Content-Security-Policy.
	// Browsers apply them to the redirects that follow a form, too.
	FormTargets string
	Funcs       template.FuncMap
	// Shared is a template text that all pages may use, such as a navigation.
	Shared string
}

// Parse reads every .html file of files as a page. Each defines the templates "title" and "main".
func Parse(files fs.FS, o Options) (*Set, error) {
	names, err := fs.Glob(files, "*.html")
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	base, err := template.New("layout").Funcs(o.Funcs).Parse(layout)
	if err != nil {
		return nil, fmt.Errorf("page layout: %w", err)
	}
	if _, err := base.Parse(o.Shared); err != nil {
		return nil, fmt.Errorf("shared templates: %w", err)
	}
	set := &Set{pages: make(map[string]*template.Template, len(names)), policy: policy(o.FormTargets)}
	for _, name := range names {
		page, err := base.Clone()
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		if _, err := page.ParseFS(files, name); err != nil {
			return nil, fmt.Errorf("page %s: %w", name, err)
		}
		set.pages[strings.TrimSuffix(path.Base(name), ".html")] = page
	}
	return set, nil
}

// policy allows our stylesheet, by its hash, and nothing else.
func policy(formTargets string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; " +
		"base-uri 'none'; frame-ancestors 'none'; form-action " + strings.TrimSpace("'self' "+formTargets)
}

// Write renders a page. Nothing is sent before the page is complete, so that an error in a template
// never leaves half a page behind.
func (s *Set) Write(w http.ResponseWriter, status int, name string, data any) error {
	page, ok := s.pages[name]
	if !ok {
		return fmt.Errorf("no page %q", name)
	}
	var buf bytes.Buffer
	err := page.ExecuteTemplate(&buf, "layout", struct {
		Style template.CSS
		Data  any
	}{template.CSS(style), data})
	if err != nil {
		http.Error(w, "the page could not be written", http.StatusInternalServerError)
		return fmt.Errorf("page %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", s.policy)
	Guard(h)
	w.WriteHeader(status)
	_, err = w.Write(buf.Bytes())
	if err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	return nil
}

// Guard sets the headers that every answer to a browser carries, with or without a page: it is not
// stored, not framed, not guessed at, and does not tell others where the browser came from.
func Guard(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin") // not "no-referrer": it would make the Origin of our own forms null
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}
