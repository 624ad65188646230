package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"assay/fakeidp/control"
	"assay/fakeidp/signin"
)

const (
	maxVisits      = 10_000
	maxVisitValues = 64   // parameters of one visit
	maxVisitValue  = 1024 // bytes of one parameter
	redacted       = "[redacted]"
)

// visits remembers the last requests, up to maxVisits.
type visits struct {
	mu   sync.Mutex
	ring []control.Visit
	next int // where the next one goes, once the ring is full
}

func (v *visits) add(visit control.Visit) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.ring) < maxVisits {
		v.ring = append(v.ring, visit)
		return
	}
	v.ring[v.next] = visit
	v.next = (v.next + 1) % maxVisits
}

// of returns the visits of a client, oldest first.
func (v *visits) of(client string) []control.Visit {
	v.mu.Lock()
	defer v.mu.Unlock()
	found := []control.Visit{}
	for i := range v.ring {
		if visit := v.ring[(v.next+i)%len(v.ring)]; visit.Client == client {
			found = append(found, visit)
		}
	}
	return found
}

type visitKey struct{}

// visitOf is the visit that is being recorded for this request. Handlers add what they find out: whose
// it is and which login it belongs to.
func visitOf(ctx context.Context) *control.Visit {
	if visit, ok := ctx.Value(visitKey{}).(*control.Visit); ok {
		return visit
	}
	return &control.Visit{}
}

// record serves a request and keeps a visit of it.
func (p *Provider) record(e endpoint, w http.ResponseWriter, r *http.Request, next http.Handler) {
	visit := &control.Visit{Time: p.now(), Path: e.name, Params: visitParams(r)}
	watched := &watchedWriter{ResponseWriter: w, challenge: e.challenge, status: http.StatusOK}
	defer func() { // an outage may end the handler in a panic
		visit.Status = watched.status
		visit.Error = watched.refusal()
		p.visits.add(*visit)
	}()
	next.ServeHTTP(watched, r.WithContext(context.WithValue(r.Context(), visitKey{}, visit)))
}

// visitParams are the parameters of a request whose form is parsed, without its secrets. The
// Authorization header is among them under its own name, so that one can see how a client authenticates.
func visitParams(r *http.Request) map[string][]string {
	params := map[string][]string{}
	for name, values := range r.Form {
		if len(params) == maxVisitValues {
			break
		}
		params[clip(name)] = visitValues(name, values)
	}
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, _, _ := strings.Cut(header, " ")
		if !slices.Contains([]string{"basic", "bearer", "dpop"}, strings.ToLower(scheme)) {
			scheme = "" // whatever it is, it may be the secret itself
		}
		params["Authorization"] = []string{strings.TrimSpace(scheme + " " + redacted)}
	}
	if len(params) == 0 {
		return nil
	}
	return params
}

func visitValues(name string, values []string) []string {
	kept := make([]string, 0, min(len(values), maxVisitValues))
	for _, value := range values[:min(len(values), maxVisitValues)] {
		if isSecret(name) {
			value = redacted
		}
		kept = append(kept, clip(value))
	}
	return kept
}

func clip(value string) string {
	if len(value) <= maxVisitValue {
		return value
	}
	return strings.ToValidUTF8(value[:maxVisitValue], "") + "…"
}

func isSecret(param string) bool {
	switch strings.ToLower(param) {
	case "code", "code_verifier", "client_secret", "authorization", "access_token", "refresh_token", "id_token", "id_token_hint",
		"token", "assertion", "client_assertion", "subject_token", "actor_token", "password":
		return true
	default:
		return false
	}
}

// watchedWriter remembers the status and what an answer says went wrong.
type watchedWriter struct {
	http.ResponseWriter
	challenge string // WWW-Authenticate of a 401 (RFC 6749 section 5.2, RFC 6750 section 3)
	status    int
	body      bytes.Buffer // of an error, up to a limit
}

// Unwrap lets an outage have the connection.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *watchedWriter) WriteHeader(status int) {
	w.status = status
	if status == http.StatusUnauthorized && w.challenge != "" {
		w.Header().Set("WWW-Authenticate", w.challenge)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watchedWriter) Write(data []byte) (int, error) {
	const enough = 4096
	if w.status >= http.StatusBadRequest && w.body.Len() < enough {
		w.body.Write(data[:min(len(data), enough-w.body.Len())])
	}
	return w.ResponseWriter.Write(data)
}

// refusal is the OAuth error of the answer, from its body or its redirect.
func (w *watchedWriter) refusal() string {
	var problem struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if location, err := url.Parse(w.Header().Get("Location")); err == nil {
		params := location.Query()
		if fragment, err := url.ParseQuery(location.Fragment); err == nil && len(params) == 0 {
			params = fragment
		}
		problem.Error, problem.Description = params.Get("error"), params.Get("error_description")
	}
	if w.status >= http.StatusBadRequest {
		_ = json.Unmarshal(w.body.Bytes(), &problem) // a page for people says it in its header instead
		if problem.Error == "" {
			problem.Error = w.Header().Get(signin.ErrorHeader)
		}
	}
	return strings.Trim(problem.Error+": "+problem.Description, ": ")
}
