package oidc_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"assay/fakeidp/control"
	"assay/fakeidp/oidc"
	"assay/fakeidp/outage"
)

// An outage concerns the requests of its app at its endpoint, shows in the visits, and ends.
func TestOutages(t *testing.T) {
	r := newRig(t)
	r.browser.Transport = &http.Transport{DisableKeepAlives: true} // so that Go does not try again
	app, _ := r.house.AppByClient(clientID)
	cut, err := r.provider.AddOutage(app, control.Outage{Kind: "reset", Endpoint: "token"})
	if err != nil || cut.App != app.ID {
		t.Fatalf("%+v, %v", cut, err)
	}
	params, verifier := r.request()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {r.login(params, "ada@example.test").Get("code")}, "redirect_uri": {redirectURI}, "code_verifier": {verifier}}
	ask := func(client string) (int, error) {
		req, err := http.NewRequest(http.MethodPost, r.issuer+"/v1/token", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", basicAuth(client, clientSecret))
		res, err := r.browser.Do(req)
		if err != nil {
			return 0, err
		}
		return res.StatusCode, res.Body.Close()
	}
	if status, err := ask(clientID); err == nil {
		t.Errorf("the app's own request: %d", status)
	}
	if status, err := ask("0oaOther"); err != nil || status != http.StatusBadRequest { // the code is another's
		t.Errorf("another app's request: %d, %v", status, err)
	}
	if got := r.provider.Outages(); len(got) != 1 || got[0].Served != 1 || got[0].App != app.ID {
		t.Errorf("outages %+v", got)
	}
	visits := r.provider.Visits(clientID)
	if last := visits[len(visits)-1]; last.Path != "token" || last.Outage != "reset" {
		t.Errorf("visit %+v", last)
	}
	if err := r.provider.EndOutage(cut.ID); err != nil {
		t.Fatal(err)
	}
	if status, err := ask(clientID); err != nil || status != http.StatusOK {
		t.Errorf("after the end: %d, %v", status, err)
	}
	if err := r.provider.EndOutage(cut.ID); !errors.Is(err, oidc.ErrUnknownOutage) {
		t.Errorf("ended twice: %v", err)
	}
}

// Discovery and keys belong to everybody. A cut answer leaves a visit too.
func TestOutagesOfDocuments(t *testing.T) {
	r := newRig(t)
	app, _ := r.house.AppByClient(clientID)
	if _, err := r.provider.AddOutage(app, control.Outage{Kind: "truncated", Endpoint: "keys", Times: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.provider.AddOutage(app, control.Outage{Kind: "redirect-loop", Endpoint: "discovery"}); err != nil {
		t.Fatal(err)
	}
	res, err := r.browser.Get(r.issuer + "/v1/keys")
	if err != nil {
		t.Fatal(err)
	}
	half, err := io.ReadAll(res.Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || int64(len(half)) != res.ContentLength/2 {
		t.Errorf("read %d of %d bytes, %v", len(half), res.ContentLength, err)
	}
	_ = res.Body.Close()
	if visits := r.provider.Visits(""); len(visits) != 1 || visits[0].Outage != "truncated" {
		t.Errorf("visits %+v", visits)
	}
	const path = "/.well-known/openid-configuration"
	if res, _ := r.get(r.issuer + path); res.StatusCode != http.StatusTemporaryRedirect || res.Header.Get("Location") != "/oauth2/default"+path {
		t.Errorf("loop: %s to %s", res.Status, res.Header.Get("Location"))
	}
	r.provider.EndOutages()
	if res, _ := r.get(r.issuer + path); res.StatusCode != http.StatusOK {
		t.Errorf("after the end: %s", res.Status)
	}
	for _, o := range []control.Outage{{Kind: "reset", Endpoint: "login"}, {Kind: "slow", Delay: "soon"}, {Kind: "sleepy"}} {
		if _, err := r.provider.AddOutage(app, o); !errors.Is(err, outage.ErrOrder) && !errors.Is(err, outage.ErrKind) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
