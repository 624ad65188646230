package saml

import (
	"net/http"
	"net/url"

	"github.com/beevik/etree"
)

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.Fragment == ""
}

// metadata serves what a service provider has to know (Metadata section 2.4.3).
func (p *Provider) metadata(w http.ResponseWriter, _ *http.Request, s site) {
	raw, err := encode(s.describe())
	if err != nil {
		p.logger.Error("metadata", "app", s.app.ID, "error", err)
		http.Error(w, "The metadata could not be written.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	w.Header().Del("Cache-Control")
	_, _ = w.Write(append([]byte(`<?xml version="1.0" encoding="UTF-8"?>`), raw...)) // an error means that the reader is gone
}

func (s site) describe() *etree.Element {
	entity := element("md", "EntityDescriptor", nsMetadata)
	entity.CreateAttr("entityID", s.build.entityID)
	idp := child(entity, "IDPSSODescriptor", "")
	if s.app.SAML.Certificate != "" {
		idp.CreateAttr("WantAuthnRequestsSigned", "true")
	}
	idp.CreateAttr("protocolSupportEnumeration", nsProtocol)
	key := child(idp, "KeyDescriptor", "")
	key.CreateAttr("use", "signing")
	info := element("ds", "KeyInfo", nsSignature)
	child(child(info, "X509Data", ""), "X509Certificate", s.credential.text())
	key.AddChild(info)
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
