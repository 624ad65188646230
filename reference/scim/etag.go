package scim

import (
	"fmt"
	"net/http"
	"strings"

	"assay/reference/directory"
	"assay/reference/scim/scimerr"
)

// tag is the weak entity tag of a version (RFC 7644 section 3.14).
func tag(version int64) string {
	return fmt.Sprintf(`W/"%d"`, version)
}

// precondition checks If-Match and If-None-Match of a write against the stored resource. It runs
// inside the write transaction.
func (x *exchange) precondition(r directory.Resource) error {
	if x.stale(r) {
		return scimerr.PreconditionFailed("the resource has changed: its version is %s", tag(r.Version))
	}
	if none := x.request.Header.Values("If-None-Match"); len(none) > 0 && matches(none, tag(r.Version)) {
		return scimerr.PreconditionFailed("the resource has the version that If-None-Match excludes")
	}
	return nil
}

// stale tells whether the request has an If-Match that the resource does not meet.
func (x *exchange) stale(r directory.Resource) bool {
	match := x.request.Header.Values("If-Match")
	return len(match) > 0 && !matches(match, tag(r.Version))
}

// fresh tells whether the client of a read has the resource already.
func (x *exchange) fresh(r directory.Resource) bool {
	none := x.request.Header.Values("If-None-Match")
	return len(none) > 0 && matches(none, tag(r.Version))
}

// matches compares weakly, for If-Match too: RFC 7644 section 3.14 uses it with weak tags.
func matches(header []string, current string) bool {
	for _, item := range strings.Split(strings.Join(header, ","), ",") {
		item = strings.TrimSpace(item)
		if item == "*" || strings.TrimPrefix(item, "W/") == strings.TrimPrefix(current, "W/") {
			return true
		}
	}
	return false
}

func notModified(version int64) answer {
	return answer{status: http.StatusNotModified, header: map[string]string{"ETag": tag(version)}}
}
