package oidc_test

import (
	"errors"
	"slices"
	"testing"

	"assay/fakeidp/control"
	"assay/fakeidp/oidc"
)

// published lists the ids of the key set document.
func (s *stand) published() []string {
	s.Helper()
	_, body := s.get(s.to("jwks_uri"))
	keys, _ := s.object(body)["keys"].([]any)
	var ids []string
	for _, key := range keys {
		ids = append(ids, text(key.(map[string]any), "kid"))
	}
	return ids
}

func (s *stand) signedWith() (kid, idToken string) {
	s.Helper()
	tokens, _ := s.signOn()
	idToken = text(tokens, "id_token")
	return text(s.part(idToken, 0), "kid"), idToken
}

// Add, switch, withdraw: the life of a key, at the issuer of one persona only.
func TestKeyRotation(t *testing.T) {
	s := newStand(t)
	okta, generic := s.at(vendorNamed("okta-oin")), s.at(vendorNamed("generic"))
	old, token := okta.signedWith()
	others := generic.published()
	added, err := s.provider.AddKey("okta-oin-patch") // has the same issuer
	if err != nil || added.Signing {
		t.Fatalf("%+v, %v", added, err)
	}
	if got := okta.published(); !slices.Equal(got, []string{old, added.ID}) {
		t.Errorf("published after adding: %v", got)
	}
	if kid, _ := okta.signedWith(); kid != old {
		t.Errorf("the added key signs already")
	}
	if err := s.provider.WithdrawKey("okta-oin", old); !errors.Is(err, oidc.ErrKeyInUse) {
		t.Errorf("withdrawing the key that signs: %v", err)
	}
	if err := s.provider.SignWith("okta-oin", added.ID); err != nil {
		t.Fatal(err)
	}
	if kid, _ := okta.signedWith(); kid != added.ID {
		t.Errorf("signed with %s after the switch to %s", kid, added.ID)
	}
	if err := s.provider.WithdrawKey("okta-oin", old); err != nil {
		t.Fatal(err)
	}
	listed, err := s.provider.Keys("okta-oin")
	if want := []control.Key{{ID: added.ID, Signing: true}}; err != nil || !slices.Equal(listed, want) || !slices.Equal(okta.published(), []string{added.ID}) {
		t.Errorf("keys %v, published %v, %v", listed, okta.published(), err)
	}
	if res, _ := s.get(okta.to("end_session_endpoint") + "?id_token_hint=" + token); res.StatusCode != 200 {
		t.Errorf("logout with a token of the withdrawn key: %s", res.Status)
	}
	if !slices.Equal(generic.published(), others) {
		t.Error("another issuer's keys have changed")
	}
}

func TestRotateBeforeSigning(t *testing.T) {
	s := newStand(t)
	entra := s.at(vendorNamed("entra-default"))
	before := entra.published()
	if err := s.provider.RotateBeforeSigning("entra-default"); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(entra.published(), before) {
		t.Error("the new key is published before a token is signed with it")
	}
	kid, _ := entra.signedWith()
	if slices.Contains(before, kid) || !slices.Contains(entra.published(), kid) || len(entra.published()) != len(before)+1 {
		t.Errorf("signed with %s; before %v, now %v", kid, before, entra.published())
	}
	if again, _ := entra.signedWith(); again != kid {
		t.Error("it rotates more than once")
	}
}

func TestKeysRefuse(t *testing.T) {
	s := newStand(t)
	for name, err := range map[string]error{
		"sign with nothing": s.provider.SignWith("okta-oin", "nothing"), "withdraw nothing": s.provider.WithdrawKey("okta-oin", "nothing"),
	} {
		if !errors.Is(err, oidc.ErrUnknownKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.provider.Keys("acme"); !errors.Is(err, oidc.ErrUnknownPersona) {
		t.Errorf("keys of nobody: %v", err)
	}
}
