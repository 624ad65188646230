package outage

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"assay/fakeidp/mutation"
)

// Kind is one way to be out of order.
type Kind struct {
	Name  string
	Text  string   // for people: what the client meets
	Takes string   // which of delay, url and size an order may set; "": none
	Rows  []string // ids of the rows of the catalogue of sign-on checks that it serves

	delay time.Duration
	url   string
	size  int64
	serve func(o Order, w http.ResponseWriter, r *http.Request, honest http.Handler)
}

const (
	megabyte  = 1 << 20
	linkLocal = "http://169.254.169.254/latest/meta-data/" // where clouds give machines their credentials
)

// Kinds lists the ways to be out of order.
func Kinds() []Kind {
	broken := []string{"OIDC-CFG-05", "OIDC-KEY-17", "OIDC-FLOW-19", "OIDC-UI-05"}
	bait := []string{"OIDC-CFG-06"}
	return []Kind{
		{Name: "reset", Text: "the connection is reset (TCP RST) instead of an answer", Rows: broken, serve: reset},
		{Name: "hang-up", Text: "the connection is closed instead of an answer", Rows: broken, serve: hangUp},
		{Name: "not-http", Text: "the answer is not HTTP, and the connection is closed", Rows: broken, serve: notHTTP},
		{Name: "slow", Text: "the answer is right, but comes after a delay, 30 s unless it is said", Takes: "delay", Rows: broken, delay: 30 * time.Second, serve: slow},
		{Name: "drip", Text: "the answer is right, but comes byte by byte with a delay between them, 1 s unless it is said (slow loris)", Takes: "delay", Rows: broken, delay: time.Second, serve: drip},
		{Name: "stall", Text: "the header comes at once, half of the body after it, and then nothing for the delay, 30 s unless it is said", Takes: "delay", Rows: broken, delay: 30 * time.Second, serve: stall},
		{Name: "error-500", Text: "the answer is 500, as JSON", Rows: broken, serve: status(http.StatusInternalServerError)},
		{Name: "error-503", Text: "the answer is 503 with Retry-After: 30, as JSON", Rows: broken, serve: status(http.StatusServiceUnavailable)},
		{Name: "error-429", Text: "the answer is 429 with Retry-After: 30, as JSON", Rows: broken, serve: status(http.StatusTooManyRequests)},
		{Name: "error-404", Text: "the answer is 404, as JSON", Rows: broken, serve: status(http.StatusNotFound)},
		{Name: "truncated", Text: "the answer ends in the middle of its body, before its Content-Length", Rows: broken, serve: truncated},
		{Name: "cut-json", Text: "the answer is complete HTTP, but its JSON ends in the middle", Rows: broken, serve: rewrite(func(_ Order, r *mutation.Reply) { r.Body = r.Body[:len(r.Body)/2] })},
		{Name: "empty", Text: "the answer is 200 without a body", Rows: broken, serve: rewrite(func(_ Order, r *mutation.Reply) { r.Status, r.Body = http.StatusOK, nil })},
		{Name: "html", Text: "the answer is 200 with a page for people", Rows: broken, serve: rewrite(func(_ Order, r *mutation.Reply) {
			r.Status, r.Body = http.StatusOK, []byte("<!DOCTYPE html>\n<title>Maintenance</title>\n<p>We will be back soon.\n")
			r.Header.Set("Content-Type", "text/html; charset=utf-8")
		})},
		{Name: "wrong-type", Text: "the body is right, but its Content-Type is text/html", Rows: broken, serve: rewrite(func(_ Order, r *mutation.Reply) {
			r.Header.Set("Content-Type", "text/html; charset=utf-8")
		})},
		{Name: "huge", Text: "the body is right, but begins with spaces, 10 MB unless the size is said, which JSON allows", Takes: "size", Rows: broken, size: 10 * megabyte, serve: huge},
		{Name: "endless", Text: "the body is a JSON text that does not end before the size, 1 GB unless it is said", Takes: "size", Rows: broken, size: MaxSize, serve: endless},
		{Name: "bomb", Text: "the body is compressed, and 100 MB of spaces when it is not any more, unless the size is said", Takes: "size", Rows: broken, size: 100 * megabyte, serve: bomb},
		{Name: "redirect-loop", Text: "the answer redirects to the endpoint itself", Rows: []string{"OIDC-CFG-05"}, serve: loop},
		{Name: "redirect", Text: "the answer redirects to the URL, unless it is said to a link-local one where clouds keep credentials", Takes: "url", Rows: bait, url: linkLocal, serve: redirect},
		{Name: "redirect-loopback", Text: "the answer redirects to a port of the client's own machine", Takes: "url", Rows: bait, url: "http://127.0.0.1:22/", serve: redirect},
		{Name: "redirect-file", Text: "the answer redirects to a file: URL", Takes: "url", Rows: bait, url: "file:///etc/passwd", serve: redirect},
	}
}

func reset(_ Order, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	abandon(w, func(conn net.Conn) {
		if secure, ok := conn.(*tls.Conn); ok {
			conn = secure.NetConn()
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // what it holds is thrown away and the peer gets a RST
		}
	})
}

func hangUp(_ Order, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	abandon(w, func(net.Conn) {})
}

func notHTTP(_ Order, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	abandon(w, func(conn net.Conn) { _, _ = io.WriteString(conn, "220 mail.assay.invalid ESMTP\r\n") })
}

// abandon takes the connection from the server and closes it.
func abandon(w http.ResponseWriter, last func(net.Conn)) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2: the server ends the stream
	}
	last(conn)
	_ = conn.Close()
}

// wait tells whether the client is still there after the delay.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func slow(o Order, w http.ResponseWriter, r *http.Request, honest http.Handler) {
	if wait(r.Context(), o.Delay) {
		honest.ServeHTTP(w, r)
	}
}

// begin sends the header of the honest answer, and returns its body.
func begin(w http.ResponseWriter, r *http.Request, honest http.Handler) []byte {
	reply := mutation.Hold(honest, r, w.Header())
	body := reply.Body
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	for name, values := range reply.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(reply.Status)
	return body
}

func send(w http.ResponseWriter, data []byte) bool {
	_, err := w.Write(data)
	return err == nil && http.NewResponseController(w).Flush() == nil
}

func drip(o Order, w http.ResponseWriter, r *http.Request, honest http.Handler) {
	for _, b := range begin(w, r, honest) {
		if !send(w, []byte{b}) || !wait(r.Context(), o.Delay) {
			return
		}
	}
}

func stall(o Order, w http.ResponseWriter, r *http.Request, honest http.Handler) {
	body := begin(w, r, honest)
	if send(w, body[:len(body)/2]) && wait(r.Context(), o.Delay) {
		send(w, body[len(body)/2:])
	}
}

func truncated(_ Order, w http.ResponseWriter, r *http.Request, honest http.Handler) {
	body := begin(w, r, honest)
	send(w, body[:len(body)/2])
	panic(http.ErrAbortHandler) // the server closes the connection
}

func status(code int) func(Order, http.ResponseWriter, *http.Request, http.Handler) {
	return func(_ Order, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/json")
		if code == http.StatusServiceUnavailable || code == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "30")
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"error":"temporarily_unavailable","error_description":"The fake IdP was told to be out of order."}`)
	}
}

func rewrite(change func(Order, *mutation.Reply)) func(Order, http.ResponseWriter, *http.Request, http.Handler) {
	return func(o Order, w http.ResponseWriter, r *http.Request, honest http.Handler) {
		reply := mutation.Hold(honest, r, w.Header())
		change(o, reply)
		reply.Send(w)
	}
}

func huge(o Order, w http.ResponseWriter, r *http.Request, honest http.Handler) {
	reply := mutation.Hold(honest, r, w.Header())
	for name, values := range reply.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.FormatInt(o.Size+int64(len(reply.Body)), 10))
	w.WriteHeader(reply.Status)
	if fill(w, ' ', o.Size) == nil {
		_, _ = w.Write(reply.Body)
	}
}

func endless(o Order, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"assay":"`)
	_ = fill(w, 'x', o.Size) // an error means that the client has had enough
}

func bomb(o Order, w http.ResponseWriter, r *http.Request, honest http.Handler) {
	reply := mutation.Hold(honest, r, w.Header())
	for name, values := range reply.Header {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(reply.Status)
	packed := gzip.NewWriter(w)
	if fill(packed, ' ', o.Size) == nil {
		_, _ = packed.Write(reply.Body)
	}
	_ = packed.Close()
}

// fill writes a letter size times.
func fill(w io.Writer, letter byte, size int64) error {
	chunk := bytes.Repeat([]byte{letter}, 64<<10)
	for size > 0 {
		n, err := w.Write(chunk[:min(size, int64(len(chunk)))])
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return nil
}

func loop(_ Order, w http.ResponseWriter, r *http.Request, _ http.Handler) {
	// The address as the client wrote it: RequestURI is whole, while handlers before may have cut the path.
	w.Header().Set("Location", r.RequestURI)
	w.WriteHeader(http.StatusTemporaryRedirect)
}

func redirect(o Order, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.Header().Set("Location", o.URL)
	w.WriteHeader(http.StatusTemporaryRedirect)
}
