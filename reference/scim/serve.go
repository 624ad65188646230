package scim

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"assay/reference/directory"
	"assay/reference/scim/leniency"
	"assay/reference/scim/scimerr"
)

// mediaType is that of every response (RFC 7644 section 3.1).
const mediaType = "application/scim+json"

// exchange is one request on its way through the server.
type exchange struct {
	id       string // names the request in the log and in the detail of a 500
	request  *http.Request
	token    directory.Token
	body     []byte
	kind     *kind  // of the endpoint, where it belongs to one
	target   string // the id in the path
	project  selection
	change   *change           // what a PATCH asks for
	bulk     *exchange         // the bulk request that this one is an operation of, see bulk.go
	forgiven *leniency.Request // nil until it is asked for, see forgive.go
	alias    string            // the permanent location of what /Me stands for, see me.go
	// What the library's handlers leave behind, see library.go.
	result directory.Resource
	err    error
}

// answer is a response before it is written. A nil body means none.
type answer struct {
	status int
	header map[string]string
	body   []byte
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	x := &exchange{id: uuid.NewString(), request: r}
	a := s.guarded(x)
	s.reportLeniency(x, a.status)
	s.write(w, r, a)
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "scim request",
		slog.String("request", x.id), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", a.status), slog.Duration("duration", time.Since(start)),
		slog.String("tenant", x.token.Tenant), slog.String("token_id", x.token.ID))
}

// guarded turns a panic and every error into an answer.
func (s *server) guarded(x *exchange) (a answer) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(cause)
		}
		s.log.Error("scim panic", "request", x.id, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
		a = refusal(internal(x))
	}()
	a, err := s.handle(x)
	if err != nil {
		a = s.refuse(x, err)
	}
	return x.located(a)
}

func (s *server) handle(x *exchange) (answer, error) {
	if err := s.authenticate(x); err != nil {
		return answer{}, err
	}
	if err := s.admit(x); err != nil {
		return answer{}, err
	}
	serve, err := s.route(x)
	if err != nil {
		return answer{}, err
	}
	if err := s.readBody(x); err != nil {
		return answer{}, err
	}
	return serve(x)
}

// unauthorized is a 401 with its challenge (RFC 6750 section 3).
type unauthorized struct {
	challenge string
	cause     *scimerr.Error
}

func (u *unauthorized) Error() string { return u.cause.Error() }

// configPath is the one document that needs no credentials: it says which credentials to send. "the
// service provider SHOULD, with the appropriate security considerations, make the authenticationSchemes
// attribute publicly accessible without prior authentication" (RFC 7643 section 5).
const configPath = "/ServiceProviderConfig"

// authenticate wants a bearer token for everything but the configuration; a token that is sent there is
// checked all the same.
func (s *server) authenticate(x *exchange) error {
	if x.bulk != nil {
		x.token = x.bulk.token
		return nil
	}
	if x.request.URL.Path == configPath && x.request.Header.Get("Authorization") == "" {
		return nil
	}
	scheme, bearer, _ := strings.Cut(strings.TrimSpace(x.request.Header.Get("Authorization")), " ")
	bearer = strings.TrimSpace(bearer)
	if !strings.EqualFold(scheme, "Bearer") || bearer == "" {
		return &unauthorized{`Bearer realm="scim"`,
			scimerr.New(http.StatusUnauthorized, "", "the request needs a bearer token in the Authorization header")}
	}
	token, err := s.verify.Verify(x.request.Context(), bearer)
	if errors.Is(err, directory.ErrSCIMDisabled) || errors.Is(err, directory.ErrSCIMNotInPlan) {
		return scimerr.New(http.StatusForbidden, "", "%s", err)
	}
	if err != nil {
		return &unauthorized{`Bearer realm="scim", error="invalid_token"`,
			scimerr.New(http.StatusUnauthorized, "", "the bearer token is not valid")}
	}
	x.token = token
	return nil
}

// refuse renders an error. Only what is meant for the client reaches it.
func (s *server) refuse(x *exchange, err error) answer {
	if u, ok := errors.AsType[*unauthorized](err); ok {
		a := refusal(u.cause)
		a.header["WWW-Authenticate"] = u.challenge
		return a
	}
	if m, ok := errors.AsType[*methodNotAllowed](err); ok {
		a := refusal(m.cause())
		a.header["Allow"] = m.allow
		return a
	}
	if w, ok := errors.AsType[*withHeader](err); ok {
		a := refusal(w.cause)
		a.header[w.name] = w.value
		return a
	}
	if e, ok := scimerr.As(err); ok {
		return refusal(e)
	}
	if taken, ok := errors.AsType[*directory.ConflictError](err); ok {
		return refusal(scimerr.Uniqueness("a %s with this %s exists already", taken.Kind, taken.Attribute))
	}
	if errors.Is(err, directory.ErrLastBreakGlass) {
		return refusal(scimerr.New(http.StatusConflict, "", "%s; grant another one break-glass access first", directory.ErrLastBreakGlass))
	}
	if errors.Is(err, directory.ErrUnstorable) {
		return refusal(scimerr.InvalidValue("%s", directory.ErrUnstorable))
	}
	if errors.Is(err, directory.ErrNotFound) {
		return refusal(scimerr.NotFound("there is no resource with this id"))
	}
	if cause := x.request.Context().Err(); cause != nil && errors.Is(err, cause) {
		return refusal(scimerr.New(http.StatusServiceUnavailable, "", "the request was cancelled or took too long"))
	}
	s.log.Error("scim error", "request", x.id, "error", err)
	return refusal(internal(x))
}

func internal(x *exchange) *scimerr.Error {
	return scimerr.New(http.StatusInternalServerError, "", "internal error, see the server's log for request %s", x.id)
}

func refusal(e *scimerr.Error) answer {
	return answer{status: e.Status, header: map[string]string{}, body: e.Body()}
}

func (s *server) write(w http.ResponseWriter, r *http.Request, a answer) {
	h := w.Header()
	for name, value := range a.header {
		h.Set(name, value)
	}
	body := s.encodeBody(r, h, a.body)
	if body != nil {
		h.Set("Content-Type", mediaType)
		h.Set("Content-Length", fmt.Sprint(len(body)))
	}
	h.Set("Cache-Control", "private, no-cache") // it is people's data, and entity tags tell whether it has changed
	h.Set("X-Content-Type-Options", "nosniff")  // markup in an attribute is no page
	w.WriteHeader(a.status)
	if body == nil || r.Method == http.MethodHead {
		return
	}
	if _, err := w.Write(body); err != nil {
		s.log.Debug("scim response not written", "error", err)
	}
}
