package saml

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	dsig "github.com/russellhaering/goxmldsig"
)

// signedURL is a message in the redirect binding: its parameters in the order in which they are signed, after
// those that the location has already.
func (c *Credential) signedURL(location, field string, raw []byte, relay string) (string, error) {
	packed, err := deflate(raw)
	if err != nil {
		return "", err
	}
	query := field + "=" + url.QueryEscape(packed)
	if relay != "" {
		query += "&" + fieldRelay + "=" + url.QueryEscape(relay)
	}
	query += "&SigAlg=" + url.QueryEscape(dsig.RSASHA256SignatureMethod)
	digest := crypto.SHA256.New()
	digest.Write([]byte(query))
	signature, err := rsa.SignPKCS1v15(rand.Reader, c.key, crypto.SHA256, digest.Sum(nil))
	if err != nil {
		return "", fmt.Errorf("sign query: %w", err)
	}
	query += "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature))
	joint := "?"
	if strings.Contains(location, "?") {
		joint = "&"
	}
	return location + joint + query, nil
}

// queryMessage is a message of the redirect binding, with what its signature is over.
type queryMessage struct {
	raw       []byte
	relay     string
	signed    string
	method    string
	signature []byte
}

// readQuery takes a query apart as it was sent: the signature is over the very encoding that the sender chose.
func readQuery(query, field string) (queryMessage, error) {
	sent := map[string]string{}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if _, twice := sent[name]; twice {
			return queryMessage{}, errors.New("a parameter is there twice")
		}
		sent[name] = value
	}
	var m queryMessage
	var signed []string
	for _, name := range []string{field, fieldRelay, "SigAlg"} {
		if value, ok := sent[name]; ok {
			signed = append(signed, name+"="+value)
		}
	}
	m.signed = strings.Join(signed, "&")
	plain := map[string]string{}
	for _, name := range []string{field, fieldRelay, "SigAlg", "Signature"} {
		value, err := url.QueryUnescape(sent[name])
		if err != nil {
			return queryMessage{}, errors.New("a parameter is not well encoded")
		}
		plain[name] = value
	}
	m.relay, m.method = plain[fieldRelay], plain["SigAlg"]
	var err error
	if m.raw, err = inflate(plain[field]); err != nil {
		return queryMessage{}, err
	}
	if m.signature, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(plain["Signature"]), "")); err != nil {
		return queryMessage{}, errors.New("the Signature is not base64")
	}
	return m, nil
}

// verify tells whether one of the certificates' keys signed the query.
func (m queryMessage) verify(certificates []*x509.Certificate) bool {
	hash, ok := map[string]crypto.Hash{
		dsig.RSASHA256SignatureMethod: crypto.SHA256,
		dsig.RSASHA384SignatureMethod: crypto.SHA384,
		dsig.RSASHA512SignatureMethod: crypto.SHA512,
	}[m.method]
	if !ok {
		return false
	}
	digest := hash.New()
	digest.Write([]byte(m.signed))
	sum := digest.Sum(nil)
	for _, certificate := range certificates {
		if key, ok := certificate.PublicKey.(*rsa.PublicKey); ok && rsa.VerifyPKCS1v15(key, hash, sum, m.signature) == nil {
			return true
		}
	}
	return false
}
