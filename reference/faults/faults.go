// Package faults holds named defects of the reference, each modelled on a real server's bug. They are
// off by default and deterministic. The harness proves itself with them: each fault must turn exactly
// its checks red.
//
// A fault is a wrapper at a seam of the application, never an if in its logic. The catalogue is spread
// over one file a topic; All joins the lists.
package faults

import (
	"net/http"
	"slices"

	"assay/reference/directory"
	"assay/reference/scim"
	"assay/reference/sso"
)

// Fault is one defect. The wrappers that it does not need are nil.
type Fault struct {
	Name    string   // "error-status-as-number"
	Text    string   // what is wrong, in a sentence
	Model   string   // the real server's bug that it is modelled on
	Reddens []string // ids of the checks that must turn red

	// HTTP wraps the SCIM handler. It sees paths relative to the SCIM base: /Users, /Groups/{id} …
	HTTP func(http.Handler) http.Handler
	// Site wraps the whole site: login, callback, sessions, SCIM, administration.
	Site func(http.Handler) http.Handler
	// Store wraps the directory under SCIM, sign-on and administration.
	Store func(directory.Store) directory.Store
	// Logins wraps what is remembered of logins in progress.
	Logins func(sso.Logins) sso.Logins
	// Checker wraps the judgement of ID tokens.
	Checker func(sso.Checker) sso.Checker
	// Verifier wraps the check of SCIM bearer tokens.
	Verifier func(scim.Verifier) scim.Verifier
	// Outgoing wraps the exchanges with identity providers: discovery, keys, token and userinfo endpoint.
	Outgoing func(http.RoundTripper) http.RoundTripper
}

// All returns the catalogue, in a stable order.
func All() []Fault {
	return slices.Concat(scimIdentity(), scimGroups(), scimLists(), scimHTTP(), scimFilter(), scimUsers(), scimCreate(), scimDiscovery(), scimPatch(), scimErrors(), scimBulk(), scimCursor(), scimCharacteristics(), ssoRequest(), ssoFlow(), ssoToken(), ssoSession())
}

// Find returns the fault with a name.
func Find(name string) (Fault, bool) {
	for _, fault := range All() {
		if fault.Name == name {
			return fault, true
		}
	}
	return Fault{}, false
}

// Wrap puts the wrappers that get selects around inner: the first fault is the innermost.
func Wrap[T any](inner T, faults []Fault, get func(Fault) func(T) T) T {
	for _, fault := range faults {
		if wrap := get(fault); wrap != nil {
			inner = wrap(inner)
		}
	}
	return inner
}
