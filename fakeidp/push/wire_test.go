package push

import (
	"bufio"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"assay/fakeidp/control"
)

func TestCompressedAnswers(t *testing.T) {
	encoders := map[string]func(io.Writer) io.WriteCloser{
		"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	}
	for name, encoder := range encoders {
		r := newRig(t, "okta-oin", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", name)
			zw := encoder(w)
			_, _ = io.WriteString(zw, noMatch)
			_ = zw.Close()
		}), Options{})
		done, err := r.engine.TestConnection(t.Context(), r.app)
		if err != nil || done.Failed != 0 || done.Steps[0].Exchange.ResponseBody != noMatch {
			t.Errorf("%s: %v %s", name, err, verdicts(done.Steps))
		}
	}
}

// TestBytesOnTheWire reads what is sent from the socket: Go's server would hide part of it.
func TestBytesOnTheWire(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	heads := make(chan []string, 2)
	go serveRaw(listener, heads)
	r := newRig(t, "okta-oin", http.NotFoundHandler(), Options{})
	app, err := r.dir.CreateApp(control.App{Persona: "okta-oin", SCIM: &control.SCIM{URL: "http://" + listener.Addr().String(), Token: "plain"}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.dir.CreatePerson(ada())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.dir.Assign(app.ID, p.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := r.engine.Push(t.Context(), app.ID); err != nil {
		t.Fatal(err)
	}
	common := []string{"Accept-Charset: utf-8", "Accept-Encoding: gzip,deflate", "Accept: application/scim+json",
		"Authorization: Bearer plain", "Connection: Keep-Alive", "Host: " + listener.Addr().String(), "User-Agent: Okta SCIM Client 1.0.0"}
	get, post := <-heads, <-heads
	if want := append([]string{"GET /Users?filter=userName%20eq%20%22ada%40example.test%22&startIndex=1&count=100 HTTP/1.1"}, common...); !slices.Equal(get, want) {
		t.Errorf("got  %q\nwant %q", get, want)
	}
	want := slices.Concat([]string{"POST /Users HTTP/1.1"}, common[:4], []string{"Connection: Keep-Alive", fmt.Sprintf("Content-Length: %d", len(adaCreate)-len("RANDOM")+16), "Content-Type: application/scim+json; charset=utf-8"}, common[5:])
	if !slices.Equal(post, want) {
		t.Errorf("got  %q\nwant %q", post, want)
	}
}

// serveRaw answers one connection and delivers the head of each request, its fields sorted.
func serveRaw(listener net.Listener, heads chan<- []string) {
	conn, err := listener.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for range 2 {
		var head []string
		length := 0
		for {
			line, err := reader.ReadString('\n')
			if err != nil {
				return
			}
			if line = strings.TrimRight(line, "\r\n"); line == "" {
				break
			}
			_, _ = fmt.Sscanf(line, "Content-Length: %d", &length)
			head = append(head, line)
		}
		_, _ = io.CopyN(io.Discard, reader, int64(length))
		slices.Sort(head[1:])
		heads <- head
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(noMatch), noMatch)
	}
}
