package sso

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"assay/reference/directory"
	"assay/reference/sso/saml"
)

// SAMLSource is where the facts about an identity provider come from: a metadata document, the URL of one, or the facts
// themselves. Exactly one of Metadata, URL and SignOn is set.
type SAMLSource struct {
	// EntityID is whom the administrator means. A document that describes somebody else is refused. It may be empty
	// where a document describes one identity provider only.
	EntityID string
	Metadata string
	URL      string
	// SignedBy are certificates, of which one must have signed the metadata. Without any, the metadata is trusted because of
	// who brings it, or which server it comes from.
	SignedBy []string

	SignOn       string   // URL that takes AuthnRequests by the redirect binding
	Logout       string   // URL that takes logout messages by the redirect binding; may be empty
	Certificates []string // PEM, or base64 of DER
}

// samlRecord is a saml.IdentityProvider as a connection keeps it.
type samlRecord struct {
	EntityID     string                   `json:"entityID"`
	SignOn       map[string]string        `json:"signOn"`
	Logout       map[string]saml.Endpoint `json:"logout,omitempty"`
	Certificates [][]byte                 `json:"certificates"`
	ValidUntil   time.Time                `json:"validUntil,omitzero"`
	URL          string                   `json:"url,omitempty"` // of the metadata, to read it again
	SignedBy     [][]byte                 `json:"signedBy,omitempty"`
}

// ReadSAML reads and checks the facts about an identity provider and returns what a Connection keeps of them: its
// Issuer and its SAML. Errors are fit to be shown.
func (p *RelyingParty) ReadSAML(ctx context.Context, source SAMLSource) (idp saml.IdentityProvider, kept []byte, err error) {
	terms := saml.Terms{EntityID: source.EntityID, Now: p.now()}
	if terms.SignedBy, err = certificates(source.SignedBy); err != nil {
		return idp, nil, fmt.Errorf("for the signature of the metadata: %w", err)
	}
	switch given := count(source.Metadata, source.URL, source.SignOn); {
	case given != 1:
		return idp, nil, errors.New("give the metadata, the URL of the metadata, or the sign-on URL with certificates: exactly one of the three")
	case source.SignOn != "":
		idp, err = stated(source)
	case source.URL != "":
		idp, err = p.fetchMetadata(ctx, source.URL, terms)
	default:
		idp, err = saml.ParseMetadata([]byte(source.Metadata), terms)
	}
	if err != nil {
		return idp, nil, err
	}
	for _, location := range idp.Locations() {
		if _, err := checkAddress(location, true); err != nil {
			return idp, nil, fmt.Errorf("the endpoint %q of the identity provider is %w", location, err)
		}
	}
	kept, err = keepSAML(idp, source.URL, terms.SignedBy)
	return idp, kept, err
}

func count(texts ...string) int {
	n := 0
	for _, text := range texts {
		if text != "" {
			n++
		}
	}
	return n
}

// stated is an identity provider without metadata.
func stated(source SAMLSource) (saml.IdentityProvider, error) {
	idp := saml.IdentityProvider{EntityID: source.EntityID, SignOn: map[string]string{saml.BindingRedirect: source.SignOn}}
	if source.Logout != "" {
		idp.Logout = map[string]saml.Endpoint{saml.BindingRedirect: {Location: source.Logout}}
	}
	var err error
	if idp.Certificates, err = certificates(source.Certificates); err != nil {
		return idp, err
	}
	return idp, idp.Check()
}

func certificates(texts []string) ([]*x509.Certificate, error) {
	var read []*x509.Certificate
	for _, text := range texts {
		certificate, err := saml.ParseCertificate(text)
		if err != nil {
			return nil, err
		}
		read = append(read, certificate)
	}
	return read, nil
}

// fetchMetadata reads metadata from its server, which vouches for it: over https, or from loopback.
func (p *RelyingParty) fetchMetadata(ctx context.Context, from string, terms saml.Terms) (saml.IdentityProvider, error) {
	address, err := checkAddress(from, true)
	if err != nil {
		return saml.IdentityProvider{}, fmt.Errorf("the metadata URL is %w", err)
	}
	req, err := http.NewRequest(http.MethodGet, address.String(), nil)
	if err != nil {
		return saml.IdentityProvider{}, errors.New("the metadata URL is not a URL")
	}
	req.Header.Set("Accept", "application/samlmetadata+xml, application/xml;q=0.9, */*;q=0.1")
	got, err := p.out.do(ctx, req)
	if err != nil {
		return saml.IdentityProvider{}, fmt.Errorf("the metadata could not be fetched: %w", err)
	}
	if got.status != http.StatusOK {
		return saml.IdentityProvider{}, fmt.Errorf("the metadata could not be fetched: GET %s: status %d", place(address), got.status)
	}
	return saml.ParseMetadata(got.body, terms)
}

func keepSAML(idp saml.IdentityProvider, address string, signedBy []*x509.Certificate) ([]byte, error) {
	record := samlRecord{EntityID: idp.EntityID, SignOn: idp.SignOn, Logout: idp.Logout, ValidUntil: idp.ValidUntil, URL: address}
	for _, certificate := range signedBy {
		record.SignedBy = append(record.SignedBy, certificate.Raw)
	}
	for _, certificate := range idp.Certificates {
		record.Certificates = append(record.Certificates, certificate.Raw)
	}
	kept, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("keep SAML connection: %w", err)
	}
	return kept, nil
}

// SAMLIdentityProvider is what a connection knows of its identity provider.
func SAMLIdentityProvider(c directory.Connection) (saml.IdentityProvider, error) {
	record, err := recordOf(c)
	if err != nil {
		return saml.IdentityProvider{}, err
	}
	idp := saml.IdentityProvider{EntityID: record.EntityID, SignOn: record.SignOn, Logout: record.Logout, ValidUntil: record.ValidUntil}
	for _, der := range record.Certificates {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return idp, fmt.Errorf("read SAML connection: %w", err)
		}
		idp.Certificates = append(idp.Certificates, certificate)
	}
	return idp, nil
}

// SAMLSourceOf is where the metadata of a connection came from, to read it again; its URL is empty when an
// administrator brought it.
func SAMLSourceOf(c directory.Connection) (SAMLSource, error) {
	record, err := recordOf(c)
	if err != nil {
		return SAMLSource{}, err
	}
	source := SAMLSource{EntityID: record.EntityID, URL: record.URL}
	for _, der := range record.SignedBy {
		source.SignedBy = append(source.SignedBy, base64.StdEncoding.EncodeToString(der))
	}
	return source, nil
}

func recordOf(c directory.Connection) (samlRecord, error) {
	var record samlRecord
	if err := json.Unmarshal(c.SAML, &record); err != nil {
		return record, fmt.Errorf("read SAML connection: %w", err)
	}
	if record.EntityID == "" || record.EntityID != c.Issuer {
		return record, errors.New("read SAML connection: it is of another issuer")
	}
	return record, nil
}
