// Package totp is the second factor of a local login: time-based one-time passwords (RFC 6238) of six digits and
// thirty seconds with SHA-1, which is what every authenticator app can do, and recovery codes for who has lost the app.
package totp

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

const (
	period      = 30 // seconds
	secretBytes = 20 // as RFC 4226 section 4 recommends
	// skew is how many steps a clock may be off, each way: "We RECOMMEND that at most one time step is allowed as the
	// network delay" (RFC 6238 section 5.2).
	skew = 1
)

// NewSecret returns a fresh secret in base32.
func NewSecret() string {
	buf := make([]byte, secretBytes)
	rand.Read(buf)
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(buf)
}

// Match returns the time step whose code this is, when it lies within the skew of now and after the step last. "The
// verifier MUST NOT accept the second attempt of the OTP after the successful validation has been issued for the
// first OTP" (RFC 6238 section 5.2): the caller keeps the step and passes it as last the next time.
func Match(secret, code string, now time.Time, last int64) (step int64, ok bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	current := now.Unix() / period
	for at := current - skew; at <= current+skew; at++ {
		want, err := totp.GenerateCodeCustom(secret, time.Unix(at*period, 0), totp.ValidateOpts{
			Period: period, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
		})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && at > last {
			step, ok = at, true
		}
	}
	return step, ok
}

// URL is what an authenticator app reads from a QR code.
func URL(issuer, account, secret string) (string, error) {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return "", fmt.Errorf("TOTP secret: %w", err)
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: account, Secret: raw})
	if err != nil {
		return "", fmt.Errorf("TOTP URL: %w", err)
	}
	return key.URL(), nil
}

// Picture is a QR code as the path of an SVG image, one unit a module, and its width: a page can hold it without
// allowing images from anywhere.
func Picture(text string) (path string, width int, err error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", 0, fmt.Errorf("QR code: %w", err)
	}
	var b strings.Builder
	width = code.Bounds().Dx()
	for y := range width {
		for x := range width {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	return b.String(), width, nil
}

const (
	recoveryCodes = 10
	recoveryBytes = 10 // 80 bits: beyond guessing, so that a fast hash is enough
)

// NewRecoveryCodes returns fresh recovery codes, to be shown once, and their hashes.
func NewRecoveryCodes() (codes, hashes []string) {
	for range recoveryCodes {
		buf := make([]byte, recoveryBytes)
		rand.Read(buf)
		text := strings.ToLower(base32.StdEncoding.EncodeToString(buf))
		codes = append(codes, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
		hashes = append(hashes, RecoveryHash(text))
	}
	return codes, hashes
}

// RecoveryHash is the form in which a recovery code is kept: however it is typed, with or without dashes.
func RecoveryHash(code string) string {
	code = strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(code))
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}
