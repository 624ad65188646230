package oidc_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/oidc"
	"assay/fakeidp/persona"
)

const (
	clientID     = "0oaTestClient00000001"
	clientSecret = "s3cret: with+signs/and %"
	redirectURI  = "https://app.example/callback?tenant=a%20b"
)

// house is a small directory.
type house struct {
	people   []control.Person
	apps     []control.App
	assigned map[string]bool // person id
	groups   []string        // Ada's
}

func newHouse() *house {
	return &house{
		people: []control.Person{
			{ID: "00uAda00000000000001", Login: "ada@example.test", Email: "ada.byron@example.test", GivenName: "Ada", FamilyName: "Byron"},
			{ID: "00uGrace0000000000002", Login: "grace@example.test", Email: "grace@example.test", GivenName: "Grace", FamilyName: "<Hopper>"},
			{ID: "00uMallory000000000003", Login: "mallory@example.test", Email: "mallory@example.test", GivenName: "Mallory", FamilyName: "Out"},
			{ID: "00uSam00000000000004", Login: "sam@example.test", Email: "sam@example.test", GivenName: "Sam", FamilyName: "Suspended", Suspended: true},
		},
		apps: []control.App{
			{ID: "0oaApp1", Persona: "okta-oin", Name: "Acme <CRM>", ClientID: clientID, RedirectURIs: []string{redirectURI, "https://app.example/other"}},
			{ID: "0oaApp2", Persona: "okta-oin", Name: "Other", ClientID: "0oaOther", RedirectURIs: []string{redirectURI}},
		},
		groups:   []string{"Engineers", "Everyone"},
		assigned: map[string]bool{"00uAda00000000000001": true, "00uGrace0000000000002": true, "00uSam00000000000004": true},
	}
}

func (h *house) Person(key string) (control.Person, bool) {
	for _, p := range h.people {
		if strings.EqualFold(key, p.ID) || strings.EqualFold(key, p.Login) || strings.EqualFold(key, p.Email) {
			return p, true
		}
	}
	return control.Person{}, false
}

func (h *house) People() []control.Person { return h.people }

func (h *house) Users(app string) []control.Person {
	return slices.DeleteFunc(slices.Clone(h.people), func(p control.Person) bool { return p.Suspended || !h.Assigned(app, p.ID) })
}

func (h *house) GroupNames(id string) []string {
	if id == "00uAda00000000000001" {
		return slices.Clone(h.groups)
	}
	return nil
}

func (h *house) GroupIDs(id string) []string {
	names := h.GroupNames(id)
	for i, name := range names {
		names[i] = "00g" + name
	}
	return names
}

func (h *house) AppByClient(client string) (control.App, bool) {
	i := slices.IndexFunc(h.apps, func(a control.App) bool { return a.ClientID == client })
	if i < 0 {
		return control.App{}, false
	}
	return h.apps[i], true
}

func (h *house) CheckSecret(client, secret string) bool {
	app, known := h.AppByClient(client)
	return known && app.AuthMethod != "none" && secret == clientSecret
}

func (h *house) Assigned(app, person string) bool { return h.assigned[person] }

// keyPool hands out a few keys in turn: to make one takes longer than everything else in a test. Their ids are
// fresh each time.
type keyPool struct {
	make func() ([]*rsa.PrivateKey, error)
	turn atomic.Uint32
}

var pool = &keyPool{make: sync.OnceValues(func() ([]*rsa.PrivateKey, error) {
	keys := make([]*rsa.PrivateKey, 5)
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		keys[i] = key
	}
	return keys, nil
})}

func (p *keyPool) next() (*rsa.PrivateKey, error) {
	keys, err := p.make()
	if err != nil {
		return nil, err
	}
	return keys[int(p.turn.Add(1))%len(keys)], nil
}

// rig is a provider on a listener, and a browser that does not follow redirects.
type rig struct {
	*testing.T
	provider *oidc.Issuers
	house    *house
	issuer   string
	browser  *http.Client
}

func newRig(t *testing.T, change ...func(*oidc.Options)) *rig {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	h := newHouse()
	options := oidc.Options{PublicURL: server.URL, Personas: []persona.Persona{persona.OktaOIN()}, Directory: h, NewKey: pool.next}
	for _, c := range change {
		c(&options)
	}
	provider, err := oidc.New(options)
	if err != nil {
		t.Fatal(err)
	}
	provider.Register(mux)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &rig{T: t, provider: provider, house: h, issuer: provider.Issuer(options.Personas[0].Name), browser: browser}
}

// request is an authorization request with everything in it; changes set or (empty) remove parameters.
func (r *rig) request(changes ...string) (params url.Values, verifier string) {
	verifier = rand.Text() + rand.Text()
	sum := sha256.Sum256([]byte(verifier))
	params = url.Values{
		"client_id": {clientID}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "scope": {"openid profile email groups"},
		"state": {rand.Text()}, "nonce": {rand.Text()},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == "" {
			params.Del(changes[i])
			continue
		}
		params.Set(changes[i], changes[i+1])
	}
	return params, verifier
}

func (r *rig) get(address string) (*http.Response, string) {
	r.Helper()
	res, err := r.browser.Get(address)
	if err != nil {
		r.Fatal(err)
	}
	return r.read(res)
}

func (r *rig) post(address string, form url.Values, header ...string) (*http.Response, string) {
	r.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := r.browser.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	return r.read(res)
}

func (r *rig) read(res *http.Response) (*http.Response, string) {
	r.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		r.Fatal(err)
	}
	return res, string(body)
}

// authorize sends an authorization request and returns the parameters of the answer.
func (r *rig) authorize(params url.Values) url.Values {
	r.Helper()
	res, body := r.get(r.issuer + "/v1/authorize?" + params.Encode())
	target, err := res.Location()
	if err != nil {
		r.Fatalf("authorize: %s %s", res.Status, body)
	}
	return target.Query()
}

// login logs somebody in by machine and returns the code.
func (r *rig) login(params url.Values, person string, mutations ...string) url.Values {
	r.Helper()
	if err := r.provider.Grant(control.Grant{State: params.Get("state"), Person: person, Mutations: mutations}); err != nil {
		r.Fatal(err)
	}
	return r.authorize(params)
}

func basicAuth(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// exchange redeems a code with client_secret_basic; an empty verifier is left out.
func (r *rig) exchange(code, verifier string, changes ...string) (int, map[string]any) {
	r.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectURI}}
	if verifier != "" {
		form.Set("code_verifier", verifier)
	}
	for i := 0; i+1 < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	res, body := r.post(r.issuer+"/v1/token", form, "Authorization", basicAuth(clientID, clientSecret))
	return res.StatusCode, r.object(body)
}

func (r *rig) object(body string) map[string]any {
	r.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(body), &object); err != nil {
		r.Fatalf("not JSON: %v: %s", err, body)
	}
	return object
}

func (r *rig) userInfo(access string) (int, map[string]any) {
	r.Helper()
	req, err := http.NewRequest(http.MethodGet, r.issuer+"/v1/userinfo", nil)
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+access)
	res, err := r.browser.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	_, body := r.read(res)
	return res.StatusCode, r.object(body)
}

// part decodes one segment of a compact JWS.
func (r *rig) part(token string, i int) map[string]any {
	r.Helper()
	segments := strings.Split(token, ".")
	if len(segments) <= i {
		r.Fatalf("token has %d segments: %s", len(segments), token)
	}
	data, err := base64.RawURLEncoding.DecodeString(segments[i])
	if err != nil {
		r.Fatal(err)
	}
	return r.object(string(data))
}

func text(object map[string]any, key string) string {
	value, _ := object[key].(string)
	return value
}
