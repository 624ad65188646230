// Package console is the web pages of the reference for an administrator: what is connected, who is
// provisioned, and what happened. They only show; changes go through the administration API.
package console

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"assay/reference/access"
	"assay/reference/audit"
	"assay/reference/directory"
	"assay/reference/page"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed shared.html
var shared string

// maxForm bounds the sign-in form; the token has about sixty characters.
const maxForm = 4 << 10

// Options is what the console works with. Sessions must not be those of the people who sign on.
type Options struct {
	Store    directory.Store
	Admin    *access.Admin
	Sessions *access.Sessions
	Audit    *audit.Recorder
	Logger   *slog.Logger
	SCIMURL  string
	Callback string // redirect URI to register at the identity provider
}

type console struct {
	Options
	pages *page.Set
}

// New returns the handler of the console. It serves /console and what is below it.
func New(o Options) (http.Handler, error) {
	files, err := fs.Sub(pageFiles, "pages")
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	pages, err := page.Parse(files, page.Options{Shared: shared, Funcs: template.FuncMap{"time": showTime, "list": list}})
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	c := &console{Options: o, pages: pages}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /console/sign-in", c.signInPage)
	mux.HandleFunc("POST /console/sign-in", c.signIn)
	mux.HandleFunc("POST /console/sign-out", c.signOut)
	mux.Handle("GET /console", c.member(c.overview))
	mux.Handle("GET /console/people", c.member(c.people))
	mux.Handle("GET /console/groups", c.member(c.groups))
	mux.Handle("GET /console/changes", c.member(c.changes))
	mux.Handle("GET /console/audit", c.member(c.audit))
	return http.NewCrossOriginProtection().Handler(o.Sessions.Handler(mux)), nil
}

// frame is what every page shows.
type frame struct {
	SignedIn bool
	Here     string
	Tenant   directory.Tenant
	Tenants  []directory.Tenant
}

// member lets administrators through who signed in, and sends everybody else to the sign-in page.
func (c *console) member(show func(http.ResponseWriter, *http.Request, frame)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := c.Sessions.Current(r.Context()); err != nil {
			c.redirect(w, "/console/sign-in")
			return
		}
		tenants, err := c.Store.Tenants(r.Context())
		if err != nil {
			c.failed(w, r, err)
			return
		}
		tenant, err := choose(tenants, r.URL.Query().Get("tenant"))
		if err != nil {
			c.write(w, r, http.StatusNotFound, "message", map[string]any{"Frame": frame{SignedIn: true}, "Text": "There is no such tenant."})
			return
		}
		here := strings.Trim(strings.TrimPrefix(r.URL.Path, "/console"), "/")
		show(w, r, frame{SignedIn: true, Here: here, Tenant: tenant, Tenants: tenants})
	})
}

// choose finds the tenant that a page is about: the one named, or the first.
func choose(tenants []directory.Tenant, id string) (directory.Tenant, error) {
	if id == "" && len(tenants) > 0 {
		return tenants[0], nil
	}
	at := slices.IndexFunc(tenants, func(t directory.Tenant) bool { return t.ID == id })
	if at < 0 {
		return directory.Tenant{}, directory.ErrNotFound
	}
	return tenants[at], nil
}

func (c *console) signInPage(w http.ResponseWriter, r *http.Request) {
	c.write(w, r, http.StatusOK, "sign-in", map[string]any{"Frame": frame{}, "Wrong": false})
}

// signIn takes the administrator's token from the body of a form: in a URL it would end up in logs.
func (c *console) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil || !c.Admin.Valid(strings.TrimSpace(r.PostForm.Get("token"))) {
		c.write(w, r, http.StatusForbidden, "sign-in", map[string]any{"Frame": frame{}, "Wrong": true})
		return
	}
	tenants, err := c.Store.Tenants(r.Context())
	if err != nil {
		c.failed(w, r, err)
		return
	}
	for _, tenant := range tenants { // the administrator sees the data of each
		entry := audit.Entry{Tenant: tenant.ID, Actor: audit.Admin, Action: audit.ConsoleEntered}
		if err := c.Audit.Record(r.Context(), entry); err != nil {
			c.failed(w, r, err)
			return
		}
	}
	if err := c.Sessions.Start(r.Context(), access.Session{Via: "admin-token"}); err != nil {
		c.failed(w, r, err)
		return
	}
	c.redirect(w, "/console")
}

func (c *console) signOut(w http.ResponseWriter, r *http.Request) {
	if err := c.Sessions.End(r.Context()); err != nil {
		c.failed(w, r, err)
		return
	}
	c.redirect(w, "/console/sign-in")
}

func (c *console) redirect(w http.ResponseWriter, target string) {
	page.Guard(w.Header())
	w.Header().Set("Location", target)
	w.WriteHeader(http.StatusSeeOther)
}

func (c *console) failed(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, r.Context().Err()) {
		return // the browser has gone
	}
	c.Logger.ErrorContext(r.Context(), "console failed", "path", r.URL.Path, "error", err)
	c.write(w, r, http.StatusInternalServerError, "message", map[string]any{
		"Frame": frame{}, "Text": "Something went wrong on our side; the log says what.",
	})
}

func (c *console) write(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	if err := c.pages.Write(w, status, name, data); err != nil {
		c.Logger.ErrorContext(r.Context(), "page not written", "page", name, "error", err)
	}
}

func showTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

func list(items []string) string { return strings.Join(items, ", ") }
