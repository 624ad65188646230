package target

import (
	"net/url"
	"regexp"
	"strings"
)

// validate checks what the types cannot.
func (p *parser) validate(f *File) error {
	if f.SCIM.URL == "" {
		return p.fail(p.find("scim"), "scim.url", "is missing: the base URL of the SCIM endpoint, such as https://acme.example/scim/v2")
	}
	if err := p.url(f.SCIM.URL, "scim", "url"); err != nil {
		return err
	}
	if f.SSO != nil {
		if err := p.validateSSO(f.SSO); err != nil {
			return err
		}
	}
	for name, operation := range f.Admin {
		if err := p.operation(operation, "admin", name); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) validateSSO(sso *SSO) error {
	if sso.OIDC != nil {
		if err := p.url(sso.OIDC.Start, "sso", "oidc", "start"); err != nil {
			return err
		}
		if err := p.url(sso.OIDC.Callback, "sso", "oidc", "callback"); err != nil {
			return err
		}
	}
	if sso.Session == nil {
		return p.fail(p.find("sso"), "sso.session", "is missing: without it nobody can tell who is logged in")
	}
	if err := p.operation(sso.Session, "sso", "session"); err != nil {
		return err
	}
	if !strings.HasPrefix(sso.Session.Subject, "/") {
		return p.fail(p.find("sso", "session"), "sso.session.subject", `must be a JSON Pointer to the e-mail address or user name, such as "/email"`)
	}
	if sso.Legacy != nil {
		return p.operation(sso.Legacy, "sso", "legacy")
	}
	return nil
}

func (p *parser) operation(o *Operation, path ...string) error {
	urls := 0
	for _, raw := range []string{o.Get, o.Post, o.Put, o.Patch, o.Delete} {
		if raw == "" {
			continue
		}
		urls++
		if err := p.url(raw, path...); err != nil {
			return err
		}
	}
	if urls != 1 {
		return p.fail(p.find(path...), strings.Join(path, "."), "needs exactly one of get, post, put, patch and delete with a URL")
	}
	return nil
}

func (p *parser) url(raw string, path ...string) error {
	field := strings.Join(path, ".")
	if raw == "" {
		return p.fail(p.find(path[:len(path)-1]...), field, "is missing")
	}
	u, err := url.Parse(regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllString(raw, "x"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return p.fail(p.find(path...), field, "must be an absolute http or https URL")
	}
	if u.User != nil {
		return p.fail(p.find(path...), field, "must not hold credentials")
	}
	return nil
}
