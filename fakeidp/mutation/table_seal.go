package mutation

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
)

const unpublishedKeyID = "kid-that-is-published-nowhere"

// sealTable is the ways in which an ID token can be signed, headed and written down.
func sealTable() []Mutation {
	return slices.Concat(noneSeals(), signatureSeals(), symmetricSeals(), otherAlgorithms(), weakSeals(), headerSeals(), kidSeals(), formSeals())
}

func sealed(rows, name, text string, seal func(Login, []byte) (string, error)) Mutation {
	return Mutation{Name: name, Text: text, Stage: Seal, Rows: strings.Fields(rows), seal: seal}
}

func noneSeals() []Mutation {
	const row, rule = "OIDC-KEY-01", "and the signature empty (Core 3.1.3.7 rule 7, RFC 8725 section 3.1)"
	return []Mutation{
		sealed(row, "alg-none", "alg is none "+rule, unsignedSeal("none")),
		sealed(row, "alg-none-title", "alg is None "+rule, unsignedSeal("None")),
		sealed(row, "alg-none-capitals", "alg is NONE "+rule, unsignedSeal("NONE")),
		sealed(row, "alg-none-mixed", "alg is nOnE "+rule, unsignedSeal("nOnE")),
		sealed(row, "alg-empty", "alg is the empty string "+rule, unsignedSeal("")),
		sealed(row, "alg-missing", "there is no alg "+rule, func(l Login, p []byte) (string, error) { return input(members{"kid": l.KeyID}, p) + ".", nil }),
		sealed(row, "alg-null", "alg is null "+rule, func(l Login, p []byte) (string, error) {
			return input(members{"alg": nil, "kid": l.KeyID}, p) + ".", nil
		}),
		sealed(row, "alg-none-with-kid", "alg is none, the kid the published one "+rule, func(l Login, p []byte) (string, error) { return input(l.header("none", l.KeyID), p) + ".", nil }),
		sealed(row, "alg-none-signed", "alg is none, and there is a signature, by a key that is published nowhere (Core 3.1.3.7 rule 7)",
			func(l Login, p []byte) (string, error) { return foreign(l, l.header("none", l.KeyID), p) }),
	}
}

func signatureSeals() []Mutation {
	const row, rule = "OIDC-KEY-02", "(Core 3.1.3.7 rule 6)"
	return []Mutation{
		sealed(row, "bad-signature", "one bit of the RS256 signature is flipped, the kid is the published one "+rule, badSignature),
		sealed(row, "foreign-key", "signed with a key that is published nowhere, under the published kid "+rule,
			func(l Login, p []byte) (string, error) { return foreign(l, l.header("RS256", l.KeyID), p) }),
		sealed(row, "empty-signature", "the header says RS256 and the signature is empty (RFC 7515 section 5.2)",
			func(l Login, p []byte) (string, error) { return input(l.header("RS256", l.KeyID), p) + ".", nil }),
		sealed(row, "zero-signature", "the header says RS256 and the signature is 256 zeros (RFC 7515 section 5.2)",
			func(l Login, p []byte) (string, error) {
				return input(l.header("RS256", l.KeyID), p) + "." + b64(make([]byte, 256)), nil
			}),
		sealed(row, "other-payload", "the signature is genuine and that of another payload "+rule, func(l Login, p []byte) (string, error) {
			token, err := l.sign(l.KeyID, append([]byte(" "), p...))
			_, signature := cutLast(token)
			return input(l.header("RS256", l.KeyID), p) + "." + signature, err
		}),
	}
}

func symmetricSeals() []Mutation {
	const rule = "(RFC 8725 section 2.1)"
	table := []Mutation{
		sealed("OIDC-KEY-05", "hs256-client-secret", "HS256 with the client secret, where RS256 is registered (Core 3.1.3.7 rule 7)",
			func(l Login, p []byte) (string, error) { return hs256(l, l.KeyID, []byte(l.ClientSecret), p), nil }),
		sealed("OIDC-KEY-05", "hs256-empty-key", "HS256 with an empty key (Core 3.1.3.7 rule 7)", func(l Login, p []byte) (string, error) { return hs256(l, l.KeyID, nil, p), nil }),
		sealed("OIDC-KEY-05", "hs256-client-id", "HS256 with the client id (Core 3.1.3.7 rule 7)", func(l Login, p []byte) (string, error) { return hs256(l, l.KeyID, []byte(l.ClientID), p), nil }),
		sealed("OIDC-KEY-04", "hs256-published-oct", "HS256 with a symmetric key that the key set has; go with jwks-oct-same-kid "+rule,
			func(l Login, p []byte) (string, error) { return hs256(l, l.KeyID, []byte(octSecret), p), nil }),
	}
	for _, form := range publicForms() {
		table = append(table, sealed("OIDC-KEY-04", form.name, "HS256 with "+form.text+" as its secret "+rule, func(l Login, p []byte) (string, error) {
			secret, err := form.bytes(l)
			return hs256(l, l.KeyID, secret, p), err
		}))
	}
	return table
}

// publicForm is a way to write the public key down, which a verifier may take for a secret.
type publicForm struct {
	name, text string
	bytes      func(Login) ([]byte, error)
}

func publicForms() []publicForm {
	inPEM := func(kind string, der func(Login) ([]byte, error)) func(Login) ([]byte, error) {
		return func(l Login) ([]byte, error) {
			data, err := der(l)
			return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), err
		}
	}
	short := func(form func(Login) ([]byte, error)) func(Login) ([]byte, error) {
		return func(l Login) ([]byte, error) {
			data, err := form(l)
			return []byte(strings.TrimSpace(string(data))), err
		}
	}
	pkcs1 := func(l Login) ([]byte, error) { return x509.MarshalPKCS1PublicKey(&l.Key.PublicKey), nil }
	certificate := func(l Login) ([]byte, error) { return certify(l.Key, l.Now) }
	return []publicForm{
		{"hs256-public-key", "the PEM text (SubjectPublicKeyInfo) of the published RSA key", inPEM("PUBLIC KEY", publicDER)},
		{"hs256-public-key-no-newline", "the PEM text (SubjectPublicKeyInfo) of the published RSA key, without the last line end,", short(inPEM("PUBLIC KEY", publicDER))},
		{"hs256-public-key-pkcs1", "the PEM text (PKCS #1) of the published RSA key", inPEM("RSA PUBLIC KEY", pkcs1)},
		{"hs256-public-key-der", "the DER (SubjectPublicKeyInfo) of the published RSA key", publicDER},
		{"hs256-public-key-der-pkcs1", "the DER (PKCS #1) of the published RSA key", pkcs1},
		{"hs256-public-key-base64", "the base64 of the DER (SubjectPublicKeyInfo) of the published RSA key", func(l Login) ([]byte, error) {
			der, err := publicDER(l)
			return []byte(base64.StdEncoding.EncodeToString(der)), err
		}},
		{"hs256-public-key-jwk", "the JSON of the published JWK", func(l Login) ([]byte, error) { return encode(rsaJWK(&l.Key.PublicKey, l.KeyID)), nil }},
		{"hs256-public-key-modulus", "the bytes of the published modulus", func(l Login) ([]byte, error) { return l.Key.N.Bytes(), nil }},
		{"hs256-public-key-modulus-text", "the text of the published modulus, as it stands in n,", func(l Login) ([]byte, error) { return []byte(b64(l.Key.N.Bytes())), nil }},
		{"hs256-public-key-certificate", "the PEM text of a certificate of the published RSA key", inPEM("CERTIFICATE", certificate)},
	}
}

func otherAlgorithms() []Mutation {
	const row, rule = "OIDC-KEY-03", "go with jwks-more-keys and discovery-offers-more (Core 3.1.3.7 rule 6)"
	return []Mutation{
		sealed("OIDC-KEY-06", "unadvertised-algorithm", "signed RS512 with the published key, while discovery offers RS256 only (Core 3.1.3.7 rule 7)", rs512),
		sealed("OIDC-KEY-06", "unadvertised-ps256", "signed PS256 with the published key, while discovery offers RS256 only (Core 3.1.3.7 rule 7)", ps256),
		sealed(row, "signed-es256", "signed ES256, rightly; "+rule, es256),
		sealed(row, "signed-eddsa", "signed EdDSA, rightly; "+rule, eddsa),
		sealed(row, "bad-es256", "signed ES256 with one bit of the signature flipped; "+rule, flipped(es256)),
		sealed(row, "bad-ps256", "signed PS256 with one bit of the signature flipped; "+rule, flipped(ps256)),
		sealed(row, "bad-eddsa", "signed EdDSA with one bit of the signature flipped; "+rule, flipped(eddsa)),
		sealed(row, "psychic-es256", "signed ES256 with a signature of zeros, which broken verifiers take for any text; "+rule, psychic),
	}
}

func weakSeals() []Mutation {
	const row = "OIDC-KEY-19"
	return []Mutation{
		sealed(row, "signed-by-rsa-512", "signed RS256, rightly, by a key of 512 bits; go with jwks-rsa-512 (RFC 7518 section 3.3: MUST be 2048 or more)", weakSeal(512)),
		sealed(row, "signed-by-rsa-1024", "signed RS256, rightly, by a key of 1024 bits; go with jwks-rsa-1024 (RFC 7518 section 3.3)", weakSeal(1024)),
		sealed(row, "forged-exponent-1", "forged for a key with the exponent 1, under which every text is its own signature; go with jwks-exponent-1 (RFC 8017 section 3.1)", forgedExponent1),
		sealed(row, "forged-exponent-3", "forged for a key with the exponent 3: right for verifiers who do not look behind the hash; go with jwks-exponent-3 (RFC 8017 section 8.2.2)", forgedExponent3),
	}
}

func headerSeals() []Mutation {
	const row, rule = "OIDC-KEY-07", "(RFC 8725 section 3.10)"
	// brings is a token of a stranger's key, with a header that says where that key is. What the URL answers is the harness's matter.
	brings := func(member string) func(Login, []byte) (string, error) {
		return func(l Login, p []byte) (string, error) {
			header := l.header("RS256", "assay-stranger")
			header[member] = l.or(otherURL)
			return foreign(l, header, p)
		}
	}
	return []Mutation{
		sealed(row, "embedded-jwk", "signed with a stranger's key, which the header brings along as jwk "+rule, embeddedKey),
		sealed(row, "embedded-x5c", "signed with a stranger's key, whose certificate the header brings along as x5c, under the published kid "+rule, embeddedCertificate),
		sealed(row, "jku", "signed with a stranger's key, and jku names the URL given as the place of its key set; nobody may fetch it "+rule, brings("jku")).taking("URL"),
		sealed(row, "x5u", "signed with a stranger's key, and x5u names the URL given as the place of its certificate; nobody may fetch it "+rule, brings("x5u")).taking("URL"),
		critical("unknown-crit", "the header has crit with an extension that nobody knows (RFC 7515 section 4.1.11)", []string{"https://assay.invalid/unknown"}),
		critical("empty-crit", "the header has an empty crit (RFC 7515 section 4.1.11: MUST NOT)", []string{}),
		critical("crit-without-member", "the header has crit with the name of a member that is not there (RFC 7515 section 4.1.11)", []string{"exp"}),
		critical("crit-b64", "the header has crit with b64, and b64 is true (RFC 7797 section 6: MUST be understood, or refused)", []string{"b64"}),
		typed("typ-logout", "typ is logout+jwt (RFC 8725 section 3.11)", "logout+jwt"),
		typed("typ-access-token", "typ is at+jwt (RFC 8725 section 3.11)", "at+jwt"),
		typed("typ-id-token", "typ is JWT (RFC 7519 section 5.1: OPTIONAL; to be accepted of an ID token)", "JWT"),
	}
}

func critical(name, text string, names []string) Mutation {
	return sealed("OIDC-IDT-27", name, text, func(l Login, p []byte) (string, error) {
		header := l.header("RS256", l.KeyID)
		header["crit"] = names
		for _, name := range names {
			if name != "exp" {
				header[name] = true
			}
		}
		return rs256(l.Key, header, p)
	})
}

func typed(name, text, typ string) Mutation {
	return sealed("OIDC-IDT-26", name, text, func(l Login, p []byte) (string, error) {
		header := l.header("RS256", l.KeyID)
		header["typ"] = typ
		return rs256(l.Key, header, p)
	})
}

// kidSeals are tokens whose kid is an attack on whoever looks keys up by it. They are signed by what the attack would make of the key.
func kidSeals() []Mutation {
	const row, rule = "OIDC-KEY-08", "(RFC 8725 section 3.10)"
	byForeign := func(kid any) func(Login, []byte) (string, error) {
		return func(l Login, p []byte) (string, error) { return foreign(l, members{"alg": "RS256", "kid": kid}, p) }
	}
	return []Mutation{
		sealed("OIDC-KEY-09", "unknown-kid", "signed with a key that is published nowhere, under a kid that is not either, or under the one given (Core 10.1.1)",
			func(l Login, p []byte) (string, error) {
				return foreign(l, l.header("RS256", l.or(unpublishedKeyID)), p)
			}).taking("kid"),
		sealed("OIDC-KEY-18", "kid", "signed, rightly, under the kid that is given, by default \"1\"; go with jwks-kid (RFC 7517 section 4.5)",
			func(l Login, p []byte) (string, error) { return l.sign(l.or("1"), p) }).taking("kid"),
		sealed("OIDC-KEY-13 OIDC-KEY-14", "no-kid", "signed, rightly, without kid (Core 10.1: allowed while there is one key)", func(l Login, p []byte) (string, error) { return l.sign("", p) }),
		sealed(row, "kid-path", "kid is a path to /dev/null, HS256 with an empty key "+rule, func(l Login, p []byte) (string, error) { return hs256(l, "../../../../../../../dev/null", nil, p), nil }),
		sealed(row, "kid-url", "kid is a URL, the one given, signed by a stranger; nobody may fetch it "+rule,
			func(l Login, p []byte) (string, error) { return foreign(l, l.header("RS256", l.or(otherURL)), p) }).taking("URL"),
		sealed(row, "kid-sql", "kid is SQL that selects a text, HS256 with that text "+rule,
			func(l Login, p []byte) (string, error) {
				return hs256(l, "' UNION SELECT 'assay' -- ", []byte("assay"), p), nil
			}),
		sealed(row, "kid-command", "kid is a shell command behind a semicolon "+rule, byForeign("key; sleep 10 | sleep 10")),
		sealed(row, "kid-nul", "kid is the published one with a NUL character and more behind "+rule,
			func(l Login, p []byte) (string, error) { return foreign(l, l.header("RS256", l.KeyID+"\x00.pem"), p) }),
		sealed(row, "kid-long", "kid has 10,000 characters "+rule, byForeign(strings.Repeat("k", 10_000))),
		sealed(row, "kid-number", "kid is a number (RFC 7515 section 4.1.4: a string)", byForeign(42)),
		sealed(row, "kid-object", "kid is an object (RFC 7515 section 4.1.4: a string)", byForeign(members{"$ne": nil})),
		sealed(row, "kid-html", "kid is HTML with a script, for whoever shows it in an error (RFC 8725 section 3.10)", byForeign(`<script>alert("assay")</script>`)),
	}
}

// formSeals are honest tokens that are not written in the one form that a JWT has.
func formSeals() []Mutation {
	const row, compact = "OIDC-IDT-24", "(RFC 7519 section 3: compact serialisation)"
	form := func(name, text string, write func(Login, string) string) Mutation {
		return sealed(row, name, text, func(l Login, p []byte) (string, error) {
			token, err := l.sign(l.KeyID, p)
			return write(l, token), err
		})
	}
	return []Mutation{
		form("no-signature-segment", "the token ends after its payload: header RS256, no third segment (RFC 7515 section 7.1)", func(_ Login, t string) string {
			text, _ := cutLast(t)
			return text
		}),
		form("four-segments", "there is a fourth segment (RFC 7515 section 7.1)", func(_ Login, t string) string { return t + ".AAAA" }),
		form("trailing-garbage", "there is a space and a word behind the token (RFC 7515 section 7.1)", func(_ Login, t string) string { return t + " garbage" }),
		form("token-line-ends", "there are line ends around the token (RFC 7515 section 2: no line breaks)", func(_ Login, t string) string { return "\n" + t + "\r\n" }),
		sealed(row, "token-padded", "the segments are padded with =, and signed so (RFC 7515 section 2: all trailing = omitted)", func(l Login, p []byte) (string, error) {
			token, err := signText(l.Key, padded(encode(l.header("RS256", l.KeyID)))+"."+padded(p))
			return token + "==", err // 256 bytes
		}),
		form("token-json", "the token is a JWS in the general JSON serialisation "+compact, func(_ Login, t string) string {
			s := strings.Split(t, ".")
			return string(encode(members{"payload": s[1], "signatures": []any{members{"protected": s[0], "signature": s[2]}}}))
		}),
		form("token-json-flat", "the token is a JWS in the flattened JSON serialisation "+compact, func(_ Login, t string) string {
			s := strings.Split(t, ".")
			return string(encode(members{"payload": s[1], "protected": s[0], "signature": s[2]}))
		}),
		sealed(row, "token-nested", "the token is the payload of another, as cty says (RFC 7519 section 5.2: a nested JWT)", func(l Login, p []byte) (string, error) {
			inner, err := l.sign(l.KeyID, p)
			if err != nil {
				return "", err
			}
			header := l.header("RS256", l.KeyID)
			header["cty"] = "JWT"
			return rs256(l.Key, header, []byte(inner))
		}),
		sealed(row, "duplicate-alg", "the header has alg twice, RS256 and none, with a right signature (RFC 7515 section 4: unique)", func(l Login, p []byte) (string, error) {
			return rawHeader(l, duplicate(encode(l.header("RS256", l.KeyID)), "alg", "none"), p)
		}),
		sealed(row, "header-list", "the header is a list (RFC 7515 section 4: an object)", func(l Login, p []byte) (string, error) { return rawHeader(l, []byte(`["RS256"]`), p) }),
		sealed(row, "header-bom", "the header begins with a byte order mark (RFC 8259 section 8.1: MUST NOT)", func(l Login, p []byte) (string, error) {
			return rawHeader(l, append([]byte("\ufeff"), encode(l.header("RS256", l.KeyID))...), p)
		}),
	}
}

func padded(data []byte) string { return base64.URLEncoding.EncodeToString(data) }

// cutLast takes the signature off a compact token.
func cutLast(token string) (text, signature string) {
	i := strings.LastIndex(token, ".")
	return token[:max(i, 0)], token[i+1:]
}
