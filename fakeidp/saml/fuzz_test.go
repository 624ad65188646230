package saml

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"testing"
)

// FuzzRequest feeds what a browser may bring to both bindings: no panic, nothing longer than the limit, and
// what is taken for a message has the ID and the Issuer that an answer needs.
func FuzzRequest(f *testing.F) {
	const good = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_a" Version="2.0" IsPassive="true"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://sp.example</saml:Issuer></samlp:AuthnRequest>`
	const answer = `<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_b" Version="2.0" InResponseTo="_a"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://sp.example</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:LogoutResponse>`
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		f.Fatal(err)
	}
	_, _ = w.Write([]byte(good))
	_ = w.Close()
	f.Add(base64.StdEncoding.EncodeToString([]byte(good)))
	f.Add(base64.StdEncoding.EncodeToString(packed.Bytes()))
	f.Add(base64.StdEncoding.EncodeToString([]byte(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`)))
	f.Add(base64.StdEncoding.EncodeToString([]byte(answer)))
	f.Add("not base64")
	f.Fuzz(func(t *testing.T, text string) {
		for name, decode := range map[string]func(string) ([]byte, error){"redirect": inflate, "POST": unwrap} {
			raw, err := decode(text)
			if err != nil {
				continue
			}
			if name == "redirect" && len(raw) > maxMessage+1 {
				t.Fatalf("%d bytes were inflated", len(raw))
			}
			for _, kind := range []string{"AuthnRequest", "LogoutRequest", "LogoutResponse"} {
				if r, err := parse(raw, kind); err == nil && (r.ID == "" || r.Issuer == "" || r.tree == nil) {
					t.Fatalf("a %s without ID or Issuer: %q", kind, raw)
				}
			}
		}
	})
}
