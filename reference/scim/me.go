package scim

import (
	"maps"
	"net/http"

	"assay/reference/scim/scimerr"
)

const mePath = "/Me"

// routeMe serves /Me, the alias of the user that the token stands for (RFC 7644 section 3.11).
//
// The request is processed directly: there is no redirect, because many clients do not repeat a PATCH or
// drop their Authorization header on the way. Every answer has the permanent URL of the user in Location,
// and meta.location and Content-Location name it too. When the user is gone, the answer is 404. A token
// without a subject, such as that of a provisioning connection, has no /Me: 501. POST is a 405: the
// subject is there already, and another user is created at /Users.
func (s *server) routeMe(x *exchange, rest string) (serveFunc, error) {
	if x.token.Subject == "" {
		return nil, scimerr.NotImplemented("/Me is not supported here: this token stands for a connection, not for a person")
	}
	if rest != "" {
		return nil, scimerr.NotFound("there is no such endpoint")
	}
	x.kind, x.target = s.users, x.token.Subject
	x.alias = s.location(x.kind, x.target)
	return endpoint{
		http.MethodGet: s.get, http.MethodPut: s.replace, http.MethodPatch: s.patch, http.MethodDelete: s.delete,
	}.choose(x.request.Method)
}

// located adds to an answer from /Me what "in any response, the HTTP "Location" header MUST be".
func (x *exchange) located(a answer) answer {
	if x.alias == "" {
		return a
	}
	header := maps.Clone(a.header)
	if header == nil {
		header = map[string]string{}
	}
	header["Location"] = x.alias
	a.header = header
	return a
}
