package local

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"
)

// stage is what a person who is logging in is asked for next.
type stage string

const (
	stageCode  stage = "code"  // the code of the second factor
	stageEnrol stage = "enrol" // to set up a second factor
	stageRenew stage = "renew" // to choose another password
	stageDone  stage = ""
)

// progressLife is how long one has for all that comes after the password.
const progressLife = 10 * time.Minute

// sealedFor is what a sealed progress belongs to, in place of a tenant: no secret of a tenant opens as one.
const sealedFor = "local login in progress"

// progress is how far somebody has come with logging in. It travels, sealed, in a hidden field of the next form, so that nothing has
// to be kept for it.
type progress struct {
	Tenant   string    `json:"t"`
	User     string    `json:"u"`
	Account  string    `json:"a"`           // key of the attempts of the account
	Password string    `json:"p"`           // digest of the hash that was checked: another password makes it void
	Stage    stage     `json:"s"`           // what is asked for
	Secret   string    `json:"k,omitempty"` // that is being set up
	MFA      bool      `json:"m,omitempty"`
	Expires  time.Time `json:"e"`
}

func digest(hash string) string {
	sum := sha256.Sum256([]byte(hash))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (l *Login) seal(ctx context.Context, p progress) (string, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	sealed, err := l.Vault.Seal(ctx, sealedFor, plain)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// unseal returns a progress that was sealed here a short time ago.
func (l *Login) unseal(ctx context.Context, text string) (progress, bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return progress{}, false
	}
	plain, err := l.Vault.Unseal(ctx, sealedFor, sealed)
	if err != nil {
		return progress{}, false
	}
	var p progress
	if err := json.Unmarshal(plain, &p); err != nil || !l.Now().Before(p.Expires) {
		return progress{}, false
	}
	return p, true
}
