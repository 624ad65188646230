// Package password hashes secrets with argon2id and says whether a password is good enough. A hash is a PHC string:
// it names its own costs, so that these can be raised later.
package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	variant   = "argon2id"
	hashBytes = 32
	saltBytes = 16
)

// ErrMalformed is returned for text that is not a hash of this package.
var ErrMalformed = errors.New("malformed hash")

// Costs are those of one argon2id run.
type Costs struct {
	Memory uint32 // KiB
	Passes uint32
	Lanes  uint8
}

// OWASP is the second choice of the OWASP password storage cheat sheet: 19 MiB, two passes, one lane.
func OWASP() Costs { return Costs{Memory: 19 * 1024, Passes: 2, Lanes: 1} }

// Hash returns the hash of a secret with a fresh salt.
func (c Costs) Hash(secret string) string {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails: crypto/rand aborts the program instead
	sum := argon2.IDKey([]byte(secret), salt, c.Passes, c.Memory, c.Lanes, hashBytes)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s", variant, argon2.Version,
		c.Memory, c.Passes, c.Lanes, enc.EncodeToString(salt), enc.EncodeToString(sum))
}

// Check reports whether the PHC string is the hash of the secret, in constant time.
func Check(phc, secret string) (bool, error) {
	h, err := parse(phc)
	if err != nil {
		return false, err
	}
	sum := argon2.IDKey([]byte(secret), h.salt, h.Passes, h.Memory, h.Lanes, uint32(len(h.sum)))
	return subtle.ConstantTimeCompare(sum, h.sum) == 1, nil
}

type hash struct {
	Costs
	salt, sum []byte
}

// parse reads a PHC string. It bounds the costs, so that a damaged record cannot exhaust memory.
func parse(phc string) (hash, error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != variant {
		return hash{}, ErrMalformed
	}
	var h hash
	var version int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return hash{}, fmt.Errorf("version: %w", ErrMalformed)
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.Memory, &h.Passes, &h.Lanes); err != nil {
		return hash{}, fmt.Errorf("costs: %w", ErrMalformed)
	}
	if h.Memory == 0 || h.Memory > 1<<20 || h.Passes == 0 || h.Passes > 16 || h.Lanes == 0 {
		return hash{}, fmt.Errorf("costs: %w", ErrMalformed)
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return hash{}, fmt.Errorf("salt: %w", ErrMalformed)
	}
	if h.sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.sum) < 16 {
		return hash{}, fmt.Errorf("sum: %w", ErrMalformed)
	}
	return h, nil
}
