package oidc

import (
	"bytes"
	"log"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"assay/fakeidp/control"
	"assay/fakeidp/mutation"
	"assay/fakeidp/persona"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

func TestVisitsForgetTheOldest(t *testing.T) {
	var v visits
	for i := range maxVisits + 7 {
		v.add(control.Visit{Client: "c", Status: i})
	}
	kept := v.of("c")
	if len(kept) != maxVisits || kept[0].Status != 7 || kept[maxVisits-1].Status != maxVisits+6 {
		t.Errorf("%d kept, from %d to %d", len(kept), kept[0].Status, kept[len(kept)-1].Status)
	}
}

// slog's own default handler writes through the log package, which slog.SetDefault redirects to the
// default handler: wrapping it carelessly makes a program wait for itself.
func TestSilenceLibraryKeepsTheStandardLoggers(t *testing.T) {
	silenceLibrary()
	var out bytes.Buffer
	before := log.Writer()
	log.SetOutput(&out)
	defer log.SetOutput(before)
	slog.Info("by slog")
	log.Print("by log")
	if got := out.String(); strings.Count(got, "by slog") != 1 || strings.Count(got, "by log") != 1 {
		t.Errorf("log has %q", got)
	}
	silenceLibrary()
	if _, twice := slog.Default().Handler().(quiet).next.(quiet); twice {
		t.Error("wrapped twice")
	}
}

func authRequest(to, state, mode string) *oidc.AuthRequest {
	return &oidc.AuthRequest{RedirectURI: to, State: state, ResponseMode: oidc.ResponseMode(mode)}
}

// A registered redirect URI gets the parameters and keeps its own, whatever the state contains.
func FuzzAnswerURL(f *testing.F) {
	f.Add("x=1", "state")
	f.Add("", "a&b=c#d\r\n")
	f.Fuzz(func(t *testing.T, query, state string) {
		own, err := url.ParseQuery(query)
		if err != nil || own.Has("state") {
			t.Skip("such a URI would be registered by nobody")
		}
		to := url.URL{Scheme: "https", Host: "app.example", Path: "/cb", RawQuery: own.Encode()}
		got, err := url.Parse((&Provider{}).denial(authRequest(to.String(), state, ""), refusal{code: "access_denied"}).url())
		if err != nil {
			t.Fatal(err)
		}
		if got.Query().Get("state") != state || got.Host != "app.example" || got.Fragment != "" {
			t.Errorf("%s for state %q", got, state)
		}
		for name := range own {
			if got.Query().Get(name) != own.Get(name) && name != "error" && name != "error_description" {
				t.Errorf("%s has lost %q", got, name)
			}
		}
		fragment := (&Provider{}).denial(authRequest(to.String(), state, "fragment"), refusal{code: "access_denied"}).url()
		before, after, _ := strings.Cut(fragment, "#")
		if values, err := url.ParseQuery(after); err != nil || before != to.String() || values.Get("state") != state {
			t.Errorf("fragment answer %s", fragment)
		}
	})
}

// Whatever a client sends for a token or an assertion is read or refused.
func FuzzTokensOfClients(f *testing.F) {
	face := persona.Generic().OIDC
	p := newProvider(newShared(Options{}), "https://idp.example", "", face)
	key, err := p.keys.forSigning()
	if err != nil {
		f.Fatal(err)
	}
	good, err := mutation.Sign(key.private, key.id, []byte(`{"iss":"https://idp.example/oidc","sub":"s","aud":"c"}`))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{good, "", "..", "e30.e30.", good + ".", `{"payload":"e30","signatures":[]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if h, err := p.readHint(text); err == nil && h != (hint{Issuer: p.issuer, Subject: "s", Audience: "c"}) {
			t.Errorf("%q is an ID token: %+v", text, h)
		}
		app := control.App{ClientID: "c", AuthMethod: methodKey, JWKS: []byte(`{"keys":[]}`)}
		credentials := &op.ClientCredentials{ClientAssertion: text}
		clientIDOf(credentials)
		if err := p.checkAssertion(app, credentials); err == nil {
			t.Errorf("%q authenticates a client without keys", text)
		}
	})
}
