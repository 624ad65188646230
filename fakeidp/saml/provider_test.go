package saml_test

import (
	"bytes"
	"compress/flate"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"html"
	"io"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"
	dsig "github.com/russellhaering/goxmldsig"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	"assay/fakeidp/saml"
)

const (
	sp  = "https://sp.example.test/metadata"
	acs = "https://sp.example.test/acs"
	out = "https://sp.example.test/logout"
)

// rig is a provider with an app and people, and a browser.
type rig struct {
	*testing.T
	provider  *saml.Provider
	directory *directory.Directory
	server    *httptest.Server
	browser   *http.Client
	app       control.App
	idp       *x509.Certificate
	key       *rsa.PrivateKey // of the service provider, where it has one
	url       string          // of the app's endpoints
}

func newRig(t *testing.T, change func(*control.SAML)) *rig {
	t.Helper()
	r := &rig{T: t, directory: directory.New()}
	var inner http.Handler
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { inner.ServeHTTP(w, req) }))
	t.Cleanup(r.server.Close)
	jar, _ := cookiejar.New(nil)
	r.browser = &http.Client{Jar: jar}
	var err error
	if r.provider, err = saml.New(saml.Options{PublicURL: r.server.URL, Directory: r.directory}); err != nil {
		t.Fatal(err)
	}
	r.provider.BeQuick()
	inner = r.provider
	registered := control.SAML{EntityID: sp, ACS: []string{acs}, Logout: out}
	if change != nil {
		change(&registered)
	}
	if r.app, err = r.directory.CreateApp(control.App{Persona: "okta-oin", Name: "Acme", SAML: &registered}); err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"ada@example.test", "grace@example.test"} {
		made, err := r.directory.CreatePerson(control.Person{Login: login, Email: login, GivenName: strings.Split(login, "@")[0], FamilyName: "O'Neil <x>"})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.directory.Assign(r.app.ID, made.ID); err != nil {
			t.Fatal(err)
		}
	}
	r.readMetadata()
	return r
}

// another is one more app, for the same people.
func (r *rig) another(app control.App) control.App {
	r.Helper()
	made, err := r.directory.CreateApp(app)
	if err != nil {
		r.Fatal(err)
	}
	for _, person := range r.directory.People() {
		if err := r.directory.Assign(made.ID, person.ID); err != nil {
			r.Fatal(err)
		}
	}
	return made
}

func (r *rig) readMetadata() {
	r.Helper()
	metadata := r.provider.Metadata(r.app)
	r.url = strings.TrimSuffix(metadata, "/metadata")
	_, body := r.get(metadata)
	doc := r.tree(body)
	text := doc.FindElement("//X509Certificate").Text()
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		r.Fatal(err)
	}
	if r.idp, err = x509.ParseCertificate(der); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) get(target string) (*http.Response, string) {
	r.Helper()
	res, err := r.browser.Get(target)
	if err != nil {
		r.Fatal(err)
	}
	return r.read(res)
}

func (r *rig) post(target string, form url.Values) (*http.Response, string) {
	r.Helper()
	res, err := r.browser.PostForm(target, form)
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

func (r *rig) tree(body string) *etree.Document {
	r.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromString(body); err != nil {
		r.Fatalf("%v in %s", err, body)
	}
	return doc
}

// authnRequest is one with attributes added, such as ForceAuthn="true".
func authnRequest(id, more string) string {
	return fmt.Sprintf(`<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID=%q Version="2.0" IssueInstant=%q AssertionConsumerServiceURL=%q %s>`+
		`<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">%s</saml:Issuer></samlp:AuthnRequest>`,
		id, time.Now().UTC().Format(time.RFC3339), acs, more, sp)
}

func deflated(t *testing.T, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return base64.StdEncoding.EncodeToString(packed.Bytes())
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// fields are the hidden fields of the form in a page.
func fields(page string) url.Values {
	form := url.Values{}
	for _, found := range hidden.FindAllStringSubmatch(page, -1) {
		form.Set(found[1], html.UnescapeString(found[2]))
	}
	return form
}

// response is what a page posts to the service provider.
func (r *rig) response(page string) (*etree.Element, string) {
	r.Helper()
	form := fields(page)
	raw, err := base64.StdEncoding.DecodeString(form.Get("SAMLResponse"))
	if err != nil || len(raw) == 0 {
		r.Fatalf("no SAMLResponse in %s", page)
	}
	if !strings.Contains(page, acs) && !strings.Contains(page, out) {
		r.Errorf("the form does not go to the service provider: %s", page)
	}
	return r.tree(string(raw)).Root(), form.Get("RelayState")
}

// verify checks the signature of an element as a service provider does.
func (r *rig) verify(e *etree.Element) error {
	context := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{r.idp}})
	_, err := context.Validate(e)
	return err
}

// granted signs somebody on with mutations and returns the response.
func (r *rig) granted(person string, mutations ...string) *etree.Element {
	r.Helper()
	root, _ := r.response(r.grantedPage(person, mutations...))
	return root
}

func (r *rig) grantedPage(person string, mutations ...string) string {
	r.Helper()
	if err := r.provider.Grant(control.Grant{State: "relay-1", Person: person, Mutations: mutations}); err != nil {
		r.Fatal(err)
	}
	_, page := r.get(r.url + "?" + url.Values{"SAMLRequest": {deflated(r.T, authnRequest("_r1", ""))}, "RelayState": {"relay-1"}}.Encode())
	return page
}

func TestSignOnByLoginPage(t *testing.T) {
	for _, binding := range []string{"redirect", "POST"} {
		t.Run(binding, func(t *testing.T) {
			r := newRig(t, nil)
			var page string
			if binding == "redirect" {
				_, page = r.get(r.url + "?" + url.Values{"SAMLRequest": {deflated(t, authnRequest("_abc", ""))}, "RelayState": {"here"}}.Encode())
			} else {
				_, page = r.post(r.url, url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString([]byte(authnRequest("_abc", "")))}, "RelayState": {"here"}})
			}
			for _, want := range []string{"Sign in to Acme", "ada O&#39;Neil &lt;x&gt;", "in the assertion", "FirstName"} {
				if !strings.Contains(page, want) {
					t.Errorf("the page lacks %q: %s", want, page)
				}
			}
			form := fields(page)
			ada, _ := r.directory.Person("ada@example.test")
			form.Set("person", ada.ID)
			form.Set("action", "continue")
			_, answer := r.post(r.url+"/login", form)
			root, relay := r.response(answer)
			if relay != "here" || root.SelectAttrValue("InResponseTo", "") != "_abc" || root.SelectAttrValue("Destination", "") != acs {
				t.Errorf("response %v with RelayState %q", root.Attr, relay)
			}
			if err := r.verify(root); err != nil {
				t.Errorf("response signature: %v", err)
			}
			assertion := root.SelectElement("Assertion")
			if err := r.verify(assertion); err != nil {
				t.Errorf("assertion signature: %v", err)
			}
			if id := assertion.FindElement("./Subject/NameID").Text(); id != "ada@example.test" {
				t.Errorf("NameID %q", id)
			}
			if name := assertion.FindElement("./AttributeStatement/Attribute[@Name='LastName']/AttributeValue").Text(); name != "O'Neil <x>" {
				t.Errorf("LastName %q", name)
			}
			if res, _ := r.post(r.url+"/login", form); res.StatusCode != http.StatusBadRequest {
				t.Errorf("the same form again: %s", res.Status)
			}
		})
	}
}

func TestLoginFormIsBoundToTheBrowser(t *testing.T) {
	r := newRig(t, nil)
	_, page := r.get(r.url + "?" + url.Values{"SAMLRequest": {deflated(t, authnRequest("_abc", ""))}}.Encode())
	form := fields(page)
	ada, _ := r.directory.Person("ada@example.test")
	form.Set("person", ada.ID)
	r.browser.Jar, _ = cookiejar.New(nil)
	if res, _ := r.post(r.url+"/login", form); res.StatusCode != http.StatusBadRequest {
		t.Errorf("another browser's form: %s", res.Status)
	}
}

// Okta and OneLogin leave InResponseTo out when the sign-on begins with them (idp-wire.md section 9).
func TestSignOnBegunHere(t *testing.T) {
	r := newRig(t, nil)
	if err := r.provider.Grant(control.Grant{State: "deep-link", Person: "grace@example.test"}); err != nil {
		t.Fatal(err)
	}
	_, page := r.get(r.url + "/start?RelayState=deep-link")
	root, relay := r.response(page)
	if relay != "deep-link" || root.SelectAttr("InResponseTo") != nil || root.FindElement("//SubjectConfirmationData").SelectAttr("InResponseTo") != nil {
		t.Errorf("response %v, RelayState %q", root.Attr, relay)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	r := newRig(t, nil)
	send := func(request string) (*http.Response, string) {
		return r.get(r.url + "?" + url.Values{"SAMLRequest": {deflated(t, request)}}.Encode())
	}
	if _, page := send(authnRequest("_ok", "")); !strings.Contains(page, "Sign in to Acme") {
		t.Fatalf("a good request: %s", page)
	}
	onPage := map[string]string{
		"begin with a letter":  authnRequest("1abc", ""),
		"version":              strings.Replace(authnRequest("_a", ""), `Version="2.0"`, `Version="1.1"`, 1),
		"service provider is":  strings.Replace(authnRequest("_a", ""), sp, "https://other.example.test", 1),
		"not registered":       strings.Replace(authnRequest("_a", ""), acs, "https://evil.example.test/acs", 1),
		"document type":        "<!DOCTYPE x>" + authnRequest("_a", ""),
		"not a SAML 2.0 Authn": strings.ReplaceAll(authnRequest("_a", ""), "AuthnRequest", "LogoutRequest"),
		"nests too deeply":     strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100),
		"longer than 65536":    strings.Replace(authnRequest("_a", ""), "<saml:Issuer", "<!--"+strings.Repeat("x", 100_000)+"--><saml:Issuer", 1),
		"not well-formed":      authnRequest("_a", "") + "<",
	}
	for want, request := range onPage {
		if res, page := send(request); res.StatusCode != http.StatusBadRequest || !strings.Contains(page, want) {
			t.Errorf("%s: %s %s", want, res.Status, page)
		}
	}
	answered := map[string]string{
		"status:NoPassive":          authnRequest("_a", `IsPassive="true"`),
		"status:RequestUnsupported": authnRequest("_a", `Destination="https://elsewhere.example.test"`),
	}
	for want, request := range answered {
		_, page := send(request)
		root, _ := r.response(page)
		codes := root.FindElements("//StatusCode")
		if len(codes) != 2 || !strings.HasSuffix(codes[1].SelectAttrValue("Value", ""), want) || root.SelectElement("Assertion") != nil {
			t.Errorf("%s: %v", want, codes)
		}
		if err := r.verify(root); err != nil {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// An app with a certificate takes signed requests only: in the URL and in the tree.
func TestSignedRequests(t *testing.T) {
	key, cert := newKey(t)
	r := newRig(t, func(s *control.SAML) {
		s.Certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	})
	message := url.QueryEscape(deflated(t, authnRequest("_s", "")))
	const method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	signed := "SAMLRequest=" + message + "&RelayState=x&SigAlg=" + url.QueryEscape(method)
	good := signed + "&Signature=" + url.QueryEscape(sign(t, key, signed))
	if _, page := r.get(r.url + "?" + good); !strings.Contains(page, "Sign in to Acme") {
		t.Fatalf("a signed redirect: %s", page)
	}
	for name, query := range map[string]string{
		"unsigned":        "SAMLRequest=" + message + "&RelayState=x",
		"other relay":     strings.Replace(good, "RelayState=x", "RelayState=y", 1),
		"other algorithm": strings.Replace(good, "rsa-sha256", "rsa-sha1", 1),
		"relay twice":     good + "&RelayState=x",
	} {
		if res, page := r.get(r.url + "?" + query); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s %s", name, res.Status, page)
		}
	}
	tree := r.tree(authnRequest("_p", "")).Root()
	context, err := dsig.NewSigningContext(key, [][]byte{cert.Raw})
	if err != nil {
		t.Fatal(err)
	}
	context.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	enveloped, err := context.SignEnveloped(tree)
	if err != nil {
		t.Fatal(err)
	}
	doc := etree.NewDocument()
	doc.SetRoot(enveloped)
	text, _ := doc.WriteToString()
	form := func(text string) url.Values {
		return url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString([]byte(text))}}
	}
	if _, page := r.post(r.url, form(text)); !strings.Contains(page, "Sign in to Acme") {
		t.Errorf("a signed POST: %s", page)
	}
	if res, _ := r.post(r.url, form(strings.Replace(text, "_p", "_q", 1))); res.StatusCode != http.StatusBadRequest {
		t.Errorf("a changed POST: %s", res.Status)
	}
	if res, _ := r.post(r.url, form(authnRequest("_p", ""))); res.StatusCode != http.StatusBadRequest {
		t.Errorf("an unsigned POST: %s", res.Status)
	}
}

func TestEncryptedAssertion(t *testing.T) {
	key, cert := newKey(t)
	r := newRig(t, func(s *control.SAML) { s.Encryption = base64.StdEncoding.EncodeToString(cert.Raw) })
	root := r.granted("ada@example.test")
	if root.SelectElement("Assertion") != nil {
		t.Fatal("the assertion can be read")
	}
	if err := r.verify(root); err != nil {
		t.Errorf("response: %v", err)
	}
	plain, err := xmlenc.Decrypt(key, root.FindElement("./EncryptedAssertion/EncryptedData"))
	if err != nil {
		t.Fatal(err)
	}
	assertion := r.tree(string(plain)).Root()
	if err := r.verify(assertion); err != nil {
		t.Errorf("assertion: %v", err)
	}
	if id := assertion.FindElement("./Subject/NameID").Text(); id != "ada@example.test" {
		t.Errorf("NameID %q", id)
	}
}

func newKey(t *testing.T) (*rsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sp"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}
