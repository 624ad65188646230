package scim

import (
	"encoding/json"
	"net/http"

	"assay/reference/directory"
	"assay/reference/scim/patch"
	"assay/reference/scim/scimerr"
)

// emptyPatch is what the library is given to validate in place of a PATCH request.
const emptyPatch = `{"schemas":["` + patch.URN + `"],"Operations":[{"op":"add","value":{}}]}`

// get answers GET /Users/{id} (RFC 7644 section 3.4.1).
func (s *server) get(x *exchange) (answer, error) {
	if err := x.selectFromQuery(); err != nil {
		return answer{}, err
	}
	if err := s.through(x, nil); err != nil {
		return answer{}, err
	}
	if x.stale(x.result) {
		return answer{}, scimerr.PreconditionFailed("the resource has changed: its version is %s", tag(x.result.Version))
	}
	if x.fresh(x.result) {
		return notModified(x.result.Version), nil
	}
	return s.single(x, http.StatusOK)
}

// create answers POST /Users (RFC 7644 section 3.3).
func (s *server) create(x *exchange) (answer, error) {
	if err := s.throughWithBody(x); err != nil {
		return answer{}, err
	}
	a, err := s.single(x, http.StatusCreated)
	if err != nil {
		return answer{}, err
	}
	a.header["Location"] = a.header["Content-Location"]
	return a, nil
}

// replace answers PUT /Users/{id} (RFC 7644 section 3.5.1).
func (s *server) replace(x *exchange) (answer, error) {
	if err := s.throughWithBody(x); err != nil {
		return answer{}, err
	}
	return s.single(x, http.StatusOK)
}

// throughWithBody is through for POST and PUT, after our own pass over the body.
func (s *server) throughWithBody(x *exchange) error {
	if err := x.selectFromQuery(); err != nil {
		return err
	}
	doc, respelled, err := x.kind.decodeResource(x.body, s.lenient(x))
	if err != nil {
		return err
	}
	x.project.written = x.kind.named(doc)
	body := x.body
	if respelled {
		if body, err = json.Marshal(doc); err != nil {
			return err
		}
	}
	err = s.through(x, body)
	if err == nil || x.err != nil {
		return err
	}
	// The library has refused the body, in one general sentence. Say what is wrong, if we see it too.
	canonical, reason := x.kind.Canonicalise(doc)
	if reason == nil {
		reason = x.kind.CheckRequired(canonical)
	}
	if reason != nil {
		return reason
	}
	return err
}

// patch answers PATCH /Users/{id} with the changed resource (RFC 7644 section 3.5.2).
func (s *server) patch(x *exchange) (answer, error) {
	if err := x.selectFromQuery(); err != nil {
		return answer{}, err
	}
	if err := s.decodeChange(x); err != nil {
		return answer{}, err
	}
	if err := s.through(x, []byte(emptyPatch)); err != nil {
		return answer{}, err
	}
	return s.single(x, http.StatusOK)
}

// delete answers DELETE /Users/{id} (RFC 7644 section 3.6).
func (s *server) delete(x *exchange) (answer, error) {
	if err := s.through(x, nil); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, nil
}

// single renders x.result with the headers that go with a resource. Content-Location and
// meta.location are the same (RFC 7643 section 3.1).
func (s *server) single(x *exchange, status int) (answer, error) {
	docs, err := s.documents(x, x.kind, []directory.Resource{x.result}, x.project)
	if err != nil {
		return answer{}, err
	}
	body, err := encode(docs[0])
	if err != nil {
		return answer{}, err
	}
	return answer{status: status, body: body, header: map[string]string{
		"ETag": tag(x.result.Version), "Content-Location": s.location(x.kind, x.result.ID),
	}}, nil
}
