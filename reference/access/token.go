// Package access says who may enter: SCIM bearer tokens, the administrator's token, and the sessions
// of people who signed on.
package access

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
)

// Prefix begins every SCIM token, so that secret scanners and people can tell what it is.
const Prefix = "assay-scim"

// Limits of a presented token; longer ones are refused before any hashing.
const (
	maxToken    = 256
	secretBytes = 32
)

// ErrMalformed is returned for text that is not a SCIM token.
var ErrMalformed = errors.New("malformed token")

// newSecret returns 256 random bits in unpadded base64url.
func newSecret() string {
	buf := make([]byte, secretBytes)
	rand.Read(buf) // never fails: crypto/rand aborts the program instead
	return base64.RawURLEncoding.EncodeToString(buf)
}

// formatToken joins a token's public id and its secret.
func formatToken(id, secret string) string {
	return Prefix + ":" + id + ":" + secret
}

// parseToken splits a presented token. The secret must be exactly what newSecret makes.
func parseToken(token string) (id, secret string, err error) {
	if len(token) > maxToken {
		return "", "", ErrMalformed
	}
	parts := strings.Split(token, ":")
	if len(parts) != 3 || parts[0] != Prefix || parts[1] == "" {
		return "", "", ErrMalformed
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(raw) != secretBytes {
		return "", "", ErrMalformed
	}
	return parts[1], parts[2], nil
}
