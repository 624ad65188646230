package saml_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"testing"

	"assay/fakeidp/control"
	"assay/fakeidp/saml"
)

func sign(t *testing.T, key *rsa.PrivateKey, text string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// What a forged message says is that the stranger is logged in, and the genuine signature is still there
// where it is wrapped.
func TestWrappedMessagesHoldBoth(t *testing.T) {
	r := newRig(t, nil)
	numbered := regexp.MustCompile(`^SAML-XSW-[1-8]$`)
	for _, m := range saml.Mutations() {
		if !numbered.MatchString(m.Rows[0]) {
			continue
		}
		root := r.granted("ada@example.test", m.Name)
		var names []string
		for _, id := range root.FindElements("//NameID") {
			names = append(names, id.Text())
		}
		text := strings.Join(names, " ")
		if len(names) != 2 || !strings.Contains(text, "ada@example.test") || !strings.Contains(text, "grace@example.test") {
			t.Errorf("%s names %s", m.Name, text)
		}
		if len(root.FindElements("//SignatureValue")) == 0 {
			t.Errorf("%s has no signature", m.Name)
		}
	}
}

// A service provider that verifies the signature over what it reads refuses each message in which the
// signature is what is wrong.
func TestBrokenSignaturesDoNotVerify(t *testing.T) {
	r := newRig(t, nil)
	if r.verify(r.granted("ada@example.test")) != nil {
		t.Fatal("the honest message does not verify")
	}
	for _, name := range []string{
		"saml-unsigned", "saml-signature-removed", "saml-signature-empty", "saml-no-reference", "saml-tampered-subject", "saml-tampered-audience",
		"saml-foreign-key", "saml-foreign-key-hidden", "saml-reference-elsewhere", "saml-two-signed-infos", "saml-xsw3", "saml-xsw7", "saml-forged-last",
	} {
		if root := r.granted("ada@example.test", name); r.verify(root) == nil {
			t.Errorf("%s verifies", name)
		}
	}
}

func TestGrantsThatCannotBe(t *testing.T) {
	r := newRig(t, nil)
	for _, test := range []struct {
		grant control.Grant
		want  error
	}{
		{control.Grant{Person: "ada@example.test"}, saml.ErrBadGrant},
		{control.Grant{State: "s", Person: "nobody"}, saml.ErrUnknownPerson},
		{control.Grant{State: "s", Person: "ada@example.test", Mutations: []string{"saml-lies"}}, saml.ErrUnknownMutation},
		{control.Grant{State: "s", Person: "ada@example.test", Mutations: []string{"saml-xsw1", "saml-sha1"}}, saml.ErrConflict},
		{control.Grant{State: "s", Person: "ada@example.test", Mutations: []string{"saml-sha1", "saml-no-assertion"}}, saml.ErrConflict},
	} {
		if err := r.provider.Grant(test.grant); !errors.Is(err, test.want) {
			t.Errorf("%+v: %v, want %v", test.grant, err, test.want)
		}
	}
	if err := r.provider.Grant(control.Grant{State: "s", Person: "ada@example.test", Mutations: []string{"saml-sha1", "saml-wrong-audience"}}); err != nil {
		t.Errorf("two that go together: %v", err)
	}
}
