package mutation

import (
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

const unpublishedKeyID = "kid-that-is-published-nowhere"

func sealTable() []Mutation {
	return []Mutation{
		{Name: "bad-signature", Text: "one bit of the RS256 signature is flipped, the kid is the published one (Core 3.1.3.7 rule 6)",
			seal: badSignature},
		{Name: "foreign-key", Text: "signed with a key that is published nowhere, under the published kid (Core 3.1.3.7 rule 6)",
			seal: func(l Login, payload []byte) (string, error) { return foreign(l, l.KeyID, payload) }},
		{Name: "unknown-kid", Text: "signed with a key that is published nowhere, under a kid that is not either (Core 10.1)",
			seal: func(l Login, payload []byte) (string, error) { return foreign(l, unpublishedKeyID, payload) }},
		{Name: "embedded-jwk", Text: "signed with a stranger's key, which the header brings along as jwk (RFC 8725 section 3.10)",
			seal: embeddedKey},
		{Name: "alg-none", Text: "alg is none and the signature empty (Core 3.1.3.7 rule 7, RFC 8725 section 3.1)",
			seal: func(_ Login, payload []byte) (string, error) { return unsigned(header("none", ""), payload) + ".", nil }},
		{Name: "no-signature-segment", Text: "the token ends after its payload: header RS256, no third segment (RFC 7515 section 7.1)",
			seal: func(l Login, payload []byte) (string, error) { return unsigned(header("RS256", l.KeyID), payload), nil }},
		{Name: "empty-signature", Text: "the header says RS256 and the signature is empty (RFC 7515 section 5.2)",
			seal: func(l Login, payload []byte) (string, error) {
				return unsigned(header("RS256", l.KeyID), payload) + ".", nil
			}},
		{Name: "hs256-public-key", Text: "HS256 with the PEM text of the published RSA key as its secret (RFC 8725 section 2.1)",
			seal: hmacPublicKey},
		{Name: "hs256-client-secret", Text: "HS256 with the client secret, where RS256 is registered (Core 3.1.3.7 rule 7)",
			seal: func(l Login, payload []byte) (string, error) {
				return hs256(l.KeyID, []byte(l.ClientSecret), payload), nil
			}},
		{Name: "unadvertised-algorithm", Text: "signed RS512 with the published key, while discovery offers RS256 only (Core 3.1.3.7 rule 7)",
			seal: unadvertised},
		{Name: "unknown-crit", Text: "the header has crit with an extension that nobody knows (RFC 7515 section 4.1.11)",
			seal: unknownCritical},
	}
}

// Sign makes a compact JWS as Okta does: RS256, and only alg and kid in the header.
func Sign(key *rsa.PrivateKey, kid string, payload []byte) (string, error) {
	return signWith(jose.RS256, key, kid, payload, nil)
}

func signWith(alg jose.SignatureAlgorithm, key *rsa.PrivateKey, kid string, payload []byte, opts *jose.SignerOptions) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, opts)
	if err != nil {
		return "", fmt.Errorf("make signer: %w", err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return jws.CompactSerialize()
}

func badSignature(l Login, payload []byte) (string, error) {
	token, err := Sign(l.Key, l.KeyID, payload)
	if err != nil {
		return "", err
	}
	signed, encoded, _ := cutLast(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return "", fmt.Errorf("decode signature: %w", err)
	}
	signature[len(signature)/2] ^= 1
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func foreign(l Login, kid string, payload []byte) (string, error) {
	key, err := l.Foreign()
	if err != nil {
		return "", fmt.Errorf("make foreign key: %w", err)
	}
	return Sign(key, kid, payload)
}

func embeddedKey(l Login, payload []byte) (string, error) {
	key, err := l.Foreign()
	if err != nil {
		return "", fmt.Errorf("make foreign key: %w", err)
	}
	return signWith(jose.RS256, key, "", payload, &jose.SignerOptions{EmbedJWK: true})
}

func hmacPublicKey(l Login, payload []byte) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(&l.Key.PublicKey)
	if err != nil {
		return "", fmt.Errorf("encode public key: %w", err)
	}
	secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return hs256(l.KeyID, secret, payload), nil
}

func unadvertised(l Login, payload []byte) (string, error) {
	return signWith(jose.RS512, l.Key, l.KeyID, payload, nil)
}

func unknownCritical(l Login, payload []byte) (string, error) {
	const extension = "https://assay.invalid/unknown"
	opts := (&jose.SignerOptions{}).WithHeader("crit", []string{extension}).WithHeader(extension, true)
	return signWith(jose.RS256, l.Key, l.KeyID, payload, opts)
}

// hs256 is made by hand: a JOSE library refuses, rightly, to use such secrets.
func hs256(kid string, secret, payload []byte) string {
	signed := unsigned(header("HS256", kid), payload)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func header(alg, kid string) map[string]string {
	h := map[string]string{"alg": alg}
	if kid != "" {
		h["kid"] = kid
	}
	return h
}

func unsigned(header map[string]string, payload []byte) string {
	head, _ := json.Marshal(header) // a map of strings always encodes
	return base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(payload)
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
