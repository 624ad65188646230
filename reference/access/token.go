// Package access says who may enter: SCIM bearer tokens, the administrator's token, and the sessions
// of people who signed on.
package access

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Prefix begins every SCIM token, so that secret scanners and people can tell what it is.
const Prefix = "assay-scim"

// Limits of a presented token; longer ones are refused before any hashing.
const (
	maxToken    = 256
	secretBytes = 32
)

// Costs of argon2id: the second choice of the OWASP password storage cheat sheet (19 MiB, two passes,
// one lane). The secret has 256 bits of its own, so the hash only has to make a stolen database
// useless, not to slow down guessing.
const (
	hashMemory  = 19 * 1024 // KiB
	hashPasses  = 2
	hashLanes   = 1
	hashBytes   = 32
	hashSalt    = 16
	hashVariant = "argon2id"
)

// ErrMalformed is returned for text that is not a SCIM token or not a hash of one.
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

// hashSecret returns the argon2id hash of a secret in PHC string form.
func hashSecret(secret string) string {
	salt := make([]byte, hashSalt)
	rand.Read(salt)
	sum := argon2.IDKey([]byte(secret), salt, hashPasses, hashMemory, hashLanes, hashBytes)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s", hashVariant, argon2.Version,
		hashMemory, hashPasses, hashLanes, enc.EncodeToString(salt), enc.EncodeToString(sum))
}

// checkSecret reports whether the PHC string is the hash of the secret, in constant time.
func checkSecret(phc, secret string) (bool, error) {
	h, err := parseHash(phc)
	if err != nil {
		return false, err
	}
	sum := argon2.IDKey([]byte(secret), h.salt, h.passes, h.memory, h.lanes, uint32(len(h.sum)))
	return subtle.ConstantTimeCompare(sum, h.sum) == 1, nil
}

type phcHash struct {
	memory, passes uint32
	lanes          uint8
	salt, sum      []byte
}

// parseHash reads a PHC string. It bounds the costs, so that a damaged record cannot exhaust memory.
func parseHash(phc string) (phcHash, error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != hashVariant {
		return phcHash{}, fmt.Errorf("token hash: %w", ErrMalformed)
	}
	var h phcHash
	var version int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return phcHash{}, fmt.Errorf("token hash version: %w", ErrMalformed)
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.lanes); err != nil {
		return phcHash{}, fmt.Errorf("token hash costs: %w", ErrMalformed)
	}
	if h.memory == 0 || h.memory > 1<<20 || h.passes == 0 || h.passes > 16 || h.lanes == 0 {
		return phcHash{}, fmt.Errorf("token hash costs: %w", ErrMalformed)
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return phcHash{}, fmt.Errorf("token hash salt: %w", ErrMalformed)
	}
	if h.sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.sum) < 16 {
		return phcHash{}, fmt.Errorf("token hash sum: %w", ErrMalformed)
	}
	return h, nil
}
