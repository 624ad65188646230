package admin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"assay/reference/audit"
	"assay/reference/directory"
)

// challengeName is the name below a domain at which a tenant publishes its challenge, as a TXT record.
const challengeName = "_assay-challenge."

// Domain is an e-mail domain as the API shows it.
type Domain struct {
	Name      string     `json:"name" doc:"In A-labels and lower case"`
	Verified  bool       `json:"verified" doc:"Only a verified domain routes sign-on and links people"`
	Added     time.Time  `json:"added"`
	Since     *time.Time `json:"verified_at,omitempty"`
	Challenge *Challenge `json:"challenge,omitempty" doc:"What to publish; left out once it is verified"`
}

// Challenge is a DNS record that shows whose domain it is.
type Challenge struct {
	Type  string `json:"type" enum:"TXT"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

func showDomain(d directory.Domain) Domain {
	shown := Domain{Name: d.Name, Verified: !d.Verified.IsZero(), Added: d.Added.UTC()}
	if shown.Verified {
		shown.Since = new(d.Verified.UTC())
		return shown
	}
	shown.Challenge = &Challenge{Type: "TXT", Name: challengeName + d.Name, Value: d.Challenge}
	return shown
}

func (a *api) domains(ctx context.Context, in *TenantPath) (*Body[[]Domain], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	all, err := a.Store.DomainsOf(ctx, t.ID)
	if err != nil {
		return nil, a.internal(ctx, "read domains", err)
	}
	shown := make([]Domain, 0, len(all))
	for _, d := range all {
		shown = append(shown, showDomain(d))
	}
	return &Body[[]Domain]{shown}, nil
}

// NewDomain is a domain to be claimed.
type NewDomain struct {
	TenantPath
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"255" doc:"E-mail domain, such as example.com"`
	}
}

func (a *api) addDomain(ctx context.Context, in *NewDomain) (*Body[Domain], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	name, ok := directory.CanonicalDomain(in.Body.Name)
	if !ok || !strings.Contains(name, ".") {
		return nil, &Problem{Status: http.StatusUnprocessableEntity, Code: "INVALID_DOMAIN", Detail: fmt.Sprintf("%q is not an e-mail domain: send one such as example.com.", in.Body.Name)}
	}
	d := directory.Domain{Name: name, Challenge: "assay-domain-verification=" + rand.Text(), Added: a.Now().UTC()}
	if err := a.Store.AddDomain(ctx, t.ID, d); err != nil {
		return nil, a.domainProblem(ctx, "add domain", err)
	}
	if err := a.recordDomain(ctx, t.ID, audit.DomainAdded, name); err != nil {
		return nil, err
	}
	return &Body[Domain]{showDomain(d)}, nil
}

// DomainPath names a domain of a tenant.
type DomainPath struct {
	TenantPath
	Domain string `path:"domain" doc:"E-mail domain"`
}

// canonical is the name by which the store knows the domain; one that is none is known to nobody.
func (in DomainPath) canonical() string {
	name, _ := directory.CanonicalDomain(in.Domain)
	return name
}

// VerifyDomain confirms what was found in the DNS.
type VerifyDomain struct {
	DomainPath
	Body struct {
		Value string `json:"value" maxLength:"255" doc:"The TXT record as you have found it at the name of the challenge"`
	}
}

// verifyDomain compares what the administrator has found in the DNS. The reference does not ask the DNS itself: it is
// an application for tests, which run where there is none. That makes it the site administrator's word, and nobody else's.
func (a *api) verifyDomain(ctx context.Context, in *VerifyDomain) (*Body[Domain], error) {
	if !callerOf(ctx).site() {
		return nil, siteOnly()
	}
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	d, err := a.domain(ctx, t.ID, in.canonical())
	if err != nil {
		return nil, err
	}
	if d.Verified.IsZero() && subtle.ConstantTimeCompare([]byte(d.Challenge), []byte(in.Body.Value)) != 1 {
		return nil, &Problem{Status: http.StatusUnprocessableEntity, Code: "DOMAIN_CHALLENGE_MISMATCH",
			Detail: fmt.Sprintf("That is not the challenge of %s. Publish the value that GET …/domains shows, and send what you find at %s.", d.Name, challengeName+d.Name)}
	}
	fresh := d.Verified.IsZero()
	if d, err = a.Store.VerifyDomain(ctx, t.ID, d.Name, a.Now().UTC()); err != nil {
		return nil, a.domainProblem(ctx, "verify domain", err)
	}
	if fresh {
		err = a.recordDomain(ctx, t.ID, audit.DomainVerified, d.Name)
	}
	return &Body[Domain]{showDomain(d)}, err
}

// domain finds a domain of a tenant.
func (a *api) domain(ctx context.Context, tenant, name string) (directory.Domain, error) {
	all, err := a.Store.DomainsOf(ctx, tenant)
	if err != nil {
		return directory.Domain{}, a.internal(ctx, "read domains", err)
	}
	for _, d := range all {
		if d.Name == name {
			return d, nil
		}
	}
	return directory.Domain{}, a.domainProblem(ctx, "find domain", directory.ErrNotFound)
}

func (a *api) removeDomain(ctx context.Context, in *DomainPath) (*struct{}, error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	if err := a.Store.RemoveDomain(ctx, t.ID, in.canonical()); err != nil {
		return nil, a.domainProblem(ctx, "remove domain", err)
	}
	return nil, a.recordDomain(ctx, t.ID, audit.DomainRemoved, in.canonical())
}

func (a *api) recordDomain(ctx context.Context, tenant string, action audit.Action, name string) error {
	err := a.Audit.Record(ctx, audit.Entry{Tenant: tenant, Actor: actor(ctx), Action: action, Subject: tenant, Detail: map[string]string{"domain": name}})
	if err != nil {
		return a.internal(ctx, "record domain", err)
	}
	return nil
}

func (a *api) domainProblem(ctx context.Context, doing string, err error) error {
	switch {
	case errors.Is(err, directory.ErrNotFound):
		return &Problem{Status: http.StatusNotFound, Code: "DOMAIN_NOT_FOUND", Detail: "The tenant has not claimed this domain."}
	case isConflict(err):
		return &Problem{Status: http.StatusConflict, Code: "DOMAIN_TAKEN", Detail: "The domain is claimed already, or it is verified for another tenant."}
	}
	return a.internal(ctx, doing, err)
}

func isConflict(err error) bool {
	_, conflict := errors.AsType[*directory.ConflictError](err)
	return conflict
}
