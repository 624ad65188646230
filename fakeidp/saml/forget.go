package saml

// Forget drops pending logins, grants and sessions, as if the provider had started anew. Keys stay.
func (p *Provider) Forget() {
	p.logins.Clear()
	p.grants.Clear()
	p.sessions.Clear()
}
