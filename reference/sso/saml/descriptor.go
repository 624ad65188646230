package saml

import "github.com/beevik/etree"

// Metadata describes the service provider to identity providers (Metadata section 2.4.4): it signs what it
// asks, wants signed answers by the POST binding, and takes assertions that are encrypted.
func (sp *ServiceProvider) Metadata() ([]byte, error) {
	entity := element("md", "EntityDescriptor", nsMetadata)
	entity.CreateAttr("entityID", sp.EntityID)
	role := child(entity, "SPSSODescriptor", "")
	role.CreateAttr("protocolSupportEnumeration", nsProtocol)
	role.CreateAttr("AuthnRequestsSigned", "true")
	sp.describeKey(role, "signing")
	encryption := sp.describeKey(role, "encryption")
	for _, bytes := range []int{16, 32} {
		child(encryption, "EncryptionMethod", "").CreateAttr("Algorithm", gcmOf(bytes))
	}
	child(encryption, "EncryptionMethod", "").CreateAttr("Algorithm", nsEncryption+"rsa-oaep-mgf1p")
	for _, binding := range []string{BindingRedirect, BindingPOST} {
		logout := child(role, "SingleLogoutService", "")
		logout.CreateAttr("Binding", binding)
		logout.CreateAttr("Location", sp.Logout)
	}
	acs := child(role, "AssertionConsumerService", "")
	acs.CreateAttr("Binding", BindingPOST)
	acs.CreateAttr("Location", sp.ACS)
	acs.CreateAttr("index", "0")
	acs.CreateAttr("isDefault", "true")
	raw, err := encode(entity)
	if err != nil {
		return nil, err
	}
	return append([]byte(`<?xml version="1.0" encoding="UTF-8"?>`), raw...), nil
}

func (sp *ServiceProvider) describeKey(role *etree.Element, use string) *etree.Element {
	key := child(role, "KeyDescriptor", "")
	key.CreateAttr("use", use)
	info := element("ds", "KeyInfo", nsSignature)
	child(child(info, "X509Data", ""), "X509Certificate", sp.Credential.shown())
	key.AddChild(info)
	return key
}
