package admin

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// registerAccess adds what is about who may enter: policies, sessions, local login, break-glass access, migrations and SCIM tokens.
func (a *api) registerAccess(h huma.API) {
	const tenant, user = "/api/tenants/{tenant}", "/api/tenants/{tenant}/users/{user}"
	get, put, post, del := http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete

	huma.Register(h, operation("get-policy", get, tenant+"/policy", "Read the policy", 404), a.policy)
	huma.Register(h, operation("put-policy", put, tenant+"/policy",
		"Replace the policy and end all sessions but your own; one that would lock you out is refused unless forced", 404, 409, 422), a.setPolicy)
	huma.Register(h, operation("list-policy-presets", get, tenant+"/policy-presets", "Read the policies to start from", 404), a.presets)
	huma.Register(h, operation("put-policy-preset", put, tenant+"/policy/preset/{preset}", "Make a preset the policy", 404, 409), a.setPreset)

	huma.Register(h, operation("list-sessions", get, tenant+"/sessions", "List the sessions", 404), a.sessions)
	huma.Register(h, operation("end-session", del, tenant+"/sessions/{session}", "End a session", 404), a.endSession)
	huma.Register(h, operation("end-sessions", del, tenant+"/sessions", "End all sessions of a user or of the tenant, but your own", 404), a.endSessions)

	huma.Register(h, operation("get-local-login", get, user+"/local-login", "Read what a user logs in with: that it is stored, and since when", 404), a.login)
	huma.Register(h, operation("put-password", put, user+"/password", "Give a user a password and end the user's sessions", 404, 422), a.setPassword)
	huma.Register(h, operation("delete-password", del, user+"/password", "Take the password of a user away", 404, 409), a.removePassword)
	huma.Register(h, operation("delete-totp", del, user+"/totp", "Take the second factor of a user away, who has lost it", 404), a.removeTOTP)

	huma.Register(h, operation("list-break-glass", get, tenant+"/break-glass", "List the break-glass administrators", 404), a.breakGlass)
	huma.Register(h, operation("grant-break-glass", put, user+"/break-glass", "Let an owner or administrator log in locally when the identity provider fails", 404, 422), a.grantBreakGlass)
	huma.Register(h, operation("revoke-break-glass", del, user+"/break-glass", "Take break-glass access away, unless it is the last in mode sso", 404, 409), a.revokeBreakGlass)
	huma.Register(h, operation("list-alerts", get, tenant+"/alerts", "List the alerts, the oldest first", 404), a.alerts)
	huma.Register(h, operation("acknowledge-alert", post, tenant+"/alerts/{alert}/acknowledge", "Say that an alert was seen", 404), a.acknowledge)

	huma.Register(h, operation("get-migration-checklist", get, tenant+"/migration/checklist", "See what stands in the way of a migration to single sign-on", 404), a.checklist)
	migrate := operation("start-migration", post, tenant+"/migration", "Migrate to single sign-on, in the background", 404, 409)
	migrate.DefaultStatus = http.StatusAccepted
	huma.Register(h, migrate, a.migrate)
	huma.Register(h, operation("list-migrations", get, tenant+"/migration", "List the newest migrations", 404), a.migrations)
	huma.Register(h, operation("get-migration", get, tenant+"/migration/{migration}", "See how far a migration is", 404), a.migration)
	huma.Register(h, operation("cancel-migration", post, tenant+"/migration/{migration}/cancel", "Cancel a migration that is running", 404, 409), a.cancelMigration)
	huma.Register(h, operation("roll-back-migration", post, tenant+"/migration/{migration}/rollback", "Put the tenant of the newest migration back into legacy mode", 404, 409), a.rollBackMigration)

	huma.Register(h, operation("list-scim-tokens", get, tenant+"/scim-tokens", "List the SCIM tokens", 404), a.tokens)
	huma.Register(h, operation("revoke-scim-token", del, tenant+"/scim-tokens/{token}", "Revoke a SCIM token at once", 404), a.revokeToken)
}
