package saml

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// IdentityProvider is what a service provider has to know of an identity provider.
type IdentityProvider struct {
	EntityID string
	// SignOn and Logout are URLs by binding, of which BindingRedirect and BindingPOST are kept. There is always
	// one of SignOn; without one of Logout there is no single logout.
	SignOn map[string]string
	Logout map[string]Endpoint
	// Certificates hold the keys that sign. Several are a rollover; their dates do not matter.
	Certificates []*x509.Certificate
	// ValidUntil is when all this must not be used any more; zero means for ever.
	ValidUntil time.Time
}

// Endpoint is where requests go, and where answers go where that is another URL (Metadata section 2.2.2).
type Endpoint struct{ Location, ResponseLocation string }

func (idp IdentityProvider) stale(now time.Time) bool {
	return !idp.ValidUntil.IsZero() && !now.Before(idp.ValidUntil)
}

const (
	minKeyBits      = 2048 // SAML2int SDP-ALG
	maxCertificates = 16
)

// Terms are what metadata is held to.
type Terms struct {
	// EntityID is whom the administrator has configured; it may be empty where the document describes one identity
	// provider only.
	EntityID string
	// SignedBy are the keys of which one must have signed the document as a whole. Without any, what makes it trusted is
	// who brought it, or the server that it was fetched from; if it is signed all the same, then by a key that it shows:
	// somebody in between may have changed what the signature of another was over.
	SignedBy []*x509.Certificate
	Now      time.Time
}

// ParseMetadata reads an EntityDescriptor, or the one that is meant from EntitiesDescriptors. Errors are fit to be shown.
func ParseMetadata(raw []byte, terms Terms) (IdentityProvider, error) {
	root, err := parse(raw, metadata)
	if err != nil {
		return IdentityProvider{}, fmt.Errorf("metadata: the document is refused: %w", err)
	}
	if len(terms.SignedBy) > 0 {
		over, signed, err := verified(root, terms.SignedBy)
		if err != nil {
			return IdentityProvider{}, fmt.Errorf("metadata: the signature is refused: %w", err)
		}
		if !signed {
			return IdentityProvider{}, errors.New("metadata: the document is not signed, and a certificate for its signature is configured")
		}
		root = over
	}
	idp, err := terms.read(root)
	if err != nil {
		return IdentityProvider{}, err
	}
	if len(terms.SignedBy) == 0 {
		if _, _, err := verified(root, idp.Certificates); err != nil {
			return IdentityProvider{}, fmt.Errorf("metadata: the signature is refused: %w; if it was made with a key that the metadata does not show, give its certificate", err)
		}
	}
	return idp, nil
}

// read finds the identity provider that is meant.
func (terms Terms) read(root *etree.Element) (IdentityProvider, error) {
	var found []described
	if err := describe(root, time.Time{}, &found); err != nil {
		return IdentityProvider{}, fmt.Errorf("metadata: %w", err)
	}
	if len(found) == 0 {
		return IdentityProvider{}, errors.New("metadata: the document describes no SAML 2.0 identity provider (IDPSSODescriptor)")
	}
	chosen, err := choose(found, terms.EntityID)
	if err != nil {
		return IdentityProvider{}, fmt.Errorf("metadata: %w", err)
	}
	idp, err := chosen.read()
	if err != nil {
		return IdentityProvider{}, fmt.Errorf("metadata of %s: %w", shorten(chosen.entityID), err)
	}
	if idp.stale(terms.Now) {
		return IdentityProvider{}, fmt.Errorf("metadata of %s: it was valid until %s; import a newer one", shorten(idp.EntityID), idp.ValidUntil.Format(time.RFC3339))
	}
	return idp, nil
}

// described is an identity provider in a document, and until when what stands around it lets it be used.
type described struct {
	entityID string
	role     *etree.Element
	until    time.Time
}

// describe collects the identity providers of a document.
func describe(e *etree.Element, until time.Time, found *[]described) error {
	until, err := validUntil(e, until)
	if err != nil {
		return err
	}
	switch {
	case is(e, nsMetadata, "EntitiesDescriptor"):
		for c := range e.ChildElementsSeq() {
			if is(c, nsMetadata, "EntitiesDescriptor") || is(c, nsMetadata, "EntityDescriptor") {
				if err := describe(c, until, found); err != nil {
					return err
				}
			}
		}
		return nil
	case is(e, nsMetadata, "EntityDescriptor"):
		for _, role := range children(e, nsMetadata, "IDPSSODescriptor") {
			if !slices.Contains(strings.Fields(value(role, "protocolSupportEnumeration")), nsProtocol) {
				continue
			}
			until, err := validUntil(role, until)
			if err != nil {
				return err
			}
			*found = append(*found, described{value(e, "entityID"), role, until})
		}
		return nil
	}
	return errors.New("the document is neither an EntityDescriptor nor an EntitiesDescriptor of SAML 2.0 metadata")
}

// validUntil is the earlier of two ends (Metadata section 2.3.1: the smallest interval counts).
func validUntil(e *etree.Element, around time.Time) (time.Time, error) {
	stated, ok := attr(e, "validUntil")
	if !ok {
		return around, nil
	}
	until, err := instant(stated)
	if err != nil {
		return time.Time{}, fmt.Errorf("validUntil is %w", err)
	}
	if !around.IsZero() && around.Before(until) {
		return around, nil
	}
	return until, nil
}

func choose(found []described, entityID string) (described, error) {
	if entityID == "" && len(found) == 1 {
		return found[0], nil
	}
	var names []string
	var fitting []described
	for _, one := range found {
		names = append(names, shorten(one.entityID))
		if one.entityID == entityID {
			fitting = append(fitting, one)
		}
	}
	if len(names) > 5 {
		names = append(names[:5], "…")
	}
	switch {
	case entityID == "":
		return described{}, fmt.Errorf("the document describes %d identity providers (%s): say which entity ID is meant", len(found), strings.Join(names, ", "))
	case len(fitting) == 0:
		return described{}, fmt.Errorf("the document does not describe %s, but %s", shorten(entityID), strings.Join(names, ", "))
	case len(fitting) > 1:
		return described{}, fmt.Errorf("the document describes %s more than once", shorten(entityID))
	}
	return fitting[0], nil
}

func (d described) read() (IdentityProvider, error) {
	idp := IdentityProvider{EntityID: d.entityID, ValidUntil: d.until, SignOn: map[string]string{}, Logout: map[string]Endpoint{}}
	for binding, endpoint := range endpoints(d.role, "SingleSignOnService") {
		idp.SignOn[binding] = endpoint.Location
	}
	idp.Logout = endpoints(d.role, "SingleLogoutService")
	var err error
	if idp.Certificates, err = signingCertificates(d.role); err != nil {
		return IdentityProvider{}, err
	}
	return idp, idp.Check()
}

// Check tells whether an identity provider can be used, and what is wrong with it.
func (idp IdentityProvider) Check() error {
	switch {
	case idp.EntityID == "" || len(idp.EntityID) > 1024 || strings.TrimSpace(idp.EntityID) != idp.EntityID:
		return errors.New("the entity ID is missing, longer than 1024 characters, or has blanks around it (Metadata section 2.3.2)")
	case len(idp.SignOn) == 0:
		return errors.New("there is no SingleSignOnService with the redirect or the POST binding")
	case len(idp.Certificates) == 0:
		return errors.New("there is no signing certificate with an RSA key")
	case len(idp.Certificates) > maxCertificates:
		return fmt.Errorf("there are more than %d signing certificates", maxCertificates)
	}
	for _, certificate := range idp.Certificates {
		if err := checkKey(certificate); err != nil {
			return err
		}
	}
	for _, location := range idp.Locations() {
		if !isURL(location) {
			return fmt.Errorf("the endpoint %q is not an absolute http or https URL", shorten(location))
		}
	}
	return nil
}

// Locations are all URLs that browsers are sent to.
func (idp IdentityProvider) Locations() []string {
	var all []string
	for _, location := range idp.SignOn {
		all = append(all, location)
	}
	for _, endpoint := range idp.Logout {
		all = append(all, endpoint.Location)
		if endpoint.ResponseLocation != "" {
			all = append(all, endpoint.ResponseLocation)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// endpoints takes the first of each binding that is spoken.
func endpoints(role *etree.Element, name string) map[string]Endpoint {
	found := map[string]Endpoint{}
	for _, service := range children(role, nsMetadata, name) {
		binding := value(service, "Binding")
		if _, there := found[binding]; there || binding != BindingRedirect && binding != BindingPOST {
			continue
		}
		found[binding] = Endpoint{Location: value(service, "Location"), ResponseLocation: value(service, "ResponseLocation")}
	}
	return found
}

// signingCertificates are those of the KeyDescriptors for signing, and of those without a use, which are for
// everything (Metadata section 2.4.1.1). Of a chain the first counts. Keys that are not RSA are left out.
func signingCertificates(role *etree.Element) ([]*x509.Certificate, error) {
	var found []*x509.Certificate
	for _, key := range children(role, nsMetadata, "KeyDescriptor") {
		if use, ok := attr(key, "use"); ok && use != "signing" {
			continue
		}
		for _, info := range children(key, nsSignature, "KeyInfo") {
			for _, data := range children(info, nsSignature, "X509Data") {
				certificates := children(data, nsSignature, "X509Certificate")
				if len(certificates) == 0 {
					continue
				}
				encoded, _ := text(certificates[0])
				certificate, err := ParseCertificate(encoded)
				if err != nil {
					return nil, err
				}
				if _, ok := certificate.PublicKey.(*rsa.PublicKey); ok && !slices.ContainsFunc(found, certificate.Equal) {
					found = append(found, certificate)
				}
			}
		}
	}
	return found, nil
}

// ParseCertificate reads a certificate as metadata shows it: the base64 of its DER, with or without the lines
// of PEM around it.
func ParseCertificate(encoded string) (*x509.Certificate, error) {
	const begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
	encoded = strings.TrimSpace(encoded)
	encoded = strings.TrimSuffix(strings.TrimPrefix(encoded, begin), end)
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(encoded), ""))
	if err != nil || len(der) == 0 {
		return nil, errors.New("a certificate is not base64 or PEM")
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, errors.New("a certificate is not an X.509 certificate")
	}
	return certificate, nil
}

func checkKey(certificate *x509.Certificate) error {
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		return errors.New("a signing certificate has no RSA key")
	}
	if key.N.BitLen() < minKeyBits {
		return fmt.Errorf("a signing certificate has a key of %d bits; %d are the least", key.N.BitLen(), minKeyBits)
	}
	return nil
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.Fragment == ""
}

// shorten makes a name from a document fit for an error.
func shorten(name string) string {
	const most = 100
	name = strings.ToValidUTF8(name, "")
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return name
}
