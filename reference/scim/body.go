package scim

import (
	"net/http"
	"strings"

	"assay/reference/scim/leniency"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

// readBody reads the body of a request that has one to the end, within the limit, and checks that it
// claims to be JSON.
func (s *server) readBody(x *exchange) error {
	r := x.request
	if r.Body == nil || (r.Method != http.MethodPost && r.Method != http.MethodPut && r.Method != http.MethodPatch) {
		return nil
	}
	contentType := r.Header.Get("Content-Type")
	if !acceptable(contentType) {
		return unsupportedType()
	}
	limit, tooLarge := s.bodyLimit(r)
	body, err := readLimited(r, limit, tooLarge)
	if err != nil {
		return err
	}
	x.body = body
	if contentType != "" || len(body) == 0 {
		return nil
	}
	forgiven, err := s.lenient(x).Forgive(leniency.NoContentType)
	if err != nil || forgiven {
		return err
	}
	return unsupportedType()
}

func unsupportedType() error {
	return scimerr.New(http.StatusUnsupportedMediaType, "", "the body must be %s or application/json", mediaType)
}

// bodyLimit is how long a body may be, and the refusal of a longer one. That of a bulk request must name
// its limit (RFC 7644 section 3.7.4).
func (s *server) bodyLimit(r *http.Request) (int64, error) {
	if r.URL.Path == bulkPath {
		return s.maxPayload, scimerr.New(http.StatusRequestEntityTooLarge, "",
			"the size of the bulk operation exceeds the maxPayloadSize (%d)", s.maxPayload)
	}
	return s.maxBody, scimerr.New(http.StatusRequestEntityTooLarge, "", "the body is larger than %d bytes", s.maxBody)
}

// acceptable tells whether a Content-Type may hold SCIM. Parameters do not matter: clients send
// charset=utf-8 in many spellings. Whether there may be none at all is decided when there is a body.
func acceptable(contentType string) bool {
	name, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "", mediaType, "application/json":
		return true
	}
	return false
}

// decodeResource is the JSON pass over a resource. It refuses what the library's decoder lets
// through, and gives doc the spelling that the library insists on: "schemas" and the URNs of schemas
// are case-sensitive there, but not in RFC 7643 section 2.1 and RFC 7644 section 3.10.
// What is forgiven is rewritten here too.
func (k *kind) decodeResource(body []byte, lenient *leniency.Request) (doc map[string]any, changed bool, err error) {
	doc, err = schema.Decode(body)
	if err != nil {
		return nil, false, err
	}
	for key, value := range doc {
		name := k.spelling(key)
		if name == key {
			continue
		}
		if _, twice := doc[name]; twice {
			return nil, false, scimerr.InvalidSyntax("attribute %q is given twice", name)
		}
		delete(doc, key)
		doc[name] = value
		changed = true
	}
	urns, ok := doc["schemas"].([]any)
	if !ok {
		return doc, changed, missingSchemas(doc)
	}
	for i := range urns {
		urn, ok := urns[i].(string)
		if !ok {
			return nil, false, scimerr.InvalidSyntax("schemas: a list of URIs is wanted")
		}
		if name := k.spelling(urn); name != urn {
			urns[i], changed = name, true
		}
	}
	kept, err := lenient.Schemas(k.Type, urns)
	if err != nil {
		return nil, false, err
	}
	doc["schemas"] = kept
	if err := k.wantsCore(kept); err != nil {
		return nil, false, err
	}
	if err := lenient.Resource(k.Type, doc); err != nil {
		return nil, false, err
	}
	return doc, changed || len(lenient.Used()) > 0, nil
}

func missingSchemas(doc map[string]any) error {
	if _, there := doc["schemas"]; there {
		return scimerr.InvalidSyntax("schemas: a list of URIs is wanted")
	}
	return scimerr.InvalidSyntax("the attribute \"schemas\" is missing")
}

func (k *kind) wantsCore(urns []any) error {
	for _, urn := range urns {
		if urn == k.Core.URN {
			return nil
		}
	}
	return scimerr.InvalidSyntax("schemas: %s is missing", k.Core.URN)
}

// spelling gives the canonical spelling of "schemas" and of the URNs that the type knows; everything
// else comes back as it is.
func (k *kind) spelling(key string) string {
	if strings.EqualFold(key, "schemas") {
		return "schemas"
	}
	if strings.EqualFold(key, k.Core.URN) {
		return k.Core.URN
	}
	if extension := k.Extension(key); extension != nil {
		return extension.URN
	}
	return key
}
