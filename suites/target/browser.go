package target

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"sync"

	"assay/suites/wire"
)

// Browser is a user agent with its own cookies. It follows redirects only when told to, one at a
// time, so that a check can look at, keep or change what passes through the front channel.
type Browser struct {
	target *Target
	client *wire.Client
	jar    *jar
	record func(*wire.Response)
}

// jar is a cookie jar that remembers what was put into it, so that it can be copied.
type jar struct {
	*cookiejar.Jar
	mu  sync.Mutex
	set []setCookies
}

type setCookies struct {
	from    *url.URL
	cookies []*http.Cookie
}

// SetCookies implements http.CookieJar.
func (j *jar) SetCookies(from *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	j.set = append(j.set, setCookies{from, cookies})
	j.mu.Unlock()
	j.Jar.SetCookies(from, cookies)
}

func (j *jar) history() []setCookies {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.set)
}

// NewBrowser opens a browser with no cookies. Every exchange is handed to record.
func (t *Target) NewBrowser(record func(*wire.Response)) (*Browser, error) {
	cookies, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("make cookie jar: %w", err)
	}
	jar := &jar{Jar: cookies}
	return &Browser{target: t, client: t.browser.WithJar(jar), jar: jar, record: record}, nil
}

// Visit gets an absolute URL.
func (b *Browser) Visit(ctx context.Context, address string) *wire.Response {
	res := b.client.Do(ctx, http.MethodGet, address, nil)
	b.record(res)
	return res
}

// Fork opens a second browser that has the cookies which this one has now.
func (b *Browser) Fork() (*Browser, error) {
	fork, err := b.target.NewBrowser(b.record)
	if err != nil {
		return nil, err
	}
	for _, set := range b.jar.history() {
		fork.jar.SetCookies(set.from, set.cookies)
	}
	return fork, nil
}

// Next returns the absolute URL that an answer redirects to, or "" when it does not redirect.
func Next(res *wire.Response) string {
	location := res.Header.Get("Location")
	if res.Status < 300 || res.Status > 399 || location == "" {
		return ""
	}
	return location
}

// maxRedirects bounds Follow.
const maxRedirects = 10

// Follow gets a URL and follows redirects until stop says of the next URL that it must not be
// visited, or until an answer does not redirect. It returns the URL at which it stopped ("" when it
// ran out of redirects) and the last answer.
func (b *Browser) Follow(ctx context.Context, address string, stop func(*url.URL) bool) (string, *wire.Response) {
	var res *wire.Response
	for range maxRedirects {
		current, err := url.Parse(address)
		if err != nil {
			return "", &wire.Response{Err: fmt.Errorf("the redirect leads to a bad URL: %w", err)}
		}
		if stop(current) {
			return address, res
		}
		res = b.Visit(ctx, address)
		next := Next(res)
		if next == "" {
			return "", res
		}
		relative, err := url.Parse(next)
		if err != nil {
			return "", &wire.Response{Err: fmt.Errorf("the redirect leads to a bad URL: %w", err)}
		}
		address = current.ResolveReference(relative).String()
	}
	return "", &wire.Response{Err: fmt.Errorf("more than %d redirects", maxRedirects)}
}

// WhoAmI asks the target who is logged in in this browser, by the operation sso.session of the target
// file. Nobody is "". A server error or no answer is an error: it says nothing about identity.
func (b *Browser) WhoAmI(ctx context.Context) (string, error) {
	session := b.target.File.SSO.Session
	res := b.target.send(ctx, b.client, session, nil)
	b.record(res)
	if res.Err != nil || res.Status >= 500 {
		return "", fmt.Errorf("who is logged in cannot be told: %s", res.Summary())
	}
	if !res.OK() {
		return "", nil
	}
	value, _ := res.At(session.Subject)
	subject, _ := value.(string)
	return subject, nil
}

// StartURL is where a sign-on of the person with this e-mail address begins.
func (t *Target) StartURL(email string) string {
	return fillURL(t.File.SSO.OIDC.Start, map[string]string{"email": email})
}
