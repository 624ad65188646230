package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"assay/reference/audit"
	"assay/reference/directory"
	"assay/reference/identity"
)

// Settings are how people who sign on are matched, made and mapped.
type Settings struct {
	Active      bool              `json:"active" doc:"People can sign on with the connection"`
	IdP         string            `json:"idp_type,omitempty" enum:"okta,entra,onelogin,google,generic" doc:"The product, which decides defaults; without one people are matched by their e-mail address"`
	Matching    string            `json:"matching,omitempty" maxLength:"64" doc:"Strategy by which somebody who signs on for the first time is found; without one the default of the product"`
	Mapping     map[string]string `json:"mapping,omitempty" doc:"Which claim or attribute is which of ours; what is left out has the default of the product"`
	GroupClaims bool              `json:"group_claims,omitempty" doc:"Groups in tokens and assertions give roles too"`
	JIT         bool              `json:"jit,omitempty" doc:"Make users when they first sign on"`
	JITDomains  []string          `json:"jit_domains,omitempty" maxItems:"100" doc:"E-mail domains of those who are made; without any the verified domains of the tenant"`
	DefaultRole string            `json:"default_role,omitempty" enum:"owner,admin,member,viewer" doc:"Role of whoever has no other; member when it is left out"`
	RequireSCIM bool              `json:"require_scim,omitempty" doc:"Only those sign on whom SCIM has provisioned; nobody is made then"`
	OwnDomains  bool              `json:"own_domains,omitempty" doc:"Only those sign on whose e-mail address lies in a verified domain of the tenant"`
}

// MatchingSettings are Settings with what they come to.
type MatchingSettings struct {
	Settings
	Strategy   string            `json:"strategy" doc:"The strategy in effect"`
	Strategies []string          `json:"strategies" doc:"All that there are for the protocol of the connection"`
	InEffect   map[string]string `json:"mapping_in_effect" doc:"The mapping in effect"`
	LoginURL   string            `json:"login_url" doc:"Where people of the tenant sign on. It does not show which tenant that is"`
}

func (a *api) showSettings(t directory.Tenant, c directory.Connection) *Body[MatchingSettings] {
	shown := MatchingSettings{
		Settings: Settings{
			Active: c.Active, IdP: string(c.IdP), Matching: c.Matching, Mapping: c.Mapping, GroupClaims: c.GroupClaims, JIT: c.JIT, JITDomains: c.JITDomains,
			DefaultRole: string(c.DefaultRole), RequireSCIM: c.RequireSCIM, OwnDomains: c.OwnDomains,
		},
		Strategy: identity.StrategyOf(c).Name, InEffect: map[string]string{}, LoginURL: a.SignOn.LoginURL(t.ID),
	}
	for _, s := range identity.StrategiesOf(c.Protocol) {
		shown.Strategies = append(shown.Strategies, s.Name)
	}
	for field, name := range identity.MappingOf(c) {
		shown.InEffect[string(field)] = name
	}
	return &Body[MatchingSettings]{shown}
}

// connected finds a tenant and its connection, or the problem that there is none.
func (a *api) connected(ctx context.Context, tenant string) (directory.Tenant, directory.Connection, error) {
	t, err := a.find(ctx, tenant)
	if err != nil {
		return t, directory.Connection{}, err
	}
	c, err := a.Store.Connection(ctx, t.ID)
	if errors.Is(err, directory.ErrNotFound) {
		return t, c, &Problem{Status: http.StatusNotFound, Code: "SSO_NOT_CONNECTED", Detail: "The tenant has no SSO connection yet."}
	}
	if err != nil {
		return t, c, a.internal(ctx, "read connection", err)
	}
	return t, c, nil
}

func (a *api) settings(ctx context.Context, in *TenantPath) (*Body[MatchingSettings], error) {
	t, c, err := a.connected(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	return a.showSettings(t, c), nil
}

// SetSettings replaces the settings of a connection.
type SetSettings struct {
	TenantPath
	Body Settings
}

func (a *api) setSettings(ctx context.Context, in *SetSettings) (*Body[MatchingSettings], error) {
	t, c, err := a.connected(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	if err := mayGive(ctx, directory.Role(in.Body.DefaultRole)); err != nil {
		return nil, err
	}
	err = in.Body.apply(&c)
	if c.OwnDomains && len(t.Domains) == 0 {
		err = errors.Join(err, errors.New("own_domains: nobody could sign on, because the tenant has no verified domain; verify one first"))
	}
	if err != nil {
		return nil, &Problem{Status: http.StatusUnprocessableEntity, Code: "INVALID_SETTINGS", Detail: err.Error()}
	}
	c.Updated = a.Now().UTC()
	if err := a.Store.SetConnection(ctx, t.ID, c); err != nil {
		return nil, a.internal(ctx, "store connection", err)
	}
	err = a.Audit.Record(ctx, audit.Entry{
		Tenant: t.ID, Actor: actor(ctx), Action: audit.SettingsChanged, Subject: t.ID,
		Detail: map[string]string{
			"active": fmt.Sprint(c.Active), "strategy": identity.StrategyOf(c).Name, "jit": fmt.Sprint(c.JIT),
			"require_scim": fmt.Sprint(c.RequireSCIM), "default_role": string(identity.DefaultRoleOf(c)),
		},
	})
	if err != nil {
		return nil, a.internal(ctx, "record settings", err)
	}
	return a.showSettings(t, c), nil
}

// apply puts settings that can work into a connection. What the settings do not have stays.
func (s Settings) apply(c *directory.Connection) error {
	c.Active, c.IdP, c.Matching, c.GroupClaims = s.Active, directory.IdPType(s.IdP), s.Matching, s.GroupClaims
	c.JIT, c.DefaultRole, c.RequireSCIM, c.OwnDomains = s.JIT, directory.Role(s.DefaultRole), s.RequireSCIM, s.OwnDomains
	if s.Matching != "" && identity.StrategyOf(*c).Name != s.Matching {
		return fmt.Errorf("matching: %q is no strategy of a connection by %s; GET shows those that there are", s.Matching, c.Protocol)
	}
	known := map[string]bool{}
	for _, field := range identity.Fields() {
		known[string(field)] = true
	}
	for field, name := range s.Mapping {
		if !known[field] {
			return fmt.Errorf("mapping: there is no %q; GET shows what can be mapped", field)
		}
		if name == "" || len(name) > 255 {
			return fmt.Errorf("mapping: %s: the name of a claim or attribute has 1 to 255 characters; leave it out for the default", field)
		}
	}
	c.Mapping = s.Mapping
	c.JITDomains = nil
	for _, given := range s.JITDomains {
		domain, ok := directory.CanonicalDomain(given)
		if !ok {
			return fmt.Errorf("jit_domains: %q is not an e-mail domain: send one such as example.com", given)
		}
		c.JITDomains = append(c.JITDomains, domain)
	}
	return nil
}

// MatchingQuery selects people of a dry run.
type MatchingQuery struct {
	TenantPath
	After    int64  `query:"after" minimum:"0" doc:"Only people after this place, which is the next of an earlier answer"`
	Limit    int    `query:"limit" default:"100" minimum:"1" maximum:"500" doc:"How many people are looked at"`
	Problems string `query:"problems" maxLength:"64" doc:"Only those whom this strategy leaves unmatched or ambiguous"`
}

func (q MatchingQuery) wants(outcomes []identity.Outcome) bool {
	return q.Problems == "" || identity.Problem(outcomes, q.Problems)
}

// Outcome is what one strategy would do for one person.
type Outcome struct {
	Strategy string   `json:"strategy"`
	Result   string   `json:"result" enum:"match,none,ambiguous,refused,other,possible,unreachable"`
	Users    []string `json:"users,omitempty" doc:"Ids of the users that it finds"`
	Reason   string   `json:"reason,omitempty"`
}

// Totals count people by strategy and result.
type Totals map[string]map[string]int

func (t Totals) add(outcomes []identity.Outcome) {
	for _, o := range outcomes {
		if t[o.Strategy] == nil {
			t[o.Strategy] = map[string]int{}
		}
		t[o.Strategy][string(o.Result)]++
	}
}

func showOutcomes(outcomes []identity.Outcome) []Outcome {
	shown := make([]Outcome, 0, len(outcomes))
	for _, o := range outcomes {
		shown = append(shown, Outcome{Strategy: o.Strategy, Result: string(o.Result), Users: o.Users, Reason: string(o.Reason)})
	}
	return shown
}

// SignOns are people who have signed on.
type SignOns struct {
	SignOns []SeenSignOn `json:"sign_ons" nullable:"false"`
	Totals  Totals       `json:"totals" doc:"How many of those that were looked at for this page each strategy matches, and how not"`
	Next    int64        `json:"next" doc:"Send it as after to go on"`
	More    bool         `json:"more" doc:"There may be more people after these"`
}

// SeenSignOn is somebody who has signed on or tried to, with what each strategy would match.
type SeenSignOn struct {
	Issuer   string              `json:"issuer"`
	Subject  string              `json:"subject"`
	Email    string              `json:"email,omitempty"`
	Seen     time.Time           `json:"seen" doc:"The last time"`
	User     string              `json:"user,omitempty" doc:"Id of the user that is linked"`
	Claims   map[string][]string `json:"claims" doc:"What the identity provider said the last time"`
	Outcomes []Outcome           `json:"outcomes"`
}

func (a *api) matchingSignOns(ctx context.Context, in *MatchingQuery) (*Body[SignOns], error) {
	t, c, err := a.connected(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	seen, err := a.People.DryRunSeen(ctx, t, c, in.After, in.Limit)
	if err != nil {
		return nil, a.internal(ctx, "dry run", err)
	}
	shown := SignOns{SignOns: []SeenSignOn{}, Totals: Totals{}, Next: in.After, More: len(seen) == in.Limit}
	for _, s := range seen {
		shown.Next = s.Place
		shown.Totals.add(s.Outcomes)
		if in.wants(s.Outcomes) {
			shown.SignOns = append(shown.SignOns, SeenSignOn{
				Issuer: s.Issuer, Subject: s.Subject, Email: s.Person.Email, Seen: s.Sighting.Seen.UTC(), User: s.UserID, Claims: s.Claims, Outcomes: showOutcomes(s.Outcomes),
			})
		}
	}
	return &Body[SignOns]{shown}, nil
}

// MatchingUsers are users of a dry run.
type MatchingUsers struct {
	Users  []MatchingUser `json:"users" nullable:"false"`
	Totals Totals         `json:"totals" doc:"How many of those that were looked at for this page each strategy matches, and how not"`
	Next   int64          `json:"next" doc:"Send it as after to go on"`
	More   bool           `json:"more" doc:"There may be more users after these"`
}

// MatchingUser is a user with what each strategy would match for it.
type MatchingUser struct {
	User       string    `json:"user" doc:"Id of the user"`
	UserName   string    `json:"user_name"`
	Email      string    `json:"email,omitempty"`
	ExternalID string    `json:"external_id,omitempty"`
	Active     bool      `json:"active"`
	Subject    string    `json:"subject,omitempty" doc:"Of whoever has signed on as the user; without one it can only be told whether a strategy could find the user"`
	Outcomes   []Outcome `json:"outcomes"`
}

func (a *api) matchingUsers(ctx context.Context, in *MatchingQuery) (*Body[MatchingUsers], error) {
	t, c, err := a.connected(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	users, err := a.People.DryRunUsers(ctx, t, c, in.After, in.Limit)
	if err != nil {
		return nil, a.internal(ctx, "dry run", err)
	}
	shown := MatchingUsers{Users: []MatchingUser{}, Totals: Totals{}, Next: in.After, More: len(users) == in.Limit}
	for _, u := range users {
		shown.Next = u.Seq
		shown.Totals.add(u.Outcomes)
		if in.wants(u.Outcomes) {
			shown.Users = append(shown.Users, MatchingUser{
				User: u.ID, UserName: u.Name, Email: directory.EmailOf(u.Resource), ExternalID: u.ExternalID, Active: u.Active, Subject: u.Subject, Outcomes: showOutcomes(u.Outcomes),
			})
		}
	}
	return &Body[MatchingUsers]{shown}, nil
}
