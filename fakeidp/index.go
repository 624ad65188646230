package fakeidp

import (
	"bytes"
	_ "embed" // for the page
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"assay/fakeidp/persona"
)

//go:embed index.html
var indexPage string

// index says what listens here, to whoever opens the public URL in a browser: the IdP's own persona, and all that
// apps may have.
func index(own persona.Persona, cast []persona.Persona, issuer func(persona string) string) (http.Handler, error) {
	page, err := template.New("index").Funcs(template.FuncMap{"trim": func(s string) string { return strings.TrimSuffix(s, "/") }}).Parse(indexPage)
	if err != nil {
		return nil, fmt.Errorf("index page: %w", err)
	}
	type line struct{ Title, Issuer string }
	var all []line
	for _, p := range cast {
		all = append(all, line{p.Title, issuer(p.Name)})
	}
	var html bytes.Buffer
	if err := page.Execute(&html, map[string]any{"Title": own.Title, "Issuer": issuer(own.Name), "All": all}); err != nil {
		return nil, fmt.Errorf("index page: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		_, _ = w.Write(html.Bytes()) // the reader is gone: nobody is left to tell
	}), nil
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{\"status\":\"ok\"}\n"))
}
