package local

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"assay/reference/access"
	"assay/reference/access/password"
	"assay/reference/access/totp"
	"assay/reference/audit"
	"assay/reference/directory"
)

// attempt is somebody who wants to log in.
type attempt struct {
	tenant, email, password string
}

// begin judges the password of an attempt. Its error is a *failure when it is the person's.
func (l *Login) begin(ctx context.Context, r *http.Request, a attempt) (progress, error) {
	address := l.Proxies.ClientAddress(r)
	tenant, err := l.tenant(ctx, a)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return progress{}, err
	}
	account := accountKey(tenant.ID, a.email)
	if err := l.count(ctx, account, address); err != nil {
		return progress{}, err
	}
	policy, err := l.Store.Policy(ctx, tenant.ID)
	if err != nil {
		return progress{}, err
	}
	if err := access.Near(policy, address); err != nil {
		return progress{}, l.denied(ctx, progress{Tenant: tenant.ID}, err)
	}
	user, credentials, err := l.find(ctx, tenant, a.email)
	if err != nil {
		return progress{}, err
	}
	p := progress{Tenant: tenant.ID, User: user.ID, Account: account, Expires: l.Now().Add(progressLife)}
	good, err := l.check(ctx, credentials.Password, a.password)
	if err != nil {
		return progress{}, err
	}
	if !good {
		return progress{}, l.fail(ctx, p, "wrong-password")
	}
	if via(tenant, policy, credentials) == "" {
		return progress{}, l.fail(ctx, p, string(access.LocalLoginClosed))
	}
	if err := l.Store.GoodAttempt(ctx, addressKey(address)); err != nil {
		return progress{}, err
	}
	return l.advance(ctx, p)
}

// tenant is the one that was named, the one that owns the domain of the address, or the only one.
func (l *Login) tenant(ctx context.Context, a attempt) (directory.Tenant, error) {
	if a.tenant != "" {
		return l.Store.Tenant(ctx, a.tenant)
	}
	if domain, ok := directory.EmailDomain(a.email); ok {
		owner, err := l.Store.DomainOwner(ctx, domain)
		if err == nil {
			return l.Store.Tenant(ctx, owner)
		}
		if !errors.Is(err, directory.ErrNotFound) {
			return directory.Tenant{}, err
		}
	}
	tenants, err := l.Store.Tenants(ctx)
	if err != nil {
		return directory.Tenant{}, err
	}
	if len(tenants) != 1 {
		return directory.Tenant{}, directory.ErrNotFound
	}
	return tenants[0], nil
}

// find returns the one active user with an address, with what it logs in with; nobody is no error.
func (l *Login) find(ctx context.Context, tenant directory.Tenant, email string) (directory.Resource, directory.Credentials, error) {
	none := directory.Resource{}
	if tenant.ID == "" {
		return none, directory.Credentials{}, nil
	}
	found, err := directory.ByEmail(ctx, l.Store, tenant.ID, email, 2, directory.FieldEmail, directory.FieldName)
	if err != nil || len(found) != 1 || !found[0].Active {
		return none, directory.Credentials{}, err
	}
	credentials, err := l.Store.Credentials(ctx, tenant.ID, found[0].ID)
	if errors.Is(err, directory.ErrNotFound) {
		return none, directory.Credentials{}, nil
	}
	return found[0], credentials, err
}

// check takes one argon2id run, whether or not there is a hash.
func (l *Login) check(ctx context.Context, hash, given string) (bool, error) {
	if err := l.slots.Acquire(ctx, 1); err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	defer l.slots.Release(1)
	prepared, err := password.Prepare(given)
	usable := err == nil && hash != ""
	if !usable {
		hash = l.dummy
	}
	match, err := password.Check(hash, prepared)
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	return usable && match, nil
}

// via is how a user with these credentials logs in locally; "" when that is closed.
func via(tenant directory.Tenant, policy directory.Policy, credentials directory.Credentials) directory.Via {
	switch {
	case access.LocalLoginOpen(tenant, policy):
		return directory.ViaLocal
	case !credentials.BreakGlass.IsZero():
		return directory.ViaBreakGlass
	}
	return ""
}

// situation is what the next step depends on, read anew each time.
type situation struct {
	tenant      directory.Tenant
	policy      directory.Policy
	user        directory.Resource
	credentials directory.Credentials
	via         directory.Via
}

// situate reads what there is to know about somebody in progress. What became of a progress that is void is a failure.
func (l *Login) situate(ctx context.Context, p progress) (s situation, err error) {
	if s.tenant, err = l.Store.Tenant(ctx, p.Tenant); err != nil {
		return s, err
	}
	if s.policy, err = l.Store.Policy(ctx, p.Tenant); err != nil {
		return s, err
	}
	s.policy = s.policy.WithDefaults()
	s.user, err = l.Store.Get(ctx, p.Tenant, directory.User, p.User)
	if errors.Is(err, directory.ErrNotFound) || err == nil && !s.user.Active {
		return s, l.fail(ctx, p, string(access.UserGone))
	}
	if err != nil {
		return s, err
	}
	if s.credentials, err = l.Store.Credentials(ctx, p.Tenant, p.User); err != nil {
		return s, err
	}
	if s.via = via(s.tenant, s.policy, s.credentials); s.via == "" {
		return s, l.fail(ctx, p, string(access.LocalLoginClosed))
	}
	if p.Password != "" && p.Password != digest(s.credentials.Password) {
		return s, expired()
	}
	return s, nil
}

// advance says what comes next: the second factor first, then a password that has expired.
func (l *Login) advance(ctx context.Context, p progress) (progress, error) {
	s, err := l.situate(ctx, p)
	if err != nil {
		return progress{}, err
	}
	p.Password = digest(s.credentials.Password)
	has := len(s.credentials.SealedTOTP) > 0
	needs := s.via == directory.ViaBreakGlass || s.policy.MFA != directory.MFAOptional
	switch {
	case has && !p.MFA:
		p.Stage = stageCode
	case needs && !p.MFA:
		p.Stage = stageEnrol
		if p.Secret == "" {
			p.Secret = totp.NewSecret()
		}
	case password.Expired(s.policy.Password, s.credentials.PasswordSet, l.Now()):
		p.Stage = stageRenew
	default:
		p.Stage = stageDone
	}
	return p, nil
}

// code judges a code of the second factor, or a recovery code.
func (l *Login) code(ctx context.Context, r *http.Request, p progress, code string) (progress, error) {
	address := l.Proxies.ClientAddress(r)
	if err := l.count(ctx, p.Account, address); err != nil {
		return progress{}, err
	}
	s, err := l.situate(ctx, p)
	if err != nil {
		return progress{}, err
	}
	used, err := l.useCode(ctx, s, code)
	if err != nil {
		return progress{}, err
	}
	if !used {
		return progress{}, l.wrongCode(ctx, p)
	}
	if err := l.Store.GoodAttempt(ctx, addressKey(address), p.Account, pairKey(p.Account, address)); err != nil {
		return progress{}, err
	}
	p.MFA = true
	return l.advance(ctx, p)
}

// useCode uses a code up, and tells whether it was one.
func (l *Login) useCode(ctx context.Context, s situation, code string) (bool, error) {
	secret, err := l.Vault.Unseal(ctx, s.tenant.ID, s.credentials.SealedTOTP)
	if err != nil {
		return false, err
	}
	last, err := l.Store.TOTPStep(ctx, s.tenant.ID, s.user.ID)
	if err != nil {
		return false, err
	}
	if step, ok := totp.Match(string(secret), code, l.Now(), last); ok {
		err = l.Store.UseTOTP(ctx, s.tenant.ID, s.user.ID, step)
		return err == nil, unless(err, directory.ErrUsed)
	}
	if err = l.Store.UseRecovery(ctx, s.tenant.ID, s.user.ID, totp.RecoveryHash(code)); err != nil {
		return false, unless(err, directory.ErrUsed)
	}
	left := len(s.credentials.Recovery) - 1
	return true, l.Audit.Record(ctx, audit.Entry{
		Tenant: s.tenant.ID, Actor: audit.User(s.user.ID), Action: audit.RecoveryCodeUsed, Subject: s.user.ID,
		Detail: map[string]string{"left": strconv.Itoa(left)},
	})
}

// unless is err unless it is, or wraps, what was expected.
func unless(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// enrol sets the second factor up whose first code this is, and returns its recovery codes, which are shown once.
func (l *Login) enrol(ctx context.Context, r *http.Request, p progress, code string) (progress, []string, error) {
	address := l.Proxies.ClientAddress(r)
	if err := l.count(ctx, p.Account, address); err != nil {
		return progress{}, nil, err
	}
	if _, err := l.situate(ctx, p); err != nil {
		return progress{}, nil, err
	}
	step, ok := totp.Match(p.Secret, code, l.Now(), 0)
	if !ok {
		return progress{}, nil, l.wrongCode(ctx, p)
	}
	sealed, err := l.Vault.Seal(ctx, p.Tenant, []byte(p.Secret))
	if err != nil {
		return progress{}, nil, err
	}
	codes, hashes := totp.NewRecoveryCodes()
	err = l.Store.Enrol(ctx, p.Tenant, p.User, sealed, step, hashes)
	if errors.Is(err, directory.ErrEnrolled) { // in another tab, a moment ago
		return progress{}, nil, expired()
	}
	if err != nil {
		return progress{}, nil, err
	}
	err = l.Audit.Record(ctx, audit.Entry{Tenant: p.Tenant, Actor: audit.User(p.User), Action: audit.TOTPEnrolled, Subject: p.User})
	if err != nil {
		return progress{}, nil, err
	}
	if err := l.Store.GoodAttempt(ctx, addressKey(address), p.Account, pairKey(p.Account, address)); err != nil {
		return progress{}, nil, err
	}
	p.MFA, p.Secret = true, ""
	p, err = l.advance(ctx, p)
	return p, codes, err
}

// renew replaces a password that has expired.
func (l *Login) renew(ctx context.Context, p progress, fresh string) (progress, error) {
	s, err := l.situate(ctx, p)
	if err != nil {
		return progress{}, err
	}
	prepared, err := password.Prepare(fresh)
	if err != nil {
		return progress{}, weak([]string{err.Error()})
	}
	broken := password.Broken(s.policy.Password, prepared, s.user.Name, s.user.Email)
	if same, err := l.check(ctx, s.credentials.Password, fresh); err != nil {
		return progress{}, err
	} else if same {
		broken = append(broken, "it must not be the one you have now")
	}
	if len(broken) > 0 {
		return progress{}, weak(broken)
	}
	hash := l.Costs.Hash(prepared)
	if err := l.Store.SetPassword(ctx, p.Tenant, p.User, hash, l.Now().UTC(), ""); err != nil {
		return progress{}, err
	}
	err = l.Audit.Record(ctx, audit.Entry{Tenant: p.Tenant, Actor: audit.User(p.User), Action: audit.PasswordChanged, Subject: p.User})
	if err != nil {
		return progress{}, err
	}
	p.Password = digest(hash)
	return l.advance(ctx, p)
}

// finish starts the session. What was not recorded does not happen.
func (l *Login) finish(ctx context.Context, r *http.Request, p progress) error {
	s, err := l.situate(ctx, p)
	if err != nil {
		return err
	}
	session := access.Session{Tenant: p.Tenant, User: p.User, Via: s.via, MFA: p.MFA}
	if err := l.Sessions.Admit(ctx, session); err != nil {
		return l.denied(ctx, p, err)
	}
	address := l.Proxies.ClientAddress(r)
	if err := l.Store.GoodAttempt(ctx, "", p.Account, pairKey(p.Account, address)); err != nil {
		return err
	}
	detail := map[string]string{"address": address.String(), "mfa": strconv.FormatBool(p.MFA)}
	entry := audit.Entry{Tenant: p.Tenant, Actor: audit.User(p.User), Action: audit.LocalLoginSucceeded, Subject: p.User, Detail: detail}
	if s.via == directory.ViaBreakGlass {
		entry.Action = audit.BreakGlassUsed
		alert := directory.Alert{Tenant: p.Tenant, Time: l.Now().UTC().Truncate(time.Microsecond), Kind: directory.BreakGlassUsed, Subject: p.User, Detail: detail}
		if _, err := l.Store.AddAlert(ctx, alert); err != nil {
			return err
		}
	}
	if err := l.Audit.Record(ctx, entry); err != nil {
		return err
	}
	return l.denied(ctx, p, l.Sessions.Start(ctx, session))
}
