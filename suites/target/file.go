package target

import (
	"fmt"
	"os"
)

// File is a target file: how to reach a target beyond its SCIM URL. Every string may contain
// env:NAME, which stands for the environment variable NAME; a credential must not be written out.
type File struct {
	Name  string                `yaml:"name"`
	SCIM  SCIM                  `yaml:"scim"`
	SSO   *SSO                  `yaml:"sso"`
	Admin map[string]*Operation `yaml:"-"`
	Auth  map[string]string     `yaml:"-"` // headers of the admin operations
}

// SCIM is the provisioning endpoint. User holds attributes that the target demands of every user and
// that are merged into what the checks send; EmailDomain is the domain of the addresses that they make up.
type SCIM struct {
	URL         string         `yaml:"url"`
	Token       string         `yaml:"token"`
	EmailDomain string         `yaml:"email_domain"`
	User        map[string]any `yaml:"user"`
}

// SSO is the sign-on side of the target.
type SSO struct {
	OIDC    *OIDCLogin `yaml:"oidc"`
	SAML    *SAMLLogin `yaml:"saml"`
	Session *Operation `yaml:"session"`
	Legacy  *Operation `yaml:"legacy"`
}

// OIDCLogin says where a sign-on with OpenID Connect starts and where the target expects the code.
type OIDCLogin struct {
	Start    string `yaml:"start"`
	Callback string `yaml:"callback"`
}

// SAMLLogin says where the service provider's metadata is.
type SAMLLogin struct {
	Metadata string `yaml:"metadata"`
}

// Operation is one HTTP request that does something at the target. Its URL and body may hold
// {placeholders}; Yields picks values from the answer by JSON Pointer; Subject is the JSON Pointer of
// the person's e-mail address or user name in the answer of sso.session.
type Operation struct {
	Get     string            `yaml:"get"`
	Post    string            `yaml:"post"`
	Put     string            `yaml:"put"`
	Patch   string            `yaml:"patch"`
	Delete  string            `yaml:"delete"`
	Header  map[string]string `yaml:"header"`
	Body    any               `yaml:"body"`
	Yields  map[string]string `yaml:"yields"`
	Subject string            `yaml:"subject"`
}

// Operations lists the admin operations that a target file may define: the contract between the
// suites and a target. A missing one makes the checks that need it not-applicable.
func Operations() []string {
	return []string{
		"create_tenant", "connect_oidc", "connect_saml", "grant_break_glass", "revoke_break_glass",
		"migration_check", "migrate", "migration_status", "reset_binding", "archive_user", "full_relink",
		"rotate_scim_token", "set_matching", "map_group_role", "set_policy", "audit_events",
	}
}

// FileError is a defect of a target file. Line is 0 when the defect belongs to no line.
type FileError struct {
	File  string
	Line  int
	Field string
	Text  string
}

// Error names the file, the line and the field.
func (e *FileError) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	if e.Field == "" {
		return where + ": " + e.Text
	}
	return where + ": " + e.Field + ": " + e.Text
}

// Load reads and validates a target file; getenv looks up environment variables. A defect is
// returned as a *FileError.
func Load(path string, getenv func(string) string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read target file: %w", err)
	}
	return Parse(path, data, getenv)
}

// Parse validates a target file that was read already; name is what errors call it.
func Parse(name string, data []byte, getenv func(string) string) (*File, error) {
	p := &parser{name: name, getenv: getenv}
	file, err := p.parse(data)
	if err != nil {
		return nil, err
	}
	return file, nil
}
