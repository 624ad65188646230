package saml

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"assay/fakeidp/control"
)

// certificate reads a PEM certificate, or the base64 of its DER, which is how metadata shows it.
func certificate(text string) (*x509.Certificate, error) {
	der, err := derOf(text)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, errors.New("it is not an X.509 certificate")
	}
	return cert, nil
}

func derOf(text string) ([]byte, error) {
	if block, _ := pem.Decode([]byte(text)); block != nil {
		return block.Bytes, nil
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || len(der) == 0 {
		return nil, errors.New("it is neither PEM nor base64")
	}
	return der, nil
}

// Check tells whether a service provider's registration can be used, and what is wrong with it.
func Check(s control.SAML) error {
	if s.EntityID == "" {
		return errors.New("saml.entity_id is missing")
	}
	if len(s.ACS) == 0 {
		return errors.New("saml.acs names no assertion consumer service")
	}
	for _, target := range append(append([]string{}, s.ACS...), s.Logout) {
		if target != "" && !isURL(target) {
			return fmt.Errorf("saml: %q is not an absolute http or https URL without a fragment", target)
		}
	}
	for name, text := range map[string]string{"certificate": s.Certificate, "encryption": s.Encryption} {
		if text == "" {
			continue
		}
		cert, err := certificate(text)
		if err == nil && name == "encryption" {
			_, err = encryptionFor(cert)
		}
		if err != nil {
			return fmt.Errorf("saml.%s: %w", name, err)
		}
	}
	return nil
}
