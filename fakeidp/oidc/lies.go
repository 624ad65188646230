package oidc

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"assay/fakeidp/control"
	"assay/fakeidp/mutation"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// lies is what the handler of a request finds out for the wrapper that makes its answer lie: the mutations of the login
// it is about, and what they may know.
type lies struct {
	plan    mutation.Plan
	facts   mutation.Login
	refresh bool // the tokens are those of a refresh
}

type liesKey struct{}

// liesOf is the lies of the request; about fills them.
func liesOf(ctx context.Context) *lies {
	if l, ok := ctx.Value(liesKey{}).(*lies); ok {
		return l
	}
	return &lies{}
}

func (l *lies) about(plan mutation.Plan, facts mutation.Login) { l.plan, l.facts = plan, facts }

// liar changes an honest answer as the mutations say.
type liar func(*lies, *mutation.Reply) error

// wrap is the seam between the honest endpoints and the hostile ones: the answer is held back until it is changed.
func (change liar) wrap(honest http.Handler) http.Handler {
	if change == nil {
		return honest
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found := &lies{}
		reply := mutation.Hold(honest, r.WithContext(context.WithValue(r.Context(), liesKey{}, found)), w.Header())
		if err := change(found, reply); err != nil {
			loggerOf(r.Context()).Error("mutation", "error", err)
			fail(w, http.StatusInternalServerError, "server_error", "The answer could not be made: "+err.Error())
			return
		}
		reply.Send(w)
	})
}

// edit changes the members of a JSON answer.
func edit(r *mutation.Reply, change func(map[string]any) error) error {
	members, err := object(r.Body)
	if err != nil {
		return err
	}
	if err := change(members); err != nil {
		return err
	}
	r.Body, err = json.Marshal(members)
	return err
}

// object reads a JSON object and keeps its numbers as they are.
func object(data []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	return members, nil
}

// payloadOf reads the claims of one of our own tokens.
func payloadOf(token string) (map[string]any, error) {
	segments := strings.Split(token, ".")
	if len(segments) != 3 {
		return nil, errors.New("it has not three segments")
	}
	payload, err := base64.RawURLEncoding.DecodeString(segments[1])
	if err != nil {
		return nil, fmt.Errorf("decode payload: %w", err)
	}
	return object(payload)
}

func (p *Provider) lieDiscovery(_ *lies, r *mutation.Reply) error {
	return p.publish(mutation.Discovery, mutation.DiscoveryReply, r)
}

func (p *Provider) lieKeys(_ *lies, r *mutation.Reply) error {
	return p.publish(mutation.Keys, mutation.KeysReply, r)
}

// publish answers with a document of the issuer, which has the lies of all apps: nobody says for which one it is read.
func (p *Provider) publish(members, whole mutation.Stage, r *mutation.Reply) error {
	plan := p.habits.all(func(client string) bool { _, ours := p.app(client); return ours })
	if plan.Empty() || r.Status != http.StatusOK {
		return nil
	}
	facts, err := p.issuerFacts()
	if err != nil {
		return err
	}
	r.Header.Set("Cache-Control", "no-store") // so that it ends when it is switched off
	err = edit(r, func(m map[string]any) error { return plan.Edit(members, facts, m) })
	if err != nil {
		return err
	}
	return plan.Reply(whole, facts, r)
}

func (p *Provider) lieTokens(l *lies, r *mutation.Reply) error {
	if l.plan.Empty() || r.Status != http.StatusOK {
		return nil
	}
	err := edit(r, func(m map[string]any) error {
		l.facts.AccessToken, _ = m["access_token"].(string)
		if honest, ok := m["id_token"].(string); ok {
			token, err := l.idToken(honest)
			if err != nil {
				return err
			}
			m["id_token"] = token
		}
		return l.plan.Edit(mutation.Tokens, l.facts, m)
	})
	if err != nil {
		return err
	}
	if l.refresh {
		return l.plan.Reply(mutation.RefreshReply, l.facts, r)
	}
	return l.plan.Reply(mutation.TokenReply, l.facts, r)
}

// idToken makes of an honest ID token the one that the plan wants. The claims of one that comes by refresh have a stage of their own;
// its seal has not, so that what an app is given for good after the first login works on it.
func (l *lies) idToken(honest string) (string, error) {
	claims, err := payloadOf(honest)
	if err != nil {
		return "", fmt.Errorf("read ID token: %w", err)
	}
	stages := []mutation.Stage{mutation.Person, mutation.Claims}
	if l.refresh {
		stages = []mutation.Stage{mutation.Person, mutation.Refreshed}
	}
	for _, stage := range stages {
		if err := l.plan.Edit(stage, l.facts, claims); err != nil {
			return "", err
		}
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode ID token: %w", err)
	}
	return l.plan.Seal(mutation.Seal, l.facts, l.plan.Payload(l.facts, payload), "")
}

func (p *Provider) lieUserInfo(l *lies, r *mutation.Reply) error {
	if l.plan.Empty() || r.Status != http.StatusOK {
		return nil
	}
	err := edit(r, func(m map[string]any) error {
		if err := l.plan.Edit(mutation.Person, l.facts, m); err != nil {
			return err
		}
		return l.plan.Edit(mutation.UserInfo, l.facts, m)
	})
	if err != nil {
		return err
	}
	return l.plan.Reply(mutation.UserInfoReply, l.facts, r)
}

// distort changes an authorization response as the login's mutations say.
func (p *Provider) distort(l login, a answer) answer {
	told := mutation.Answer{Params: a.params, Fragment: a.mode == oidc.ResponseModeFragment}
	p.plan(l).Answer(mutation.Authorization, p.facts(l), &told)
	a.params = told.Params
	switch {
	case told.Fragment:
		a.mode = oidc.ResponseModeFragment
	case a.mode == oidc.ResponseModeFragment:
		a.mode = oidc.ResponseModeQuery
	}
	return a
}

// plan is the mutations of a login: its own, and then those that its client has now.
func (p *Provider) plan(l login) mutation.Plan {
	return l.plan.And(p.habits.of(l.request.ClientID).plan)
}

// facts are what the mutations of a login may know.
func (p *Provider) facts(l login) mutation.Login {
	facts, err := p.issuerFacts()
	if err != nil {
		p.logger.Error("keys", "error", err) // whatever needs them fails on its own
	}
	facts.ClientID = l.request.ClientID
	facts.Stranger = func() string { return p.subjectOf(p.strangerTo(l.person.ID), l.request.ClientID) }
	facts.StrangerEmail = func() string { return p.strangerTo(l.person.ID).Email }
	return facts
}

func (p *Provider) issuerFacts() (mutation.Login, error) {
	key, err := p.keys.current()
	return mutation.Login{Issuer: p.issuer, Now: p.now(), Key: key.private, KeyID: key.id, Stock: p.stock}, err
}

// strangerTo is the first person in the directory who is another.
func (p *Provider) strangerTo(personID string) control.Person {
	for _, person := range p.directory.People() {
		if person.ID != personID {
			return person
		}
	}
	return control.Person{ID: "00uNobodyAtAll000000", Login: "nobody@other-idp.invalid", Email: "nobody@other-idp.invalid"}
}
