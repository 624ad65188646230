// Package gate decides what a report means for CI: which failures a committed baseline accepts, which
// are regressions, which baseline entries have gone stale, and with which code the process exits.
// It is pure: it reads no file and no clock.
package gate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// BaselineSchema names the version of the baseline document.
const BaselineSchema = "assay-baseline/v1"

// Baseline lists the failures of a target that its owner knows and accepts for now.
type Baseline struct {
	Entries []Entry `json:"entries"`
}

// Entry accepts the failure of one check. The check still runs; the entry goes stale, which is red,
// when the check stops failing, fails differently, or the entry's time is up.
type Entry struct {
	// ID is the check.
	ID string `json:"id"`
	// Reason says why the failure is accepted. It is required: it is what a reviewer judges.
	Reason string `json:"reason"`
	// Expect, when set, is how the check's reason must begin; another failure is not accepted.
	Expect string `json:"expect,omitempty"`
	// Until, when set, is the last day (YYYY-MM-DD, UTC, inclusive) on which the entry holds.
	Until string `json:"until,omitempty"`
}

// ReadBaseline decodes and checks a baseline document:
//
//	{"schema": "assay-baseline/v1", "entries": [{"id": "…", "reason": "…", "expect": "…", "until": "2026-12-31"}]}
//
// An unknown, repeated or wrongly cased key, a missing or blank id or reason, an id that occurs twice
// and a malformed date are errors that name the entry and the field: a typing error in a baseline must
// never widen what it accepts.
func ReadBaseline(r io.Reader) (*Baseline, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read the baseline: %w", err)
	}
	b, err := parseBaseline(data)
	if err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	return b, nil
}

func parseBaseline(data []byte) (*Baseline, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("the file is empty")
	}
	keys, err := object(data, "schema", "entries")
	if err != nil {
		return nil, err
	}
	schema, err := text(keys["schema"])
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	if schema != BaselineSchema {
		return nil, fmt.Errorf("schema: got %q, want %q", schema, BaselineSchema)
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(keys["entries"], &raw); err != nil || raw == nil {
		return nil, errors.New("entries: want a list of entries")
	}
	b := &Baseline{Entries: make([]Entry, 0, len(raw))}
	first := map[string]int{}
	for i, item := range raw {
		e, err := parseEntry(item)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entryName(i, e.ID), err)
		}
		if n, seen := first[e.ID]; seen {
			return nil, fmt.Errorf("%s: id: already used by entry %d", entryName(i, e.ID), n)
		}
		first[e.ID] = i + 1
		b.Entries = append(b.Entries, e)
	}
	return b, nil
}

// entryName says which entry an error is about, counting from one.
func entryName(i int, id string) string {
	if id == "" {
		return fmt.Sprintf("entry %d", i+1)
	}
	return fmt.Sprintf("entry %d (%s)", i+1, id)
}

// parseEntry decodes one entry. With an error it returns what is known of the entry, to name it.
func parseEntry(data []byte) (Entry, error) {
	var e Entry
	keys, err := object(data, "id", "reason", "expect", "until")
	if id, idErr := text(keys["id"]); idErr == nil {
		e.ID = id
	}
	if err != nil {
		return e, err
	}
	fields := []struct {
		key      string
		into     *string
		required bool
	}{{"id", &e.ID, true}, {"reason", &e.Reason, true}, {"expect", &e.Expect, false}, {"until", &e.Until, false}}
	for _, f := range fields {
		value, there := keys[f.key]
		if !there && !f.required {
			continue
		}
		if *f.into, err = text(value); err != nil {
			return e, fmt.Errorf("%s: %w", f.key, err)
		}
		if f.required && strings.TrimSpace(*f.into) == "" {
			return e, fmt.Errorf("%s: must not be blank", f.key)
		}
	}
	if _, err := e.expiry(); err != nil {
		return e, fmt.Errorf("until: %w", err)
	}
	return e, nil
}

// expiry returns the moment from which the entry no longer holds, the zero time for never.
func (e Entry) expiry() (time.Time, error) {
	if e.Until == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, e.Until)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a date; want YYYY-MM-DD", e.Until)
	}
	return day.AddDate(0, 0, 1), nil
}

// text decodes a JSON string.
func text(raw json.RawMessage) (string, error) {
	if raw == nil {
		return "", errors.New("missing")
	}
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		return "", errors.New("want a string")
	}
	return *s, nil
}

// object splits one JSON object into its keys. Unlike encoding/json it compares keys exactly and
// refuses one that occurs twice, and it refuses anything after the object. The keys read before an
// error are returned with it.
func object(data []byte, allowed ...string) (map[string]json.RawMessage, error) {
	keys := map[string]json.RawMessage{}
	dec := json.NewDecoder(bytes.NewReader(data))
	open, err := dec.Token()
	if err != nil {
		return keys, fmt.Errorf("malformed JSON: %w", err)
	}
	if open != json.Delim('{') {
		return keys, errors.New("want a JSON object")
	}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return keys, fmt.Errorf("malformed JSON: %w", err)
		}
		key, _ := token.(string) // within an object the decoder yields only strings as keys
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return keys, fmt.Errorf("%s: malformed JSON: %w", key, err)
		}
		if err := admit(keys, key, allowed); err != nil {
			return keys, err
		}
		keys[key] = value
	}
	if _, err := dec.Token(); err != nil {
		return keys, fmt.Errorf("malformed JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return keys, errors.New("something follows the JSON object")
	}
	return keys, nil
}

func admit(seen map[string]json.RawMessage, key string, allowed []string) error {
	if _, twice := seen[key]; twice {
		return fmt.Errorf("%s: occurs twice", key)
	}
	for _, a := range allowed {
		if key == a {
			return nil
		}
	}
	return fmt.Errorf("%s: unknown key; want one of %s", key, strings.Join(allowed, ", "))
}
