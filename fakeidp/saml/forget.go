package saml

// Forget drops pending logins, grants, sessions, logouts, lies and what was noted of them, as if the provider had started
// anew. Keys stay.
func (p *Provider) Forget() {
	p.logins.Clear()
	p.grants.Clear()
	p.sessions.Clear()
	p.answered.Clear()
	p.asked.Clear()
	p.logouts.Clear()
	p.lies.Clear()
	p.fetches.Clear()
}
