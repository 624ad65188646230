package fakeidp

import (
	"bytes"
	_ "embed" // for the page
	"fmt"
	"html/template"
	"net/http"

	"assay/fakeidp/persona"
)

//go:embed index.html
var indexPage string

// index says what listens here, to whoever opens the public URL in a browser.
func index(p persona.Persona, issuer string) (http.Handler, error) {
	page, err := template.New("index").Parse(indexPage)
	if err != nil {
		return nil, fmt.Errorf("index page: %w", err)
	}
	var html bytes.Buffer
	if err := page.Execute(&html, map[string]string{"Title": p.Title, "Issuer": issuer}); err != nil {
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
