package directory

import (
	crand "crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"

	"assay/fakeidp/persona"
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
type source struct {
	r    io.Reader
	form persona.IDForm
}

func randomSource() *source { return &source{r: crand.Reader, form: persona.IDOkta} }

func seededSource(seed uint64) *source {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return &source{r: rand.NewChaCha8(key), form: persona.IDOkta}
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

// id returns a fresh id for which taken is false. The prefix is for Okta's form.
func (s *source) id(prefix string, taken func(string) bool) string {
	for {
		if id := s.draw(prefix); !taken(id) {
			return id
		}
	}
}

func (s *source) draw(prefix string) string {
	switch s.form {
	case persona.IDGUID:
		b := s.bytes(16)
		b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // a random UUID (RFC 9562 section 5.4)
		return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	case persona.IDHex:
		return hex.EncodeToString(s.bytes(12))
	case persona.IDNumber:
		return fmt.Sprintf("1%020d", binary.LittleEndian.Uint64(s.bytes(8)))
	default:
		return prefix + s.letters(idLength-len(prefix))
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
