package sso

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

const (
	answerLimit  = 1 << 20         // bytes of one answer of an identity provider
	answerTime   = 4 * time.Second // for one exchange, from dialling to the last byte
	maxRedirects = 3
)

// NewTransport returns the transport for exchanges with identity providers. It does not use a proxy
// from the environment and refuses to dial link-local addresses, where the metadata services of cloud
// machines live: an administrator of a tenant chooses the URLs that are fetched.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: answerTime, Control: refuseLinkLocal}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        time.Minute,
		TLSHandshakeTimeout:    answerTime,
		ResponseHeaderTimeout:  answerTime,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

func refuseLinkLocal(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, err)
	}
	ip := at.Addr().Unmap()
	if ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() {
		return fmt.Errorf("dial %s: not an address of an identity provider", ip)
	}
	return nil
}

// outgoing talks to identity providers: bounded in time and size, and never led to another host.
type outgoing struct {
	client *http.Client
}

func newOutgoing(transport http.RoundTripper) *outgoing {
	return &outgoing{client: &http.Client{Transport: transport, CheckRedirect: sameOrigin}}
}

// sameOrigin follows a redirect of a GET within one origin only.
func sameOrigin(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxRedirects {
		return errors.New("too many redirects")
	}
	if first.Method != http.MethodGet {
		return errors.New("a redirect of a request with credentials")
	}
	if req.URL.Scheme != first.URL.Scheme || req.URL.Host != first.URL.Host {
		return errors.New("a redirect to another host")
	}
	return nil
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends a request and reads the whole answer. Errors name the URL without its query.
func (o *outgoing) do(ctx context.Context, req *http.Request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	res, err := o.client.Do(req.WithContext(ctx))
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", req.Method, place(req.URL), cause(err))
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, answerLimit+1))
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: read answer: %w", req.Method, place(req.URL), err)
	}
	if len(body) > answerLimit {
		return answer{}, fmt.Errorf("%s %s: the answer is larger than %d bytes", req.Method, place(req.URL), answerLimit)
	}
	return answer{status: res.StatusCode, header: res.Header, body: body}, nil
}

// getJSON fetches a JSON object.
func (o *outgoing) getJSON(ctx context.Context, address, bearer string) (object, http.Header, error) {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, errors.New("the address is not a URL")
	}
	req.Header.Set("Accept", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	got, err := o.do(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	if got.status != http.StatusOK {
		return nil, nil, fmt.Errorf("GET %s: status %d", place(req.URL), got.status)
	}
	if kind, _, err := mime.ParseMediaType(got.header.Get("Content-Type")); err == nil && kind == "application/jwt" {
		return nil, nil, fmt.Errorf("GET %s: a JWT where JSON was asked for", place(req.URL))
	}
	doc, err := parseObject(got.body)
	if err != nil {
		return nil, nil, fmt.Errorf("GET %s: %w", place(req.URL), err)
	}
	return doc, got.header, nil
}

// cause takes the URL, which may carry a query, out of an error of the http client.
func cause(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func place(u *url.URL) string {
	return u.Scheme + "://" + u.Host + u.Path
}

// checkAddress accepts an absolute https URL without user information and fragment. Plain http is
// accepted for loopback only, where a developer runs an identity provider, and only when the issuer
// itself is such a one.
func checkAddress(address string, plain bool) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Opaque != "" {
		return nil, errors.New("not an absolute URL")
	}
	if u.User != nil || u.Fragment != "" {
		return nil, errors.New("a URL with user information or a fragment")
	}
	if u.Scheme == "https" {
		return u, nil
	}
	if u.Scheme == "http" && plain && isLoopback(u.Hostname()) {
		return u, nil
	}
	return nil, errors.New("not an https URL")
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
