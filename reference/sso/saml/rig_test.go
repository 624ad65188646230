package saml_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	fakesaml "assay/fakeidp/saml"
	"assay/reference/sso/saml"
)

const (
	ada   = "ada@example.test"
	grace = "grace@example.test"
	site  = "https://sp.example.test/saml/acme"
)

// idp is a fake identity provider that is called without a network.
type idp struct {
	provider  *fakesaml.Provider
	directory *directory.Directory
	clock     *clock
}

// clock is the time of both sides.
type clock struct {
	mu  sync.Mutex
	off time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.off)
}

func (c *clock) wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off += d
}

func newIDP(t testing.TB) *idp {
	t.Helper()
	i := &idp{directory: directory.New(), clock: &clock{}}
	var err error
	i.provider, err = fakesaml.New(fakesaml.Options{PublicURL: "https://idp.example.test", Directory: i.directory, Now: i.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{ada, grace} {
		if _, err := i.directory.CreatePerson(control.Person{Login: login, Email: login, GivenName: strings.Split(login, "@")[0], FamilyName: "O'Neil <x>"}); err != nil {
			t.Fatal(err)
		}
	}
	return i
}

// serve calls the provider as a browser does.
func (i *idp) serve(t testing.TB, method, target string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	i.provider.ServeHTTP(w, r)
	return w
}

var key = sync.OnceValues(func() (*saml.Credential, error) { return saml.NewCredential("test", time.Now()) })

// party is a service provider and the app at the identity provider that knows it.
type party struct {
	*saml.ServiceProvider
	at  *idp
	app control.App
	idp saml.IdentityProvider
	n   int
}

func newParty(t testing.TB, i *idp, persona string, change func(*control.SAML)) *party {
	t.Helper()
	credential, err := key()
	if err != nil {
		t.Fatal(err)
	}
	sp, err := saml.New(saml.Options{EntityID: site, ACS: site + "/acs", Logout: site + "/logout", Credential: credential,
		Replays: saml.NewMemoryReplays(i.clock.now), Now: i.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	p := &party{ServiceProvider: sp, at: i}
	shown := certificates(t, p.metadata(t))
	registered := &control.SAML{EntityID: sp.EntityID, ACS: []string{sp.ACS}, Logout: sp.Logout, Certificate: shown[0]}
	if change != nil {
		change(registered)
	}
	if p.app, err = i.directory.CreateApp(control.App{Persona: persona, SAML: registered}); err != nil {
		t.Fatal(err)
	}
	for _, person := range i.directory.People() {
		if err := i.directory.Assign(p.app.ID, person.ID); err != nil {
			t.Fatal(err)
		}
	}
	p.idp = p.imported(t)
	return p
}

func (p *party) metadata(t testing.TB) string {
	t.Helper()
	raw, err := p.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// described is the metadata of the app's identity provider.
func (p *party) described(t testing.TB) string {
	t.Helper()
	return p.at.serve(t, http.MethodGet, p.at.provider.Metadata(p.app), nil).Body.String()
}

func (p *party) imported(t testing.TB) saml.IdentityProvider {
	t.Helper()
	found, err := saml.ParseMetadata([]byte(p.described(t)), saml.Terms{Now: p.at.clock.now()})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var shownCertificate = regexp.MustCompile(`X509Certificate>([^<]+)<`)

func certificates(t testing.TB, metadata string) []string {
	t.Helper()
	var all []string
	for _, found := range shownCertificate.FindAllStringSubmatch(metadata, -1) {
		all = append(all, found[1])
	}
	if len(all) == 0 {
		t.Fatalf("no certificate in %s", metadata)
	}
	return all
}

// fields are the hidden fields of the form in a page, which may be large.
func fields(page string) url.Values {
	form := url.Values{}
	for {
		_, after, ok := strings.Cut(page, `<input type="hidden" name="`)
		name, after, named := strings.Cut(after, `" value="`)
		value, rest, closed := strings.Cut(after, `">`)
		if !ok || !named || !closed {
			return form
		}
		form.Set(html.UnescapeString(name), html.UnescapeString(value))
		page = rest
	}
}

// carry brings a message to the identity provider and returns the form of the page that it answers with.
func (p *party) carry(t testing.TB, out saml.Outgoing) url.Values {
	t.Helper()
	method := http.MethodGet
	if out.Form != nil {
		method = http.MethodPost
	}
	answer := p.at.serve(t, method, out.URL, out.Form)
	form := fields(answer.Body.String())
	if len(form) == 0 {
		t.Fatalf("no form in %d %s", answer.Code, answer.Body)
	}
	return form
}

// answered asks for a sign-on and returns the answer and the ID of the request.
func (p *party) answered(t testing.TB, person string, mutations ...string) (encoded, request string) {
	t.Helper()
	p.n++
	relay := fmt.Sprintf("relay-%s-%d", p.app.ID, p.n)
	if err := p.at.provider.Grant(control.Grant{State: relay, Person: person, Mutations: mutations}); err != nil {
		t.Fatal(err)
	}
	out, err := p.AuthnRequest(p.idp, relay)
	if err != nil {
		t.Fatal(err)
	}
	form := p.carry(t, out)
	if form.Get("RelayState") != relay {
		t.Fatalf("RelayState %q, want %q", form.Get("RelayState"), relay)
	}
	return form.Get("SAMLResponse"), out.ID
}

// login asks for a sign-on and judges the answer.
func (p *party) login(t testing.TB, person string, mutations ...string) (saml.Assertion, error) {
	t.Helper()
	encoded, request := p.answered(t, person, mutations...)
	return p.Response(t.Context(), p.idp, encoded, request)
}

func reasonOf(err error) saml.Reason {
	var refusal *saml.Refusal
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return ""
}

func decoded(t testing.TB, encoded string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func encodedAs(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
