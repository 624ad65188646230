package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"assay/reference/access"
	"assay/reference/audit"
	"assay/reference/directory"
)

// caller is who sent a request: the site's administrator with the token, or an owner or administrator of a tenant who is signed on.
type caller struct {
	session access.Session // zero for the site's administrator
	request *http.Request
}

type callerKey struct{}

// site reports whether this is the site's administrator, who may do everything everywhere.
func (c caller) site() bool { return c.session.ID == "" }

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// actor names the caller of a request in the audit log.
func actor(ctx context.Context) string {
	if c := callerOf(ctx); !c.site() {
		return audit.User(c.session.User)
	}
	return audit.Admin
}

// openPaths need no credentials.
func openPath(path string) bool {
	return path == "/api/openapi.json" || path == "/api/openapi.yaml"
}

// guard lets the site's administrator through, and those of a tenant to what is below it. Whoever is signed on has to come from
// our own pages (or from no page) to change anything.
func (a *api) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if openPath(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		c, problem := a.identify(r)
		if problem != nil {
			if problem.Status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="assay administration"`)
			}
			write(w, problem)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

// identify tells who sends a request, or why it goes no further.
func (a *api) identify(r *http.Request) (caller, *Problem) {
	if a.Admin.Allows(r) {
		return caller{request: r}, nil
	}
	if r.Header.Get("Authorization") != "" {
		return caller{}, unauthorized()
	}
	session, err := a.Sessions.Current(r.Context())
	if errors.Is(err, access.ErrNoSession) {
		return caller{}, unauthorized()
	}
	if err != nil {
		a.Logger.ErrorContext(r.Context(), "session not read", "error", err)
		return caller{}, &Problem{Status: http.StatusInternalServerError, Code: "INTERNAL", Detail: "The session could not be read."}
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return caller{}, &Problem{Status: http.StatusForbidden, Code: "CROSS_ORIGIN", Detail: "The request comes from another site."}
	}
	if !session.Role.AtLeast(directory.RoleAdmin) {
		return caller{}, &Problem{Status: http.StatusForbidden, Code: "ROLE_TOO_LOW", Detail: "This needs the role of an owner or an administrator."}
	}
	rest, below := strings.CutPrefix(r.URL.Path, "/api/tenants/")
	tenant, _, _ := strings.Cut(rest, "/")
	if !below {
		return caller{}, siteOnly()
	}
	if tenant != session.Tenant {
		return caller{}, noTenant()
	}
	if strings.HasSuffix(rest, "/changes/stream") {
		return caller{}, siteOnly() // it lasts for ever, and would go on when the session has ended
	}
	return caller{session: session, request: r}, nil
}

func unauthorized() *Problem {
	return &Problem{Status: http.StatusUnauthorized, Code: "ADMIN_TOKEN_REQUIRED",
		Detail: "Send the administrator's token as a bearer token, or sign on as an administrator."}
}

func siteOnly() *Problem {
	return &Problem{Status: http.StatusForbidden, Code: "SITE_ADMIN_REQUIRED", Detail: "Only the administrator of this site can do that."}
}

func noTenant() *Problem {
	return &Problem{Status: http.StatusNotFound, Code: "TENANT_NOT_FOUND", Detail: "There is no such tenant."}
}

// mayGive refuses to let the caller give a role that is higher than the caller's own.
func mayGive(ctx context.Context, role directory.Role) error {
	if c := callerOf(ctx); c.site() || role == "" || c.session.Role.AtLeast(role) {
		return nil
	}
	return &Problem{Status: http.StatusForbidden, Code: "ROLE_TOO_LOW", Detail: "You cannot give a role that is higher than your own."}
}

// over refuses what would give the caller power over somebody with a higher role.
func (a *api) over(ctx context.Context, tenant, user string) error {
	c := callerOf(ctx)
	if c.site() {
		return nil
	}
	standing, err := a.People.Standing(ctx, tenant, user)
	if err != nil {
		return a.userProblem(ctx, "read role", err)
	}
	if !c.session.Role.AtLeast(standing.Role) {
		return &Problem{Status: http.StatusForbidden, Code: "ROLE_TOO_LOW", Detail: "The user has a higher role than you."}
	}
	return nil
}
