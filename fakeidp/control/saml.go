package control

import (
	"context"
	"net/http"
	"time"
)

// Certificate is one of an app's SAML signing certificates.
type Certificate struct {
	ID          string `json:"id"`          // SHA-256 of the DER, in hexadecimal digits
	Certificate string `json:"certificate"` // base64 of the DER, as in metadata
	Published   bool   `json:"published"`   // in the metadata
	Signs       bool   `json:"signs"`
}

// SAMLSession is what a SAML response has opened at a service provider, until a logout ends it.
type SAMLSession struct {
	Person string    `json:"person"` // person id
	NameID string    `json:"name_id"`
	Index  string    `json:"session_index"`
	Since  time.Time `json:"since"`
}

// SAMLLogout is a logout that begins at the IdP: the end of a person's sessions at one service provider, which
// learns of it by a signed LogoutRequest that the browser carries, once it opens URL. The IdP sets everything
// after Mutations.
type SAMLLogout struct {
	Person       string   `json:"person"`                  // person id, login or e-mail
	SessionIndex []string `json:"session_index,omitempty"` // of these sessions; all of the person when empty
	Binding      string   `json:"binding,omitempty"`       // "redirect", which is meant when it is empty, or "post"
	Mutations    []string `json:"mutations,omitempty"`     // of kind "logout message"

	ID   string    `json:"id,omitempty"`  // of the LogoutRequest, unless a mutation changes it
	URL  string    `json:"url,omitempty"` // at the IdP, for the browser; good once
	At   time.Time `json:"at,omitzero"`
	Sent bool      `json:"sent,omitempty"`
	// Status is the LogoutResponse's, "Success" for example; Error why the response could not be used. Verified says
	// that its signature was checked: the app has a certificate for it.
	Status   string `json:"status,omitempty"`
	Error    string `json:"error,omitempty"`
	Verified bool   `json:"verified,omitempty"`
}

// Fetch is a request for the URL that hostile messages point to: nobody should have followed it.
type Fetch struct {
	Time      time.Time `json:"time"`
	Method    string    `json:"method"`
	UserAgent string    `json:"user_agent,omitempty"`
}

// MetadataLies are the mutations of kind "metadata" that an app's SAML metadata shows; none for the truth.
type MetadataLies struct {
	Mutations []string `json:"mutations"`
}

// Certificates lists an app's SAML signing certificates, oldest first: GET /apps/{app}/saml/certificates.
func (c *Client) Certificates(ctx context.Context, app string) ([]Certificate, error) {
	return call[[]Certificate](ctx, c, http.MethodGet, appPath(app, "saml", "certificates"), nil)
}

// AddCertificate puts a new signing certificate into an app's metadata, beside the one that still signs:
// POST /apps/{app}/saml/certificates.
func (c *Client) AddCertificate(ctx context.Context, app string) ([]Certificate, error) {
	return call[[]Certificate](ctx, c, http.MethodPost, appPath(app, "saml", "certificates"), nil)
}

// SwitchCertificate lets one of the published certificates sign: POST /apps/{app}/saml/certificates/{id}/sign.
func (c *Client) SwitchCertificate(ctx context.Context, app, id string) ([]Certificate, error) {
	return call[[]Certificate](ctx, c, http.MethodPost, appPath(app, "saml", "certificates", id, "sign"), nil)
}

// WithdrawCertificate takes a certificate that does not sign out of the metadata:
// DELETE /apps/{app}/saml/certificates/{id}.
func (c *Client) WithdrawCertificate(ctx context.Context, app, id string) ([]Certificate, error) {
	return call[[]Certificate](ctx, c, http.MethodDelete, appPath(app, "saml", "certificates", id), nil)
}

// LieInMetadata lets an app's metadata lie, or tell the truth again: PUT /apps/{app}/saml/metadata.
func (c *Client) LieInMetadata(ctx context.Context, app string, mutations ...string) error {
	return c.do(ctx, http.MethodPut, appPath(app, "saml", "metadata"), MetadataLies{Mutations: mutations}, nil)
}

// SAMLSessions lists what SAML responses have opened at an app, oldest first: GET /apps/{app}/saml/sessions.
func (c *Client) SAMLSessions(ctx context.Context, app string) ([]SAMLSession, error) {
	return call[[]SAMLSession](ctx, c, http.MethodGet, appPath(app, "saml", "sessions"), nil)
}

// StartSAMLLogout prepares the end of a person's sessions: POST /apps/{app}/saml/logouts. The browser has to open the URL.
func (c *Client) StartSAMLLogout(ctx context.Context, app string, l SAMLLogout) (SAMLLogout, error) {
	return call[SAMLLogout](ctx, c, http.MethodPost, appPath(app, "saml", "logouts"), l)
}

// SAMLLogouts lists the logouts that began at the IdP, with their answers, oldest first: GET /apps/{app}/saml/logouts.
func (c *Client) SAMLLogouts(ctx context.Context, app string) ([]SAMLLogout, error) {
	return call[[]SAMLLogout](ctx, c, http.MethodGet, appPath(app, "saml", "logouts"), nil)
}

// Fetches lists who has followed the URL in hostile messages: GET /apps/{app}/saml/fetches.
func (c *Client) Fetches(ctx context.Context, app string) ([]Fetch, error) {
	return call[[]Fetch](ctx, c, http.MethodGet, appPath(app, "saml", "fetches"), nil)
}
