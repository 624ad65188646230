package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"assay/reference/access/password"
	"assay/reference/audit"
	"assay/reference/directory"
)

// LocalLogin is what a user logs in with, as the API shows it: that there is something and since when.
type LocalLogin struct {
	User          string    `json:"user"`
	Password      bool      `json:"password" doc:"Whether a password is stored"`
	PasswordSince time.Time `json:"password_since,omitzero"`
	TOTP          bool      `json:"totp" doc:"Whether a second factor is stored"`
	TOTPSince     time.Time `json:"totp_since,omitzero"`
	RecoveryCodes int       `json:"recovery_codes" doc:"How many are left"`
	BreakGlass    bool      `json:"break_glass"`
	GrantedSince  time.Time `json:"break_glass_since,omitzero"`
	GrantedBy     string    `json:"break_glass_granted_by,omitempty"`
}

func showLogin(c directory.Credentials) LocalLogin {
	return LocalLogin{
		User: c.UserID, Password: c.Password != "", PasswordSince: c.PasswordSet.UTC(), TOTP: len(c.SealedTOTP) > 0, TOTPSince: c.TOTPSet.UTC(),
		RecoveryCodes: len(c.Recovery), BreakGlass: !c.BreakGlass.IsZero(), GrantedSince: c.BreakGlass.UTC(), GrantedBy: c.GrantedBy,
	}
}

func (a *api) showLogin(ctx context.Context, tenant, user string) (*Body[LocalLogin], error) {
	c, err := a.Store.Credentials(ctx, tenant, user)
	if err != nil {
		return nil, a.userProblem(ctx, "read credentials", err)
	}
	return &Body[LocalLogin]{showLogin(c)}, nil
}

func (a *api) login(ctx context.Context, in *UserPath) (*Body[LocalLogin], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	return a.showLogin(ctx, t.ID, in.User)
}

// SetPassword gives a user a password.
type SetPassword struct {
	UserPath
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"256" writeOnly:"true" doc:"Never returned"`
	}
}

func (a *api) setPassword(ctx context.Context, in *SetPassword) (*Body[LocalLogin], error) {
	t, user, err := a.subject(ctx, &in.UserPath)
	if err != nil {
		return nil, err
	}
	policy, err := a.Store.Policy(ctx, t.ID)
	if err != nil {
		return nil, a.internal(ctx, "read policy", err)
	}
	prepared, err := password.Prepare(in.Body.Password)
	if err != nil {
		return nil, weak(err.Error())
	}
	if broken := password.Broken(policy.WithDefaults().Password, prepared, user.Name, user.Email); len(broken) > 0 {
		return nil, weak(broken...)
	}
	return a.changeLogin(ctx, t.ID, user.ID, audit.PasswordChanged, func() error {
		return a.Store.SetPassword(ctx, t.ID, user.ID, password.OWASP().Hash(prepared), a.Now().UTC(), a.keep(ctx, user.ID))
	})
}

func weak(broken ...string) *Problem {
	return &Problem{Status: http.StatusUnprocessableEntity, Code: "PASSWORD_TOO_WEAK", Detail: "The password is not good enough: " + strings.Join(broken, "; ") + "."}
}

func (a *api) removePassword(ctx context.Context, in *UserPath) (*Body[LocalLogin], error) {
	t, user, err := a.subject(ctx, in)
	if err != nil {
		return nil, err
	}
	return a.changeLogin(ctx, t.ID, user.ID, audit.PasswordRemoved, func() error {
		return a.Store.SetPassword(ctx, t.ID, user.ID, "", a.Now().UTC(), a.keep(ctx, user.ID))
	})
}

func (a *api) removeTOTP(ctx context.Context, in *UserPath) (*Body[LocalLogin], error) {
	t, user, err := a.subject(ctx, in)
	if err != nil {
		return nil, err
	}
	return a.changeLogin(ctx, t.ID, user.ID, audit.TOTPRemoved, func() error { return a.Store.RemoveTOTP(ctx, t.ID, user.ID) })
}

// keep is the session that stays when the sessions of a user end: the caller's own.
func (a *api) keep(ctx context.Context, user string) string {
	if c := callerOf(ctx); c.session.User == user {
		return c.session.ID
	}
	return ""
}

// subject returns the user whom an operation is about, when the caller may have power over that one.
func (a *api) subject(ctx context.Context, in *UserPath) (directory.Tenant, directory.Resource, error) {
	t, user, err := a.user(ctx, in)
	if err == nil {
		err = a.over(ctx, t.ID, user.ID)
	}
	return t, user, err
}

// changeLogin changes what a user logs in with, records it and shows what there is then.
func (a *api) changeLogin(ctx context.Context, tenant, user string, action audit.Action, change func() error) (*Body[LocalLogin], error) {
	if err := change(); err != nil {
		return nil, a.loginProblem(ctx, err)
	}
	if err := a.Audit.Record(ctx, audit.Entry{Tenant: tenant, Actor: actor(ctx), Action: action, Subject: user}); err != nil {
		return nil, a.internal(ctx, "record "+string(action), err)
	}
	return a.showLogin(ctx, tenant, user)
}

// loginProblem puts into words why what a user logs in with cannot be changed.
func (a *api) loginProblem(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, directory.ErrLastBreakGlass):
		return &Problem{Status: http.StatusConflict, Code: "BREAK_GLASS_REQUIRED",
			Detail: "This is the last break-glass administrator, and the tenant signs on by single sign-on. Grant somebody else break-glass access first."}
	case errors.Is(err, directory.ErrRoleTooLow):
		return &Problem{Status: http.StatusUnprocessableEntity, Code: "BREAK_GLASS_NEEDS_ADMIN",
			Detail: "Only an active user who was assigned the role owner or admin directly, and not by a group, can have break-glass access."}
	}
	return a.userProblem(ctx, "change local login", err)
}
