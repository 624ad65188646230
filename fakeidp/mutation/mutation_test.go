package mutation

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The tables say everything that a stranger needs: what happens, where the rule stands, which row of the catalogue it serves.
func TestTableIsSound(t *testing.T) {
	name, row := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`), regexp.MustCompile(`^(OIDC|SSO)-[A-Z]+-\d\d$`)
	rule := regexp.MustCompile(`\((RFC \d|Core \d|Discovery \d|Back-Channel |Front-Channel |RP-Initiated |vendor|draft)|(RFC \d{4} section)`)
	seen := map[string]bool{}
	for _, m := range All() {
		functions := 0
		for _, set := range []bool{m.members != nil, m.answer != nil, m.payload != nil, m.seal != nil, m.reply != nil} {
			if set {
				functions++
			}
		}
		if functions != 1 || m.Stage == "" {
			t.Errorf("%s has %d functions at stage %q", m.Name, functions, m.Stage)
		}
		if seen[m.Name] || !name.MatchString(m.Name) {
			t.Errorf("name %q is taken, or is not in lower case with dashes", m.Name)
		}
		seen[m.Name] = true
		if !rule.MatchString(m.Text) {
			t.Errorf("%s does not say which rule it is about: %s", m.Name, m.Text)
		}
		if len(m.Rows) == 0 || slices.ContainsFunc(m.Rows, func(r string) bool { return !row.MatchString(r) }) {
			t.Errorf("%s serves %q", m.Name, m.Rows)
		}
	}
}

// What a text says that goes with the mutation is there.
func TestCompanionsExist(t *testing.T) {
	companion := regexp.MustCompile(`go with ([a-z0-9-]+)(?: and ([a-z0-9-]+))?`)
	for _, m := range All() {
		for _, found := range companion.FindAllStringSubmatch(m.Text, -1) {
			for _, other := range found[1:] {
				if other != "" && other != "the" && !slices.Contains(Names(), other) {
					t.Errorf("%s goes with %s, which is not there", m.Name, other)
				}
			}
		}
	}
}

func TestResolve(t *testing.T) {
	for _, test := range []struct {
		names   []string
		resolve func([]string) (Plan, error)
		want    error
		text    string
	}{
		{[]string{"wrong-nonse"}, Resolve, ErrUnknown, "wrong-nonce"},
		{[]string{"alg-none", "bad-signature"}, Resolve, ErrConflict, "alg-none and bad-signature"},
		{[]string{"token-html", "token-server-error"}, Resolve, ErrConflict, "token response"},
		{[]string{"missing-nonce=x"}, Resolve, ErrParameter, "missing-nonce=x"},
		{[]string{"jwks-empty"}, ResolveLogin, ErrStage, "key set"},
		{[]string{"logout-nobody"}, ResolveLogin, ErrStage, "logout token"},
		{[]string{"wrong-nonce"}, ResolveLogout, ErrStage, "ID token"},
		{[]string{"wrong-nonce=x", "alg-none", "token-html", "userinfo-html", "sub=y"}, ResolveLogin, nil, ""},
		{[]string{"logout-nobody", "logout-alg-none"}, ResolveLogout, nil, ""},
		{[]string{"jwks-empty", "logout-nobody", "wrong-nonce"}, Resolve, nil, ""},
	} {
		if _, err := test.resolve(test.names); !errors.Is(err, test.want) || err != nil && !strings.Contains(err.Error(), test.text) {
			t.Errorf("%q: %v, want %v with %q", test.names, err, test.want, test.text)
		}
	}
}

// Every mutation that takes a parameter uses it.
func TestParametersAreUsed(t *testing.T) {
	stranger := func() string { return "stranger" }
	l := Login{Issuer: "https://idp.example", ClientID: "client", Stranger: stranger, StrangerEmail: stranger, Now: time.Unix(1e9, 0), Stock: NewStock()}
	key, err := l.Stock.Foreign()
	if err != nil {
		t.Fatal(err)
	}
	l.Key, l.KeyID = key, "kid"
	for _, m := range All() {
		if m.Takes == "" {
			continue
		}
		if bare, with := apply(t, m.Name, l), apply(t, m.Name+"=77", l); bare == with {
			t.Errorf("%s: the parameter changes nothing: %s", m.Name, with)
		}
	}
}

// apply gives everything that a plan makes of small honest things.
func apply(t *testing.T, name string, l Login) string {
	t.Helper()
	plan, err := Resolve([]string{name})
	if err != nil {
		t.Fatal(err)
	}
	s := plan.steps[0].Stage
	members := map[string]any{"keys": []any{map[string]any{"kid": "kid"}}}
	params := &Answer{Params: url.Values{"state": {"s"}, "code": {"c"}}}
	reply := &Reply{Status: 200, Header: map[string][]string{}}
	token := ""
	switch m := plan.steps[0]; {
	case m.members != nil:
		err = plan.Edit(s, l, members)
	case m.answer != nil:
		plan.Answer(s, l, params)
	case m.reply != nil:
		err = plan.Reply(s, l, reply)
	case m.seal != nil:
		token, err = plan.Seal(s, l, []byte("{}"), "")
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(encode(members)) + params.Params.Encode() + reply.Header.Get("Location") + token
}

func TestZeroPlanIsHonest(t *testing.T) {
	claims := map[string]any{"sub": "s"}
	answer := &Answer{Params: url.Values{"state": {"s"}}}
	reply := &Reply{Status: 200, Body: []byte("{}")}
	var plan Plan
	for _, s := range []Stage{Claims, Tokens, UserInfo, Person, Keys, Discovery, LogoutClaims} {
		if err := plan.Edit(s, Login{}, claims); err != nil {
			t.Error(err)
		}
	}
	plan.Answer(Authorization, Login{}, answer)
	if err := plan.Reply(TokenReply, Login{}, reply); err != nil || string(reply.Body) != "{}" {
		t.Errorf("reply %+v, %v", reply, err)
	}
	if len(claims) != 1 || claims["sub"] != "s" || answer.Params.Encode() != "state=s" || string(plan.Payload(Login{}, []byte("{}"))) != "{}" || !plan.Empty() {
		t.Errorf("claims %v, answer %v", claims, answer)
	}
}
