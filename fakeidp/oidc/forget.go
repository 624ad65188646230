package oidc

// Forget drops pending logins, grants, denials, what was issued and the client assertions that were seen, as if the
// providers had started anew. Keys and the log of visits stay.
func (i *Issuers) Forget() {
	i.grants.Clear()
	for _, p := range i.providers {
		p.logins.Clear()
		p.codes.Clear()
		p.tokens.Clear()
		p.refreshes.Clear()
		p.assertions.Clear()
		p.denials.Clear()
	}
}
