package scim

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"assay/reference/scim/leniency"
	"assay/reference/scim/scimerr"
)

// preference is one item of a header such as Accept or Accept-Encoding.
type preference struct {
	name       string // in lower case, without parameters
	acceptable bool   // its weight is not 0
}

// preferences reads such a header (RFC 9110 section 12.4.2). A weight that is no number counts as 1.
func preferences(header []string) []preference {
	var out []preference
	for _, item := range strings.Split(strings.Join(header, ","), ",") {
		name, parameters, _ := strings.Cut(item, ";")
		if name = strings.ToLower(strings.TrimSpace(name)); name == "" {
			continue
		}
		out = append(out, preference{name, weight(parameters) > 0})
	}
	return out
}

func weight(parameters string) float64 {
	for _, parameter := range strings.Split(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
			return q
		}
	}
	return 1
}

// takesJSON reads Accept. Every response is application/scim+json, which is JSON: a client that takes
// application/json can read it, and RFC 7644 section 3.8 wants it served. The most specific range that
// fits decides (RFC 9110 section 12.5.1). A client that says nothing takes everything.
func takesJSON(header []string) bool {
	rank, takes, said := 0, false, false
	for _, p := range preferences(header) {
		said = true
		specific := map[string]int{mediaType: 4, "application/json": 3, "application/*": 2, "*/*": 1, "*": 1}[p.name]
		if specific > rank || specific > 0 && specific == rank && p.acceptable {
			rank, takes = specific, p.acceptable
		}
	}
	return takes || !said
}

// admit decides whether a request whose token is in order is served: it may come too soon after others
// with the same token, or from a client that cannot read the answer.
func (s *server) admit(x *exchange) error {
	if x.bulk != nil {
		return nil
	}
	if x.token.ID != "" {
		if wait, ok := s.throttle.Take(x.token.ID); !ok {
			return tooManyRequests(wait)
		}
	}
	if takesJSON(x.request.Header.Values("Accept")) {
		return nil
	}
	forgiven, err := s.lenient(x).Forgive(leniency.AnyAccept)
	if err != nil || forgiven {
		return err
	}
	return scimerr.New(http.StatusNotAcceptable, "", "there is only %s, and Accept does not take it", mediaType)
}

// tooManyRequests is 429 with the whole seconds to wait, rounded up: Okta takes an integer only, and
// waits five minutes where it finds anything else.
func tooManyRequests(wait time.Duration) error {
	seconds := int64((wait + time.Second - 1) / time.Second)
	return &withHeader{"Retry-After", strconv.FormatInt(max(seconds, 1), 10),
		scimerr.New(http.StatusTooManyRequests, "", "too many requests with this token")}
}

// withHeader is a refusal with a header of its own.
type withHeader struct {
	name, value string
	cause       *scimerr.Error
}

func (w *withHeader) Error() string { return w.cause.Error() }
