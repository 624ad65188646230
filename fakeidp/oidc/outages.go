package oidc

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/outage"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// ErrUnknownOutage says that there is no outage with this id.
var ErrUnknownOutage = errors.New("no such outage")

// outOfOrder is the seam between an endpoint and its outages.
func (p *Provider) outOfOrder(e endpoint, honest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client := p.claimant(r)
		h, name := p.outages.Wrap(p.issuer, client, e.name, honest)
		if name != "" {
			visit := visitOf(r.Context())
			visit.Outage, visit.Client = name, client
		}
		h.ServeHTTP(w, r)
	})
}

// claimant is the client that a request says, without proof, that it comes from; "" where it does not say.
func (p *Provider) claimant(r *http.Request) string {
	if id, _, ok := r.BasicAuth(); ok {
		if unescaped, err := url.QueryUnescape(id); err == nil { // RFC 6749 section 2.3.1
			return unescaped
		}
	}
	if t, ok := p.tokens.Get(bearer(r.Header)); ok {
		return t.login.request.ClientID
	}
	return clientIDOf(&op.ClientCredentials{ClientID: r.Form.Get("client_id"), ClientAssertion: r.Form.Get("client_assertion")})
}

// outageEndpoints are the endpoints that can be out of order.
func outageEndpoints() []string {
	return []string{"discovery", "keys", "authorize", "token", "userinfo", "introspect", "revoke", "logout", "groups"}
}

// AddOutage puts endpoints of an app's issuer out of order, for the app's requests only where they say whose they are. Errors wrap
// outage.ErrKind or outage.ErrOrder.
func (i *Issuers) AddOutage(app control.App, o control.Outage) (control.Outage, error) {
	if o.Endpoint != "" && !slices.Contains(outageEndpoints(), o.Endpoint) {
		return control.Outage{}, fmt.Errorf("%w: endpoint %q is none of %s", outage.ErrOrder, o.Endpoint, strings.Join(outageEndpoints(), ", "))
	}
	order := outage.Order{
		Kind: o.Kind, Issuer: i.Issuer(app.Persona), Client: app.ClientID, Endpoint: o.Endpoint, Times: o.Times, URL: o.URL, Size: o.Size,
	}
	if o.Delay != "" {
		delay, err := time.ParseDuration(o.Delay)
		if err != nil {
			return control.Outage{}, fmt.Errorf("%w: delay: want a duration such as \"500ms\" or \"30s\": %w", outage.ErrOrder, err)
		}
		order.Delay = delay
	}
	made, err := i.outages.Add(order)
	if err != nil {
		return control.Outage{}, err
	}
	return i.show(made), nil
}

// Outages lists the outages in force, oldest first.
func (i *Issuers) Outages() []control.Outage {
	listed := []control.Outage{}
	for _, o := range i.outages.Orders() {
		listed = append(listed, i.show(o))
	}
	return listed
}

// EndOutage ends one. It fails with ErrUnknownOutage.
func (i *Issuers) EndOutage(id string) error {
	if !i.outages.Remove(func(o outage.Order) bool { return o.ID == id }) {
		return fmt.Errorf("%w: %q", ErrUnknownOutage, id)
	}
	return nil
}

// EndOutages ends all.
func (i *Issuers) EndOutages() { i.outages.Remove(func(outage.Order) bool { return true }) }

func (i *Issuers) show(o outage.Order) control.Outage {
	shown := control.Outage{ID: o.ID, Kind: o.Kind, Endpoint: o.Endpoint, Times: o.Times, URL: o.URL, Size: o.Size, Served: o.Served}
	if app, ok := i.directory.AppByClient(o.Client); ok {
		shown.App = app.ID
	}
	if o.Delay > 0 {
		shown.Delay = o.Delay.String()
	}
	return shown
}
