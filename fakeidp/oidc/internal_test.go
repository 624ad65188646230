package oidc

import (
	"bytes"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
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

// A persona that can be loaded has its place beside the others, as the IdP's own or not, or is told why not.
func FuzzPersonaFiles(f *testing.F) {
	f.Add("name: acme\nextends: entra-default\noidc:\n  tenant: acme.example\n  tenantAliases: [a, b]")
	f.Add("name: oidc\noidc:\n  issuerPath: /\n  groupOverage: link\n  groupsPath: /oidc/{user}/x\n  endpoints: {authorization: /a, token: /oidc/t/x, keys: /k}")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := persona.Load([]byte(text), "f")
		if err != nil {
			return
		}
		for _, own := range []string{p.Name, "okta-oin"} {
			issuers, err := New(Options{PublicURL: "https://idp.example", Personas: append(persona.All(), p), Own: own, Directory: nobody{}})
			if err != nil {
				continue
			}
			mux := http.NewServeMux()
			issuers.Register(mux) // panics at a pattern that cannot be
			address := strings.TrimSuffix(issuers.Issuer(p.Name), "/") + discoveryPath
			if _, pattern := mux.Handler(httptest.NewRequest(http.MethodGet, address, nil)); !strings.HasSuffix(pattern, discoveryPath) {
				t.Errorf("%s is served by %q", address, pattern)
			}
		}
	})
}

// nobody is a directory that nobody asks.
type nobody struct{ Directory }
