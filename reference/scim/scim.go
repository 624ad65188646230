// Package scim serves SCIM 2.0 (RFC 7643, RFC 7644) on a directory.Store.
//
// It is built on elimity-com/scim. That library carries the schema model, the resource types and their
// handlers, the routing of requests for a single resource and the validation of what POST and PUT
// send. In front of it and under it stands what it leaves to the application or gets wrong:
// authentication, limits, content types, a strict JSON pass, methods, lists and searches, PATCH
// (package patch), filters (package filter), projection (package projection), entity tags and
// discovery documents. Every response is rendered here.
//
// Some behaviour is a choice that the RFCs leave open:
//
//   - A password is accepted, because Okta sends one with every new user, and then dropped: nobody
//     logs in with it here, so it is neither stored nor compared nor returned.
//   - "active" is true for a new user that does not say otherwise. A PUT that leaves it out and a
//     PATCH that removes it do not change it: nobody gets back in by an omission.
//   - Foreign URNs in "schemas" and unknown attributes are ignored (OneLogin and Entra ID send them).
//   - The members of a group must exist. What a client says of a member beyond its "value" is ignored.
//   - A user's version and lastModified tell about the user alone: joining a group changes the group.
package scim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	elimity "github.com/elimity-com/scim"

	"assay/reference/directory"
	"assay/reference/scim/schema"
)

// Defaults of Options.
const (
	DefaultMaxBody    = 1 << 20 // bytes
	DefaultMaxResults = 200     // resources in a response
	defaultCount      = 100     // resources in a response when the client does not say how many
)

// Verifier checks the bearer token of a request. Any error means that the token does not let in.
type Verifier interface {
	Verify(ctx context.Context, bearer string) (directory.Token, error)
}

// Options of New. Store, Verify and BaseURL are required.
type Options struct {
	Store  directory.Store
	Verify Verifier
	// BaseURL is the absolute URL under which clients reach the handler, such as
	// https://scim.example/scim/v2. It is used for meta.location, Location and $ref.
	BaseURL string
	// Logger takes one record a request, without tokens and query. None logs nothing.
	Logger *slog.Logger
	// MaxBody is the greatest accepted request body in bytes; beyond it the answer is 413.
	MaxBody int64
	// MaxResults is the greatest number of resources in a response.
	MaxResults int
}

// kind is one resource type: its name in the directory and its schema.
type kind struct {
	directory.Kind
	*schema.Type
	name string // the attribute that becomes directory.Resource.Name
}

// server is the handler that New returns. It is immutable and safe for concurrent use.
type server struct {
	store      directory.Store
	verify     Verifier
	base       string
	log        *slog.Logger
	maxBody    int64
	maxResults int
	users      *kind
	groups     *kind
	library    elimity.Server
	discovery  map[string]document
}

// New makes the handler. It sees paths relative to the base URL (/Users, /Groups/{id} …): mount it
// with http.StripPrefix.
func New(o Options) (http.Handler, error) {
	if o.Store == nil || o.Verify == nil {
		return nil, errors.New("scim: Store and Verify are required")
	}
	base, err := url.Parse(o.BaseURL)
	if err != nil || !base.IsAbs() || base.Host == "" || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("scim: BaseURL %q is not an absolute URL without a query", o.BaseURL)
	}
	s := &server{
		store: o.Store, verify: o.Verify, log: o.Logger, maxBody: o.MaxBody, maxResults: o.MaxResults,
		base:   strings.TrimRight(o.BaseURL, "/"),
		users:  &kind{Kind: directory.User, Type: schema.UserType(), name: "userName"},
		groups: &kind{Kind: directory.Group, Type: schema.GroupType(), name: "displayName"},
	}
	s.setDefaults()
	if s.library, err = s.newLibrary(); err != nil {
		return nil, fmt.Errorf("scim: %w", err)
	}
	if s.discovery, err = s.newDiscovery(); err != nil {
		return nil, fmt.Errorf("scim: %w", err)
	}
	return s, nil
}

func (s *server) setDefaults() {
	if s.log == nil {
		s.log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if s.maxBody <= 0 {
		s.maxBody = DefaultMaxBody
	}
	if s.maxResults <= 0 {
		s.maxResults = DefaultMaxResults
	}
}

func (s *server) kinds() []*kind { return []*kind{s.users, s.groups} }
