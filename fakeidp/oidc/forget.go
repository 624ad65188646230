package oidc

// Forget drops pending logins, grants, denials, what was issued, the client assertions that were seen, sessions (no app
// is told), mutations of apps and outages, as if the providers had started anew. Keys and the logs of visits and logouts
// stay.
func (i *Issuers) Forget() {
	i.grants.Clear()
	i.sessions.Clear()
	i.habits.clear()
	i.EndOutages()
	for _, p := range i.providers {
		p.logins.Clear()
		p.codes.Clear()
		p.tokens.Clear()
		p.refreshes.Clear()
		p.assertions.Clear()
		p.denials.Clear()
	}
}
