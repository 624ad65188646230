package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"assay/reference/directory"
)

const (
	maxClaimName  = 255
	maxClaimValue = 1 << 10
)

// saw keeps what was seen of an identity.
func (r *Recognizer) saw(ctx context.Context, tenant string, c directory.Connection, a Assertion, admitted bool) error {
	seen := sightingOf(c, a)
	seen.Seen = r.now().UTC()
	if err := r.store.Saw(context.WithoutCancel(ctx), tenant, seen, admitted); err != nil {
		return fmt.Errorf("keep what was seen: %w", err)
	}
	return nil
}

// momentary are claims about a token or a login, and not about somebody. Some of them are secrets for as long as they live.
func momentary() []string {
	return []string{
		"iss", "aud", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "s_hash", "rt_hash", "sid", "azp", "acr", "amr", "auth_time",
		"rh", "uti", "aio", "ver", "session_state", "_claim_names", "_claim_sources", "access_token", "id_token", "refresh_token",
	}
}

// sightingOf keeps of an assertion what it says about somebody, within bounds: what is mapped first. Groups that
// do not fit are not kept at all, as if there were too many of them for the token.
func sightingOf(c directory.Connection, a Assertion) directory.Sighting {
	seen := directory.Sighting{Issuer: a.Issuer, Subject: a.Subject, Claims: map[string][]string{}}
	seen.Overage = groupsOf(c, a).Unknown == GroupsOverage
	left := directory.MaxClaims - 2 // the braces
	mapped := MappingOf(c)
	// A text "true" is not the truth value that it looks like here.
	left = keep(&seen, "email_verified", []string{strconv.FormatBool(a.EmailVerified)}, left)
	if protocolOf(c) == directory.SAML {
		left = keep(&seen, NameID, []string{a.Name}, left)
	}
	for _, field := range Fields() {
		name := mapped[field]
		if _, said := a.Claims[name]; !said {
			continue
		}
		if left = keep(&seen, name, a.Claims[name], left); field == Groups {
			_, kept := seen.Claims[name]
			seen.Overage = seen.Overage || !kept
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Claims)) {
		if name != NameID && !slices.Contains(momentary(), name) {
			left = keep(&seen, name, a.Claims[name], left)
		}
	}
	return seen
}

// keep adds a claim when it fits and returns how many bytes are left.
func keep(seen *directory.Sighting, name string, values []string, left int) int {
	if _, there := seen.Claims[name]; there || name == "" || len(name) > maxClaimName || !utf8.ValidString(name) {
		return left
	}
	if slices.ContainsFunc(values, func(v string) bool {
		return len(v) > maxClaimValue || !utf8.ValidString(v) || slices.Contains([]byte(v), 0)
	}) {
		return left
	}
	if values == nil {
		values = []string{} // nothing is something else than nothing said
	}
	encoded, err := json.Marshal(map[string][]string{name: values})
	if err != nil || len(encoded) > left {
		return left
	}
	seen.Claims[name] = values
	return left - len(encoded)
}

// assertionOf is the assertion that a sighting is of, as far as it was kept.
func assertionOf(c directory.Connection, s directory.Sighting) Assertion {
	a := Assertion{Issuer: s.Issuer, Subject: s.Subject, Name: s.Subject, Claims: s.Claims, EmailVerified: one(s.Claims["email_verified"]) == "true"}
	if protocolOf(c) == directory.SAML {
		a.Name = one(s.Claims[NameID])
	}
	if s.Overage {
		a.Absent = []string{MappingOf(c)[Groups]}
	}
	return a
}
