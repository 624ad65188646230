package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"assay/reference/directory"
)

// Result is what a strategy would do.
type Result string

// The results. For somebody who has signed on, a strategy matches, finds nobody, finds more than one, or may not be used.
// For a user whom nobody has signed on as, all that can be told is whether the strategy could ever find it.
const (
	Matches     Result = "match"
	FindsNobody Result = "none"
	FindsMany   Result = "ambiguous"
	Refuses     Result = "refused"
	FindsOther  Result = "other"       // of a user: who signs on as it would be found to be somebody else
	Possible    Result = "possible"    // of a user not seen yet: it has a value of its own to be found by
	Unreachable Result = "unreachable" // of a user not seen yet: it has no value to be found by
)

// Outcome is what one strategy would do for one person.
type Outcome struct {
	Strategy string
	Result   Result
	Users    []string // ids of those that it finds
	Reason   Reason   // of a refusal
}

// Seen is somebody who has signed on, or tried to, with what each strategy would match.
type Seen struct {
	directory.Sighting
	Person   Person
	UserID   string // of the user that the identity is linked to; "" for none
	Outcomes []Outcome
}

// Provisioned is a user, with what each strategy would match for it.
type Provisioned struct {
	directory.Resource
	Subject  string // of its identity at the identity provider of the connection; "" when nobody has signed on as it
	Outcomes []Outcome
}

// Problem tells whether a strategy leaves a person unmatched or ambiguous.
func Problem(outcomes []Outcome, strategy string) bool {
	return slices.ContainsFunc(outcomes, func(o Outcome) bool {
		return o.Strategy == strategy && o.Result != Matches && o.Result != Possible
	})
}

// DryRunSeen shows what each strategy of a connection would match for those who have signed on, in the order of first sightings
// after a place, at most limit. It changes nothing.
func (r *Recognizer) DryRunSeen(ctx context.Context, tenant directory.Tenant, c directory.Connection, after int64, limit int) ([]Seen, error) {
	sightings, err := r.store.Sightings(ctx, tenant.ID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("dry run: %w", err)
	}
	out := make([]Seen, 0, len(sightings))
	for _, s := range sightings {
		seen := Seen{Sighting: s, Person: PersonOf(c, assertionOf(c, s))}
		identity, err := r.store.Identity(ctx, tenant.ID, s.Issuer, s.Subject)
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return nil, fmt.Errorf("dry run: %w", err)
		}
		seen.UserID = identity.UserID
		if seen.Outcomes, err = r.outcomes(ctx, tenant, c, seen.Person); err != nil {
			return nil, fmt.Errorf("dry run: %w", err)
		}
		out = append(out, seen)
	}
	return out, nil
}

func (r *Recognizer) outcomes(ctx context.Context, tenant directory.Tenant, c directory.Connection, p Person) ([]Outcome, error) {
	var out []Outcome
	for _, s := range StrategiesOf(protocolOf(c)) {
		o, err := r.outcome(ctx, tenant, s, p)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// outcome runs a strategy as a sign-on would.
func (r *Recognizer) outcome(ctx context.Context, tenant directory.Tenant, s Strategy, p Person) (Outcome, error) {
	o := Outcome{Strategy: s.Name, Result: Matches}
	user, err := r.match(ctx, tenant, s, p)
	if err == nil {
		o.Users = []string{user.ID}
		return o, nil
	}
	refusal, ok := errors.AsType[*Refusal](err)
	if !ok {
		return Outcome{}, err
	}
	switch refusal.Reason {
	case UnknownUser:
		o.Result = FindsNobody
	case Ambiguous, AmbiguousEmail:
		o.Result = FindsMany
		values, _ := s.values(p) // it had some a moment ago
		if o.Users, err = r.ids(ctx, tenant.ID, s.To, values); err != nil {
			return Outcome{}, err
		}
	default:
		o.Result, o.Reason = Refuses, refusal.Reason
	}
	return o, nil
}

func (r *Recognizer) ids(ctx context.Context, tenant string, to Target, values []string) ([]string, error) {
	found, err := r.find(ctx, tenant, to, values)
	ids := make([]string, 0, len(found))
	for _, user := range found {
		ids = append(ids, user.ID)
	}
	return ids, err
}

// DryRunUsers shows what each strategy would match for the users, in the order of creation after a place (Resource.Seq), at
// most limit. It changes nothing.
func (r *Recognizer) DryRunUsers(ctx context.Context, tenant directory.Tenant, c directory.Connection, after int64, limit int) ([]Provisioned, error) {
	var out []Provisioned
	// The list is read to its end first: a store with one connection has no other one to look things up with.
	for user, err := range r.store.List(ctx, tenant.ID, directory.Query{Kind: directory.User, After: after, Limit: limit}) {
		if err != nil {
			return nil, fmt.Errorf("dry run: %w", err)
		}
		out = append(out, Provisioned{Resource: user})
	}
	for i := range out {
		if err := r.dryRunUser(ctx, tenant, c, &out[i]); err != nil {
			return nil, fmt.Errorf("dry run: %w", err)
		}
	}
	return out, nil
}

func (r *Recognizer) dryRunUser(ctx context.Context, tenant directory.Tenant, c directory.Connection, user *Provisioned) error {
	seen, err := r.seenAs(ctx, tenant.ID, user.ID, c.Issuer)
	if errors.Is(err, directory.ErrNotFound) {
		for _, s := range StrategiesOf(protocolOf(c)) {
			o, err := r.reach(ctx, tenant.ID, s, user.Resource)
			if err != nil {
				return err
			}
			user.Outcomes = append(user.Outcomes, o)
		}
		return nil
	}
	if err != nil {
		return err
	}
	user.Subject = seen.Subject
	user.Outcomes, err = r.outcomes(ctx, tenant, c, PersonOf(c, assertionOf(c, seen)))
	for i, o := range user.Outcomes {
		if o.Result == Matches && o.Users[0] != user.ID {
			user.Outcomes[i].Result = FindsOther
		}
	}
	return err
}

// seenAs is what was last seen of a user's identity at an issuer, or ErrNotFound.
func (r *Recognizer) seenAs(ctx context.Context, tenant, userID, issuer string) (directory.Sighting, error) {
	identities, err := r.store.Identities(ctx, tenant, userID)
	if err != nil {
		return directory.Sighting{}, err
	}
	at := slices.IndexFunc(identities, func(i directory.Identity) bool { return i.Issuer == issuer })
	if at < 0 {
		return directory.Sighting{}, directory.ErrNotFound
	}
	return r.store.Sighting(ctx, tenant, issuer, identities[at].Subject)
}

// reach tells whether a strategy could find a user whom nobody has signed on as.
func (r *Recognizer) reach(ctx context.Context, tenant string, s Strategy, user directory.Resource) (Outcome, error) {
	value := map[Target]string{ToUserName: user.Name, ToExternalID: user.ExternalID, ToEmail: directory.EmailOf(user)}[s.To]
	o := Outcome{Strategy: s.Name, Result: Unreachable}
	// What an e-mail address is compared with must be one.
	if _, isEmail := directory.CanonicalEmail(value); value == "" || s.From == FromEmail && !isEmail {
		return o, nil
	}
	var err error
	if o.Users, err = r.ids(ctx, tenant, s.To, []string{value}); err != nil {
		return Outcome{}, err
	}
	o.Result = Possible
	if len(o.Users) > 1 {
		o.Result = FindsMany
	}
	return o, nil
}
