package audit

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"assay/reference/directory"
)

// Line is an event as it is exported: one JSON object a line.
type Line struct {
	Seq     int64             `json:"seq"`
	Time    time.Time         `json:"time"`
	Tenant  string            `json:"tenant"`
	Actor   string            `json:"actor"`
	Action  string            `json:"action"`
	Subject string            `json:"subject,omitempty"`
	Detail  map[string]string `json:"detail,omitempty"`
	Hash    string            `json:"hash"` // hexadecimal, see directory.Event.Link
}

// LineOf returns the line of an event.
func LineOf(e directory.Event) Line {
	return Line{
		Seq: e.Seq, Time: e.Time.UTC(), Tenant: e.Tenant, Actor: e.Actor, Action: e.Action, Subject: e.Subject,
		Detail: e.Detail, Hash: hex.EncodeToString(e.Hash),
	}
}

func (l Line) event() (directory.Event, error) {
	sum, err := hex.DecodeString(l.Hash)
	if err != nil {
		return directory.Event{}, fmt.Errorf("the hash %q is not hexadecimal", clean(l.Hash))
	}
	return directory.Event{
		Seq: l.Seq, Time: l.Time, Tenant: l.Tenant, Actor: l.Actor, Action: l.Action, Subject: l.Subject, Detail: l.Detail, Hash: sum,
	}, nil
}

// maxLine bounds a line of an export, in bytes. Details are bounded by maxDetail.
const maxLine = 1 << 20

// ReadLines streams the events of an export. An error names the line.
func ReadLines(r io.Reader) iter.Seq2[directory.Event, error] {
	return func(yield func(directory.Event, error) bool) {
		scanner := bufio.NewScanner(r)
		scanner.Buffer(nil, maxLine)
		for n := 1; scanner.Scan(); n++ {
			if len(bytes.TrimSpace(scanner.Bytes())) == 0 {
				continue
			}
			e, err := parseLine(scanner.Bytes())
			if err != nil {
				yield(directory.Event{}, fmt.Errorf("line %d: %w", n, err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
		if err := scanner.Err(); err != nil {
			yield(directory.Event{}, fmt.Errorf("read the export: %w", err))
		}
	}
}

func parseLine(data []byte) (directory.Event, error) {
	var line Line
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&line); err != nil {
		return directory.Event{}, fmt.Errorf("not an event of an export: %w", err)
	}
	if decoder.More() {
		return directory.Event{}, errors.New("more than one event")
	}
	return line.event()
}

// Chain is what Verify has found of one tenant.
type Chain struct {
	Tenant string
	Events int
	Head   []byte // hash of the last event: whoever knows it knows that the chain up to it is still the same
}

// BrokenChainError tells which event does not follow from those before it.
type BrokenChainError struct {
	Tenant string
	Seq    int64
	After  int64 // Seq of the event before it; 0 for none
}

// Error says what may have happened.
func (e *BrokenChainError) Error() string {
	before := "nothing"
	if e.After > 0 {
		before = fmt.Sprintf("event %d", e.After)
	}
	return fmt.Sprintf("the audit log of tenant %q is not intact: event %d does not follow from %s before it. It was changed, or events between them were removed or added",
		e.Tenant, e.Seq, before)
}

// Verify follows the chains of events, which must be all of their tenants from the first on, in the order of Seq for each
// tenant. The chains come in the order in which their tenants appear. It returns a *BrokenChainError, or the
// error of the events.
//
// A chain that was cut off behind some event is still one: compare its Head with one that is kept elsewhere.
func Verify(events iter.Seq2[directory.Event, error]) ([]Chain, error) {
	var chains []Chain
	index, last := map[string]int{}, map[string]int64{}
	for e, err := range events {
		if err != nil {
			return nil, err
		}
		at, known := index[e.Tenant]
		if !known {
			at = len(chains)
			index[e.Tenant] = at
			chains = append(chains, Chain{Tenant: e.Tenant})
		}
		if !bytes.Equal(e.Hash, e.Link(chains[at].Head)) {
			return nil, &BrokenChainError{Tenant: e.Tenant, Seq: e.Seq, After: last[e.Tenant]}
		}
		chains[at].Events++
		chains[at].Head, last[e.Tenant] = e.Hash, e.Seq
	}
	return chains, nil
}
