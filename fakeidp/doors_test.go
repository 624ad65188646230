package fakeidp

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"testing"

	"assay/fakeidp/control"
)

// A client that trusts the authority comes in by one door only, and each other door says why not.
func TestDoors(t *testing.T) {
	idp := start(t, Options{})
	c := control.NewClient(idp.Control, idp.ControlToken)
	doors, err := c.Doors(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(doors.CA)) {
		t.Fatalf("authority %q", doors.CA)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}}
	want := map[string]string{
		"trusted": "", "expired": "expired or is not yet valid", "not-yet-valid": "expired or is not yet valid", "wrong-host": "cannot validate certificate for 127.0.0.1",
		"self-signed": "unknown authority",
	}
	for _, door := range doors.Doors {
		reason, known := want[door.Name]
		if !known || door.Text == "" {
			t.Errorf("door %+v", door)
		}
		delete(want, door.Name)
		res, err := client.Get(door.URL + strings.TrimPrefix(idp.Issuer, idp.PublicURL) + "/.well-known/openid-configuration")
		switch {
		case err == nil && (reason != "" || res.StatusCode != http.StatusOK):
			t.Errorf("%s: %s", door.Name, res.Status)
		case err != nil && (reason == "" || !strings.Contains(err.Error(), reason)):
			t.Errorf("%s: %v, want %q", door.Name, err, reason)
		}
		if err == nil {
			_ = res.Body.Close()
		}
	}
	for name := range want {
		t.Errorf("no door %s", name)
	}
	if again, err := c.Doors(t.Context()); err != nil || again.CA != doors.CA {
		t.Errorf("asked again: another authority, %v", err)
	}
}

// While the line is cut connections are refused, also those of a client that was there before; then all is well again.
func TestCutLine(t *testing.T) {
	idp := start(t, Options{})
	c := control.NewClient(idp.Control, idp.ControlToken)
	if status, _ := get(t, idp.PublicURL+"/healthz"); status != http.StatusOK {
		t.Fatalf("before: %d", status)
	}
	for range 2 { // a second time changes nothing
		if err := c.CutLine(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if res, err := http.Get(idp.PublicURL + "/healthz"); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("while it is cut: %v, %v", res, err)
	}
	for range 2 {
		if err := c.MendLine(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if status, _ := get(t, idp.PublicURL+"/healthz"); status != http.StatusOK {
		t.Errorf("after: %d", status)
	}
	if err := c.CutLine(t.Context()); err != nil { // and it can be closed while it is cut
		t.Fatal(err)
	}
}
