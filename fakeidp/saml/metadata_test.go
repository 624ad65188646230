package saml_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"assay/fakeidp/control"
	"assay/fakeidp/saml"
)

func (r *rig) metadata(app control.App) string {
	_, body := r.get(r.provider.Metadata(app))
	return r.minutes(body)
}

// Google's and PingFederate's metadata say how long they are good for, the others' do not.
func TestMetadataValidity(t *testing.T) {
	r := newRig(t, nil)
	for name, want := range map[string]string{"google-unverified": ` validUntil="+2628000m"`, "pingfederate": ` cacheDuration="PT1440M"`, "okta-oin": ""} {
		app := r.another(control.App{Persona: name, SAML: &control.SAML{EntityID: sp, ACS: []string{acs}}})
		got := strings.Join(regexp.MustCompile(` (validUntil|cacheDuration)="[^"]*"`).FindAllString(r.metadata(app), -1), "")
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// Each mutation of metadata does what its name says, for its app alone, and ends.
func TestMetadataMutationsOnTheWire(t *testing.T) {
	const entity = `<md:EntityDescriptor[^>]*`
	patterns := map[string]string{
		"saml-metadata-second-certificate": `</md:KeyDescriptor><md:KeyDescriptor`, "saml-metadata-no-use": `<md:KeyDescriptor>`, "saml-metadata-expired-certificate": "", "saml-metadata-foreign-key": "",
		"saml-metadata-entities": `^<\?xml[^>]*><md:EntitiesDescriptor.*</md:EntityDescriptor>` + entity, "saml-metadata-signed": entity + `><ds:Signature`, "saml-metadata-foreign-signature": entity + `><ds:Signature`,
		"saml-metadata-doctype": `<!DOCTYPE md:EntityDescriptor>`, "saml-metadata-huge": `<!--(assay-){1000}`, "saml-metadata-expired": entity + `validUntil="-60m"`, "saml-metadata-other-entity": entity + `entityID="https://other-idp`,
		"saml-metadata-other-location": `<md:SingleSignOnService[^>]*Location="https://other-sp`, "saml-metadata-no-logout": `!<md:SingleLogoutService`,
	}
	certificate := regexp.MustCompile(`<ds:X509Certificate>([^<]*)</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`)
	r := newRig(t, nil)
	other := r.another(control.App{Persona: "okta-oin", SAML: &control.SAML{EntityID: sp, ACS: []string{acs}}})
	truth := r.metadata(r.app)
	for _, m := range saml.Mutations() {
		if m.Kind != saml.Metadata {
			continue
		}
		pattern, ok := patterns[m.Name]
		if !ok {
			t.Errorf("nothing says what %s does", m.Name)
			continue
		}
		delete(patterns, m.Name)
		if err := r.provider.LieInMetadata(r.app, []string{m.Name}); err != nil {
			t.Fatal(err)
		}
		lie := r.metadata(r.app)
		if pattern == "" {
			if certificate.FindString(lie) == certificate.FindString(truth) {
				t.Errorf("%s shows the genuine certificate", m.Name)
			}
			continue
		}
		shows, hides := lie, truth
		if rest, ok := strings.CutPrefix(pattern, "!"); ok {
			pattern, shows, hides = rest, hides, shows
		}
		if expression := regexp.MustCompile(pattern); !expression.MatchString(shows) || expression.MatchString(hides) {
			t.Errorf("%s: %q\n%.1500s", m.Name, pattern, lie)
		}
		if strings.Contains(r.metadata(other), "assay-") {
			t.Errorf("%s lies to another app too", m.Name)
		}
	}
	for name := range patterns {
		t.Errorf("there is no mutation %s", name)
	}
	if err := r.provider.LieInMetadata(r.app, []string{"saml-sha1"}); !errors.Is(err, saml.ErrConflict) {
		t.Errorf("a mutation of responses: %v", err)
	}
	if err := r.provider.LieInMetadata(r.app, nil); err != nil || certificate.FindString(r.metadata(r.app)) != certificate.FindString(truth) {
		t.Errorf("the truth again: %v", err)
	}
}

// A rollover: the new certificate is added to the metadata, signs, and the old one is withdrawn. In between both
// are published.
func TestRollover(t *testing.T) {
	r := newRig(t, nil)
	first := r.idp
	published := func() int { return strings.Count(r.metadata(r.app), "<md:KeyDescriptor") }
	signer := func() string {
		root := r.granted("ada@example.test")
		return root.FindElement("./Signature//X509Certificate").Text()
	}
	old := signer()
	list, err := r.provider.AddCertificate(r.app)
	if err != nil || len(list) != 2 || published() != 2 || signer() != old {
		t.Fatalf("added: %v, %+v, %d published", err, list, published())
	}
	if _, err := r.provider.Withdraw(r.app, list[0].ID); !errors.Is(err, saml.ErrCertificateInUse) {
		t.Errorf("withdraw the one that signs: %v", err)
	}
	list, err = r.provider.SwitchCertificate(r.app, list[1].ID)
	if err != nil || !list[1].Signs || list[0].Signs || published() != 2 || signer() != list[1].Certificate {
		t.Fatalf("switched: %v, %+v", err, list)
	}
	r.readMetadata()
	if r.idp.Equal(first) {
		t.Error("the metadata shows the old certificate first")
	}
	if err := r.verify(r.granted("ada@example.test")); err != nil {
		t.Error(err)
	}
	if list, err = r.provider.Withdraw(r.app, list[0].ID); err != nil || list[0].Published || published() != 1 {
		t.Fatalf("withdrawn: %v, %+v", err, list)
	}
	if _, err := r.provider.SwitchCertificate(r.app, list[0].ID); !errors.Is(err, saml.ErrCertificateInUse) {
		t.Errorf("sign with the withdrawn one: %v", err)
	}
	if got := r.granted("ada@example.test", "saml-withdrawn-key").FindElement("./Signature//X509Certificate").Text(); got != old {
		t.Error("saml-withdrawn-key signs with another key")
	}
	if _, err := r.provider.SwitchCertificate(r.app, "none"); !errors.Is(err, saml.ErrUnknownCertificate) {
		t.Errorf("no such certificate: %v", err)
	}
}

// Who follows the URL in a hostile message is noted, for its app.
func TestFetches(t *testing.T) {
	r := newRig(t, nil)
	_, lure, _ := strings.Cut(r.wire(r.app, "_r1", "saml-external-entity").xml, `SYSTEM "`)
	lure, _, _ = strings.Cut(lure, `"`)
	if len(r.provider.Fetches(r.app)) != 0 {
		t.Error("somebody fetched it already")
	}
	r.get(lure)
	if all := r.provider.Fetches(r.app); len(all) != 1 || all[0].Method != "GET" {
		t.Errorf("fetches %+v", all)
	}
}
