package saml

import (
	"net/http"

	"assay/fakeidp/control"
)

// fetch is a request for an app's lure.
type fetch struct {
	control.Fetch

	app string
}

// lure is the URL in hostile messages that nobody should follow: in external entities, stylesheets and
// RetrievalMethod. It notes who does.
func (p *Provider) lure(w http.ResponseWriter, r *http.Request, s site) {
	p.fetches.Put(newID(), fetch{app: s.app.ID, Fetch: control.Fetch{Time: p.now(), Method: r.Method, UserAgent: r.UserAgent()}})
	http.Error(w, "Nobody should have fetched this.", http.StatusNotFound)
}

// Fetches lists who followed the URL in an app's hostile messages, oldest first.
func (p *Provider) Fetches(app control.App) []control.Fetch {
	out := []control.Fetch{}
	for _, f := range p.fetches.Where(func(f fetch) bool { return f.app == app.ID }) {
		out = append(out, f.Fetch)
	}
	return out
}
