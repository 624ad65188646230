package reference_test

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"html"
	"io"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/fakeidp"
	"assay/fakeidp/control"
	"assay/reference"
)

// federation is a reference and a fake IdP that know each other by SAML, with two people provisioned.
type federation struct {
	*reference.Server
	t          *testing.T
	idp        *control.Client
	app        control.App
	ada, grace control.Person
}

func newFederation(t *testing.T, persona string, change ...func(*control.SAML)) *federation {
	t.Helper()
	idp, err := fakeidp.Start(t.Context(), fakeidp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := idp.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	f := &federation{t: t, Server: start(t, reference.Options{TenantDomains: []string{"acme.example"}}), idp: control.NewClient(idp.Control, idp.ControlToken)}
	sp := call(t, http.MethodGet, f.connection()+"/service-provider", f.AdminToken, "").json(t)
	registered := &control.SAML{
		EntityID: sp["entity_id"].(string), ACS: []string{sp["acs_url"].(string)}, Logout: sp["logout_url"].(string),
		Certificate: certificateIn(t, sp["metadata"].(string)),
	}
	for _, c := range change {
		c(registered)
	}
	f.app, err = f.idp.CreateApp(t.Context(), control.App{
		Persona: persona, RedirectURIs: []string{f.Callback}, SCIM: &control.SCIM{URL: f.SCIM, Token: f.Token}, SAML: registered,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.ada, f.grace = assign(t, f.idp, f.app, "ada@acme.example"), assign(t, f.idp, f.app, "grace@acme.example")
	push(t, f.idp, f.app)
	f.set(`{"metadata_url":"` + f.app.SAML.Metadata + `"}`)
	return f
}

func (f *federation) connection() string { return f.Admin + "/tenants/" + f.Tenant + "/sso/saml" }

// set stores the connection and returns it.
func (f *federation) set(body string) map[string]any {
	f.t.Helper()
	got := call(f.t, http.MethodPut, f.connection(), f.AdminToken, body)
	if got.status != http.StatusOK {
		f.t.Fatalf("connect: status %d: %s", got.status, got.text)
	}
	return got.json(f.t)
}

var shownCertificate = regexp.MustCompile(`X509Certificate>([^<]+)<`)

func certificateIn(t *testing.T, metadata string) string {
	t.Helper()
	found := shownCertificate.FindStringSubmatch(metadata)
	if found == nil {
		t.Fatalf("no certificate in %s", metadata)
	}
	return found[1]
}

// visitor is a browser that follows no redirect by itself.
type visitor struct {
	*federation
	client *http.Client
}

func (f *federation) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return &visitor{f, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (v *visitor) get(address string) answer {
	v.t.Helper()
	return send(v.t, v.client, http.MethodGet, address, nil, "")
}

func (v *visitor) post(address string, form url.Values) answer {
	v.t.Helper()
	return send(v.t, v.client, http.MethodPost, address, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, form.Encode())
}

var (
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
	formAction  = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)
)

// form is the form in a page: where it goes and what it carries.
func form(t *testing.T, page string) (action string, fields url.Values) {
	t.Helper()
	to := formAction.FindStringSubmatch(page)
	if to == nil {
		t.Fatalf("no form in %s", page)
	}
	fields = url.Values{}
	for _, found := range hiddenField.FindAllStringSubmatch(page, -1) {
		fields.Add(html.UnescapeString(found[1]), html.UnescapeString(found[2]))
	}
	return html.UnescapeString(to[1]), fields
}

// ask goes to the identity provider for somebody and returns what that one answers.
func (v *visitor) ask(person control.Person, mutations ...string) answer {
	v.t.Helper()
	login := v.get(v.Login + "?email=" + url.QueryEscape(person.Email))
	at := v.get(login.header.Get("Location")).header.Get("Location")
	asked, err := url.Parse(at)
	if err != nil || at == "" {
		v.t.Fatalf("no request to the identity provider: %d %s", login.status, login.text)
	}
	grant := control.Grant{Protocol: "saml", State: asked.Query().Get("RelayState"), Person: person.ID, Mutations: mutations}
	if err := v.idp.Grant(v.t.Context(), grant); err != nil {
		v.t.Fatal(err)
	}
	return v.get(at)
}

// begin goes to the identity provider for somebody and returns the form that it has the browser post.
func (v *visitor) begin(person control.Person) (acs string, fields url.Values) {
	v.t.Helper()
	return form(v.t, v.ask(person).text)
}

// signOn signs somebody on and returns who is signed on then, and the answer to the response.
func (v *visitor) signOn(person control.Person, mutations ...string) (email string, got answer) {
	v.t.Helper()
	answered := v.ask(person, mutations...)
	if to := answered.header.Get("Location"); to != "" {
		got = v.get(to)
		return v.who(), got
	}
	acs, fields := form(v.t, answered.text)
	got = v.post(acs, fields)
	return v.who(), got
}

// who is the e-mail address of whoever is signed on, "" for nobody.
func (v *visitor) who() string {
	v.t.Helper()
	got := v.get(v.Admin + "/me")
	if got.status == http.StatusUnauthorized {
		return ""
	}
	me := got.json(v.t)
	if me["via"] != "saml" {
		v.t.Errorf("/api/me: %v", me)
	}
	email, _ := me["email"].(string)
	return email
}

// events are the reasons, or without one the actions, of the newest audit events.
func (f *federation) events(many int) []string {
	f.t.Helper()
	got := call(f.t, http.MethodGet, fmt.Sprintf("%s/tenants/%s/audit?limit=%d", f.Admin, f.Tenant, many), f.AdminToken, "")
	var events []struct {
		Action string
		Detail map[string]string
	}
	if err := json.Unmarshal([]byte(got.text), &events); err != nil {
		f.t.Fatal(err)
	}
	var out []string
	for _, e := range events {
		out = append(out, strings.TrimSpace(e.Action+" "+e.Detail["reason"]))
	}
	return out
}

// TestSAMLAgainstTheFakeIdP signs people on from end to end, and tries what would sign on somebody else, what travels in
// another way than it should, and what an answer could show of a message: who is signed on afterwards decides. All that the fake
// IdP can do to a response is in package saml's own table.
func TestSAMLAgainstTheFakeIdP(t *testing.T) {
	t.Parallel()
	f := newFederation(t, "entra-default", func(s *control.SAML) { s.Encryption = s.Certificate })
	if email, got := f.visitor().signOn(f.ada); email != f.ada.Email || got.status != http.StatusSeeOther {
		t.Fatalf("signed on as %q: %d %s", email, got.status, got.text)
	}
	if got := f.events(2); !slices.Equal(got, []string{"sso.login.succeeded", "sso.identity.linked"}) {
		t.Errorf("events %q", got)
	}
	mutations, err := f.idp.Mutations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, m := range mutations {
		forges := slices.ContainsFunc(m.Rows, func(row string) bool {
			return strings.HasPrefix(row, "SAML-XSW") || slices.Contains([]string{
				"SAML-SIG-04", "SAML-SIG-06", "SAML-SIG-07", "SAML-SIG-08", "SAML-XML-01", "SAML-XML-05", "SAML-XML-10", "SAML-XML-13",
				"SAML-CND-08", "SAML-CND-10", "SAML-CND-20", "SAML-CND-21", "SAML-CND-33", "SAML-ENC-02",
			}, row)
		})
		if m.Stage != "response" || !forges {
			continue
		}
		tried++
		email, got := f.visitor().signOn(f.ada, m.Name)
		if email != "" && email != f.ada.Email || email == "" && (got.status < 400 || got.status > 499) {
			t.Errorf("%s: signed on as %q, status %d: %s", m.Name, email, got.status, m.Text)
		}
		if slices.Contains([]string{"saml-by-redirect", "saml-two-responses", "saml-foreign-relay"}, m.Name) && email != "" {
			t.Errorf("%s is accepted", m.Name)
		}
		if strings.Contains(got.text, "samlp:") || strings.Contains(got.text, "Assertion") {
			t.Errorf("%s: the page shows the message: %s", m.Name, got.text)
		}
	}
	if tried < 30 {
		t.Errorf("%d mutations", tried)
	}
	if fetched, err := f.idp.Fetches(t.Context(), f.app.ID); err != nil || len(fetched) > 0 {
		t.Errorf("fetched what a message names: %+v, %v", fetched, err)
	}
	if email, _ := f.visitor().signOn(f.grace); email != f.grace.Email {
		t.Errorf("signed on as %q at last", email)
	}
}

// TestSAMLBinding: a response is for the browser that asked, once, by POST, and for the login that it answers.
func TestSAMLBinding(t *testing.T) {
	t.Parallel()
	f := newFederation(t, "okta-oin")
	refused := func(v *visitor, got answer, said, event string) {
		t.Helper()
		if email := v.who(); email != "" || got.status < 400 || got.status > 499 || !strings.Contains(got.text, said) {
			t.Errorf("%s: signed on as %q, status %d: %s", said, email, got.status, got.text)
		}
		if events := f.events(1); !strings.HasSuffix(events[0], event) {
			t.Errorf("%s: event %q, want %q", said, events[0], event)
		}
	}
	before := f.events(1)[0] // the audit log is not for everybody to fill
	acs, fields := f.visitor().begin(f.ada)
	other := f.visitor()
	refused(other, other.post(acs, fields), "in another browser", before)
	refused(other, other.post(acs, fields), "was used already", before)

	v := f.visitor()
	acs, fields = v.begin(f.ada)
	if got := v.get(acs + "?" + fields.Encode()); got.status != http.StatusMethodNotAllowed {
		t.Errorf("by redirect: %d", got.status)
	}
	_, later := v.begin(f.grace)
	crossed := url.Values{"SAMLResponse": fields["SAMLResponse"], "RelayState": later["RelayState"]}
	refused(v, v.post(acs, crossed), "could not be trusted", "saml-in-response-to")
	for _, broken := range []url.Values{
		{"SAMLResponse": {"x", "y"}, "RelayState": fields["RelayState"]}, {"RelayState": fields["RelayState"]}, {},
	} {
		if got := v.post(acs, broken); got.status != http.StatusBadRequest {
			t.Errorf("%v: %d", broken, got.status)
		}
	}
	if got := v.post(acs, fields); got.status != http.StatusSeeOther || v.who() != f.ada.Email {
		t.Errorf("the good one at last: %d %s", got.status, got.text)
	}
	if got := v.post(strings.Replace(acs, "/"+f.Tenant+"/", "/other/", 1), fields); got.status != http.StatusBadRequest {
		t.Errorf("another tenant: %d", got.status)
	}
	// A state of SAML opens no login of OpenID Connect.
	_, third := v.begin(f.ada)
	if got := v.get(f.Callback + "?code=x&state=" + third.Get("RelayState")); got.status != http.StatusBadRequest {
		t.Errorf("a SAML login at the OpenID callback: %d", got.status)
	}
}

// TestIdPInitiated: SAML-CND-09 and 10.
func TestIdPInitiated(t *testing.T) {
	t.Parallel()
	f := newFederation(t, "okta-oin")
	unasked := func(relay string) (string, answer) {
		t.Helper()
		if err := f.idp.Grant(t.Context(), control.Grant{Protocol: "saml", State: relay, Person: f.ada.ID}); err != nil {
			t.Fatal(err)
		}
		v := f.visitor()
		acs, fields := form(t, v.get(strings.TrimSuffix(f.app.SAML.Metadata, "/metadata")+"/start?RelayState="+url.QueryEscape(relay)).text)
		got := v.post(acs, fields)
		if again := f.visitor(); again.post(acs, fields).status < 400 || again.who() != "" {
			t.Error("accepted twice")
		}
		return v.who(), got
	}
	const elsewhere = "https://elsewhere.example/"
	if email, got := unasked(elsewhere); email != "" || got.status != http.StatusBadRequest && got.status != http.StatusForbidden {
		t.Errorf("not allowed: signed on as %q, %d", email, got.status)
	}
	if c := f.set(`{"metadata_url":"` + f.app.SAML.Metadata + `","allow_idp_initiated":true}`); c["allow_idp_initiated"] != true {
		t.Errorf("%v", c)
	}
	if email, got := unasked(elsewhere); email != f.ada.Email || got.header.Get("Location") != "/" {
		t.Errorf("allowed: signed on as %q, %d %s", email, got.status, got.text)
	}
	// An answer to a request stays one: it must not pass for something that nobody asked for.
	acs, fields := f.visitor().begin(f.ada)
	fields.Del("RelayState")
	v := f.visitor()
	if got := v.post(acs, fields); got.status < 400 || v.who() != "" {
		t.Errorf("an answer without its RelayState: %d", got.status)
	}
	if events := f.events(1); events[0] != "sso.login.refused saml-in-response-to" {
		t.Errorf("%q", events)
	}
}

var idpKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// secondKey is another key of the identity provider, and its certificate.
func secondKey(t *testing.T) (*rsa.PrivateKey, string) {
	t.Helper()
	key, err := idpKey()
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// explicit is a connection without metadata, with these certificates.
func (f *federation) explicit(certificates ...string) string {
	f.t.Helper()
	base := strings.TrimSuffix(f.app.SAML.Metadata, "/metadata")
	known := call(f.t, http.MethodGet, f.connection(), f.AdminToken, "").json(f.t)
	body, err := json.Marshal(map[string]any{
		"entity_id": known["entity_id"], "sign_on_url": base, "logout_url": base + "/logout", "certificates": certificates,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return string(body)
}

// TestSAMLRollover: SAML-SIG-20. A second certificate is accepted beside the first; one that is removed is not.
func TestSAMLRollover(t *testing.T) {
	t.Parallel()
	f := newFederation(t, "okta-oin")
	genuine := certificateIn(t, send(t, http.DefaultClient, http.MethodGet, f.app.SAML.Metadata, nil, "").text)
	_, second := secondKey(t)
	if c := f.set(f.explicit(second, genuine)); len(c["certificates"].([]any)) != 2 {
		t.Errorf("%v", c)
	}
	if email, _ := f.visitor().signOn(f.ada); email != f.ada.Email {
		t.Errorf("two certificates: %q", email)
	}
	f.set(f.explicit(second))
	if email, _ := f.visitor().signOn(f.ada); email != "" {
		t.Errorf("a removed certificate: %q", email)
	}
	if events := f.events(1); events[0] != "sso.login.refused saml-signature" {
		t.Errorf("%q", events)
	}
	if got := call(t, http.MethodPost, f.connection()+"/refresh", f.AdminToken, ""); got.status != http.StatusConflict {
		t.Errorf("refresh without a URL: %d", got.status)
	}
	f.set(`{"metadata_url":"` + f.app.SAML.Metadata + `"}`)
	if got := call(t, http.MethodPost, f.connection()+"/refresh", f.AdminToken, ""); got.status != http.StatusOK {
		t.Errorf("refresh: %d %s", got.status, got.text)
	}
	if email, _ := f.visitor().signOn(f.ada); email != f.ada.Email {
		t.Errorf("the certificate is back: %q", email)
	}
}

// TestSAMLConnectionRefused: what cannot work is not stored, and no address is fetched that is none of an identity provider.
func TestSAMLConnectionRefused(t *testing.T) {
	t.Parallel()
	s := start(t, reference.Options{})
	at := s.Admin + "/tenants/" + s.Tenant + "/sso/saml"
	for _, r := range []struct{ body, problem string }{
		{`{}`, "exactly one of the three"},
		{`{"metadata":"<a/>","metadata_url":"https://idp.example/"}`, "exactly one of the three"},
		{`{"metadata":"<a/>"}`, "neither an EntityDescriptor"},
		{`{"metadata_url":"http://idp.example/metadata"}`, "not an https URL"},
		{`{"metadata_url":"file:///etc/passwd"}`, "the metadata URL is"},
		{`{"metadata_url":"https://169.254.169.254/latest"}`, "not an address of an identity provider"},
		{`{"metadata_url":"` + s.BaseURL + `/healthz"}`, "the document is refused"},
		{`{"entity_id":"https://idp.example","sign_on_url":"https://idp.example/sso"}`, "no signing certificate"},
		{`{"entity_id":"https://idp.example","sign_on_url":"javascript:alert(1)","certificates":["x"]}`, "neither"},
	} {
		got := call(t, http.MethodPut, at, s.AdminToken, r.body)
		if got.status != http.StatusUnprocessableEntity || r.problem != "neither" && !strings.Contains(got.text, r.problem) {
			t.Errorf("%s: %d %s", r.body, got.status, got.text)
		}
	}
	for _, path := range []string{"", "/refresh"} {
		method := map[string]string{"": http.MethodGet, "/refresh": http.MethodPost}[path]
		if got := call(t, method, at+path, s.AdminToken, ""); got.status != http.StatusNotFound || got.json(t)["code"] != "SSO_NOT_CONNECTED" {
			t.Errorf("%s: %d %s", path, got.status, got.text)
		}
	}
	if got := send(t, http.DefaultClient, http.MethodGet, s.BaseURL+"/saml/"+s.Tenant+"/login", nil, ""); got.status != http.StatusBadRequest {
		t.Errorf("login without a connection: %d", got.status)
	}
	metadata := send(t, http.DefaultClient, http.MethodGet, s.BaseURL+"/saml/"+s.Tenant+"/metadata", nil, "")
	if metadata.status != http.StatusOK || !strings.Contains(metadata.text, "SPSSODescriptor") || metadata.header.Get("Content-Type") != "application/samlmetadata+xml" {
		t.Errorf("metadata: %d %s", metadata.status, metadata.text)
	}
	if got := send(t, http.DefaultClient, http.MethodGet, s.BaseURL+"/saml/nobody/metadata", nil, ""); got.status != http.StatusNotFound {
		t.Errorf("metadata of nobody: %d", got.status)
	}
}

// TestSAMLLogout: SAML-SLO-01 and 02. The session ends here at once, and at the identity provider after that.
func TestSAMLLogout(t *testing.T) {
	t.Parallel()
	f := newFederation(t, "okta-oin")
	v := f.visitor()
	if email, _ := v.signOn(f.ada); email != f.ada.Email {
		t.Fatalf("signed on as %q", email)
	}
	there := v.post(f.BaseURL+"/logout", nil).header.Get("Location")
	if v.who() != "" || !strings.HasPrefix(there, strings.TrimSuffix(f.app.SAML.Metadata, "/metadata")+"/logout?SAMLRequest=") {
		t.Fatalf("signed on as %q, sent to %q", v.who(), there)
	}
	back, fields := form(t, v.get(there).text)
	if got := f.visitor().post(back, fields); got.status != http.StatusBadRequest {
		t.Errorf("the answer in another browser: %d", got.status)
	}
	there = ""
	if email, _ := v.signOn(f.ada); email == f.ada.Email {
		there = v.post(f.BaseURL+"/logout", nil).header.Get("Location")
	}
	back, fields = form(t, v.get(there).text)
	if got := v.post(back, fields); got.status != http.StatusSeeOther || got.header.Get("Location") != "/" {
		t.Errorf("the answer: %d %s", got.status, got.text)
	}
	if got := v.post(back, fields); got.status != http.StatusBadRequest {
		t.Errorf("the answer twice: %d", got.status)
	}
	if events := f.events(1); events[0] != "sso.logout" {
		t.Errorf("%q", events)
	}
	// Without single logout at the identity provider the session here ends all the same (SAML-SLO-06).
	g := newFederation(t, "google-unverified")
	w := g.visitor()
	if email, _ := w.signOn(g.ada); email != g.ada.Email {
		t.Fatalf("signed on as %q", email)
	}
	if got := w.post(g.BaseURL+"/logout", nil); got.header.Get("Location") != "/" || w.who() != "" {
		t.Errorf("sent to %q, signed on as %q", got.header.Get("Location"), w.who())
	}
}

// logoutQuery is a LogoutRequest of the redirect binding.
func (f *federation) logoutQuery(key *rsa.PrivateKey, issuer, id, name, format, index string) string {
	f.t.Helper()
	text := fmt.Sprintf(`<p:LogoutRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" ID=%q Version="2.0" IssueInstant=%q Destination=%q>`+
		`<a:Issuer>%s</a:Issuer><a:NameID Format=%q>%s</a:NameID>%s</p:LogoutRequest>`,
		id, time.Now().UTC().Format(time.RFC3339), f.BaseURL+"/saml/"+f.Tenant+"/logout", issuer, format, name, index)
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		f.t.Fatal(err)
	}
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	query := "SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString(packed.Bytes())) + "&RelayState=back&SigAlg=" +
		url.QueryEscape("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
	sum := sha256.Sum256([]byte(query))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		f.t.Fatal(err)
	}
	return query + "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature))
}

// TestSAMLLogoutByTheIdP: SAML-SLO-03 and 04. The identity provider ends the sessions that it names and no others.
func TestSAMLLogoutByTheIdP(t *testing.T) {
	t.Parallel()
	f := newFederation(t, "okta-oin")
	genuine := certificateIn(t, send(t, http.DefaultClient, http.MethodGet, f.app.SAML.Metadata, nil, "").text)
	key, second := secondKey(t)
	issuer := f.set(f.explicit(genuine, second))["entity_id"].(string)
	people := map[string]*visitor{"ada": f.visitor(), "ada elsewhere": f.visitor(), "ada at last": f.visitor(), "grace": f.visitor()}
	index := map[string]string{}
	for who, v := range people {
		person := f.ada
		if who == "grace" {
			person = f.grace
		}
		acs, fields := v.begin(person)
		index[who] = sessionIndex(t, fields.Get("SAMLResponse"))
		if v.post(acs, fields); v.who() != person.Email {
			t.Fatalf("%s: signed on as %q", who, v.who())
		}
	}
	const unspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
	at := f.BaseURL + "/saml/" + f.Tenant + "/logout?"
	here := func() (in []string) {
		for who, v := range people {
			if v.who() != "" {
				in = append(in, who)
			}
		}
		slices.Sort(in)
		return in
	}
	elsewhere := f.visitor() // the identity provider's page is open in some browser
	for _, step := range []struct {
		id, name, format, index string
		left                    []string
	}{
		{"id-1", "ada@acme.example", unspecified, "<p:SessionIndex>" + index["ada elsewhere"] + "</p:SessionIndex>", []string{"ada", "ada at last", "grace"}},
		{"id-2", "ada@acme.example", unspecified, "<p:SessionIndex>nobody's</p:SessionIndex>", []string{"ada", "ada at last", "grace"}},
		{"id-3", "ada@acme.example", "urn:other", "", []string{"ada", "ada at last", "grace"}},
		{"id-4", "ada@acme.example", unspecified, "<p:SessionIndex>" + index["grace"] + "</p:SessionIndex>", []string{"ada", "ada at last", "grace"}},
		{"id-5", "ada@acme.example", unspecified, "", []string{"grace"}},
	} {
		got := elsewhere.get(at + f.logoutQuery(key, issuer, step.id, step.name, step.format, step.index))
		if in := here(); !slices.Equal(in, step.left) || !strings.Contains(got.header.Get("Location"), "/logout?SAMLResponse=") || !strings.Contains(got.header.Get("Location"), "RelayState=back") {
			t.Errorf("%s: %q are in; %d %s %s", step.id, in, got.status, got.header.Get("Location"), got.text)
		}
	}
	replayed := f.logoutQuery(key, issuer, "id-5", "grace@acme.example", unspecified, "")
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		replayed: "saml-replayed",
		f.logoutQuery(foreign, issuer, "id-6", "grace@acme.example", unspecified, ""):              "",
		f.logoutQuery(key, "https://other.example", "id-7", "grace@acme.example", unspecified, ""): "saml-issuer",
		"SAMLRequest=x&SAMLResponse=y": "",
		"":                             "",
	} {
		event := f.events(1)[0]
		if want != "" {
			event = "sso.logout.refused " + want
		}
		got := elsewhere.get(at + query)
		if in := here(); !slices.Equal(in, []string{"grace"}) || got.status < 400 || got.status > 499 {
			t.Errorf("%s: %q are in, %d", want, in, got.status)
		}
		if events := f.events(1); events[0] != event {
			t.Errorf("%q, want %s", events, event)
		}
	}
}

var indexAttribute = regexp.MustCompile(`SessionIndex="([^"]+)"`)

func sessionIndex(t *testing.T, encoded string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(encoded)
	found := indexAttribute.FindSubmatch(raw)
	if err != nil || found == nil {
		t.Fatalf("no SessionIndex in %s", raw)
	}
	return string(found[1])
}

// TestSAMLByPOST: an identity provider without the redirect binding is reached by a form.
func TestSAMLByPOST(t *testing.T) {
	t.Parallel()
	f := newFederation(t, "okta-oin")
	metadata := send(t, http.DefaultClient, http.MethodGet, f.app.SAML.Metadata, nil, "").text
	body, err := json.Marshal(map[string]string{"metadata": regexp.MustCompile(`<md:Single\w+ Binding="[^"]+HTTP-Redirect"[^>]*>`).ReplaceAllString(metadata, "")})
	if err != nil {
		t.Fatal(err)
	}
	if c := f.set(string(body)); len(c["sign_on"].(map[string]any)) != 1 {
		t.Fatalf("%v", c)
	}
	v := f.visitor()
	to, request := form(t, v.get(f.BaseURL+"/saml/"+f.Tenant+"/login").text)
	grant := control.Grant{Protocol: "saml", State: request.Get("RelayState"), Person: f.ada.ID}
	if err := f.idp.Grant(t.Context(), grant); err != nil {
		t.Fatal(err)
	}
	acs, fields := form(t, v.post(to, request).text)
	if got := v.post(acs, fields); v.who() != f.ada.Email {
		t.Fatalf("%d %s", got.status, got.text)
	}
	to, request = form(t, v.post(f.BaseURL+"/logout", nil).text)
	back, answered := form(t, v.post(to, request).text)
	if got := v.post(back, answered); got.status != http.StatusSeeOther || v.who() != "" {
		t.Errorf("logout: %d %s", got.status, got.text)
	}
}

// follow has a browser carry on what the identity provider answers, by whatever binding.
func (v *visitor) follow(answered answer) answer {
	v.t.Helper()
	if to := answered.header.Get("Location"); to != "" {
		return v.get(to)
	}
	to, fields := form(v.t, answered.text)
	return v.post(to, fields)
}

// TestSAMLLogoutMutations: what is wrong with a LogoutRequest ends no session, and what is wrong with a LogoutResponse
// is refused.
func TestSAMLLogoutMutations(t *testing.T) {
	t.Parallel()
	f := newFederation(t, "okta-oin")
	mutations, err := f.idp.Mutations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	asked := func(mutations ...string) (still string, got answer) {
		t.Helper()
		v := f.visitor()
		if email, got := v.signOn(f.ada); email != f.ada.Email {
			t.Fatalf("signed on as %q: %d %s", email, got.status, got.text)
		}
		l, err := f.idp.StartSAMLLogout(t.Context(), f.app.ID, control.SAMLLogout{Person: f.ada.ID, Mutations: mutations})
		if err != nil {
			t.Fatal(err)
		}
		got = v.follow(v.get(l.URL))
		return v.who(), got
	}
	answered := func(mutations ...string) (status int) {
		t.Helper()
		v := f.visitor()
		v.signOn(f.ada)
		there, err := url.Parse(v.post(f.BaseURL+"/logout", nil).header.Get("Location"))
		if err != nil || v.who() != "" {
			t.Fatalf("%v, signed on as %q", err, v.who())
		}
		grant := control.Grant{Protocol: "saml", State: there.Query().Get("RelayState"), Person: f.ada.ID, Mutations: mutations}
		if err := f.idp.Grant(t.Context(), grant); err != nil {
			t.Fatal(err)
		}
		return v.follow(v.get(there.String())).status
	}
	good := func() {
		t.Helper()
		if still, got := asked(); still != "" || got.status != http.StatusSeeOther {
			t.Errorf("a good request: %q is signed on, status %d", still, got.status)
		}
		if status := answered(); status != http.StatusSeeOther {
			t.Errorf("a good response: status %d", status)
		}
	}
	good()
	for _, m := range mutations {
		if m.Stage != "logout message" || m.Name == "saml-logout-silent" {
			continue
		}
		if !strings.Contains(m.Text, "LogoutResponse: ") {
			if m.Name == "saml-logout-replayed" {
				asked() // a good one, whose ID it has
			}
			if still, _ := asked(m.Name); still != f.ada.Email {
				t.Errorf("%s: %q is signed on: %s", m.Name, still, m.Text)
			}
		}
		if !strings.Contains(m.Text, "LogoutRequest: ") {
			if status := answered(m.Name); strings.Contains(m.Text, ": accept") != (status == http.StatusSeeOther) || status >= 500 {
				t.Errorf("%s: status %d: %s", m.Name, status, m.Text)
			}
		}
	}
	good()
}
