package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"assay/reference/access"
	"assay/reference/audit"
	"assay/reference/directory"
)

// failure is the error of an attempt that failed for a reason that the person may know. Code is stable, for programs.
type failure struct {
	status int
	code   string
	text   string
	wait   time.Duration
	again  bool // whether the same form may be filled in again
}

// Error is what the person reads.
func (f *failure) Error() string { return f.text }

func expired() *failure {
	return &failure{status: http.StatusBadRequest, code: "INVALID_STATE", text: "This sign-in has expired. Please start again."}
}

func weak(broken []string) *failure {
	return &failure{status: http.StatusUnprocessableEntity, code: "PASSWORD_TOO_WEAK", again: true,
		text: "Please choose another password: " + strings.Join(broken, "; ") + "."}
}

// fail records why an attempt failed and returns what the person gets to know, which is always the same.
func (l *Login) fail(ctx context.Context, p progress, reason string) error {
	if err := l.refused(ctx, p, reason); err != nil {
		return err
	}
	return &failure{status: http.StatusUnauthorized, code: "LOGIN_FAILED",
		text: "The e-mail address or the password is not right, or you have to use your organisation's single sign-on."}
}

func (l *Login) wrongCode(ctx context.Context, p progress) error {
	if err := l.refused(ctx, p, "wrong-code"); err != nil {
		return err
	}
	return &failure{status: http.StatusUnauthorized, code: "CODE_WRONG", again: true,
		text: "That code is not right, or it was used already. Please wait for the next one."}
}

// refused records an attempt that failed. Of a tenant that nobody could tell there is no audit log.
func (l *Login) refused(ctx context.Context, p progress, reason string) error {
	l.Logger.WarnContext(ctx, "local login refused", "reason", reason, "tenant", p.Tenant, "user", p.User)
	if p.Tenant == "" {
		return nil
	}
	return l.Audit.Record(ctx, audit.Entry{
		Tenant: p.Tenant, Actor: audit.System, Action: audit.LocalLoginRefused, Subject: p.User, Detail: map[string]string{"reason": reason},
	})
}

// denied records a *access.Denial and puts it into words; other errors, and none, stay what they are.
func (l *Login) denied(ctx context.Context, p progress, err error) error {
	denial, ok := errors.AsType[*access.Denial](err)
	if !ok {
		return err
	}
	if err := l.refused(ctx, p, string(denial.Reason)); err != nil {
		return err
	}
	if denial.Reason == access.AddressNotAllowed {
		return &failure{status: http.StatusForbidden, code: "ADDRESS_NOT_ALLOWED",
			text: "Your organisation does not let you sign in from this network."}
	}
	return &failure{status: http.StatusForbidden, code: "ACCESS_DENIED", text: "Your organisation does not let you sign in like this."}
}

// Attempts may be made in a row for one account from one address, for one account from anywhere, and from one address
// for any account. Those who guess cannot keep others out from elsewhere with a handful of attempts.
const (
	freeOfPair    = 5
	freeOfAccount = 50
	freeOfAddress = 50
	firstWait     = 30 * time.Second
	longestWait   = 15 * time.Minute
)

// count counts an attempt, or tells how long to wait.
func (l *Login) count(ctx context.Context, account string, address netip.Addr) error {
	limit := func(key string, free int) directory.AttemptLimit {
		return directory.AttemptLimit{Key: key, Free: free, First: firstWait, Most: longestWait}
	}
	wait, err := l.Store.Attempt(ctx, l.Now(), limit(pairKey(account, address), freeOfPair), limit(account, freeOfAccount), limit(addressKey(address), freeOfAddress))
	if err != nil {
		return err
	}
	if wait <= 0 {
		return nil
	}
	l.Logger.WarnContext(ctx, "local login throttled", "address", address, "wait", wait)
	return &failure{status: http.StatusTooManyRequests, code: "TOO_MANY_ATTEMPTS", wait: wait, text: "There were too many attempts to sign in."}
}

// accountKey stands for an account, whether or not there is such a one. It holds no address, because what people type there
// may be a password.
func accountKey(tenant, email string) string {
	if canonical, ok := directory.CanonicalEmail(email); ok {
		email = canonical
	}
	sum := sha256.Sum256([]byte(tenant + "\x00" + email))
	return "account:" + hex.EncodeToString(sum[:16])
}

// addressKey stands for a network address, and in IPv6 for the /64 that one customer has all of.
func addressKey(address netip.Addr) string {
	if address.Is6() {
		if network, err := address.Prefix(64); err == nil {
			return "address:" + network.String()
		}
	}
	return "address:" + address.String()
}

func pairKey(account string, address netip.Addr) string { return account + " " + addressKey(address) }
