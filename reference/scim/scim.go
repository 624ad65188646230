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
//   - Unknown attributes are ignored. What else is forgiven, and to whom, is said by package leniency.
//   - The members of a group must exist. What a client says of a member beyond its "value" is ignored.
//   - A user's version and lastModified tell about the user alone: joining a group changes the group.
//   - A bulk request is not atomic, each of its operations is. Entries come in the order of the request and
//     have a response only where the operation failed. In which order operations are done, and how circular
//     references are resolved, is said by package bulk.
//   - /Me is processed directly, without a redirect, for a token with a subject; see routeMe.
//   - A query over all types without a count is refused with tooMany when it finds more than MaxResults.
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
	"time"

	elimity "github.com/elimity-com/scim"

	"assay/reference/directory"
	"assay/reference/scim/cursor"
	"assay/reference/scim/leniency"
	"assay/reference/scim/schema"
	"assay/reference/scim/throttle"
)

// Defaults of Options.
const (
	DefaultMaxBody       = 1 << 20 // bytes
	DefaultMaxPayload    = 1 << 20 // bytes of a bulk request
	DefaultMaxOperations = 1000    // operations in a bulk request
	DefaultMaxResults    = 200     // resources in a response
	defaultCount         = 100     // resources in a response when the client does not say how many

	// DefaultCursorTimeout is how long a cursor is valid at least.
	DefaultCursorTimeout = time.Hour
)

// Verifier checks the bearer token of a request. Any error means that the token does not let in: with directory.ErrSCIMDisabled
// and directory.ErrSCIMNotInPlan it is a good one, and the answer is 403.
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
	// Rate is how many requests a second one token may make on average, Burst how many at once (at least
	// one); beyond it the answer is 429 with Retry-After. A Rate of 0 sets no limit.
	Rate  float64
	Burst int
	// Ledger counts what clients are forgiven; it may be left out.
	Ledger *leniency.Ledger
	// MaxPayload is the greatest accepted body of a bulk request in bytes, and MaxOperations the greatest
	// number of its operations; beyond either the answer is 413 (RFC 7644 section 3.7.4). An operation is
	// bound by MaxBody too.
	MaxPayload    int64
	MaxOperations int
	// CursorKey, of cursor.KeySize bytes, seals the cursors of RFC 9865. Replicas need the same one.
	// Without it a random one is used, and a walk does not survive a restart.
	CursorKey []byte
	// CursorTimeout is how long a cursor is valid at least, in whole seconds.
	CursorTimeout time.Duration
	// Schemas are custom extensions of the resource types, in the order in which they are listed.
	Schemas []schema.Extension
	// Clock is the time by which cursors expire; nil is time.Now.
	Clock func() time.Time
}

// kind is one resource type: its name in the directory and its schema.
type kind struct {
	directory.Kind
	*schema.Type
	name string // the attribute that becomes directory.Resource.Name
}

// server is the handler that New returns. It is immutable and safe for concurrent use.
type server struct {
	store         directory.Store
	verify        Verifier
	base          string
	log           *slog.Logger
	maxBody       int64
	maxResults    int
	maxPayload    int64
	maxOperations int
	cursorTimeout time.Duration
	cursors       *cursor.Codec
	users         *kind
	groups        *kind
	library       elimity.Server
	discovery     map[string]document
	ledger        *leniency.Ledger
	throttle      *throttle.Throttle
	compressor    *compressor
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
		ledger: o.Ledger, throttle: throttle.New(o.Rate, o.Burst, time.Now), compressor: newCompressor(),
		maxPayload: o.MaxPayload, maxOperations: o.MaxOperations,
		cursorTimeout: o.CursorTimeout.Truncate(time.Second),
		base:          strings.TrimRight(o.BaseURL, "/"),
		users:         &kind{Kind: directory.User, Type: schema.UserType(), name: "userName"},
		groups:        &kind{Kind: directory.Group, Type: schema.GroupType(), name: "displayName"},
	}
	s.setDefaults()
	if err := s.extend(o.Schemas); err != nil {
		return nil, err
	}
	if s.cursors, err = cursor.New(o.CursorKey, s.cursorTimeout, clock(o.Clock)); err != nil {
		return nil, fmt.Errorf("scim: %w", err)
	}
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
	if s.ledger == nil {
		s.ledger = &leniency.Ledger{}
	}
	if s.maxBody <= 0 {
		s.maxBody = DefaultMaxBody
	}
	if s.maxResults <= 0 {
		s.maxResults = DefaultMaxResults
	}
	if s.cursorTimeout <= 0 {
		s.cursorTimeout = DefaultCursorTimeout
	}
	if s.maxPayload <= 0 {
		s.maxPayload = DefaultMaxPayload
	}
	if s.maxOperations <= 0 {
		s.maxOperations = DefaultMaxOperations
	}
}

func clock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

func (s *server) kinds() []*kind { return []*kind{s.users, s.groups} }
