package saml_test

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"assay/fakeidp/control"
	"assay/fakeidp/saml"
)

// spMessage is a LogoutRequest or LogoutResponse of the service provider, with more in its start tag and inside.
func spMessage(kind, id, attributes, inside string) string {
	return fmt.Sprintf(`<samlp:%[1]s xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID=%[2]q Version="2.0" %[3]s><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">%[4]s</saml:Issuer>%[5]s</samlp:%[1]s>`,
		kind, id, attributes, sp, inside)
}

func named(who string) string {
	return `<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">` + who + `</saml:NameID>`
}

const success = `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>`

// signOut is what the page says that answers a LogoutRequest of the service provider.
func (r *rig) signOut(inside string) string {
	_, page := r.get(r.url + "/logout?" + url.Values{"SAMLRequest": {deflated(r.T, spMessage("LogoutRequest", "_lo", "", inside))}, "RelayState": {"bye"}}.Encode())
	return page
}

func TestLogoutBegunAtTheServiceProvider(t *testing.T) {
	r := newRig(t, nil)
	r.wire(r.app, "_s1")
	r.wire(r.app, "_s2")
	r.wire(r.app, "_s3")
	other := r.another(control.App{Persona: "generic", SAML: &control.SAML{EntityID: sp, ACS: []string{acs}}})
	r.wire(other, "_s4")
	root, relay := r.response(r.signOut(named("ada@example.test") + "<samlp:SessionIndex>_s2</samlp:SessionIndex>"))
	if root.Tag != "LogoutResponse" || relay != "bye" || root.SelectAttrValue("InResponseTo", "") != "_lo" || root.SelectAttrValue("Destination", "") != out {
		t.Errorf("answer %s %v", root.Tag, root.Attr)
	}
	if err := r.verify(root); err != nil {
		t.Error(err)
	}
	if got := r.indexes(r.app); got != "_s1 _s3" {
		t.Errorf("sessions %s after the end of _s2", got)
	}
	r.signOut(named("ada@example.test"))
	if r.indexes(r.app) != "" || len(r.provider.Sessions(other)) != 1 {
		t.Errorf("sessions %q and %v after the end of all at the first app", r.indexes(r.app), r.provider.Sessions(other))
	}
	elsewhere := spMessage("LogoutRequest", "_lo", `Destination="https://elsewhere.example.test"`, named("ada@example.test"))
	if res, _ := r.get(r.url + "/logout?" + url.Values{"SAMLRequest": {deflated(t, elsewhere)}}.Encode()); res.StatusCode != http.StatusBadRequest {
		t.Errorf("a request for another destination: %s", res.Status)
	}
}

func (r *rig) indexes(app control.App) string {
	var all []string
	for _, s := range r.provider.Sessions(app) {
		all = append(all, s.Index)
	}
	return strings.Join(all, " ")
}

// startLogout is the message that the browser brings to the service provider.
func (r *rig) startLogout(l control.SAMLLogout) (control.SAMLLogout, wire) {
	r.Helper()
	l, err := r.provider.StartLogout(r.app, l)
	if err != nil {
		r.Fatal(err)
	}
	res, page := r.get(l.URL)
	if res.StatusCode != http.StatusSeeOther {
		form := fields(page)
		raw, _ := base64.StdEncoding.DecodeString(form.Get("SAMLRequest"))
		return l, wire{r.facts(raw) + own(raw, l.ID) + string(raw), form.Encode()}
	}
	location, err := res.Location()
	if err != nil || !strings.HasPrefix(location.String(), out+"?SAMLRequest=") {
		r.Fatalf("the browser is sent to %v, %v", location, err)
	}
	packed, _ := base64.StdEncoding.DecodeString(location.Query().Get("SAMLRequest"))
	raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		r.Fatal(err)
	}
	return l, wire{"query=" + r.querySigned(location) + own(raw, l.ID) + string(raw), location.RawQuery}
}

// own tells whether a message has that ID.
func own(raw []byte, id string) string {
	if bytes.Contains(raw, []byte(`ID="`+id+`"`)) {
		return " id=own\n"
	}
	return " id=other\n"
}

// querySigned tells what the signature of a URL is.
func (r *rig) querySigned(u *url.URL) string {
	signed, signature, found := strings.Cut(u.RawQuery, "&Signature=")
	if !found {
		return "none"
	}
	text, _ := url.QueryUnescape(signature)
	value, _ := base64.StdEncoding.DecodeString(text)
	sum := sha256.Sum256([]byte(signed))
	if rsa.VerifyPKCS1v15(r.idp.PublicKey.(*rsa.PublicKey), crypto.SHA256, sum[:], value) != nil {
		return "bad"
	}
	return "genuine"
}

func TestLogoutBegunHere(t *testing.T) {
	r := newRig(t, nil)
	r.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, binding := range []string{"redirect", "post"} {
		for _, id := range []string{"_s1", "_s2", "_s3"} {
			r.wire(r.app, id)
		}
		_, sent := r.startLogout(control.SAMLLogout{Person: "ada@example.test", Binding: binding, SessionIndex: []string{"_s1", "_s3"}})
		if !sent.shows(`(query|response)=genuine.*\n<samlp:LogoutRequest.*ada@example\.test</saml:NameID><samlp:SessionIndex>_s1</samlp:SessionIndex><samlp:SessionIndex>_s3</samlp:SessionIndex>`) {
			t.Errorf("%s: %s", binding, sent.xml)
		}
		if got := r.indexes(r.app); got != "_s2" {
			t.Errorf("%s: sessions %s", binding, got)
		}
		r.signOut(named("ada@example.test"))
	}
}

// The answer is held to the app's certificate, and noted.
func TestAnswerToLogoutBegunHere(t *testing.T) {
	key, cert := newKey(t)
	r := newRig(t, func(s *control.SAML) { s.Certificate = base64.StdEncoding.EncodeToString(cert.Raw) })
	r.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if err := r.provider.Grant(control.Grant{State: "here", Person: "ada@example.test"}); err != nil {
		t.Fatal(err)
	}
	r.get(r.url + "/start?RelayState=here")
	l, _ := r.startLogout(control.SAMLLogout{Person: "ada@example.test"})
	answer := "SAMLResponse=" + url.QueryEscape(deflated(t, spMessage("LogoutResponse", "_a", `InResponseTo="`+l.ID+`" Destination="`+r.url+`/logout"`, success))) +
		"&SigAlg=" + url.QueryEscape("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
	for _, try := range []struct {
		query  string
		status int
	}{{answer, 400}, {answer + "&Signature=" + url.QueryEscape(sign(t, key, answer)), 200}} {
		if res, page := r.get(r.url + "/logout?" + try.query); res.StatusCode != try.status {
			t.Errorf("answer: %s, want %d: %s", res.Status, try.status, page)
		}
	}
	if all := r.provider.Logouts(r.app); len(all) != 1 || all[0].Status != "Success" || !all[0].Verified || all[0].Error != "" {
		t.Errorf("logouts %+v", all)
	}
	if res, _ := r.get(l.URL); res.StatusCode != http.StatusBadRequest {
		t.Errorf("the same URL again: %s", res.Status)
	}
}

func TestLogoutsThatCannotBe(t *testing.T) {
	r := newRig(t, nil)
	r.wire(r.app, "_s1")
	for want, l := range map[error]control.SAMLLogout{
		saml.ErrNoSession:       {Person: "grace@example.test"},
		saml.ErrUnknownPerson:   {Person: "nobody"},
		saml.ErrBadGrant:        {Person: "ada@example.test", Binding: "pigeon"},
		saml.ErrUnknownMutation: {Person: "ada@example.test", Mutations: []string{"saml-lies"}},
		saml.ErrConflict:        {Person: "ada@example.test", Mutations: []string{"saml-sha1"}},
	} {
		if _, err := r.provider.StartLogout(r.app, l); !errors.Is(err, want) {
			t.Errorf("%+v: %v, want %v", l, err, want)
		}
	}
	google := r.another(control.App{Persona: "google-unverified", SAML: &control.SAML{EntityID: sp, ACS: []string{acs}, Logout: out}})
	if _, err := r.provider.StartLogout(google, control.SAMLLogout{Person: "ada@example.test"}); !errors.Is(err, saml.ErrNoLogout) {
		t.Errorf("Google: %v", err)
	}
}

// logoutMessages are the request by both bindings and the response, with mutations.
func (r *rig) logoutMessages(mutations ...string) map[string]wire {
	r.Helper()
	all := map[string]wire{}
	for _, binding := range []string{"redirect", "post"} {
		r.wire(r.app, "_s1")
		_, all[binding] = r.startLogout(control.SAMLLogout{Person: "ada@example.test", Binding: binding, Mutations: mutations})
	}
	if len(mutations) > 0 {
		if err := r.provider.Grant(control.Grant{State: "bye", Person: "ada@example.test", Mutations: mutations}); err != nil {
			r.Fatal(err)
		}
	}
	page := r.signOut(named("ada@example.test"))
	raw, _ := base64.StdEncoding.DecodeString(fields(page).Get("SAMLResponse"))
	all["response"] = wire{r.facts(raw) + "\n" + string(raw), page}
	for kind, w := range all {
		all[kind] = wire{r.minutes(w.xml), w.form}
	}
	return all
}

// Each mutation of logout messages does on the wire what its name says: of a request by both bindings, and of
// a response.
func TestLogoutMutationsOnTheWire(t *testing.T) {
	const (
		request  = `<samlp:LogoutRequest[^>]*`
		response = `<samlp:LogoutResponse[^>]*`
		both     = `<samlp:Logout(Request|Response)[^>]*`
	)
	patterns := map[string]string{
		"saml-logout-unsigned": `(query|response)=none`, "saml-logout-foreign-key": `(query|response)=bad`, "saml-logout-tampered": `(query|response)=bad.*\n.*(grace@example\.test|status:Responder)`,
		"saml-logout-wrong-issuer": both + `><saml:Issuer[^>]*>https://other-idp`, "saml-logout-wrong-destination": both + `Destination="https://other-sp`,
		"saml-logout-expired": request + `NotOnOrAfter="-60m"`, "saml-logout-replayed": `id=other`, "saml-logout-stranger": request + `>.*>grace@example\.test</saml:NameID>`,
		"saml-logout-other-session": request + `>.*<samlp:SessionIndex>session-of-another-login`, "saml-logout-partial": response + `>.*status:Success"><samlp:StatusCode Value="[^"]*:PartialLogout"`,
		"saml-logout-failed": response + `>.*status:Responder`, "saml-logout-wrong-in-response-to": response + `InResponseTo="id0000`, "saml-logout-silent": `form Signed out`,
	}
	r := newRig(t, nil)
	r.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	truth := r.logoutMessages()
	for _, m := range saml.Mutations() {
		if m.Kind != saml.Logout {
			continue
		}
		pattern, ok := patterns[m.Name]
		if !ok {
			t.Errorf("nothing says what %s does", m.Name)
			continue
		}
		delete(patterns, m.Name)
		var shown []string
		for kind, lie := range r.logoutMessages(m.Name) {
			if lie.shows(pattern) {
				shown = append(shown, kind)
			}
			if truth[kind].shows(pattern) {
				t.Errorf("%s: %q is in the honest %s message too\n%s", m.Name, pattern, kind, truth[kind].xml)
			}
		}
		slices.Sort(shown)
		want := map[string]string{"LogoutRequest:": "post redirect", "LogoutResponse:": "response"}[strings.Fields(m.Text)[0]]
		if want == "" {
			want = "post redirect response"
		}
		if got := strings.Join(shown, " "); got != want {
			t.Errorf("%s: %q is in %q, want it in %q", m.Name, pattern, got, want)
		}
	}
	for name := range patterns {
		t.Errorf("there is no mutation %s", name)
	}
}
