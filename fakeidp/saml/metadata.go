package saml

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/beevik/etree"

	"assay/fakeidp/control"
)

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.Fragment == ""
}

// metadata serves what a service provider has to know (Metadata section 2.4.3).
func (p *Provider) metadata(w http.ResponseWriter, _ *http.Request, s site) {
	mutations, _ := p.lies.Get(s.app.ID)
	m := &message{response: p.describe(s), seal: s.seal()}
	lies, err := p.forgery(s, control.Person{}, mutations)
	m.fail(err)
	raw, err := mutations.write(lies, m)
	if err != nil {
		p.logger.Error("metadata", "app", s.app.ID, "error", err)
		http.Error(w, "The metadata could not be written.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	w.Header().Del("Cache-Control")
	_, _ = w.Write(append([]byte(`<?xml version="1.0" encoding="UTF-8"?>`), raw...)) // an error means that the reader is gone
}

// LieInMetadata makes an app's metadata lie from now on, or tell the truth again when it names no mutation.
// Errors wrap ErrUnknownMutation or ErrConflict.
func (p *Provider) LieInMetadata(app control.App, mutations []string) error {
	plan, err := resolve(mutations)
	if err != nil {
		return err
	}
	if err := plan.only(Metadata); err != nil {
		return err
	}
	p.lies.Put(app.ID, plan)
	return nil
}

func (p *Provider) describe(s site) *etree.Element {
	entity := element("md", "EntityDescriptor", nsMetadata)
	entity.CreateAttr("ID", newID())
	entity.CreateAttr("entityID", s.build.entityID)
	if valid := s.shape.MetadataValid.Value; valid > 0 {
		entity.CreateAttr("validUntil", instant(p.now().Add(valid)))
	}
	if cache := s.shape.MetadataCache.Value; cache > 0 {
		entity.CreateAttr("cacheDuration", fmt.Sprintf("PT%.0fM", cache.Minutes()))
	}
	idp := child(entity, "IDPSSODescriptor", "")
	if s.app.SAML.Certificate != "" {
		idp.CreateAttr("WantAuthnRequestsSigned", "true")
	}
	idp.CreateAttr("protocolSupportEnumeration", nsProtocol)
	for _, credential := range s.keys.published() {
		key := child(idp, "KeyDescriptor", "")
		key.CreateAttr("use", "signing")
		info := element("ds", "KeyInfo", nsSignature)
		child(child(info, "X509Data", ""), "X509Certificate", credential.text())
		key.AddChild(info)
	}
	if s.shape.Logout.Value {
		services(idp, "SingleLogoutService", s.url+logoutPath)
	}
	if format := s.shape.NameIDFormat.Value; format != "" {
		child(idp, "NameIDFormat", string(format))
	}
	services(idp, "SingleSignOnService", s.url)
	return entity
}

func services(idp *etree.Element, name, location string) {
	for _, binding := range []string{bindingPOST, bindingRedirect} {
		service := child(idp, name, "")
		service.CreateAttr("Binding", binding)
		service.CreateAttr("Location", location)
	}
}
