package faults

import (
	"net/http"
	"net/url"
	"strings"

	"assay/reference/sso"
)

// The pages of the relying party, and its session cookie on a site without TLS, which is what faults
// are tried on.
const (
	loginPage     = "/login"
	identityPage  = "/api/me"
	sessionCookie = "assay_session"
	loginCookies  = "assay_login_" // prefix; one cookie a login
)

// onRedirect changes the authorization request that the login page redirects to. set-cookie is the
// cookie that binds the login to the browser.
func onRedirect(change func(request url.Values, bound *http.Cookie)) func(http.Handler) http.Handler {
	return Rewrite(On(http.MethodGet, loginPage), func(r *Response) {
		target, err := url.Parse(r.Header.Get("Location"))
		if err != nil || r.Status != http.StatusSeeOther {
			return
		}
		query := target.Query()
		change(query, cookieOf(r.Header, loginCookies))
		target.RawQuery = query.Encode()
		r.Header.Set("Location", target.String())
	})
}

// onCallback changes the authorization response before the callback sees it.
func onCallback(change func(r *http.Request, response url.Values)) func(http.Handler) http.Handler {
	return RewriteRequest(On(http.MethodGet, sso.CallbackPath), func(r *http.Request, body []byte) []byte {
		query := r.URL.Query()
		change(r, query)
		r.URL.RawQuery = query.Encode()
		return body
	})
}

// Both puts two wrappers around a handler, the first innermost.
func Both(first, second func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler { return second(first(next)) }
}

// cookieOf returns the first cookie that an answer sets whose name begins so; nil without one.
func cookieOf(header http.Header, prefix string) *http.Cookie {
	for _, cookie := range (&http.Response{Header: header}).Cookies() {
		if strings.HasPrefix(cookie.Name, prefix) {
			return cookie
		}
	}
	return nil
}

// withCookie sets a cookie of a request, in place of one with the same name.
func withCookie(r *http.Request, name, value string) {
	others := r.Cookies()
	r.Header.Del("Cookie")
	for _, cookie := range others {
		if cookie.Name != name {
			r.AddCookie(cookie)
		}
	}
	r.AddCookie(&http.Cookie{Name: name, Value: value})
}
