package mutation

import (
	"bytes"
	"maps"
	"net/http"
	"strconv"
)

// Reply is an HTTP response on its way.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Hold is the answer of a handler, kept back. header is what it has already.
func Hold(h http.Handler, r *http.Request, header http.Header) *Reply {
	held := &heldWriter{header: maps.Clone(header), status: http.StatusOK}
	h.ServeHTTP(held, r)
	return &Reply{Status: held.status, Header: held.header, Body: held.body.Bytes()}
}

// Send sends it. Its header stands for whatever the writer's was.
func (r *Reply) Send(w http.ResponseWriter) {
	clear(w.Header())
	maps.Copy(w.Header(), r.Header)
	if r.Status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(r.Body)))
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write(r.Body) // an error means that the client is gone
}

type heldWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heldWriter) Header() http.Header            { return h.header }
func (h *heldWriter) WriteHeader(status int)         { h.status = status }
func (h *heldWriter) Write(data []byte) (int, error) { return h.body.Write(data) }
