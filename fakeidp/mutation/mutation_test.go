package mutation

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestTableIsSound(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range All() {
		functions := 0
		for _, set := range []bool{m.authorization != nil, m.claims != nil, m.seal != nil, m.tokens != nil, m.userInfo != nil} {
			if set {
				functions++
			}
		}
		if functions != 1 {
			t.Errorf("%s works at %d stages", m.Name, functions)
		}
		if seen[m.Name] || m.Name != strings.ToLower(m.Name) || strings.ContainsAny(m.Name, " _.") {
			t.Errorf("name %q is taken, or is not in lower case with dashes", m.Name)
		}
		seen[m.Name] = true
		if !strings.Contains(m.Text, "(RFC ") && !strings.Contains(m.Text, "(Core ") {
			t.Errorf("%s does not say which rule it breaks", m.Name)
		}
	}
}

func TestResolve(t *testing.T) {
	if _, err := Resolve([]string{"wrong-nonse"}); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "wrong-nonce") {
		t.Errorf("unknown name: %v", err)
	}
	if _, err := Resolve([]string{"alg-none", "bad-signature"}); !errors.Is(err, ErrConflict) {
		t.Errorf("two seals: %v", err)
	}
	plan, err := Resolve([]string{"wrong-nonce", "missing-sub", "missing-state"})
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{"nonce": "n", "sub": "s", "aud": "a"}
	plan.Claims(Login{}, claims)
	if len(claims) != 2 || claims["nonce"] != otherNonce {
		t.Errorf("claims %v", claims)
	}
	params := url.Values{"state": {"s"}, "code": {"c"}}
	plan.Authorization(Login{}, params)
	if params.Has("state") || !params.Has("code") {
		t.Errorf("params %v", params)
	}
}

func TestZeroPlanIsHonest(t *testing.T) {
	claims := map[string]any{"sub": "s"}
	params := url.Values{"state": {"s"}}
	var plan Plan
	plan.Claims(Login{}, claims)
	plan.Tokens(Login{}, claims)
	plan.UserInfo(Login{}, claims)
	plan.Authorization(Login{}, params)
	if len(claims) != 1 || claims["sub"] != "s" || !slices.Equal(params["state"], []string{"s"}) {
		t.Errorf("claims %v, params %v", claims, params)
	}
}
