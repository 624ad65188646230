package fakeidp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	"assay/fakeidp/persona"
)

func start(t *testing.T, o Options) *IdP {
	t.Helper()
	idp, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Second)
		defer cancel()
		if err := idp.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return idp
}

func get(t *testing.T, target string) (int, string) {
	t.Helper()
	res, err := http.Get(target)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestPublicEndpoints(t *testing.T) {
	idp := start(t, Options{})
	if idp.Issuer != idp.PublicURL+"/oauth2/default" || !strings.HasPrefix(idp.PublicURL, "http://127.0.0.1:") {
		t.Errorf("issuer %s, public URL %s", idp.Issuer, idp.PublicURL)
	}
	status, page := get(t, idp.PublicURL+"/")
	if status != 200 || !strings.Contains(page, "fake identity provider") || !strings.Contains(page, idp.Issuer) || !strings.Contains(page, idp.PublicURL+"/oidc/2<") {
		t.Errorf("index %d: %s", status, page)
	}
	status, document := get(t, idp.Issuer+"/.well-known/openid-configuration")
	var discovery struct{ Issuer string }
	if err := json.Unmarshal([]byte(document), &discovery); err != nil || status != 200 || discovery.Issuer != idp.Issuer {
		t.Errorf("discovery %d, issuer %q, %v", status, discovery.Issuer, err)
	}
	if status, _ := get(t, idp.PublicURL+"/healthz"); status != 200 {
		t.Errorf("healthz %d", status)
	}
	for _, path := range []string{"/people", "/apps", "/grants", "/oauth2", "/oauth2/default/people"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, idp.PublicURL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+idp.ControlToken)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s on the public listener: %d", path, res.StatusCode)
		}
	}
	if strings.Contains(page+document, idp.ControlToken) || strings.Contains(page+document, idp.Control) {
		t.Error("the public listener tells of the control API")
	}
}

// Every persona can be played as it comes: its issuer serves its discovery document.
func TestEveryPersonaStarts(t *testing.T) {
	for _, p := range persona.All() {
		idp := start(t, Options{Persona: p.Name})
		status, document := get(t, idp.Issuer+"/.well-known/openid-configuration")
		if status != 200 || !strings.Contains(document, `"`+idp.Issuer+`"`) || idp.Issuer != idp.PublicURL+p.OIDC.Path(p.OIDC.IssuerPath.Value) {
			t.Errorf("%s: issuer %s, status %d, %s", p.Name, idp.Issuer, status, document)
		}
	}
}

// Apps of several personas at once: each is told its issuer, and each issuer is there, wherever the IdP listens.
func TestAppsOfSeveralPersonas(t *testing.T) {
	idp := start(t, Options{Persona: "entra-default", PublicURL: "https://idp.example.test"})
	c := control.NewClient(idp.Control, idp.ControlToken)
	for name, path := range map[string]string{
		"entra-default": "/11111111-1111-4111-8111-111111111111/v2.0", "okta-oin": "/oauth2/default", "google-unverified": "/google-unverified",
	} {
		app, err := c.CreateApp(t.Context(), control.App{Persona: name})
		if err != nil || app.Issuer != "https://idp.example.test"+path {
			t.Errorf("%s: %+v, %v", name, app, err)
		}
		if len(app.ID) != 36 {
			t.Errorf("%s: an app of a directory of Entra ID has the id %s", name, app.ID)
		}
		answer := httptest.NewRecorder()
		idp.public.Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path+"/.well-known/openid-configuration", nil))
		if answer.Code != 200 || !strings.Contains(answer.Body.String(), `"`+app.Issuer+`"`) {
			t.Errorf("%s: %d %s", name, answer.Code, answer.Body)
		}
	}
}

func TestIssuerFollowsThePublicURL(t *testing.T) {
	idp := start(t, Options{PublicURL: "https://idp.example.test/"})
	if idp.Issuer != "https://idp.example.test/oauth2/default" || idp.PublicURL != "https://idp.example.test" {
		t.Errorf("issuer %s, public URL %s", idp.Issuer, idp.PublicURL)
	}
	app, err := control.NewClient(idp.Control, idp.ControlToken).CreateApp(t.Context(), control.App{})
	if err != nil || app.Issuer != idp.Issuer {
		t.Errorf("app %+v, %v", app, err)
	}
}

// One login by machine, from the control API to the ID token: the parts are wired to each other.
func TestLoginByMachine(t *testing.T) {
	var logs bytes.Buffer
	idp := start(t, Options{
		Logger: slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Fill: func(d *directory.Directory, _ func(*control.App) error) error {
			_, person := d.CreatePerson(control.Person{Login: "ada", Email: "ada@example.test", GivenName: "Ada", FamilyName: "Byron"})
			_, group := d.CreateGroup(control.Group{Name: "Eng", Members: []string{"ada"}})
			return errors.Join(person, group)
		},
	})
	c := control.NewClient(idp.Control, idp.ControlToken)
	app, err := c.CreateApp(t.Context(), control.App{RedirectURIs: []string{"https://product.example/callback"}})
	if err != nil {
		t.Fatal(err)
	}
	people, err := c.People(t.Context())
	if err != nil || len(people) != 1 {
		t.Fatalf("people %v, %v", people, err)
	}
	if err := c.Assign(t.Context(), app.ID, people[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := c.Grant(t.Context(), control.Grant{State: "state-1", Person: "ada@example.test"}); err != nil {
		t.Fatal(err)
	}
	verifier := strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(verifier))
	code := authorize(t, idp.Issuer+"/v1/authorize?"+url.Values{
		"client_id": {app.ClientID}, "redirect_uri": app.RedirectURIs, "response_type": {"code"}, "scope": {"openid"},
		"state": {"state-1"}, "nonce": {"nonce-1"}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
	}.Encode())
	claims := exchange(t, idp.Issuer+"/v1/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": app.RedirectURIs, "code_verifier": {verifier},
		"client_id": {app.ClientID}, "client_secret": {app.ClientSecret},
	})
	if claims["iss"] != idp.Issuer || claims["sub"] != people[0].ID || claims["nonce"] != "nonce-1" {
		t.Errorf("claims %v", claims)
	}
	visits, err := c.Visits(t.Context(), app.ClientID)
	if err != nil || len(visits) < 2 {
		t.Errorf("visits %v, %v", visits, err)
	}
	text, err := json.Marshal(visits)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{idp.ControlToken, app.ClientSecret, verifier, code} {
		if strings.Contains(logs.String()+string(text), secret) {
			t.Error("a secret is in the log or the visits")
		}
	}
}

func authorize(t *testing.T, target string) string {
	t.Helper()
	client := http.Client{CheckRedirect: func(req *http.Request, _ []*http.Request) error {
		if req.URL.Host == "product.example" {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := client.Get(target)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	location, err := res.Location()
	if err != nil || location.Query().Get("state") != "state-1" || location.Query().Get("code") == "" {
		t.Fatalf("status %d, location %v, %v", res.StatusCode, location, err)
	}
	return location.Query().Get("code")
}

func exchange(t *testing.T, target string, form url.Values) map[string]any {
	t.Helper()
	res, err := http.PostForm(target, form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		IDToken string `json:"id_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != 200 {
		t.Fatalf("token: %d, %v", res.StatusCode, err)
	}
	parts := strings.Split(answer.IDToken, ".")
	if len(parts) != 3 {
		t.Fatal("no ID token")
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestStartRefuses(t *testing.T) {
	taken := start(t, Options{})
	busy := strings.TrimPrefix(taken.PublicURL, "http://")
	tests := map[string]struct {
		options Options
		want    string
	}{
		"persona":      {Options{Persona: "acme"}, "okta-oin"},
		"busy port":    {Options{Addr: busy}, "public endpoints"},
		"busy control": {Options{ControlAddr: busy}, "control API"},
		"URL path":     {Options{PublicURL: "https://a.example/idp"}, "public URL"},
		"URL scheme":   {Options{PublicURL: "ftp://a.example"}, "public URL"},
		"URL user":     {Options{PublicURL: "https://u:secret@a.example"}, "public URL"},
		"directory":    {Options{Fill: func(*directory.Directory, func(*control.App) error) error { return errors.New("people[3]") }}, "people[3]"},
		"app": {Options{Fill: func(_ *directory.Directory, prepare func(*control.App) error) error {
			return prepare(&control.App{Persona: "none"})
		}}, `"none" is none of okta-oin`},
	}
	for name, test := range tests {
		idp, err := Start(t.Context(), test.options)
		if err == nil {
			_ = idp.Close(t.Context())
			t.Errorf("%s: started", name)
			continue
		}
		if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCloseEndsBothListeners(t *testing.T) {
	idp, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := idp.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{idp.PublicURL, idp.Control} {
		if res, err := http.Get(target + "/healthz"); err == nil {
			_ = res.Body.Close()
			t.Errorf("%s still answers", target)
		}
	}
	select {
	case err := <-idp.Failed():
		t.Errorf("a listener reports %v", err)
	default:
	}
}
