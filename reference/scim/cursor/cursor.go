// Package cursor makes and reads the cursor values of RFC 9865: places in the result of a query that a
// client carries from one page to the next.
//
// A value is encrypted and authenticated (AES-256-GCM), because it holds what a resource is sorted by,
// which may be an e-mail address, and because it comes back through a client: "Service providers should
// obfuscate cursors values to prevent clients from interpreting cursors or forging new cursors" (RFC 9865
// section 5.2). The server keeps nothing for it, so that walks that are begun and never ended cost nothing.
package cursor

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// maxLength is the longest value that is looked at, in bytes; those that Seal makes are well below.
const maxLength = 8 << 10

// version is the first byte of a value.
const version = 1

// The reasons for which Open refuses a value.
var (
	// ErrInvalid is every reason but age, without telling which: forged, changed, cut short, sealed by
	// another server or for another query (RFC 9865 section 5.2 wants "identical error messages").
	ErrInvalid = errors.New("the cursor is not valid here")
	// ErrExpired is a value that was good and is too old.
	ErrExpired = errors.New("the cursor has expired")
)

// Codec seals and opens cursor values under one key. It is immutable and safe for concurrent use.
type Codec struct {
	aead    cipher.AEAD
	timeout time.Duration
	now     func() time.Time
}

// New makes a Codec. A nil key stands for a random one: values then die with the process, and are of no
// use to another replica. Values expire when they are older than timeout by the clock now.
func New(key []byte, timeout time.Duration, now func() time.Time) (*Codec, error) {
	if key == nil {
		key = make([]byte, KeySize)
		rand.Read(key) // it never fails
	}
	if len(key) != KeySize {
		return nil, fmt.Errorf("cursor: the key has %d bytes, not %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cursor: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("cursor: %w", err)
	}
	return &Codec{aead: aead, timeout: timeout, now: now}, nil
}

// Seal makes a value of a place, which must be something that JSON can hold, for the query that binding
// describes. The value consists of letters, digits, "-" and "_": a part of the unreserved characters of
// RFC 3986 section 2.3, which are all that RFC 9865 section 2 allows.
func (c *Codec) Seal(binding string, place any) (string, error) {
	encoded, err := json.Marshal(place)
	if err != nil {
		return "", fmt.Errorf("seal cursor: %w", err)
	}
	plain := append(binary.BigEndian.AppendUint64(nil, uint64(c.now().Unix())), encoded...)
	sealed := c.aead.Seal([]byte{version}, nil, plain, []byte(binding))
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Open reads the place back out of a value that was sealed for the same binding. The error is
// ErrInvalid or ErrExpired. Numbers in fields of type any come as json.Number.
func (c *Codec) Open(binding, value string, place any) error {
	if len(value) > maxLength {
		return ErrInvalid
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil || len(sealed) == 0 || sealed[0] != version {
		return ErrInvalid
	}
	plain, err := c.aead.Open(nil, nil, sealed[1:], []byte(binding))
	if err != nil || len(plain) < 8 {
		return ErrInvalid
	}
	issued := time.Unix(int64(binary.BigEndian.Uint64(plain)), 0)
	// The second in which it was made is lost: it is given back, for the timeout that clients are told
	// is the least.
	if c.now().Sub(issued) > c.timeout+time.Second {
		return ErrExpired
	}
	decoder := json.NewDecoder(bytes.NewReader(plain[8:]))
	decoder.UseNumber()
	if err := decoder.Decode(place); err != nil {
		return ErrInvalid
	}
	return nil
}
