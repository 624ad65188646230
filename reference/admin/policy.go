package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"assay/reference/access"
	"assay/reference/audit"
	"assay/reference/directory"
)

// Policy is a tenant's policy as the API takes and shows it.
type Policy struct {
	MFA             string    `json:"mfa,omitempty" enum:"optional,local,always" default:"optional" doc:"Of whom a second factor is asked: of those who have set one up, of everybody who logs in with a password, of everybody. For the last, the identity provider has to say that there was one"`
	SSOOnly         bool      `json:"sso_only,omitempty" doc:"In mode sso, only break-glass administrators log in with a password, whatever local_login says"`
	LocalLogin      bool      `json:"local_login,omitempty" doc:"In mode sso, everybody who has a password may log in with it"`
	SessionMinutes  int       `json:"session_minutes,omitempty" minimum:"5" maximum:"43200" default:"480" doc:"How long a session lasts"`
	IdleMinutes     int       `json:"idle_minutes,omitempty" minimum:"1" maximum:"43200" default:"60" doc:"How long it lasts without a request"`
	SessionsPerUser int       `json:"sessions_per_user,omitempty" minimum:"0" maximum:"1000" doc:"The oldest ends for the next one; 0 is any number"`
	Networks        []string  `json:"networks,omitempty" maxItems:"200" doc:"CIDR ranges from which people may come; from anywhere when there are none"`
	Password        Password  `json:"password,omitempty"`
	Classification  string    `json:"classification,omitempty" enum:"Unclassified,CUI,Confidential" default:"Unclassified" doc:"What kind of data the tenant holds"`
	Updated         time.Time `json:"updated,omitzero" readOnly:"true"`
}

// Password is what a tenant asks of passwords.
type Password struct {
	MinLength  int `json:"min_length,omitempty" minimum:"8" maximum:"64" default:"12" doc:"Characters"`
	Classes    int `json:"classes,omitempty" minimum:"0" maximum:"4" doc:"How many of: lower case, upper case, digits, others"`
	MaxAgeDays int `json:"max_age_days,omitempty" minimum:"0" maximum:"3650" doc:"After which another one has to be chosen; 0 is never"`
}

const optionalMFA = "optional"

func showPolicy(p directory.Policy) Policy {
	p = p.WithDefaults()
	shown := Policy{
		MFA: string(p.MFA), SSOOnly: p.SSOOnly, LocalLogin: p.LocalLogin, SessionMinutes: int(p.SessionAge / time.Minute),
		IdleMinutes: int(p.SessionIdle / time.Minute), SessionsPerUser: p.SessionCount, Networks: p.Networks,
		Password:       Password{MinLength: p.Password.MinLength, Classes: p.Password.Classes, MaxAgeDays: int(p.Password.MaxAge / day)},
		Classification: string(p.Classification), Updated: p.Updated.UTC(),
	}
	if p.MFA == directory.MFAOptional {
		shown.MFA = optionalMFA
	}
	return shown
}

const day = 24 * time.Hour

func (p Policy) policy() directory.Policy {
	out := directory.Policy{
		MFA: directory.MFA(p.MFA), SSOOnly: p.SSOOnly, LocalLogin: p.LocalLogin, SessionAge: time.Duration(p.SessionMinutes) * time.Minute,
		SessionIdle: time.Duration(p.IdleMinutes) * time.Minute, SessionCount: p.SessionsPerUser, Networks: p.Networks,
		Password:       directory.PasswordRules{MinLength: p.Password.MinLength, Classes: p.Password.Classes, MaxAge: time.Duration(p.Password.MaxAgeDays) * day},
		Classification: directory.Classification(p.Classification),
	}
	if p.MFA == optionalMFA {
		out.MFA = directory.MFAOptional
	}
	return out
}

func (a *api) policy(ctx context.Context, in *TenantPath) (*Body[Policy], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	p, err := a.Store.Policy(ctx, t.ID)
	if err != nil {
		return nil, a.internal(ctx, "read policy", err)
	}
	return &Body[Policy]{showPolicy(p)}, nil
}

// SetPolicy replaces a tenant's policy.
type SetPolicy struct {
	TenantPath
	Force bool `query:"force" doc:"Also when the policy would not let you in any more"`
	Body  Policy
}

func (a *api) setPolicy(ctx context.Context, in *SetPolicy) (*Body[Policy], error) {
	return a.putPolicy(ctx, in.Tenant, in.Body.policy(), in.Force, nil)
}

// SetPreset makes one of the presets a tenant's policy.
type SetPreset struct {
	TenantPath
	Preset string `path:"preset" doc:"Name of the preset"`
	Force  bool   `query:"force" doc:"Also when the policy would not let you in any more"`
}

func (a *api) setPreset(ctx context.Context, in *SetPreset) (*Body[Policy], error) {
	p, ok := access.PolicyPresets()[in.Preset]
	if !ok {
		return nil, &Problem{Status: http.StatusNotFound, Code: "PRESET_NOT_FOUND", Detail: "There is no such preset; GET /api/tenants/{tenant}/policy-presets names them."}
	}
	return a.putPolicy(ctx, in.Tenant, p, in.Force, map[string]string{"preset": in.Preset})
}

// presets shows the presets by name.
func (a *api) presets(ctx context.Context, in *TenantPath) (*Body[map[string]Policy], error) {
	if _, err := a.find(ctx, in.Tenant); err != nil {
		return nil, err
	}
	shown := map[string]Policy{}
	for name, p := range access.PolicyPresets() {
		shown[name] = showPolicy(p)
	}
	return &Body[map[string]Policy]{shown}, nil
}

func (a *api) putPolicy(ctx context.Context, tenant string, p directory.Policy, force bool, detail map[string]string) (*Body[Policy], error) {
	t, err := a.find(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if _, err := access.ParseNetworks(p.Networks); err != nil {
		return nil, &Problem{Status: http.StatusUnprocessableEntity, Code: "NETWORK_INVALID", Detail: "networks: " + err.Error() + "."}
	}
	if !force {
		if err := a.locksOut(ctx, p); err != nil {
			return nil, err
		}
	}
	p.Updated = a.Now().UTC().Truncate(time.Microsecond)
	if err := a.Store.SetPolicy(ctx, t.ID, p, callerOf(ctx).session.ID); err != nil {
		return nil, a.internal(ctx, "set policy", err)
	}
	err = a.Audit.Record(ctx, audit.Entry{Tenant: t.ID, Actor: actor(ctx), Action: audit.PolicyChanged, Subject: t.ID, Detail: detail})
	if err != nil {
		return nil, a.internal(ctx, "record policy", err)
	}
	return &Body[Policy]{showPolicy(p)}, nil
}

// locksOut refuses a policy under which the caller could not go on. The site's administrator is bound by none.
func (a *api) locksOut(ctx context.Context, p directory.Policy) error {
	c := callerOf(ctx)
	if c.site() {
		return nil
	}
	_, err := a.Gate.Under(ctx, c.request, c.session, p)
	if denial, ok := errors.AsType[*access.Denial](err); ok {
		return &Problem{Status: http.StatusConflict, Code: "POLICY_LOCKS_YOU_OUT",
			Detail: "The policy would not let you in any more (" + string(denial.Reason) + "). Send force=true if that is what you want."}
	}
	if err != nil {
		return a.internal(ctx, "judge policy", err)
	}
	return nil
}
