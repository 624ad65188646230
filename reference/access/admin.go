package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// Admin checks the administrator's token. Only its SHA-256 is kept: the token has 256 random bits, so
// a slow hash would add nothing.
type Admin struct {
	sum [sha256.Size]byte
}

// NewAdminToken returns a fresh token for an administrator.
func NewAdminToken() string {
	return "assay-admin:" + newSecret()
}

// NewAdmin returns the check of one administrator token.
func NewAdmin(token string) *Admin {
	return &Admin{sum: sha256.Sum256([]byte(token))}
}

// Valid reports whether this is the administrator's token, in constant time.
func (a *Admin) Valid(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], a.sum[:]) == 1
}

// Allows reports whether a request carries the administrator's token as a bearer token (RFC 6750
// section 2.1); a token in the query or the body is not looked at.
func (a *Admin) Allows(r *http.Request) bool {
	token, ok := Bearer(r)
	return ok && a.Valid(token)
}

// Bearer returns the bearer token of a request. The scheme is compared without regard to case (RFC 9110
// section 11.1). Two Authorization headers are none.
func Bearer(r *http.Request) (string, bool) {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	token = strings.TrimSpace(token)
	return token, token != ""
}
