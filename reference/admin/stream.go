package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"assay/reference/directory"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

const (
	streamChunk   = 50               // changes that a stream holds in memory at a time
	heartbeat     = 15 * time.Second // between two signs of life, when Options do not say so
	maxStreams    = 200              // at the same time
	streamedEvent = "change"         // name of the events that are changes
	goneEvent     = "gone"           // name of the event that ends a stream which has fallen behind
)

// StreamQuery says from where on to stream.
type StreamQuery struct {
	TenantPath
	After       int64 `query:"after" minimum:"0" doc:"Only changes after the one with this seq; 0 is the beginning"`
	LastEventID int64 `header:"Last-Event-ID" minimum:"0" doc:"Goes before after: browsers send it when they connect again"`
}

// streamOperation describes the stream in the OpenAPI document. Package sse of huma is of no use here: it has
// no comments for a heartbeat and can refuse nothing before it has begun.
func streamOperation(h huma.API) huma.Operation {
	o := operation("stream-changes", http.MethodGet, "/api/tenants/{tenant}/changes/stream",
		"Receive changes as they are committed, as server-sent events", 404, 410, 503)
	o.Description = "Each event \"change\" has the seq as its id and a Change as its data. An event \"gone\" with a problem as its " +
		"data ends the stream when the client has fallen behind what is kept. Comments are signs of life."
	change := h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Change](), true, "")
	o.Responses = map[string]*huma.Response{"200": {
		Description: "Server-sent events",
		Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString, Description: "Data of the events: " + change.Ref}}},
	}}
	return o
}

// streamChanges refuses what it has to before it begins: a stream that has begun can only end.
func (a *api) streamChanges(ctx context.Context, in *StreamQuery) (*huma.StreamResponse, error) {
	t, err := a.find(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	after := in.After
	if in.LastEventID > 0 {
		after = in.LastEventID
	}
	if _, err := a.Store.Changes(ctx, t.ID, after, 1); err != nil {
		return nil, a.changesProblem(ctx, err)
	}
	select {
	case a.streams <- struct{}{}:
	default:
		return nil, &Problem{Status: http.StatusServiceUnavailable, Code: "TOO_MANY_STREAMS",
			Detail: "Too many clients are receiving changes. Try again later, or read them with GET …/changes."}
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer func() { <-a.streams }()
		r, w := humago.Unwrap(c)
		s := &stream{api: a, w: w, control: http.NewResponseController(w), tenant: t.ID, after: after}
		if err := s.run(r.Context()); err != nil {
			a.Logger.DebugContext(ctx, "change stream ended", "tenant", t.ID, "after", s.after, "error", err)
		}
	}}, nil
}

// stream is one client that receives changes. It keeps nothing but its place, and reads on only when the
// client has taken what there was: a slow client falls behind and costs no memory.
type stream struct {
	*api
	w       http.ResponseWriter
	control *http.ResponseController
	tenant  string
	after   int64
}

// run streams until the client leaves, does not read any more, or the server stops.
func (s *stream) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.Stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	// A stream outlives the time that the server gives to read a request; that this time has passed would
	// look as if the client had gone.
	if err := s.control.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("lift read deadline: %w", err)
	}
	s.w.Header().Set("Content-Type", "text/event-stream")
	s.w.Header().Set("X-Accel-Buffering", "no") // proxies of nginx would keep it until there is enough
	if err := s.send([]byte(": changes\n\n")); err != nil {
		return err
	}
	for {
		if err := s.catchUp(ctx); err != nil {
			return err
		}
		if err := s.await(ctx); err != nil {
			return err
		}
	}
}

// catchUp sends all changes that there are.
func (s *stream) catchUp(ctx context.Context) error {
	for {
		changes, err := s.Store.Changes(ctx, s.tenant, s.after, streamChunk)
		if errors.Is(err, directory.ErrChangesGone) {
			return errors.Join(err, s.event("", goneEvent, s.changesProblem(ctx, err)))
		}
		if err != nil || len(changes) == 0 {
			return err
		}
		for _, c := range changes {
			if err := s.event(fmt.Sprint(c.Seq), streamedEvent, showChange(c)); err != nil {
				return err
			}
			s.after = c.Seq
		}
	}
}

// await returns when there is something to send, and sends signs of life meanwhile.
func (s *stream) await(ctx context.Context) error {
	for {
		beat, cancel := context.WithTimeout(ctx, s.Heartbeat)
		err := s.Store.AwaitChange(beat, s.tenant, s.after)
		quiet := beat.Err() != nil
		cancel()
		if err == nil || ctx.Err() != nil || !quiet {
			return err
		}
		if err := s.send([]byte(": \n\n")); err != nil {
			return err
		}
	}
}

func (s *stream) event(id, name string, data any) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	var b bytes.Buffer
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", name, encoded)
	return s.send(b.Bytes())
}

// send gives the client the time of a heartbeat, in place of that which the server gives to a whole answer.
func (s *stream) send(data []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(s.Heartbeat)); err != nil {
		return fmt.Errorf("set write deadline: %w", err)
	}
	if _, err := s.w.Write(data); err != nil {
		return fmt.Errorf("send event: %w", err)
	}
	return s.control.Flush()
}
