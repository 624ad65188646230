package mutation

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
)

// publicExponent is the usual one.
const publicExponent = 65537

// rawKey is an RSA key that Go's own package refuses, rightly, to make or to sign with.
type rawKey struct{ n, d *big.Int }

func newRawKey(bits int) (rawKey, error) {
	one, e := big.NewInt(1), big.NewInt(publicExponent)
	for {
		p, err := rand.Prime(rand.Reader, bits/2)
		if err != nil {
			return rawKey{}, fmt.Errorf("make weak key: %w", err)
		}
		q, err := rand.Prime(rand.Reader, bits/2)
		if err != nil {
			return rawKey{}, fmt.Errorf("make weak key: %w", err)
		}
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(e, phi)
		n := new(big.Int).Mul(p, q)
		if d != nil && p.Cmp(q) != 0 && n.BitLen() == bits {
			return rawKey{n: n, d: d}, nil
		}
	}
}

func (k rawKey) sign(text []byte) ([]byte, error) {
	size := (k.n.BitLen() + 7) / 8
	message, err := encoded(text, size)
	if err != nil {
		return nil, err
	}
	return new(big.Int).Exp(new(big.Int).SetBytes(message), k.d, k.n).FillBytes(make([]byte, size)), nil
}

// digestInfo is the DER in front of a SHA-256 (RFC 8017 section 9.2, note 1).
func digestInfo(text []byte) []byte {
	sum := sha256.Sum256(text)
	prefix := []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}
	return append(prefix, sum[:]...)
}

// encoded is EMSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 9.2): what an honest signature is the root of, and the
// signature itself where the exponent is 1.
func encoded(text []byte, size int) ([]byte, error) {
	info := digestInfo(text)
	if size < len(info)+11 {
		return nil, errors.New("encode for signature: the key is too short")
	}
	message := make([]byte, size)
	message[1] = 1
	for i := 2; i < size-len(info)-1; i++ {
		message[i] = 0xff
	}
	copy(message[size-len(info):], info)
	return message, nil
}

// cubeRoot forges a signature for the exponent 3 (Bleichenbacher, CRYPTO 2006): a number whose cube begins like an honest message,
// with the hash too far to the left. A verifier that does not look for what follows the hash takes it.
func cubeRoot(text []byte, size int) []byte {
	start := append([]byte{0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0}, digestInfo(text)...)
	message := make([]byte, size)
	copy(message, start)
	low := new(big.Int).SetBytes(message)
	// The smallest number whose cube is not below: by halving.
	floor, ceiling := big.NewInt(0), new(big.Int).Lsh(big.NewInt(1), uint(size*8/3+1))
	for one := big.NewInt(1); floor.Cmp(ceiling) < 0; {
		middle := new(big.Int).Rsh(new(big.Int).Add(floor, ceiling), 1)
		cube := new(big.Int).Exp(middle, big.NewInt(3), nil)
		if cube.Cmp(low) < 0 {
			floor = middle.Add(middle, one)
			continue
		}
		ceiling = middle
	}
	return floor.FillBytes(make([]byte, size))
}
