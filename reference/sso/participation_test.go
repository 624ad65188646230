package sso

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"assay/reference/sso/saml"
)

func joined(tenant, issuer, subject, user string, index ...string) participation {
	return participation{tenant: tenant, issuer: issuer, subject: subject, user: user, known: saml.Session{Index: index}}
}

// TestParticipations: an identity provider ends sessions of its own tenant and of its own people (SAML-SLO-05), and a
// session ends when it said so (SAML-CND-27).
func TestParticipations(t *testing.T) {
	now := time.Now()
	p := newParticipations(func() time.Time { return now })
	p.put("1", joined("a", "idp", "ada", "u1", "s1", "s2"))
	p.put("2", joined("a", "idp", "ada", "u1", "s3"))
	p.put("3", joined("b", "idp", "ada", "u2", "s1"))
	p.put("4", joined("a", "other", "ada", "u1", "s1"))
	p.put("5", joined("a", "idp", "grace", "u3"))
	live := func() (ids []string) {
		for _, id := range []string{"1", "2", "3", "4", "5"} {
			if p.has(id, now) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	for _, step := range []struct {
		tenant, issuer, subject string
		indexes, ended, left    []string
	}{
		{"a", "idp", "nobody", nil, nil, []string{"1", "2", "3", "4", "5"}},
		{"a", "idp", "grace", []string{"s1"}, nil, []string{"1", "2", "3", "4", "5"}},
		{"a", "idp", "ada", []string{"s2", "x"}, []string{"u1"}, []string{"2", "3", "4", "5"}},
		{"a", "idp", "ada", nil, []string{"u1"}, []string{"3", "4", "5"}},
		{"b", "other", "ada", nil, nil, []string{"3", "4", "5"}},
	} {
		if ended := p.end(step.tenant, step.issuer, step.subject, step.indexes); !slices.Equal(ended, step.ended) || !slices.Equal(live(), step.left) {
			t.Errorf("%+v: ended %q, left %q", step, ended, live())
		}
	}
	if one, ok := p.take("5"); !ok || one.user != "u3" || p.has("5", now) {
		t.Errorf("%+v", one)
	}
	short := joined("a", "idp", "ada", "u1")
	short.ends = now.Add(time.Minute)
	p.put("6", short)
	if now = now.Add(time.Minute); p.has("6", now) {
		t.Error("a session lives longer than at the identity provider")
	}
	for n := range maxParticipations + 10 {
		p.put("n"+strconv.Itoa(n), joined("a", "idp", "ada", "u1"))
	}
	if len(p.byID) > maxParticipations {
		t.Errorf("%d participations", len(p.byID))
	}
}
