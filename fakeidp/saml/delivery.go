package saml

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// letter is where a message goes, and how.
type letter struct {
	to       string
	field    string // SAMLRequest or SAMLResponse
	relay    string
	redirect bool // by the redirect binding, with the signature in the URL (Bindings section 3.4.4.1)
}

// dispatch writes a message with the mutations of a plan, and has the browser take it to the service provider.
func (p *Provider) dispatch(w http.ResponseWriter, r *http.Request, s site, mutations plan, lies forgery, m *message, l letter) {
	d, err := mutations.pack(lies, m, l)
	if err != nil {
		p.logger.Error("SAML message", "app", s.app.ID, "error", err)
		p.pages.Fail(w, "server_error", "The message could not be made: "+err.Error()+".")
		return
	}
	switch {
	case d.silent:
		p.pages.SignedOut(w)
	case d.redirect:
		http.Redirect(w, r, d.url(), http.StatusSeeOther)
	default:
		p.pages.Post(w, d.to, d.params)
	}
}

func (p plan) pack(f forgery, m *message, l letter) (delivery, error) {
	d := delivery{to: l.to, field: l.field, params: url.Values{}}
	if strings.TrimSpace(l.relay) != "" {
		d.params.Set("RelayState", l.relay)
	}
	var err error
	if l.redirect {
		err = p.packQuery(f, m, &d)
	} else if d.raw, err = p.write(f, m); err == nil {
		d.setText(base64.StdEncoding.EncodeToString(d.raw))
	}
	if err != nil {
		return delivery{}, err
	}
	p.send(f, &d)
	if d.redirect && !l.redirect {
		d.setText(base64.StdEncoding.EncodeToString(deflated(d.raw)))
	}
	return d, nil
}

// packQuery signs the query rather than the message, and then changes the message as the plan says.
func (p plan) packQuery(f forgery, m *message, d *delivery) error {
	d.redirect = true
	p.prepare(f, m)
	honest, err := encode(m.response.Copy())
	if err != nil {
		return err
	}
	d.setText(base64.StdEncoding.EncodeToString(deflated(honest)))
	if m.signs != "" {
		hash, _ := hashOf(m.seal.method) // a persona's method is one of them
		d.params.Set("SigAlg", m.seal.method)
		signature, err := m.seal.credential.signs(hash)([]byte(d.query()))
		if err != nil {
			return err
		}
		d.params.Set("Signature", base64.StdEncoding.EncodeToString(signature))
	}
	if d.raw, err = p.alter(f, m); err != nil {
		return err
	}
	d.setText(base64.StdEncoding.EncodeToString(deflated(d.raw)))
	return nil
}

// query is the parameters in the order in which they are signed.
func (d *delivery) query() string {
	var parts []string
	for _, name := range []string{d.field, "RelayState", "SigAlg", "Signature"} {
		if d.params.Has(name) {
			parts = append(parts, name+"="+url.QueryEscape(d.params.Get(name)))
		}
	}
	return strings.Join(parts, "&")
}

func (d *delivery) url() string {
	separator := "?"
	if strings.Contains(d.to, "?") {
		separator = "&"
	}
	return d.to + separator + d.query()
}
