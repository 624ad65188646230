package wire

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func serve(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	header := http.Header{"Authorization": {"Bearer planted-secret"}}
	return New(server.URL, header, NewRedactor("planted-secret"), 300*time.Millisecond)
}

func TestDoSendsTheBytesAndRecordsThem(t *testing.T) {
	var got string
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.RequestURI + " " + string(body)
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		io.WriteString(w, `{"id":"1","password":"hunter2hunter2"}`)
	})
	res := client.Do(context.Background(), "POST", "/Users?a=1", `{"x": 1}`, Query("filter", `a eq "b c"`))
	if want := `POST /Users?a=1&filter=a%20eq%20%22b%20c%22 {"x": 1}`; got != want {
		t.Errorf("sent %s\nwant %s", got, want)
	}
	if !res.OK() || res.String("/id") != "1" {
		t.Errorf("answer: %s %s", res.Summary(), res.Body)
	}
	record := res.Exchange.Curl + res.Exchange.Response.Body + res.Exchange.Response.Header["X-Echo"][0]
	for _, secret := range []string{"planted-secret", "hunter2"} {
		if strings.Contains(record, secret) {
			t.Errorf("the record holds %q: %s", secret, record)
		}
	}
	if !strings.Contains(res.Exchange.Curl, `"Authorization: Bearer $ASSAY_TOKEN"`) {
		t.Errorf("the curl command cannot authenticate: %s", res.Exchange.Curl)
	}
}

func TestDoFollowsNoRedirect(t *testing.T) {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) })
	if res := client.Do(context.Background(), "GET", "/", nil); res.Status != http.StatusFound {
		t.Errorf("status %d", res.Status)
	}
}

func TestDoBoundsSizeAndTime(t *testing.T) {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			<-r.Context().Done()
			return
		}
		for range MaxBody>>20 + 2 {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
	if res := client.Do(context.Background(), "GET", "/big", nil); res.Err == nil || len(res.Body) > MaxBody {
		t.Errorf("a huge answer: %v, %d bytes", res.Err, len(res.Body))
	}
	if res := client.Do(context.Background(), "GET", "/hang", nil); res.Err == nil || res.Err.Error() != "no answer in time" {
		t.Errorf("no answer: %v", res.Err)
	}
}

func TestATargetThatIsGoneIsNotTriedForEver(t *testing.T) {
	client := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for range maxGone {
		if res := client.Do(context.Background(), "POST", "/", "{}"); res.Err == nil || errors.Is(res.Err, ErrGone) {
			t.Fatalf("a reset: %v", res.Err)
		}
	}
	if res := client.Do(context.Background(), "GET", "/", nil); !errors.Is(res.Err, ErrGone) {
		t.Errorf("after %d resets: %v", maxGone, res.Err)
	}
}

func TestRedactor(t *testing.T) {
	r := NewRedactor("s3cret+value/==")
	for _, text := range []string{
		"token s3cret+value/== here",
		"https://x.test/?q=s3cret%2Bvalue%2F%3D%3D",
		"https://x.test/cb?state=1&code=abcdefghij",
		"grant_type=x&client_secret=abcdefghij&y=1",
		`{"access_token": "abcdefghij"}`,
		`{"Password":"abcdef\"ghij"}`,
		"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln abcde",
	} {
		clean := r.Text(text)
		if !strings.Contains(clean, redacted) {
			t.Errorf("nothing redacted in %s", text)
		}
		for _, secret := range []string{"s3cret", "abcdefghij", "ghij", "eyJzdWIi"} {
			if strings.Contains(clean, secret) {
				t.Errorf("%s became %s", text, clean)
			}
		}
	}
	if clean := r.Text(`{"userName":"ada","postalCode":"12345","status":"404"}`); strings.Contains(clean, redacted) {
		t.Errorf("redacted too much: %s", clean)
	}
	if clean := r.URL("https://user:password1@x.test/"); strings.Contains(clean, "password1") {
		t.Errorf("credentials in a URL: %s", clean)
	}
	header := r.Header(http.Header{"Cookie": {"session=abcdefghij"}, "Set-Cookie": {"session=abcdefghij; Path=/"}})
	if header["Cookie"][0] != "session="+redacted || header["Set-Cookie"][0] != "session="+redacted+"; Path=/" {
		t.Errorf("cookies: %v", header)
	}
}

func TestASecretOnTheEdgeOfWhatIsKeptIsRedacted(t *testing.T) {
	r := NewRedactor("planted-secret")
	body := r.Body([]byte(strings.Repeat("x", keepBody-7) + "planted-secret"))
	if strings.Contains(body, "planted") {
		t.Errorf("the body ends with %q", body[len(body)-20:])
	}
}

func TestJSONIsStrict(t *testing.T) {
	for _, body := range []string{"", "{", "{} {}", "\xff{}", "<html>"} {
		if _, err := (&Response{Body: []byte(body)}).JSON(); err == nil {
			t.Errorf("%q was taken for JSON", body)
		}
	}
	res := &Response{Body: []byte(`{"Emails":[{"value":"a/b"}],"a/b":{"~":1}}`)}
	if res.String("/emails/0/value") != "a/b" {
		t.Error("attribute names are not case-insensitive")
	}
	if _, ok := res.At("/a~1b/~0"); !ok {
		t.Error("JSON Pointer escapes are not understood")
	}
	if _, ok := res.At("/emails/1/value"); ok {
		t.Error("an index beyond the end was found")
	}
}

// TestAClosedConnectionIsNotAnAnswer serves from a listener that closes each connection after one answer
// without saying so.
func TestAClosedConnectionIsNotAnAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if req, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					io.Copy(io.Discard, req.Body)
					io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
					time.Sleep(20 * time.Millisecond)
				}
			}()
		}
	}()
	client := New("http://"+listener.Addr().String(), nil, NewRedactor(), time.Second)
	for range 5 {
		if res := client.Do(context.Background(), "POST", "/", `{"a":1}`); !res.OK() {
			t.Fatalf("%s", res.Summary())
		}
	}
}
