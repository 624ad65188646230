// Package identity decides who somebody is here whom an identity provider vouches for: which user that is, whether
// one is to be made, and which role it has.
//
// The key of an identity is issuer and subject (OpenID Connect Core section 5.7), in one tenant. Only the first
// time, when that pair is unknown, a matching strategy decides, which is data (see Strategies).
package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"assay/reference/directory"
)

// Assertion is what an identity provider vouches for about somebody, whatever the protocol. It was verified.
type Assertion struct {
	Issuer  string
	Subject string // the key of the identity
	// Name is the subject as a person may know it: sub, or the text of the NameID.
	Name string
	// Claims are the claims or attributes by the names that the identity provider uses. Numbers and truth values have the form
	// that they have in JSON; what holds no texts is left out.
	Claims map[string][]string
	// EmailVerified tells that the identity provider vouches for the e-mail address too.
	EmailVerified bool
	// Absent are the names of claims that are to be had elsewhere ("_claim_names", OpenID Connect Core section 5.6.2).
	Absent []string
}

// Reason says in one stable word why somebody is not let in.
type Reason string

// The reasons.
const (
	NoEmail         Reason = "no-email"
	UnverifiedEmail Reason = "email-not-verified"
	NoValue         Reason = "no-value-to-match"
	ForeignDomain   Reason = "email-domain-not-allowed"
	Ambiguous       Reason = "match-ambiguous"
	AmbiguousEmail  Reason = "email-ambiguous"
	AlreadyLinked   Reason = "email-linked-to-another-subject"
	UnknownUser     Reason = "unknown-user"
	Inactive        Reason = "user-inactive"
	NotProvisioned  Reason = "not-provisioned-by-scim"
	NameTaken       Reason = "user-name-taken"
	Deprovisioned   Reason = "user-deprovisioned"
)

// Refusal is the error for somebody who is not let in.
type Refusal struct{ Reason Reason }

// Error names the reason.
func (r *Refusal) Error() string { return string(r.Reason) }

func refuse(why Reason) *Refusal { return &Refusal{why} }

// Admission is somebody who is let in.
type Admission struct {
	User     directory.Resource
	Linked   bool   // the identity was linked to the user just now
	Made     bool   // and the user was made for it
	Strategy string // that found the user; "" when the identity was known
}

// Recognizer recognises people. It is safe for concurrent use.
type Recognizer struct {
	store directory.Store
	now   func() time.Time
}

// New returns a Recognizer.
func New(store directory.Store, now func() time.Time) *Recognizer {
	return &Recognizer{store: store, now: now}
}

// Recognize finds the user of an identity, links it, or makes it, and keeps what was seen of the identity. Somebody
// who is not let in is a *Refusal.
func (r *Recognizer) Recognize(ctx context.Context, tenant directory.Tenant, c directory.Connection, a Assertion) (Admission, error) {
	person := PersonOf(c, a)
	admitted, err := r.admit(ctx, tenant, c, person)
	seen := r.saw(ctx, tenant.ID, c, a, err == nil)
	if err != nil {
		return admitted, err // the person is turned away in any case
	}
	return admitted, seen
}

func (r *Recognizer) admit(ctx context.Context, tenant directory.Tenant, c directory.Connection, p Person) (Admission, error) {
	if c.OwnDomains && !slices.Contains(tenant.Domains, domainOf(p.Email)) {
		return Admission{}, refuse(ForeignDomain)
	}
	found, err := r.known(ctx, tenant.ID, p)
	if errors.Is(err, directory.ErrNotFound) {
		found, err = r.first(ctx, tenant, c, p)
	} else if err == nil {
		err = r.refresh(ctx, tenant, c, p, &found)
	}
	if err != nil {
		return found, err
	}
	return found, r.allowed(ctx, tenant.ID, c, found.User)
}

// known returns the user that an identity is linked to, or ErrNotFound.
func (r *Recognizer) known(ctx context.Context, tenant string, p Person) (Admission, error) {
	identity, err := r.store.Identity(ctx, tenant, p.Issuer, p.Subject)
	if err != nil {
		return Admission{}, fmt.Errorf("read identity: %w", err)
	}
	user, err := r.store.Get(ctx, tenant, directory.User, identity.UserID)
	if errors.Is(err, directory.ErrNotFound) { // it went a moment ago
		return Admission{}, refuse(UnknownUser)
	}
	if err != nil {
		return Admission{}, fmt.Errorf("read linked user: %w", err)
	}
	return Admission{User: user}, nil
}

// first finds the user of an identity that has never come before.
func (r *Recognizer) first(ctx context.Context, tenant directory.Tenant, c directory.Connection, p Person) (Admission, error) {
	strategy := StrategyOf(c)
	user, err := r.match(ctx, tenant, strategy, p)
	if err == nil {
		return r.link(ctx, tenant.ID, c, strategy, p, user)
	}
	if !c.JIT || c.RequireSCIM || !isReason(err, UnknownUser, NoValue) {
		return Admission{User: user}, err
	}
	made, fresh, err := r.provision(ctx, tenant, c, strategy, p)
	if _, taken := errors.AsType[*directory.ConflictError](err); taken || isReason(err, NameTaken) {
		return r.overtaken(ctx, tenant, c, strategy, p)
	}
	if err != nil {
		return Admission{}, err
	}
	return Admission{User: made, Made: fresh, Linked: fresh}, nil
}

// overtaken looks once more when a name or an address is taken: it may be that of the same person, who came twice at the
// same time, or whom SCIM has made a moment ago.
func (r *Recognizer) overtaken(ctx context.Context, tenant directory.Tenant, c directory.Connection, s Strategy, p Person) (Admission, error) {
	found, err := r.known(ctx, tenant.ID, p)
	if !errors.Is(err, directory.ErrNotFound) {
		return found, err
	}
	user, err := r.match(ctx, tenant, s, p)
	if isReason(err, UnknownUser, NoValue) {
		return Admission{}, refuse(NameTaken)
	}
	if err != nil {
		return Admission{}, err
	}
	return r.link(ctx, tenant.ID, c, s, p, user)
}

func isReason(err error, reasons ...Reason) bool {
	refusal, ok := errors.AsType[*Refusal](err)
	return ok && slices.Contains(reasons, refusal.Reason)
}

// link binds an identity to the user that a strategy has found.
func (r *Recognizer) link(ctx context.Context, tenant string, c directory.Connection, s Strategy, p Person, user directory.Resource) (Admission, error) {
	if err := r.allowed(ctx, tenant, c, user); err != nil {
		return Admission{User: user}, err
	}
	bound, err := r.bound(ctx, tenant, user.ID, p)
	if err != nil || bound {
		return Admission{User: user}, err
	}
	err = r.store.Link(ctx, tenant, directory.Identity{Issuer: p.Issuer, Subject: p.Subject, UserID: user.ID, Linked: r.now().UTC()})
	if _, taken := errors.AsType[*directory.ConflictError](err); taken { // by another login, a moment ago
		return Admission{}, refuse(AlreadyLinked)
	}
	if err != nil {
		return Admission{}, fmt.Errorf("link identity: %w", err)
	}
	return Admission{User: user, Linked: true, Strategy: s.Name}, nil
}

// bound tells whether the identity was linked to the user a moment ago, by another login of the same person. It refuses
// to link a second subject of an issuer to a user: the match says that it is the
// same person and the subject says that it is not; identity providers give the address of somebody who
// has left to the next of that name, and never do so with a subject (OpenID Connect Core section 2).
func (r *Recognizer) bound(ctx context.Context, tenant, userID string, p Person) (bool, error) {
	identities, err := r.store.Identities(ctx, tenant, userID)
	if err != nil {
		return false, fmt.Errorf("read identities: %w", err)
	}
	at := slices.IndexFunc(identities, func(i directory.Identity) bool { return i.Issuer == p.Issuer })
	if at < 0 {
		return false, nil
	}
	if identities[at].Subject != p.Subject {
		return false, refuse(AlreadyLinked)
	}
	return true, nil
}

// allowed refuses users who may not sign on, however well they are known.
func (r *Recognizer) allowed(ctx context.Context, tenant string, c directory.Connection, user directory.Resource) error {
	if !user.Active {
		return refuse(Inactive)
	}
	if !c.RequireSCIM {
		return nil
	}
	account, err := r.store.Account(ctx, tenant, user.ID)
	if err != nil {
		return fmt.Errorf("read account: %w", err)
	}
	if account.LocalVersion == user.Version {
		return refuse(NotProvisioned)
	}
	return nil
}
