package sso

import (
	"slices"
	"sync"
	"time"

	"assay/reference/sso/saml"
)

// maxParticipations bounds the memory of sessions that began with SAML. When it is full the oldest gives way: that
// session ends.
const maxParticipations = 100_000

// participation is what ties a session here to one at an identity provider.
type participation struct {
	tenant, issuer, subject, user string
	known                         saml.Session // by what the identity provider knows it
	ends                          time.Time
	since                         time.Time
}

// participations keeps them by the ID of the session, in this process. A session that began with SAML lives as long as
// it is here.
type participations struct {
	now func() time.Time

	mu   sync.Mutex
	byID map[string]participation
}

func newParticipations(now func() time.Time) *participations {
	return &participations{now: now, byID: map[string]participation{}}
}

func (p *participations) put(session string, one participation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one.since = p.now()
	if last := one.since.Add(samlSessionLife); one.ends.IsZero() || last.Before(one.ends) {
		one.ends = last
	}
	if len(p.byID) >= maxParticipations {
		p.makeRoom()
	}
	p.byID[session] = one
}

func (p *participations) makeRoom() {
	now, oldest := p.now(), ""
	for id, one := range p.byID {
		if !now.Before(one.ends) {
			delete(p.byID, id)
		} else if oldest == "" || one.since.Before(p.byID[oldest].since) {
			oldest = id
		}
	}
	if len(p.byID) >= maxParticipations {
		delete(p.byID, oldest)
	}
}

func (p *participations) has(session string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	one, ok := p.byID[session]
	return ok && now.Before(one.ends)
}

// take returns a participation and forgets it.
func (p *participations) take(session string) (participation, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one, ok := p.byID[session]
	delete(p.byID, session)
	return one, ok
}

// end forgets the sessions that an identity provider names: of this subject, and with one of these indexes unless there
// are none (Core section 3.7.3.2). It returns the users whose they were, one for each session.
func (p *participations) end(tenant, issuer, subject string, indexes []string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var users []string
	for id, one := range p.byID {
		named := len(indexes) == 0 || slices.ContainsFunc(one.known.Index, func(i string) bool { return slices.Contains(indexes, i) })
		if one.tenant == tenant && one.issuer == issuer && one.subject == subject && named {
			users = append(users, one.user)
			delete(p.byID, id)
		}
	}
	return users
}
