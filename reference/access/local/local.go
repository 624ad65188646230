// Package local is local login: with a password and, where there is one or has to be one, a second factor, at its own
// path. It is for everybody while a tenant is in legacy mode, and for its break-glass administrators afterwards, when
// the identity provider fails.
//
// It tells nobody which accounts there are: an unknown address, a wrong password, a user who was deactivated and one who may
// not log in here all take one argon2id run and get one answer. Attempts are counted before they are judged, by account
// and by network address, and too many have to wait, longer each time.
package local

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"assay/reference/access"
	"assay/reference/access/password"
	"assay/reference/audit"
	"assay/reference/directory"
	"assay/reference/page"
	"assay/reference/secrets"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed shared.html
var shared string

// Path is where people log in.
const Path = "/auth/legacy"

// hashesAtOnce bounds how many argon2id runs there are at once, and so their memory: 38 MiB.
const hashesAtOnce = 2

// Options is what a Login works with. Costs and Now may be left out.
type Options struct {
	Store    directory.Store
	Sessions *access.Sessions
	Proxies  access.Networks // whose X-Forwarded-For is believed
	Vault    *secrets.Vault
	Audit    *audit.Recorder
	Logger   *slog.Logger
	Costs    password.Costs // of hashing a password that is chosen here; those of OWASP
	Now      func() time.Time
}

// Login logs people in.
type Login struct {
	Options
	pages *page.Set
	slots *semaphore.Weighted
	dummy string // hash that is checked where there is none, so that it costs the same
}

// New returns local login.
func New(o Options) (*Login, error) {
	files, err := fs.Sub(pageFiles, "pages")
	if err != nil {
		return nil, fmt.Errorf("local login: %w", err)
	}
	pages, err := page.Parse(files, page.Options{Shared: shared, Funcs: template.FuncMap{"minutes": minutes, "plus": plus, "otpauth": otpauth}})
	if err != nil {
		return nil, fmt.Errorf("local login: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Costs == (password.Costs{}) {
		o.Costs = password.OWASP()
	}
	return &Login{Options: o, pages: pages, slots: semaphore.NewWeighted(hashesAtOnce), dummy: o.Costs.Hash("")}, nil
}

// Register adds the pages to a site.
func (l *Login) Register(mux *http.ServeMux) {
	guarded := func(h http.HandlerFunc) http.Handler {
		return http.NewCrossOriginProtection().Handler(l.Sessions.Handler(h))
	}
	mux.Handle("GET "+Path, guarded(l.form))
	mux.Handle("POST "+Path, guarded(l.submit))
}

func minutes(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }

func plus(a, b int) int { return a + b }

// otpauth lets a page link to our own otpauth: URL, a scheme that templates take for an unsafe one otherwise.
func otpauth(url string) template.URL { return template.URL(url) }
