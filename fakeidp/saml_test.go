package fakeidp

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"assay/fakeidp/control"
)

const serviceProvider = "https://sp.example.test"

// The SAML side of an app through its control API: sessions, a logout and its answer, certificates, metadata
// that lies.
func TestSAMLByControl(t *testing.T) {
	idp := start(t, Options{})
	c, ctx := control.NewClient(idp.Control, idp.ControlToken), t.Context()
	app, err := c.CreateApp(ctx, control.App{Persona: "okta-oin", SAML: &control.SAML{EntityID: serviceProvider, ACS: []string{serviceProvider + "/acs"}, Logout: serviceProvider + "/logout"}})
	if err != nil {
		t.Fatal(err)
	}
	ada, err := c.CreatePerson(ctx, control.Person{Login: "ada@example.test", Email: "ada@example.test"})
	if err != nil || c.Assign(ctx, app.ID, ada.ID) != nil || c.Grant(ctx, control.Grant{State: "here", Person: "ada@example.test", Protocol: "saml"}) != nil {
		t.Fatal("the person cannot be let in", err)
	}
	base := strings.TrimSuffix(app.SAML.Metadata, "/metadata")
	get(t, base+"/start?RelayState=here")
	sessions, err := c.SAMLSessions(ctx, app.ID)
	if err != nil || len(sessions) != 1 || sessions[0].NameID != "ada@example.test" || sessions[0].Person != ada.ID {
		t.Fatalf("sessions %+v, %v", sessions, err)
	}

	l, err := c.StartSAMLLogout(ctx, app.ID, control.SAMLLogout{Person: "ada@example.test", SessionIndex: []string{sessions[0].Index}})
	if err != nil || l.Sent {
		t.Fatalf("logout %+v, %v", l, err)
	}
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := browser.Get(l.URL)
	if err != nil || !strings.HasPrefix(res.Header.Get("Location"), serviceProvider+"/logout?SAMLRequest=") {
		t.Fatalf("the browser is sent to %v, %v", res, err)
	}
	res.Body.Close()
	get(t, base+"/logout?SAMLResponse="+url.QueryEscape(logoutResponse(t, l.ID)))
	if all, err := c.SAMLLogouts(ctx, app.ID); err != nil || len(all) != 1 || !all[0].Sent || all[0].Status != "Success" || all[0].Verified {
		t.Errorf("logouts %+v, %v", all, err)
	}
	if _, err := c.StartSAMLLogout(ctx, app.ID, control.SAMLLogout{Person: "ada@example.test"}); err == nil || !strings.Contains(err.Error(), "no such session") {
		t.Errorf("a logout without a session: %v", err)
	}
	if all, err := c.Fetches(ctx, app.ID); err != nil || len(all) != 0 {
		t.Errorf("fetches %+v, %v", all, err)
	}
}

func logoutResponse(t *testing.T, request string) string {
	t.Helper()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintf(w, `<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_a" Version="2.0" InResponseTo=%q>`+
		`<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">%s</saml:Issuer>`+
		`<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:LogoutResponse>`, request, serviceProvider)
	_ = w.Close()
	return base64.StdEncoding.EncodeToString(packed.Bytes())
}

func TestSAMLCertificatesByControl(t *testing.T) {
	idp := start(t, Options{})
	c, ctx := control.NewClient(idp.Control, idp.ControlToken), t.Context()
	app, err := c.CreateApp(ctx, control.App{Persona: "generic", SAML: &control.SAML{EntityID: serviceProvider, ACS: []string{serviceProvider + "/acs"}}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.AddCertificate(ctx, app.ID)
	if err != nil || len(list) != 2 || !list[0].Signs || !list[1].Published {
		t.Fatalf("added %+v, %v", list, err)
	}
	if _, err := c.WithdrawCertificate(ctx, app.ID, list[0].ID); err == nil || !strings.Contains(err.Error(), "let another one sign first") {
		t.Errorf("withdraw the one that signs: %v", err)
	}
	if _, err := c.SwitchCertificate(ctx, app.ID, list[1].ID); err != nil {
		t.Error(err)
	}
	if _, err := c.WithdrawCertificate(ctx, app.ID, list[0].ID); err != nil {
		t.Error(err)
	}
	if list, err = c.Certificates(ctx, app.ID); err != nil || list[0].Published || !list[1].Signs {
		t.Errorf("after the rollover %+v, %v", list, err)
	}
	if err := c.LieInMetadata(ctx, app.ID, "saml-metadata-other-entity"); err != nil {
		t.Error(err)
	}
	if _, body := get(t, app.SAML.Metadata); !strings.Contains(body, "other-idp.invalid") || strings.Contains(body, list[0].Certificate) {
		t.Errorf("metadata %s", body)
	}
	for want, err := range map[string]error{
		"give the app a saml member": c.LieInMetadata(ctx, "nobody", "saml-metadata-signed"),
		"no such mutation":           c.LieInMetadata(ctx, app.ID, "saml-metadata-lies"),
		"changes a response":         c.LieInMetadata(ctx, app.ID, "saml-sha1"),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want one that says %q", err, want)
		}
	}
}
