// Package mutation holds the named ways in which the fake IdP's OpenID Provider can lie: a table of
// small functions, each of which changes one thing at one well-defined stage. They are
// deterministic, and everything they forge still names the person of the login, so that a harness
// which asks a relying party "who is logged in?" can tell acceptance from refusal. (What names
// somebody else on purpose says so in its text.)
package mutation

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Stage is the place where a mutation works.
type Stage string

// The stages, in the order in which a relying party comes by them.
const (
	Discovery      Stage = "discovery document"         // its members
	DiscoveryReply Stage = "discovery response"         // its status, header and bytes
	Keys           Stage = "key set"                    // its members
	KeysReply      Stage = "key set response"           // its status, header and bytes
	Authorization  Stage = "authorization response"     // its parameters, before they go to the browser
	Claims         Stage = "ID token payload"           // the claims, before they are signed
	Payload        Stage = "ID token payload bytes"     // the JSON of the claims, before it is signed
	Seal           Stage = "ID token seal"              // header, signature and form
	Tokens         Stage = "token response"             // its members
	TokenReply     Stage = "token response bytes"       // its status, header and bytes
	Refreshed      Stage = "refreshed ID token payload" // the claims of an ID token that a refresh brings
	RefreshReply   Stage = "refresh response"           // its status, header and bytes
	UserInfo       Stage = "userinfo response"          // its members
	UserInfoReply  Stage = "userinfo response bytes"    // its status, header and bytes
	Person         Stage = "claims about the person"    // in the ID token and at userinfo alike
	LogoutClaims   Stage = "logout token payload"       // the claims, before they are signed
	LogoutSeal     Stage = "logout token seal"          // header, signature and form
	LogoutCall     Stage = "logout request"             // the parameters that are posted, or that an iframe's URL has
)

// ofIssuer lists the stages that no login can be named for: a relying party does not say, there, whose it is.
func ofIssuer() []Stage { return []Stage{Discovery, DiscoveryReply, Keys, KeysReply} }

// ofLogout lists the stages of a logout, which is named when it is begun.
func ofLogout() []Stage { return []Stage{LogoutClaims, LogoutSeal, LogoutCall} }

// Mutation is one named lie. Exactly one of its functions is set, the one that its stage takes.
type Mutation struct {
	Name  string
	Text  string   // for people: what the relying party gets, and where the rule that forbids it stands
	Stage Stage    // where it works
	Rows  []string // ids of the rows of the catalogue of sign-on checks that it serves
	Takes string   // what may follow "=" after the name, "URL" say; empty: nothing

	members func(Login, map[string]any) error
	answer  func(Login, *Answer)
	payload func(Login, []byte) []byte
	seal    func(l Login, payload []byte) (string, error)
	reply   func(Login, *Reply) error

	parameter string // what did follow
}

// Answer is an authorization response, or a call of a logout, on its way.
type Answer struct {
	Params   url.Values
	Fragment bool // the parameters go behind "#"
	Twice    bool // it is sent a second time (logout calls)
}

// Login is what a mutation may know about the login it works on. Fields that a stage has no use for
// may be empty there: AccessToken and ClientSecret are known once tokens are made, and of what an issuer publishes there is no login.
type Login struct {
	Issuer        string
	ClientID      string
	ClientSecret  string // as the client presented it
	AccessToken   string
	Stranger      func() string // the subject of somebody else
	StrangerEmail func() string // and their e-mail address
	Now           time.Time
	Key           *rsa.PrivateKey // the published key, whose id is KeyID
	KeyID         string
	Stock         *Stock // other keys

	parameter string
	typ       string // of the token at hand, "" for none
}

// Errors of Resolve.
var (
	ErrUnknown   = errors.New("no such mutation")
	ErrConflict  = errors.New("mutations exclude each other")
	ErrParameter = errors.New("mutation takes no parameter")
	ErrStage     = errors.New("mutation does not work there")
)

// Plan is the mutations of one login. The zero Plan is honest.
type Plan struct{ steps []Mutation }

// Resolve looks the names up; what follows "=" in a name is its parameter. It refuses names it does not know with
// ErrUnknown, naming similar ones, a parameter that a mutation has no use for with ErrParameter, and two that
// replace the same thing, a token's seal or a response, with ErrConflict.
func Resolve(names []string) (Plan, error) {
	known := map[string]Mutation{}
	for _, m := range All() {
		known[m.Name] = m
	}
	var plan Plan
	for _, called := range names {
		name, parameter, given := strings.Cut(called, "=")
		m, ok := known[name]
		if !ok {
			return Plan{}, fmt.Errorf("%w: %q; %s", ErrUnknown, name, nearest(name))
		}
		if given && m.Takes == "" {
			return Plan{}, fmt.Errorf("%w: %q; leave out what begins with \"=\"", ErrParameter, called)
		}
		for _, other := range plan.steps {
			if m.replaces() && other.replaces() && m.Stage == other.Stage {
				return Plan{}, fmt.Errorf("%w: %s and %s; a %s is replaced in one way only", ErrConflict, other.Name, name, m.Stage)
			}
		}
		m.parameter = parameter
		plan.steps = append(plan.steps, m)
	}
	return plan, nil
}

// nearest helps who misspelt a name: with those that begin like it.
func nearest(name string) string {
	var close []string
	best := 3 // letters; fewer say nothing
	for _, known := range Names() {
		n := 0
		for n < min(len(name), len(known)) && name[n] == known[n] {
			n++
		}
		if n > best {
			close, best = nil, n
		}
		if n == best {
			close = append(close, known)
		}
	}
	if len(close) == 0 {
		return "GET /mutations of the control API lists all"
	}
	return "near it are " + strings.Join(close, ", ") + "; GET /mutations of the control API lists all"
}

// ResolveLogin is Resolve for the mutations of one login, which cannot change what an issuer publishes, nor a logout.
func ResolveLogin(names []string) (Plan, error) {
	return resolveFor(names, "a login", func(s Stage) bool { return !slices.Contains(slices.Concat(ofIssuer(), ofLogout()), s) })
}

// ResolveLogout is Resolve for the mutations of one logout.
func ResolveLogout(names []string) (Plan, error) {
	return resolveFor(names, "a logout", func(s Stage) bool { return slices.Contains(ofLogout(), s) })
}

func resolveFor(names []string, what string, fits func(Stage) bool) (Plan, error) {
	plan, err := Resolve(names)
	if err != nil {
		return Plan{}, err
	}
	for _, m := range plan.steps {
		if !fits(m.Stage) {
			return Plan{}, fmt.Errorf("%w: %s changes the %s, which is not of %s; switch it on with PUT /apps/{app}/mutations of the control API", ErrStage, m.Name, m.Stage, what)
		}
	}
	return plan, nil
}

// replaces tells whether nothing is left of what was there before the mutation.
func (m Mutation) replaces() bool { return m.seal != nil || m.reply != nil }

// Names lists the names of all mutations, in the order of the table.
func Names() []string {
	var names []string
	for _, m := range All() {
		names = append(names, m.Name)
	}
	return names
}

// All lists every mutation, in the order of the stages.
func All() []Mutation {
	return slices.Concat(
		discoveryTable(), keysTable(), authorizationTable(), claimTable(), payloadTable(), sealTable(), tokenTable(),
		refreshTable(), userInfoTable(), personTable(), logoutTable())
}

// And is a plan with the mutations of both. Where both replace the same thing the receiver's do.
func (p Plan) And(other Plan) Plan {
	return Plan{steps: slices.Concat(p.steps, other.steps)}
}

// Empty tells whether a plan is honest.
func (p Plan) Empty() bool { return len(p.steps) == 0 }

// Edit changes the members of a JSON object.
func (p Plan) Edit(s Stage, l Login, members map[string]any) error {
	for _, m := range p.at(s) {
		if m.members == nil {
			continue
		}
		if err := m.members(l.with(m), members); err != nil {
			return fmt.Errorf("mutation %s: %w", m.Name, err)
		}
	}
	return nil
}

// Answer changes an authorization response or a logout call.
func (p Plan) Answer(s Stage, l Login, a *Answer) {
	for _, m := range p.at(s) {
		if m.answer != nil {
			m.answer(l.with(m), a)
		}
	}
}

// Payload changes the bytes of an ID token's payload.
func (p Plan) Payload(l Login, payload []byte) []byte {
	for _, m := range p.at(Payload) {
		payload = m.payload(l.with(m), payload)
	}
	return payload
}

// Seal makes a token of a payload: honestly (RS256, the published key, no other header than alg, kid and, unless it is
// empty, typ) unless a mutation says otherwise.
func (p Plan) Seal(s Stage, l Login, payload []byte, typ string) (string, error) {
	l.typ = typ
	steps := p.at(s)
	if len(steps) == 0 {
		return l.sign(l.KeyID, payload)
	}
	token, err := steps[0].seal(l.with(steps[0]), payload)
	if err != nil {
		return "", fmt.Errorf("mutation %s: %w", steps[0].Name, err)
	}
	return token, nil
}

// Reply changes an HTTP response.
func (p Plan) Reply(s Stage, l Login, r *Reply) error {
	steps := p.at(s)
	if len(steps) == 0 {
		return nil
	}
	if err := steps[0].reply(l.with(steps[0]), r); err != nil {
		return fmt.Errorf("mutation %s: %w", steps[0].Name, err)
	}
	return nil
}

func (p Plan) at(s Stage) []Mutation {
	var found []Mutation
	for _, m := range p.steps {
		if m.Stage == s {
			found = append(found, m)
		}
	}
	return found
}

func (l Login) with(m Mutation) Login {
	l.parameter = m.parameter
	return l
}
