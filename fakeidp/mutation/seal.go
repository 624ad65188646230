package mutation

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
)

// Tokens are put together by hand here: a JOSE library refuses, rightly, to make most of them.

// members is a JOSE header.
type members = map[string]any

// header is that of the token at hand: what changes alg or kid leaves its typ.
func (l Login) header(alg, kid string) members {
	h := members{"alg": alg}
	if kid != "" {
		h["kid"] = kid
	}
	if l.typ != "" {
		h["typ"] = l.typ
	}
	return h
}

// sign is an honest seal under a kid.
func (l Login) sign(kid string, payload []byte) (string, error) {
	return rs256(l.Key, l.header("RS256", kid), payload)
}

// Sign makes a compact JWS as Okta does: RS256, and only alg and kid in the header.
func Sign(key *rsa.PrivateKey, kid string, payload []byte) (string, error) {
	return Login{Key: key}.sign(kid, payload)
}

// input is what a signature is made over (RFC 7515 section 5.1).
func input(header members, payload []byte) string { return b64(encode(header)) + "." + b64(payload) }

func rs256(key *rsa.PrivateKey, header members, payload []byte) (string, error) {
	return signText(key, input(header, payload))
}

// rawHeader signs rightly under a header that is given as bytes.
func rawHeader(l Login, header, payload []byte) (string, error) {
	return signText(l.Key, b64(header)+"."+b64(payload))
}

func signText(key *rsa.PrivateKey, text string) (string, error) {
	sum := sha256.Sum256([]byte(text))
	return rsaSeal(key, text, crypto.SHA256, sum[:])
}

func rsaSeal(key *rsa.PrivateKey, text string, hash crypto.Hash, sum []byte) (string, error) {
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, hash, sum)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return text + "." + b64(signature), nil
}

func rs512(l Login, payload []byte) (string, error) {
	text := input(l.header("RS512", l.KeyID), payload)
	sum := sha512.Sum512([]byte(text))
	return rsaSeal(l.Key, text, crypto.SHA512, sum[:])
}

func ps256(l Login, payload []byte) (string, error) {
	text := input(l.header("PS256", l.KeyID), payload)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPSS(rand.Reader, l.Key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return text + "." + b64(signature), nil
}

func es256(l Login, payload []byte) (string, error) {
	text := input(l.header("ES256", ecKeyID), payload)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, l.Stock.ec(), sum[:])
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...) // RFC 7518 section 3.4
	return text + "." + b64(signature), nil
}

func eddsa(l Login, payload []byte) (string, error) {
	text := input(l.header("EdDSA", edKeyID), payload)
	return text + "." + b64(ed25519.Sign(l.Stock.ed(), []byte(text))), nil
}

// psychic is ES256 with a signature of zeros, which broken verifiers take for any text (CVE-2022-21449).
func psychic(l Login, payload []byte) (string, error) {
	return input(l.header("ES256", ecKeyID), payload) + "." + b64(make([]byte, 64)), nil
}

// hs256 is what a verifier computes who takes secret for a symmetric key.
func hs256(l Login, kid string, secret, payload []byte) string {
	text := input(l.header("HS256", kid), payload)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + b64(mac.Sum(nil))
}

// unsignedSeal is a token of this alg with an empty signature.
func unsignedSeal(alg string) func(Login, []byte) (string, error) {
	return func(l Login, payload []byte) (string, error) { return input(l.header(alg, ""), payload) + ".", nil }
}

func badSignature(l Login, payload []byte) (string, error) {
	return flipped(func(l Login, payload []byte) (string, error) { return l.sign(l.KeyID, payload) })(l, payload)
}

// flipped is a seal with one bit of its signature changed.
func flipped(seal func(Login, []byte) (string, error)) func(Login, []byte) (string, error) {
	return func(l Login, payload []byte) (string, error) {
		token, err := seal(l, payload)
		if err != nil {
			return "", err
		}
		text, encoded := cutLast(token)
		signature, err := base64.RawURLEncoding.DecodeString(encoded)
		if err != nil {
			return "", fmt.Errorf("decode signature: %w", err)
		}
		signature[len(signature)/2] ^= 1
		return text + "." + b64(signature), nil
	}
}

func foreign(l Login, header members, payload []byte) (string, error) {
	key, err := l.Stock.Foreign()
	if err != nil {
		return "", err
	}
	return rs256(key, header, payload)
}

func embeddedKey(l Login, payload []byte) (string, error) {
	jwk, err := l.Stock.foreignJWK("")
	if err != nil {
		return "", err
	}
	delete(jwk, "kid")
	header := l.header("RS256", "")
	header["jwk"] = jwk
	return foreign(l, header, payload)
}

// embeddedCertificate brings the stranger's certificate along as x5c, under the published kid.
func embeddedCertificate(l Login, payload []byte) (string, error) {
	key, err := l.Stock.Foreign()
	if err != nil {
		return "", err
	}
	der, err := certify(key, l.Now)
	if err != nil {
		return "", err
	}
	header := l.header("RS256", l.KeyID)
	header["x5c"], header["x5t"] = []string{base64.StdEncoding.EncodeToString(der)}, thumbprint(der)
	return rs256(key, header, payload)
}

func weakSeal(bits int) func(Login, []byte) (string, error) {
	return func(l Login, payload []byte) (string, error) {
		key, err := l.Stock.weak[bits]()
		if err != nil {
			return "", err
		}
		text := input(l.header("RS256", weakKeyID(bits)), payload)
		signature, err := key.sign([]byte(text))
		return text + "." + b64(signature), err
	}
}

// forgedExponent1 needs no private key: the first power of the honest message is itself.
func forgedExponent1(l Login, payload []byte) (string, error) {
	text := input(l.header("RS256", exponentKeyID(1)), payload)
	signature, err := encoded([]byte(text), 256)
	return text + "." + b64(signature), err
}

func forgedExponent3(l Login, payload []byte) (string, error) {
	text := input(l.header("RS256", exponentKeyID(3)), payload)
	return text + "." + b64(cubeRoot([]byte(text), 256)), nil
}
