package saml

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // the digests of redirect signatures
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	dsig "github.com/russellhaering/goxmldsig"
)

// receive reads the message of a service provider from either binding, and checks whose it is. field is
// SAMLRequest or SAMLResponse; the kind is AuthnRequest, LogoutRequest or LogoutResponse.
func (s site) receive(r *http.Request, field, kind string) (*request, error) {
	values := r.Form[field]
	if len(values) != 1 {
		return nil, fmt.Errorf("one %s is wanted, not %d", field, len(values))
	}
	decode := unwrap
	redirect := r.Method == http.MethodGet
	if redirect {
		decode = inflate
	}
	raw, err := decode(values[0])
	if err != nil {
		return nil, err
	}
	m, err := parse(raw, kind)
	if err != nil {
		return nil, err
	}
	if m.Issuer != s.app.SAML.EntityID {
		return nil, fmt.Errorf("the %s comes from %q; this app's service provider is %q", kind, m.Issuer, s.app.SAML.EntityID)
	}
	return m, s.checkSignature(r, field, m, redirect)
}

// checkSignature holds a message to its signature when the app's certificate is known: then there must be one.
func (s site) checkSignature(r *http.Request, field string, m *request, redirect bool) error {
	if s.app.SAML.Certificate == "" {
		return nil
	}
	cert, err := certificate(s.app.SAML.Certificate)
	if err != nil {
		return fmt.Errorf("the app's certificate: %w", err)
	}
	if redirect {
		return verifyQuery(r.URL.RawQuery, field, cert)
	}
	return verifyTree(m, cert)
}

// verifyTree checks an enveloped signature, which must be over the root (Core section 5.4.2).
func verifyTree(m *request, cert *x509.Certificate) error {
	if m.tree.SelectElement("Signature") == nil {
		return errors.New("the message is not signed, and this app has a certificate for its requests")
	}
	context := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{cert}})
	verified, err := context.Validate(m.tree)
	if err != nil {
		return errors.New("the message's signature does not verify under the app's certificate")
	}
	if verified.SelectAttrValue("ID", "") != m.ID {
		return errors.New("the signature is over another element than the message")
	}
	return nil
}

// The signature algorithms of the redirect binding that are accepted: RSA with a SHA-2 digest.
func hashOf(algorithm string) (crypto.Hash, bool) {
	switch algorithm {
	case "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256":
		return crypto.SHA256, true
	case "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384":
		return crypto.SHA384, true
	case "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512":
		return crypto.SHA512, true
	}
	return 0, false
}

// verifyQuery checks a redirect signature: over the parameters as they were sent, in the order of
// Bindings section 3.4.4.1.
func verifyQuery(raw, field string, cert *x509.Certificate) error {
	sent := map[string]string{}
	for _, pair := range strings.Split(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if _, twice := sent[name]; twice {
			return fmt.Errorf("the parameter %q comes twice", name)
		}
		sent[name] = value
	}
	if sent["Signature"] == "" {
		return errors.New("the message is not signed, and this app has a certificate for its requests")
	}
	algorithm, err := url.QueryUnescape(sent["SigAlg"])
	if err != nil {
		return errors.New("the SigAlg is not well encoded")
	}
	hash, ok := hashOf(algorithm)
	if !ok {
		return fmt.Errorf("the SigAlg %q is none of RSA with SHA-256, SHA-384 and SHA-512", algorithm)
	}
	encoded, err := url.QueryUnescape(sent["Signature"])
	if err != nil {
		return errors.New("the Signature is not well encoded")
	}
	signature, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return errors.New("the Signature is not base64")
	}
	digest := hash.New()
	digest.Write([]byte(signedQuery(sent, field)))
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok || rsa.VerifyPKCS1v15(key, hash, digest.Sum(nil), signature) != nil {
		return errors.New("the signature in the URL does not verify under the app's certificate")
	}
	return nil
}

func signedQuery(sent map[string]string, field string) string {
	var signed []string
	for _, name := range []string{field, "RelayState", "SigAlg"} {
		if value, ok := sent[name]; ok {
			signed = append(signed, name+"="+value)
		}
	}
	return strings.Join(signed, "&")
}

// target is the assertion consumer service that a request asks for; the default without a wish.
func (s site) target(m *request) (string, error) {
	registered := s.app.SAML.ACS
	if m.ACS != "" {
		if !slices.Contains(registered, m.ACS) {
			return "", fmt.Errorf("the AssertionConsumerServiceURL %q is not registered; there are %s", m.ACS, strings.Join(registered, ", "))
		}
		return m.ACS, nil
	}
	if m.ACSIndex == "" || m.ACSIndex == "0" {
		return registered[0], nil
	}
	return "", fmt.Errorf("the AssertionConsumerServiceIndex %q is not known: send the URL", m.ACSIndex)
}
