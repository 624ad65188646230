// Package mutation holds the named ways in which the fake IdP's OpenID Provider can lie: a table of
// small functions, each of which changes one thing at one well-defined stage of one login. They are
// deterministic, and everything they forge still names the person of the login, so that a harness
// which asks a relying party "who is logged in?" can tell acceptance from refusal. (The two
// mutations of "sub" itself are the exception, as their text says.)
package mutation

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Stage is the place in a login where a mutation works.
type Stage string

// The stages, in the order in which a login comes by them.
const (
	Authorization Stage = "authorization response" // its parameters, before they go into the redirect
	Claims        Stage = "ID token payload"       // the claims, before they are signed
	Seal          Stage = "ID token seal"          // header and signature
	Tokens        Stage = "token response"         // its members
	UserInfo      Stage = "userinfo response"      // its members
)

// Mutation is one named lie. Exactly one of its functions is set; it says the stage.
type Mutation struct {
	Name string
	Text string // for people: what the relying party gets, and where the rule that forbids it stands

	authorization func(Login, url.Values)
	claims        func(Login, map[string]any)
	seal          func(l Login, payload []byte) (string, error)
	tokens        func(Login, map[string]any)
	userInfo      func(Login, map[string]any)
}

// Stage tells where the mutation works.
func (m Mutation) Stage() Stage {
	switch {
	case m.authorization != nil:
		return Authorization
	case m.claims != nil:
		return Claims
	case m.seal != nil:
		return Seal
	case m.tokens != nil:
		return Tokens
	default:
		return UserInfo
	}
}

// Login is what a mutation may know about the login it works on. Fields that a stage has no use for
// may be empty there: AccessToken, ClientSecret and the keys are known once tokens are made.
type Login struct {
	Issuer       string
	ClientID     string
	ClientSecret string        // as the client presented it
	Stranger     func() string // the subject of somebody else
	Now          time.Time
	Key          *rsa.PrivateKey // the published key, whose id is KeyID
	KeyID        string
	Foreign      func() (*rsa.PrivateKey, error) // a key that is published nowhere
}

// Errors of Resolve.
var (
	ErrUnknown  = errors.New("no such mutation")
	ErrConflict = errors.New("mutations exclude each other")
)

// Plan is the mutations of one login. The zero Plan is honest.
type Plan struct{ steps []Mutation }

// Resolve looks the names up. It refuses names it does not know with ErrUnknown, listing the known
// ones, and two different seals of one ID token with ErrConflict.
func Resolve(names []string) (Plan, error) {
	known := map[string]Mutation{}
	for _, m := range All() {
		known[m.Name] = m
	}
	var plan Plan
	var seal string
	for _, name := range names {
		m, ok := known[name]
		if !ok {
			return Plan{}, fmt.Errorf("%w: %q; there are %s", ErrUnknown, name, strings.Join(Names(), ", "))
		}
		if m.seal != nil && seal != "" {
			return Plan{}, fmt.Errorf("%w: an ID token is signed in one way only, not by %s and %s", ErrConflict, seal, name)
		}
		if m.seal != nil {
			seal = name
		}
		plan.steps = append(plan.steps, m)
	}
	return plan, nil
}

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
	var all []Mutation
	for _, table := range [][]Mutation{authorizationTable(), claimTable(), sealTable(), tokenTable(), userInfoTable()} {
		all = append(all, table...)
	}
	return all
}

// Authorization changes the parameters of an authorization response.
func (p Plan) Authorization(l Login, params url.Values) {
	for _, m := range p.steps {
		if m.authorization != nil {
			m.authorization(l, params)
		}
	}
}

// Claims changes the payload of an ID token before it is signed.
func (p Plan) Claims(l Login, claims map[string]any) {
	for _, m := range p.steps {
		if m.claims != nil {
			m.claims(l, claims)
		}
	}
}

// Seal makes the compact form of an ID token from its payload: honestly (RS256, the published key)
// unless a mutation says otherwise.
func (p Plan) Seal(l Login, payload []byte) (string, error) {
	for _, m := range p.steps {
		if m.seal != nil {
			return m.seal(l, payload)
		}
	}
	return Sign(l.Key, l.KeyID, payload)
}

// Tokens changes the members of a token response.
func (p Plan) Tokens(l Login, response map[string]any) {
	for _, m := range p.steps {
		if m.tokens != nil {
			m.tokens(l, response)
		}
	}
}

// UserInfo changes the members of a userinfo response.
func (p Plan) UserInfo(l Login, info map[string]any) {
	for _, m := range p.steps {
		if m.userInfo != nil {
			m.userInfo(l, info)
		}
	}
}
