package mutation

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// keysTable is what the published key set can hold. Keys that are added come first: who takes the first that fits is told apart
// from who looks for the right one. Their ids are those that the seals of the same name use.
func keysTable() []Mutation {
	return slices.Concat(addedKeys(), changedKeys(), keysReplies())
}

// jwks is a mutation that returns the keys that are to be published, given the honest ones.
func jwks(rows, name, text string, change func(Login, []any) ([]any, error)) Mutation {
	return Mutation{Name: name, Text: text, Stage: Keys, Rows: strings.Fields(rows), members: func(l Login, m map[string]any) error {
		keys, _ := m["keys"].([]any)
		keys, err := change(l, keys)
		if err != nil {
			return err
		}
		m["keys"] = keys
		return nil
	}}
}

func added(rows, name, text string, make func(Login) (map[string]any, error)) Mutation {
	return jwks(rows, name, text, func(l Login, keys []any) ([]any, error) {
		key, err := make(l)
		if err != nil {
			return nil, err
		}
		return append([]any{key}, keys...), nil
	})
}

// each is a mutation of every published key.
func each(rows, name, text string, change func(Login, map[string]any)) Mutation {
	return jwks(rows, name, text, func(l Login, keys []any) ([]any, error) {
		for _, key := range keys {
			if members, ok := key.(map[string]any); ok {
				change(l, members)
			}
		}
		return keys, nil
	})
}

func addedKeys() []Mutation {
	return []Mutation{
		jwks("OIDC-CFG-07 OIDC-KEY-16", "jwks-unknown-types", "keys of an unknown type and of an unknown curve come first (RFC 7517 section 5: SHOULD be ignored)",
			func(_ Login, keys []any) ([]any, error) {
				return append([]any{
					map[string]any{"kty": "XYZ", "kid": "of-an-unknown-type", "use": "sig", "xyz": "AQAB"},
					map[string]any{"kty": "EC", "kid": "of-an-unknown-curve", "use": "sig", "crv": "P-9999", "x": "AQAB", "y": "AQAB"},
				}, keys...), nil
			}),
		added("OIDC-KEY-16", "jwks-duplicate-kid", "another RSA key with the same kid comes first (RFC 7517 section 4.5: SHOULD be distinct)", func(l Login) (map[string]any, error) {
			return l.Stock.foreignJWK(l.KeyID)
		}),
		added("OIDC-KEY-16", "jwks-oct", "a symmetric key is published, value and all (RFC 7517 section 5; never a verification key of RS256)", func(l Login) (map[string]any, error) {
			return octJWK(octKeyID), nil
		}),
		added("OIDC-KEY-04", "jwks-oct-same-kid", "a symmetric key with the kid of the RSA key comes first; go with hs256-published-oct (RFC 8725 section 3.1)", func(l Login) (map[string]any, error) {
			return octJWK(l.KeyID), nil
		}),
		jwks("OIDC-KEY-03", "jwks-more-keys", "a P-256 and an Ed25519 key are published too; go with discovery-offers-more and the seals of ES256, PS256 and EdDSA (RFC 7517 section 5)",
			func(l Login, keys []any) ([]any, error) {
				return append([]any{l.Stock.ecJWK(), l.Stock.edJWK()}, keys...), nil
			}),
		added("OIDC-KEY-19", "jwks-rsa-512", "an RSA key of 512 bits is published; go with signed-by-rsa-512 (RFC 7518 section 3.3: MUST be 2048 or more)", func(l Login) (map[string]any, error) {
			return l.Stock.weakJWK(512)
		}),
		added("OIDC-KEY-19", "jwks-rsa-1024", "an RSA key of 1024 bits is published; go with signed-by-rsa-1024 (RFC 7518 section 3.3)", func(l Login) (map[string]any, error) {
			return l.Stock.weakJWK(1024)
		}),
		added("OIDC-KEY-19", "jwks-exponent-1", "an RSA key with the exponent 1 is published; go with forged-exponent-1 (RFC 8017 section 3.1: from 3)", func(l Login) (map[string]any, error) {
			return l.Stock.exponentJWK(1)
		}),
		added("OIDC-KEY-19", "jwks-exponent-3", "an RSA key with the exponent 3 is published, which is legal; go with forged-exponent-3 (RFC 8017 section 3.1)", func(l Login) (map[string]any, error) {
			return l.Stock.exponentJWK(3)
		}),
		added("OIDC-KEY-14", "jwks-two-keys", "a second RSA key with a kid of its own comes first; go with no-kid (Core 10.1: kid is REQUIRED then)", func(l Login) (map[string]any, error) {
			return l.Stock.foreignJWK("another-key")
		}),
	}
}

func changedKeys() []Mutation {
	return []Mutation{
		jwks("OIDC-KEY-12", "jwks-empty", "no key is published any more (Core 10.1.1)", func(Login, []any) ([]any, error) { return []any{}, nil }),
		jwks("OIDC-KEY-12", "jwks-withdrawn", "the signing key is withdrawn and another published in its stead (Core 10.1.1)", func(l Login, _ []any) ([]any, error) {
			key, err := l.Stock.foreignJWK("another-key")
			return []any{key}, err
		}),
		jwks("OIDC-KEY-18", "jwks-other-key-same-kid", "another RSA key is published under the kid of the signing key (Core 10.1)", func(l Login, _ []any) ([]any, error) {
			key, err := l.Stock.foreignJWK(l.KeyID)
			return []any{key}, err
		}),
		each("OIDC-KEY-18", "jwks-kid", "the keys are published under the kid that is given, by default \"1\", which two IdPs may both use; go with kid (RFC 7517 section 4.5)",
			func(l Login, key map[string]any) { key["kid"] = l.or("1") }).taking("kid"),
		each("OIDC-KEY-15", "jwks-use-enc", "the keys say that they are for encryption (RFC 7517 section 4.2)", func(_ Login, key map[string]any) { key["use"] = "enc" }),
		each("OIDC-KEY-15", "jwks-key-ops", "the keys are for encryption by their key_ops, use is absent (RFC 7517 section 4.3)", func(_ Login, key map[string]any) {
			delete(key, "use")
			key["key_ops"] = []string{"encrypt", "wrapKey"}
		}),
		each("OIDC-KEY-15", "jwks-wrong-alg", "the keys say that they are for RS512 (RFC 7517 section 4.4)", func(_ Login, key map[string]any) { key["alg"] = "RS512" }),
		each("OIDC-KEY-16", "jwks-no-alg", "the keys have no alg, as at Entra ID (RFC 7517 section 4.4: OPTIONAL)", func(_ Login, key map[string]any) { delete(key, "alg") }),
		each("OIDC-KEY-16", "jwks-no-use", "the keys have no use (RFC 7517 section 4.2: OPTIONAL for one kind of key)", func(_ Login, key map[string]any) { delete(key, "use") }),
		each("OIDC-KEY-13", "jwks-no-kid", "the key is published without kid; go with no-kid (Core 10.1: allowed for a single key)", func(_ Login, key map[string]any) { delete(key, "kid") }),
		{Name: "jwks-x5c", Text: "the key has x5c and x5t, as at Entra ID (RFC 7517 sections 4.7 and 4.8: OPTIONAL)", Stage: Keys, Rows: []string{"OIDC-KEY-16"}, members: withCertificate},
		edit(Keys, "OIDC-CFG-05 OIDC-KEY-17", "jwks-object", "keys is an object rather than a list (RFC 7517 section 5.1)", func(_ Login, m map[string]any) {
			m["keys"] = map[string]any{"0": m["keys"]}
		}),
	}
}

func keysReplies() []Mutation {
	return []Mutation{
		twice(KeysReply, "OIDC-KEY-17", "jwks-duplicate-keys", "the member keys is there twice, the second time empty (RFC 7517 section 5: unique, or the last one)", "keys", constant([]any{})),
		refuse(KeysReply, "OIDC-KEY-17", "jwks-server-error", "the key set is answered with 500 (RFC 9110 section 15.6.1)", 500, "server_error"),
		page(KeysReply, "OIDC-KEY-17", "jwks-html", "the key set is answered with a page for people (RFC 7517 section 8.5.2)"),
	}
}

// withCertificate adds to each published key a certificate that it signs itself.
func withCertificate(l Login, m map[string]any) error {
	keys, _ := m["keys"].([]any)
	for _, key := range keys {
		members, ok := key.(map[string]any)
		if !ok || members["kid"] != l.KeyID {
			continue
		}
		der, err := certify(l.Key, l.Now)
		if err != nil {
			return err
		}
		members["x5c"] = []string{base64.StdEncoding.EncodeToString(der)}
		members["x5t"] = thumbprint(der)
	}
	return nil
}

func publicDER(l Login) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(&l.Key.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	return der, nil
}
