package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"assay/reference/audit"
	"assay/reference/directory"
	"assay/reference/sso"
	"assay/reference/sso/saml"

	"github.com/danielgtaylor/huma/v2"
)

// maxMetadata bounds the body that brings metadata: 2 MiB of it, written as JSON.
const maxMetadata = 5 << 20

// SAML is what the API needs of the SAML service provider.
type SAML interface {
	// ReadSAML reads and checks the facts about an identity provider. Its error is fit to be shown.
	ReadSAML(ctx context.Context, source sso.SAMLSource) (idp saml.IdentityProvider, kept []byte, err error)
	// SAMLEndpoints is where the service provider of a tenant is.
	SAMLEndpoints(tenant string) sso.SAMLEndpoints
	// SAMLMetadata describes the service provider of a tenant.
	SAMLMetadata(ctx context.Context, tenant string) ([]byte, error)
}

func (a *api) registerSAML(h huma.API) {
	const path = "/api/tenants/{tenant}/sso/saml"
	huma.Register(h, operation("get-saml", http.MethodGet, path, "Read the SAML connection", 404), a.saml)
	put := operation("put-saml", http.MethodPut, path,
		"Connect a SAML identity provider, or read its metadata anew: what is not in it any more, such as a certificate, is not trusted any more", 404, 422)
	put.MaxBodyBytes = maxMetadata
	huma.Register(h, put, a.connectSAML)
	huma.Register(h, operation("refresh-saml", http.MethodPost, path+"/refresh",
		"Fetch the metadata of the SAML identity provider again", 404, 409, 422), a.refreshSAML)
	huma.Register(h, operation("get-saml-service-provider", http.MethodGet, path+"/service-provider",
		"Read what the SAML identity provider has to know of us", 404), a.serviceProvider)
}

// ConnectSAML is the SAML connection as an administrator sets it.
type ConnectSAML struct {
	TenantPath
	Body struct {
		EntityID             string   `json:"entity_id,omitempty" maxLength:"1024" doc:"Entity ID of the identity provider. Metadata that describes another one is refused; without it the metadata must describe one only"`
		Metadata             string   `json:"metadata,omitempty" maxLength:"2097152" doc:"Metadata of the identity provider (XML)"`
		MetadataURL          string   `json:"metadata_url,omitempty" maxLength:"2048" doc:"URL of the metadata: https, or http on loopback"`
		MetadataCertificates []string `json:"metadata_certificates,omitempty" maxItems:"16" doc:"Certificates of a federation, for example: the metadata must be signed with the key of one. PEM or base64"`
		SignOnURL            string   `json:"sign_on_url,omitempty" maxLength:"2048" doc:"Without metadata: where sign-on requests go (redirect binding)"`
		LogoutURL            string   `json:"logout_url,omitempty" maxLength:"2048" doc:"Without metadata: where logout messages go (redirect binding)"`
		Certificates         []string `json:"certificates,omitempty" maxItems:"16" doc:"Without metadata: signing certificates, PEM or base64"`
		AllowIdPInitiated    bool     `json:"allow_idp_initiated,omitempty" doc:"Take assertions that nobody has asked for"`
	}
}

// SAMLConnection is the SAML connection as the API shows it.
type SAMLConnection struct {
	EntityID          string            `json:"entity_id"`
	SignOn            map[string]string `json:"sign_on" doc:"URLs by binding"`
	Logout            map[string]string `json:"logout,omitempty" doc:"URLs by binding"`
	Certificates      []Certificate     `json:"certificates"`
	ValidUntil        *time.Time        `json:"valid_until,omitempty" doc:"When the metadata ends to be valid: nobody can sign on from then on"`
	MetadataURL       string            `json:"metadata_url,omitempty"`
	MetadataSigned    bool              `json:"metadata_signed" doc:"Whether the metadata must be signed with a key that is configured"`
	AllowIdPInitiated bool              `json:"allow_idp_initiated"`
	Active            bool              `json:"active"`
	Updated           time.Time         `json:"updated"`
}

// Certificate is a signing certificate. Its dates are for people: they do not matter for trust.
type Certificate struct {
	SHA256    string    `json:"sha256" doc:"Of the DER, in hexadecimal"`
	Subject   string    `json:"subject"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
}

// ServiceProvider is what the identity provider has to know of us.
type ServiceProvider struct {
	EntityID    string `json:"entity_id"`
	ACS         string `json:"acs_url"`
	Logout      string `json:"logout_url"`
	Login       string `json:"login_url"`
	MetadataURL string `json:"metadata_url"`
	Metadata    string `json:"metadata" doc:"The metadata itself (XML)"`
}

// samlConnection is the SAML connection of a tenant, or the problem that there is none.
func (a *api) samlConnection(ctx context.Context, tenant string) (directory.Connection, error) {
	t, err := a.find(ctx, tenant)
	if err != nil {
		return directory.Connection{}, err
	}
	c, err := a.Store.Connection(ctx, t.ID)
	if errors.Is(err, directory.ErrNotFound) || err == nil && c.Protocol != directory.SAML {
		return directory.Connection{}, &Problem{Status: http.StatusNotFound, Code: "SSO_NOT_CONNECTED", Detail: "The tenant has no SAML connection yet."}
	}
	if err != nil {
		return directory.Connection{}, a.internal(ctx, "read connection", err)
	}
	return c, nil
}

func (a *api) showSAML(ctx context.Context, c directory.Connection) (*Body[SAMLConnection], error) {
	idp, err := sso.SAMLIdentityProvider(c)
	if err != nil {
		return nil, a.internal(ctx, "read connection", err)
	}
	source, err := sso.SAMLSourceOf(c)
	if err != nil {
		return nil, a.internal(ctx, "read connection", err)
	}
	shown := SAMLConnection{
		EntityID: idp.EntityID, SignOn: idp.SignOn, Logout: map[string]string{}, MetadataURL: source.URL, MetadataSigned: len(source.SignedBy) > 0,
		AllowIdPInitiated: c.AllowIdPInitiated, Active: c.Active, Updated: c.Updated.UTC(),
	}
	for binding, endpoint := range idp.Logout {
		shown.Logout[binding] = endpoint.Location
	}
	if !idp.ValidUntil.IsZero() {
		shown.ValidUntil = new(idp.ValidUntil.UTC())
	}
	for _, one := range idp.Certificates {
		shown.Certificates = append(shown.Certificates, Certificate{
			SHA256: fingerprint(one.Raw), Subject: one.Subject.String(), NotBefore: one.NotBefore.UTC(), NotAfter: one.NotAfter.UTC(),
		})
	}
	return &Body[SAMLConnection]{shown}, nil
}

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

func (a *api) saml(ctx context.Context, in *TenantPath) (*Body[SAMLConnection], error) {
	c, err := a.samlConnection(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	return a.showSAML(ctx, c)
}

// connectSAML keeps the settings of the connection when the identity provider stays the same.
func (a *api) connectSAML(ctx context.Context, in *ConnectSAML) (*Body[SAMLConnection], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	return a.setSAML(ctx, t.ID, sso.SAMLSource{
		EntityID: in.Body.EntityID, Metadata: in.Body.Metadata, URL: in.Body.MetadataURL, SignedBy: in.Body.MetadataCertificates,
		SignOn: in.Body.SignOnURL, Logout: in.Body.LogoutURL, Certificates: in.Body.Certificates,
	}, in.Body.AllowIdPInitiated)
}

func (a *api) refreshSAML(ctx context.Context, in *TenantPath) (*Body[SAMLConnection], error) {
	c, err := a.samlConnection(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	source, err := sso.SAMLSourceOf(c)
	if err != nil {
		return nil, a.internal(ctx, "read connection", err)
	}
	if source.URL == "" {
		return nil, &Problem{Status: http.StatusConflict, Code: "INVALID_STATE", Detail: "The connection was not made from a metadata URL: send the new metadata."}
	}
	return a.setSAML(ctx, in.Tenant, source, c.AllowIdPInitiated)
}

func (a *api) setSAML(ctx context.Context, tenant string, source sso.SAMLSource, allowIdPInitiated bool) (*Body[SAMLConnection], error) {
	idp, kept, err := a.SignOn.ReadSAML(ctx, source)
	if err != nil {
		return nil, &Problem{Status: http.StatusUnprocessableEntity, Code: "IDP_METADATA_REFUSED", Detail: err.Error()}
	}
	c := directory.Connection{
		Protocol: directory.SAML, Issuer: idp.EntityID, SAML: kept, Updated: a.Now().UTC(),
		ConnectionSettings: directory.ConnectionSettings{Active: true},
	}
	old, err := a.Store.Connection(ctx, tenant)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return nil, a.internal(ctx, "read connection", err)
	}
	if err == nil && old.Protocol == c.Protocol && old.Issuer == c.Issuer {
		c.ConnectionSettings = old.ConnectionSettings
	}
	c.AllowIdPInitiated = allowIdPInitiated
	if err := a.Store.SetConnection(ctx, tenant, c); err != nil {
		return nil, a.internal(ctx, "store connection", err)
	}
	a.SignOn.Forget(tenant)
	var trusted []string
	for _, one := range idp.Certificates {
		trusted = append(trusted, fingerprint(one.Raw)[:16])
	}
	err = a.Audit.Record(ctx, audit.Entry{
		Tenant: tenant, Actor: audit.Admin, Action: audit.ConnectionChanged, Subject: tenant,
		Detail: map[string]string{
			"protocol": string(c.Protocol), "issuer": c.Issuer, "certificates": strings.Join(trusted, " "),
			"idp_initiated": fmt.Sprint(allowIdPInitiated),
		},
	})
	if err != nil {
		return nil, a.internal(ctx, "record connection", err)
	}
	return a.showSAML(ctx, c)
}

func (a *api) serviceProvider(ctx context.Context, in *TenantPath) (*Body[ServiceProvider], error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	described, err := a.SignOn.SAMLMetadata(ctx, t.ID)
	if err != nil {
		return nil, a.internal(ctx, "describe service provider", err)
	}
	at := a.SignOn.SAMLEndpoints(t.ID)
	return &Body[ServiceProvider]{ServiceProvider{
		EntityID: at.EntityID, ACS: at.ACS, Logout: at.Logout, Login: at.Login, MetadataURL: at.EntityID, Metadata: string(described),
	}}, nil
}
