package oidc

// Forget drops pending logins, grants, codes, tokens and denials, as if the provider had started anew. Keys and the
// log of visits stay.
func (p *Provider) Forget() {
	p.logins.Clear()
	p.grants.Clear()
	p.codes.Clear()
	p.tokens.Clear()
	p.denials.Clear()
}
