package directory

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/url"
	"slices"

	"assay/fakeidp/control"
)

// publicClient is the method of client authentication that is none (RFC 7591 section 2).
const publicClient = "none"

// CreateApp adds an app and returns it with its id, its client id (the app's id unless one is given, as
// at Okta) and its client secret (random unless one is given): the only answer that holds the secret.
// The SCIM token is in no answer. It fails with ErrInvalid and ErrConflict.
//
// A public client gets no secret, and none is right for it.
func (d *Directory) CreateApp(a control.App) (control.App, error) {
	if err := checkApp(a); err != nil {
		return control.App{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if a.ID == "" {
		a.ID = d.ids.id(appPrefix, func(id string) bool { return d.apps[id] != nil })
	}
	if d.apps[a.ID] != nil {
		return control.App{}, fmt.Errorf("app %q: %w", a.ID, ErrConflict)
	}
	if a.ClientID == "" {
		a.ClientID = a.ID
	}
	if d.clients[a.ClientID] != "" {
		return control.App{}, fmt.Errorf("app with client id %q: %w", a.ClientID, ErrConflict)
	}
	secret := a.ClientSecret
	if secret == "" && a.AuthMethod != publicClient {
		secret = d.ids.secret()
	}
	a.ClientSecret = ""
	stored := &app{App: a, seq: d.next(), secret: sha256.Sum256([]byte(secret)), people: map[string]int{}, pushed: map[string]int{}}
	stored.App = copyApp(a)
	d.apps[a.ID] = stored
	d.clients[a.ClientID] = a.ID
	out := public(stored)
	out.ClientSecret = secret
	return out, nil
}

// DeleteApp removes an app with its assignments and pushes. It fails with ErrNotFound.
func (d *Directory) DeleteApp(id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.apps[id]
	if known == nil {
		return fmt.Errorf("app %q: %w", id, ErrNotFound)
	}
	for personID := range known.people {
		p := d.people[personID]
		p.apps = without(p.apps, id)
	}
	for groupID := range known.pushed {
		delete(d.groups[groupID].apps, id)
	}
	delete(d.clients, known.ClientID)
	delete(d.apps, id)
	return nil
}

// App finds an app by id, without its secrets.
func (d *Directory) App(id string) (control.App, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	known := d.apps[id]
	if known == nil {
		return control.App{}, false
	}
	return public(known), true
}

// AppByClient finds an app by its OpenID Connect client id, without its secrets.
func (d *Directory) AppByClient(clientID string) (control.App, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	known := d.apps[d.clients[clientID]]
	if known == nil {
		return control.App{}, false
	}
	return public(known), true
}

// Apps lists the apps without their secrets, oldest first.
func (d *Directory) Apps() []control.App {
	d.mu.RLock()
	defer d.mu.RUnlock()
	all := make([]*app, 0, len(d.apps))
	for _, a := range d.apps {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b *app) int { return cmp.Compare(a.seq, b.seq) })
	out := make([]control.App, len(all))
	for i, a := range all {
		out[i] = public(a)
	}
	return out
}

// CheckSecret reports whether secret is the client secret of an app. Hashes are compared in constant
// time, so that the answer does not leak how much of a guess was right.
func (d *Directory) CheckSecret(clientID, secret string) bool {
	guess := sha256.Sum256([]byte(secret))
	d.mu.RLock()
	defer d.mu.RUnlock()
	known := d.apps[d.clients[clientID]]
	if known == nil || known.AuthMethod == publicClient {
		return false
	}
	return subtle.ConstantTimeCompare(known.secret[:], guess[:]) == 1
}

// Connection returns where and with which token an app provisions. Only the push engine needs it.
func (d *Directory) Connection(appID string) (control.SCIM, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	known := d.apps[appID]
	if known == nil || known.SCIM == nil {
		return control.SCIM{}, false
	}
	return *known.SCIM, true
}

func public(a *app) control.App {
	out := copyApp(a.App)
	if out.SCIM != nil {
		out.SCIM.Token = ""
	}
	return out
}

func copyApp(a control.App) control.App {
	a.RedirectURIs = slices.Clone(a.RedirectURIs)
	a.PostLogoutRedirectURIs = slices.Clone(a.PostLogoutRedirectURIs)
	a.JWKS = slices.Clone(a.JWKS)
	if a.SCIM != nil {
		scim := *a.SCIM
		a.SCIM = &scim
	}
	if a.SAML != nil {
		provider := *a.SAML
		provider.ACS = slices.Clone(provider.ACS)
		a.SAML = &provider
	}
	return a
}

func checkApp(a control.App) error {
	if err := checkID(a.ID); err != nil {
		return fmt.Errorf("app: %w", err)
	}
	if a.Persona == "" {
		return fmt.Errorf("app: persona is missing: %w", ErrInvalid)
	}
	if a.AuthMethod == publicClient && a.ClientSecret != "" {
		return fmt.Errorf("app: client_secret: a public client has none: %w", ErrInvalid)
	}
	logouts := slices.DeleteFunc([]string{a.BackchannelLogoutURI, a.FrontchannelLogoutURI}, func(uri string) bool { return uri == "" })
	for _, uri := range slices.Concat(a.RedirectURIs, a.PostLogoutRedirectURIs, logouts) {
		u, err := url.Parse(uri)
		if err != nil || !u.IsAbs() || u.Fragment != "" {
			return fmt.Errorf("app: redirect or logout URI %q is not an absolute URL without a fragment: %w", uri, ErrInvalid)
		}
	}
	if a.SCIM == nil {
		return nil
	}
	return checkConnection(*a.SCIM)
}

// checkConnection names the field at fault but not its value: a SCIM URL may hold a password.
func checkConnection(s control.SCIM) error {
	u, err := url.Parse(s.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("app: scim.url is not an http or https URL: %w", ErrInvalid)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return fmt.Errorf("app: scim.url may hold no user, query or fragment: %w", ErrInvalid)
	}
	for _, r := range s.Token {
		if r < ' ' || r > '~' {
			return fmt.Errorf("app: scim.token holds a character that a header cannot: %w", ErrInvalid)
		}
	}
	return nil
}
