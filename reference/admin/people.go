package admin

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"assay/reference/audit"
	"assay/reference/directory"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

// registerPeople adds what is about who people are: customers, domains, matching, roles and recovery.
func (a *api) registerPeople(h huma.API) {
	const tenant, user = "/api/tenants/{tenant}", "/api/tenants/{tenant}/users/{user}"
	get, put, post, del := http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete

	create := operation("create-tenant", post, "/api/tenants", "Make a tenant", 409, 422)
	create.DefaultStatus = http.StatusCreated
	huma.Register(h, create, a.createTenant)
	huma.Register(h, operation("put-customer", put, tenant+"/customer",
		"Set the customer ID, which pairs the SSO and the SCIM connection of a customer", 404, 409), a.setCustomer)

	huma.Register(h, operation("list-domains", get, tenant+"/domains", "List the e-mail domains", 404), a.domains)
	add := operation("add-domain", post, tenant+"/domains", "Claim an e-mail domain; it counts once it is verified", 404, 409, 422)
	add.DefaultStatus = http.StatusCreated
	huma.Register(h, add, a.addDomain)
	huma.Register(h, operation("verify-domain", post, tenant+"/domains/{domain}/verify",
		"Confirm that the challenge of a domain is published", 404, 409, 422), a.verifyDomain)
	huma.Register(h, operation("delete-domain", del, tenant+"/domains/{domain}", "Give up an e-mail domain", 404), a.removeDomain)

	huma.Register(h, operation("get-sso-settings", get, tenant+"/sso/settings",
		"Read how people who sign on are matched, made and mapped", 404), a.settings)
	huma.Register(h, operation("put-sso-settings", put, tenant+"/sso/settings",
		"Replace how people who sign on are matched, made and mapped", 404, 422), a.setSettings)
	huma.Register(h, operation("list-matching-sign-ons", get, tenant+"/sso/matching/sign-ons",
		"Dry run: what each strategy would match for those who have signed on or tried to", 404), a.matchingSignOns)
	huma.Register(h, operation("list-matching-users", get, tenant+"/sso/matching/users",
		"Dry run: for each user what each strategy would match", 404), a.matchingUsers)

	huma.Register(h, operation("get-role", get, user+"/role", "Read the role of a user and where it comes from", 404), a.role)
	huma.Register(h, operation("put-role", put, user+"/role", "Assign a role to a user directly", 404, 422), a.assignRole)
	huma.Register(h, operation("delete-role", del, user+"/role", "Take back the role that a user was assigned directly", 404), a.unassignRole)
	huma.Register(h, operation("list-role-mappings", get, tenant+"/role-mappings", "List which groups give which roles", 404), a.roleMappings)
	huma.Register(h, operation("put-role-mapping", put, tenant+"/role-mappings", "Let a group give a role", 404, 422), a.mapRole)
	huma.Register(h, operation("delete-role-mapping", del, tenant+"/role-mappings", "Let a group give no role any more", 404), a.unmapRole)

	huma.Register(h, operation("get-identity", get, user+"/identity", "Read what a user is known by", 404), a.identity)
	huma.Register(h, operation("reset-binding", post, user+"/reset-binding",
		"Forget the identities of a user, who is linked anew at the next sign-on", 404), a.resetBinding)
	huma.Register(h, operation("full-relink", post, user+"/full-relink",
		"Forget the identities and the external ID of a user, who is known by neither any more", 404), a.fullRelink)
}

// Identity is what a user is known by.
type Identity struct {
	User        string           `json:"user" doc:"Id of the user"`
	UserName    string           `json:"user_name"`
	Email       string           `json:"email,omitempty" doc:"In the form in which addresses are compared"`
	ExternalID  string           `json:"external_id,omitempty"`
	Provisioned string           `json:"provisioned" enum:"scim,sign-on" doc:"Who keeps the user: SCIM, or sign-on, which has made it"`
	Identities  []LinkedIdentity `json:"identities" nullable:"false"`
}

// LinkedIdentity is an identity at an identity provider that is linked to a user.
type LinkedIdentity struct {
	Issuer     string     `json:"issuer"`
	Subject    string     `json:"subject"`
	LinkedOn   time.Time  `json:"linked_on"`
	LastSignOn *time.Time `json:"last_sign_on,omitempty"`
}

// user finds a user of a tenant, or the problem that there is none.
func (a *api) user(ctx context.Context, in *UserPath) (directory.Tenant, directory.Resource, error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return t, directory.Resource{}, err
	}
	user, err := a.Store.Get(ctx, t.ID, directory.User, in.User)
	if err != nil {
		return t, user, a.userProblem(ctx, "read user", err)
	}
	return t, user, nil
}

func (a *api) identity(ctx context.Context, in *UserPath) (*Body[Identity], error) {
	t, user, err := a.user(ctx, in)
	if err != nil {
		return nil, err
	}
	account, err := a.Store.Account(ctx, t.ID, user.ID)
	if err != nil {
		return nil, a.userProblem(ctx, "read account", err)
	}
	linked, err := a.Store.Identities(ctx, t.ID, user.ID)
	if err != nil {
		return nil, a.internal(ctx, "read identities", err)
	}
	shown := Identity{
		User: user.ID, UserName: user.Name, Email: account.Email, ExternalID: user.ExternalID, Provisioned: "scim", Identities: []LinkedIdentity{},
	}
	if account.LocalVersion == user.Version {
		shown.Provisioned = "sign-on"
	}
	for _, i := range linked {
		one := LinkedIdentity{Issuer: i.Issuer, Subject: i.Subject, LinkedOn: i.Linked.UTC()}
		if !i.LastUsed.IsZero() {
			one.LastSignOn = new(i.LastUsed.UTC())
		}
		shown.Identities = append(shown.Identities, one)
	}
	return &Body[Identity]{shown}, nil
}

func (a *api) resetBinding(ctx context.Context, in *UserPath) (*Body[Identity], error) {
	return a.unlink(ctx, in, false, audit.IdentityReset)
}

func (a *api) fullRelink(ctx context.Context, in *UserPath) (*Body[Identity], error) {
	return a.unlink(ctx, in, true, audit.IdentityRelink)
}

func (a *api) unlink(ctx context.Context, in *UserPath, everything bool, action audit.Action) (*Body[Identity], error) {
	t, user, err := a.subject(ctx, in)
	if err != nil {
		return nil, err
	}
	removed, err := a.Store.Unlink(ctx, t.ID, user.ID, everything)
	if err != nil {
		return nil, a.userProblem(ctx, "unlink user", err)
	}
	detail := map[string]string{"identities": strconv.Itoa(len(removed))}
	for _, i := range removed {
		detail["issuer"], detail["sub"] = i.Issuer, i.Subject // mostly there is one
	}
	if everything && user.ExternalID != "" {
		detail["external_id"] = user.ExternalID
	}
	err = a.Audit.Record(ctx, audit.Entry{Tenant: t.ID, Actor: actor(ctx), Action: action, Subject: user.ID, Detail: detail})
	if err != nil {
		return nil, a.internal(ctx, "record unlinking", err)
	}
	return a.identity(ctx, in)
}

// NewTenant is a tenant to be made.
type NewTenant struct {
	Body struct {
		Name       string `json:"name" minLength:"1" maxLength:"255"`
		CustomerID string `json:"customer_id,omitempty" maxLength:"255"`
		Mode       string `json:"mode,omitempty" enum:"legacy,sso" doc:"How its people sign on: sso when it is left out"`
	}
}

func (a *api) createTenant(ctx context.Context, in *NewTenant) (*Body[Tenant], error) {
	t := directory.Tenant{
		ID: uuid.NewString(), Name: in.Body.Name, CustomerID: in.Body.CustomerID, Mode: directory.Mode(in.Body.Mode), Created: a.Now().UTC(),
	}
	if t.Mode == "" {
		t.Mode = directory.ModeSSO
	}
	if err := a.Store.CreateTenant(ctx, t); err != nil {
		return nil, a.customerProblem(ctx, "make tenant", err)
	}
	err := a.Audit.Record(ctx, audit.Entry{Tenant: t.ID, Actor: actor(ctx), Action: audit.TenantCreated, Subject: t.ID})
	if err != nil {
		return nil, a.internal(ctx, "record tenant", err)
	}
	return &Body[Tenant]{a.show(t)}, nil
}

// Customer is the customer ID of a tenant.
type Customer struct {
	TenantPath
	Body struct {
		CustomerID string `json:"customer_id" maxLength:"255" doc:"What you call this customer; empty for none"`
	}
}

func (a *api) setCustomer(ctx context.Context, in *Customer) (*Body[Tenant], error) {
	if !callerOf(ctx).site() {
		return nil, siteOnly()
	}
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	if err := a.Store.SetCustomerID(ctx, t.ID, in.Body.CustomerID); err != nil {
		return nil, a.customerProblem(ctx, "set customer", err)
	}
	t.CustomerID = in.Body.CustomerID
	err = a.Audit.Record(ctx, audit.Entry{
		Tenant: t.ID, Actor: actor(ctx), Action: audit.CustomerChanged, Subject: t.ID, Detail: map[string]string{"customer_id": t.CustomerID},
	})
	if err != nil {
		return nil, a.internal(ctx, "record customer", err)
	}
	return &Body[Tenant]{a.show(t)}, nil
}

func (a *api) customerProblem(ctx context.Context, doing string, err error) error {
	if isConflict(err) {
		return &Problem{Status: http.StatusConflict, Code: "CUSTOMER_ID_TAKEN", Detail: "Another tenant has this customer ID. Each customer has one tenant: use that one, or another ID."}
	}
	return a.internal(ctx, doing, err)
}
