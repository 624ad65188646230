package oidc

import (
	"bytes"
	"fmt"
	"log"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"assay/fakeidp/control"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

func TestExpiring(t *testing.T) {
	now := time.Unix(1000, 0)
	e := newExpiring[int](time.Minute, 3, func() time.Time { return now })
	for i := range 5 {
		e.put(fmt.Sprint(i), i)
	}
	for i := range 5 {
		if _, ok := e.get(fmt.Sprint(i)); ok != (i >= 2) {
			t.Errorf("with a limit of three: entry %d is there: %t", i, ok)
		}
	}
	if v, ok := e.take("4"); !ok || v != 4 {
		t.Errorf("take: %d %t", v, ok)
	}
	if _, ok := e.take("4"); ok {
		t.Error("taken twice")
	}
	now = now.Add(30 * time.Second)
	e.put("2", 20)
	now = now.Add(30 * time.Second)
	if _, ok := e.get("3"); ok {
		t.Error("an entry outlived its lifetime")
	}
	if v, ok := e.update("2", func(v *int) { *v++ }); !ok || v != 21 {
		t.Errorf("a renewed entry: %d %t", v, ok)
	}
	e.deleteWhere(func(v int) bool { return v == 21 })
	if len(e.items) != 0 || e.order.Len() != 0 {
		t.Errorf("left: %d items, %d in order", len(e.items), e.order.Len())
	}
}

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
		got, err := url.Parse(denial(authRequest(to.String(), state, ""), refusal{code: "access_denied"}).url())
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
		fragment := denial(authRequest(to.String(), state, "fragment"), refusal{code: "access_denied"}).url()
		before, after, _ := strings.Cut(fragment, "#")
		if values, err := url.ParseQuery(after); err != nil || before != to.String() || values.Get("state") != state {
			t.Errorf("fragment answer %s", fragment)
		}
	})
}
