package saml

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/beevik/etree"
)

// Limits of what a service provider sends.
const (
	maxMessage = 64 << 10 // bytes of XML, inflated
	maxDepth   = 32
)

// request is an AuthnRequest, a LogoutRequest or a LogoutResponse of a service provider, as far as an identity
// provider looks at it.
type request struct {
	XMLName     xml.Name
	ID          string `xml:"ID,attr"`
	Version     string `xml:"Version,attr"`
	Destination string `xml:"Destination,attr"`
	Issuer      string `xml:"urn:oasis:names:tc:SAML:2.0:assertion Issuer"`

	// Of an AuthnRequest (Core section 3.4.1).
	ACS          string    `xml:"AssertionConsumerServiceURL,attr"`
	ACSIndex     string    `xml:"AssertionConsumerServiceIndex,attr"`
	Binding      string    `xml:"ProtocolBinding,attr"`
	ForceAuthn   bool      `xml:"ForceAuthn,attr"`
	IsPassive    bool      `xml:"IsPassive,attr"`
	Subject      *struct{} `xml:"urn:oasis:names:tc:SAML:2.0:assertion Subject"`
	AuthnContext *struct {
		Comparison string `xml:"Comparison,attr"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:protocol RequestedAuthnContext"`

	// Of a LogoutRequest (Core section 3.7.1).
	Named        string   `xml:"urn:oasis:names:tc:SAML:2.0:assertion NameID"`
	SessionIndex []string `xml:"urn:oasis:names:tc:SAML:2.0:protocol SessionIndex"`

	// Of a LogoutResponse (Core section 3.7.2).
	InResponseTo string `xml:"InResponseTo,attr"`
	Status       []struct {
		Value string `xml:"Value,attr"`
	} `xml:"urn:oasis:names:tc:SAML:2.0:protocol Status>StatusCode"`

	tree *etree.Element
}

// inflate undoes the encoding of the redirect binding: base64 over raw DEFLATE (Bindings section 3.4.4.1).
// It stops at the limit, whatever a small text may inflate to.
func inflate(text string) ([]byte, error) {
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("the message is not base64")
	}
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxMessage+1))
	if err != nil {
		return nil, errors.New("the message is not raw DEFLATE, which the redirect binding asks for")
	}
	return out, nil
}

// unwrap undoes the encoding of the POST binding: base64 (Bindings section 3.5.4).
func unwrap(text string) ([]byte, error) {
	out, err := base64.StdEncoding.DecodeString(strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, text))
	if err != nil {
		return nil, errors.New("the message is not base64")
	}
	return out, nil
}

// parse reads a message of the kind that is wanted. It refuses document types and anything too large or
// too deep.
func parse(raw []byte, kind string) (*request, error) {
	if len(raw) > maxMessage {
		return nil, fmt.Errorf("the message is longer than %d bytes", maxMessage)
	}
	if err := checkTokens(raw); err != nil {
		return nil, err
	}
	var r request
	if err := xml.Unmarshal(raw, &r); err != nil {
		return nil, errors.New("the message is not well-formed XML, or a value has the wrong type")
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(raw); err != nil || doc.Root() == nil {
		return nil, errors.New("the message is not well-formed XML")
	}
	r.tree = doc.Root()
	r.Issuer, r.Named = strings.TrimSpace(r.Issuer), strings.TrimSpace(r.Named)
	return &r, r.check(kind)
}

func checkTokens(raw []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(raw))
	depth := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errors.New("the message is not well-formed XML")
		}
		switch token.(type) {
		case xml.Directive:
			return errors.New("the message has a document type declaration")
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return errors.New("the message nests too deeply")
			}
		case xml.EndElement:
			depth--
		}
	}
}

func (r *request) check(kind string) error {
	switch {
	case r.XMLName.Local != kind || r.XMLName.Space != nsProtocol:
		return fmt.Errorf("the message is %q, not a SAML 2.0 %s", r.XMLName.Local, kind)
	case r.Version != "2.0":
		return fmt.Errorf("the %s is of version %q, not 2.0", kind, r.Version)
	case !isNCName(r.ID):
		return fmt.Errorf("the %s has no ID that is an xs:ID: it must begin with a letter or _", kind)
	case r.Issuer == "":
		return fmt.Errorf("the %s names no Issuer", kind)
	}
	return nil
}

// isNCName admits what can be an xs:ID (Core section 1.3.4), of ASCII characters.
func isNCName(id string) bool {
	for i, c := range id {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || !('0' <= c && c <= '9' || c == '-' || c == '.')) {
			return false
		}
	}
	return id != "" && len(id) <= 256
}
