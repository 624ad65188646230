package scim

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"assay/reference/directory"
	"assay/reference/scim/leniency"
)

// leniencyUsed is the action of the audit event that tells what a request was forgiven.
const leniencyUsed = "scim.leniency.used"

// lenient is the notes of what the request is forgiven. The operations of a bulk request share one.
func (s *server) lenient(x *exchange) *leniency.Request {
	if x.bulk != nil {
		return s.lenient(x.bulk)
	}
	if x.forgiven == nil {
		x.forgiven = leniency.ForRequest(func() (bool, error) { return s.strict(x) })
	}
	return x.forgiven
}

// strict tells whether the tenant wants nothing forgiven. A request without token has no tenant, and gets
// the default.
func (s *server) strict(x *exchange) (bool, error) {
	if x.token.Tenant == "" {
		return false, nil
	}
	t, err := s.store.Tenant(x.request.Context(), x.token.Tenant)
	if err != nil {
		return false, fmt.Errorf("read tenant: %v", err) // not a 404, although the tenant may be unknown
	}
	return t.Strict, nil
}

// reportLeniency counts what the request was forgiven, and tells the audit log, once.
func (s *server) reportLeniency(x *exchange, status int) {
	if x.forgiven == nil || x.token.Tenant == "" {
		return
	}
	names := x.forgiven.Used()
	if len(names) == 0 {
		return
	}
	s.ledger.Count(x.token.Tenant, names...)
	subject := x.result.ID
	if subject == "" {
		subject = x.target
	}
	e := directory.Event{
		Tenant: x.token.Tenant, Actor: "scim:" + x.token.ID, Action: leniencyUsed, Subject: subject,
		Detail: map[string]string{
			"names": strings.Join(names, ","), "status": strconv.Itoa(status),
			"request": x.request.Method + " " + x.request.URL.Path,
		},
	}
	if err := s.store.Append(context.WithoutCancel(x.request.Context()), e); err != nil {
		s.log.Error("scim audit event lost", "request", x.id, "action", e.Action, "error", err)
	}
}

// forgiveFilter rewrites a filter. A query over all resource types finds its booleans in the users.
func (s *server) forgiveFilter(x *exchange, text string) (string, error) {
	k := x.kind
	if k == nil {
		k = s.users
	}
	return s.lenient(x).Filter(text, k.Type)
}
