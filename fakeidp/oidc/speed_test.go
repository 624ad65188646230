package oidc_test

import (
	"testing"
	"time"

	"assay/fakeidp/control"
)

// A login (grant, authorize, token, userinfo) is three RSA signatures and three round trips.
func TestMachineLoginIsQuick(t *testing.T) {
	r := newRig(t)
	const logins, budget = 20, 100 * time.Millisecond // each; a login takes about 3 ms where the machine is free
	start := time.Now()
	for range logins {
		params, verifier := r.request()
		if err := r.provider.Grant(control.Grant{State: params.Get("state"), Person: "ada@example.test"}); err != nil {
			t.Fatal(err)
		}
		_, tokens := r.exchange(r.authorize(params).Get("code"), verifier)
		r.userInfo(text(tokens, "access_token"))
	}
	each := time.Since(start) / logins
	t.Logf("%s each", each)
	if each > budget {
		t.Errorf("a login takes %s, more than %s", each, budget)
	}
}
