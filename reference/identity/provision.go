package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"assay/reference/audit"
	"assay/reference/directory"
)

// enterprise is the schema of what RFC 7643 section 4.3 adds to users.
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// provision makes the user of an identity, so that the strategy would find it from now on.
func (r *Recognizer) provision(ctx context.Context, tenant directory.Tenant, c directory.Connection, s Strategy, p Person) (directory.Resource, bool, error) {
	if err := r.mayMake(ctx, tenant, c, p); err != nil {
		return directory.Resource{}, false, err
	}
	if seen, err := r.store.Sighting(ctx, tenant.ID, p.Issuer, p.Subject); err == nil && seen.Barred {
		return directory.Resource{}, false, refuse(Deprovisioned)
	} else if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return directory.Resource{}, false, err
	}
	// A user who has the address and whom the strategy does not find is somebody else for all we know.
	others, err := directory.ByEmail(ctx, r.store, tenant.ID, p.Email, 1, directory.FieldEmail, directory.FieldName)
	if err != nil {
		return directory.Resource{}, false, err
	}
	if len(others) > 0 {
		return directory.Resource{}, false, refuse(NameTaken)
	}
	identity := directory.Identity{Issuer: p.Issuer, Subject: p.Subject, Linked: r.now().UTC()}
	user, fresh, err := r.store.Provision(r.noting(ctx, tenant.ID, s, p), tenant.ID, identity, func(user *directory.Resource) error {
		if user.ID == "" {
			user.Active, user.Name, user.ExternalID = true, p.userName(s), p.externalID(s)
			user.Attributes["userName"], user.Attributes["active"] = user.Name, true
		}
		describe(user, p)
		return nil
	})
	if err != nil {
		return directory.Resource{}, false, fmt.Errorf("provision: %w", err)
	}
	return user, fresh, nil
}

// mayMake holds those whom sign-on makes to the domains of the connection, or of the tenant.
func (r *Recognizer) mayMake(ctx context.Context, tenant directory.Tenant, c directory.Connection, p Person) error {
	if p.Email == "" {
		return refuse(NoEmail)
	}
	if !p.EmailVerified {
		return refuse(UnverifiedEmail)
	}
	if len(c.JITDomains) == 0 {
		return r.trusts(ctx, tenant, domainOf(p.Email))
	}
	if !slices.Contains(c.JITDomains, domainOf(p.Email)) {
		return refuse(ForeignDomain)
	}
	owner, err := r.store.DomainOwner(ctx, domainOf(p.Email))
	if err == nil && owner != tenant.ID { // whatever this tenant says
		return refuse(ForeignDomain)
	}
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	return nil
}

// refresh brings a user up to date that sign-on has made and that SCIM has not taken over since.
func (r *Recognizer) refresh(ctx context.Context, tenant directory.Tenant, c directory.Connection, p Person, found *Admission) error {
	if !c.JIT || !found.User.Active {
		return nil
	}
	if err := r.mayMake(ctx, tenant, c, p); isReason(err, NoEmail, UnverifiedEmail, ForeignDomain) {
		p.Email = "" // everything else may still be brought up to date
	} else if err != nil {
		return err
	}
	identity := directory.Identity{Issuer: p.Issuer, Subject: p.Subject}
	user, _, err := r.store.Provision(r.noting(ctx, tenant.ID, Strategy{}, p), tenant.ID, identity, func(user *directory.Resource) error {
		if user.ID == "" { // it was unlinked a moment ago
			return refuse(UnknownUser)
		}
		describe(user, p)
		return nil
	})
	if err != nil {
		return fmt.Errorf("update at sign-on: %w", err)
	}
	found.User = user
	return nil
}

// noting tells the audit log what sign-on has done to a user.
func (r *Recognizer) noting(ctx context.Context, tenant string, s Strategy, p Person) context.Context {
	return directory.WithNote(ctx, func(old, fresh directory.Resource) []directory.Event {
		action := audit.UserRefreshed
		if old.ID == "" {
			action = audit.UserProvisioned
		}
		detail := map[string]string{"issuer": p.Issuer, "sub": p.Subject}
		if s.Name != "" {
			detail["strategy"] = s.Name
		}
		entry := audit.Entry{Tenant: tenant, Actor: audit.System, Action: action, Subject: fresh.ID, Detail: detail}
		return []directory.Event{entry.Event(r.now())}
	})
}

// userName is the name of a new user: what the strategy looks for, or else what comes nearest to a name.
func (p Person) userName(s Strategy) string {
	if values, err := s.values(p); err == nil && s.To == ToUserName {
		return values[0]
	}
	if name := strings.TrimSpace(p.Fields[Username]); name != "" {
		return name
	}
	return p.Email
}

func (p Person) externalID(s Strategy) string {
	if values, err := s.values(p); err == nil && s.To == ToExternalID {
		return values[0]
	}
	return ""
}

// describe writes what was asserted of a person into the document of the user. What was not asserted stays, and
// so does the name: others may know the user by it.
func describe(user *directory.Resource, p Person) {
	doc := user.Attributes
	if p.Email != "" {
		user.Email = p.Email
		doc["emails"] = []any{map[string]any{"value": p.Email, "type": "work", "primary": true}}
	}
	put := func(into map[string]any, name string, field Field) {
		if value := strings.TrimSpace(p.Fields[field]); value != "" {
			into[name] = value
		}
	}
	put(doc, "displayName", DisplayName)
	put(doc, "title", Title)
	put(doc, "locale", Locale)
	within(doc, "name", func(name map[string]any) {
		put(name, "givenName", GivenName)
		put(name, "familyName", FamilyName)
	})
	within(doc, enterprise, func(extension map[string]any) { put(extension, "department", Department) })
}

// within changes a complex attribute, which is left out when there is nothing in it.
func within(doc map[string]any, name string, change func(map[string]any)) {
	inner, _ := doc[name].(map[string]any)
	if inner == nil {
		inner = map[string]any{}
	}
	change(inner)
	if len(inner) > 0 {
		doc[name] = inner
	}
}
