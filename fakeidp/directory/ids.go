package directory

import (
	crand "crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
)

// Okta's ids are 20 characters: a prefix that names the kind, then letters and digits. The length and
// the prefixes are Okta's; the rest here is random.
const (
	personPrefix = "00u"
	groupPrefix  = "00g"
	appPrefix    = "0oa"
	idLength     = 20
	alphabet     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	secretBytes  = 48 // 64 characters in base64url, the length of an Okta client secret
)

// source hands out random bytes: from the system, or from a seed. The directory's lock guards it.
type source struct{ r io.Reader }

func randomSource() *source { return &source{r: crand.Reader} }

func seededSource(seed uint64) *source {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return &source{r: rand.NewChaCha8(key)}
}

// bytes fills a slice of length n. Neither source can fail: crypto/rand ends the program rather than
// return an error.
func (s *source) bytes(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.r, b); err != nil {
		panic(fmt.Sprintf("directory: read random bytes: %v", err))
	}
	return b
}

// id returns a fresh id for which taken is false.
func (s *source) id(prefix string, taken func(string) bool) string {
	for {
		id := prefix + s.letters(idLength-len(prefix))
		if !taken(id) {
			return id
		}
	}
}

// letters draws n characters of the alphabet without bias: bytes past the last full multiple of its
// length are thrown away.
func (s *source) letters(n int) string {
	limit := byte(256 - 256%len(alphabet))
	out := make([]byte, 0, n)
	for len(out) < n {
		for _, b := range s.bytes(n - len(out)) {
			if b < limit {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}

func (s *source) secret() string {
	return base64.RawURLEncoding.EncodeToString(s.bytes(secretBytes))
}
