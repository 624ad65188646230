package sso

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"
	"unicode/utf8"
)

// object is a JSON object from outside, read strictly: its member names are compared exactly (the
// decoder of encoding/json takes "ISS" for "iss") and none may occur twice, because two readers could
// disagree about which one counts (RFC 7519 section 4).
type object map[string]json.RawMessage

var errNotObject = errors.New("not a JSON object")

// parseObject reads one JSON object and nothing after it.
func parseObject(data []byte) (object, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	start, err := dec.Token()
	if err != nil || start != json.Delim('{') {
		return nil, errNotObject
	}
	out := make(object)
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, errNotObject
		}
		key := name.(string) // the decoder admits nothing else here
		if _, twice := out[key]; twice {
			return nil, errors.New("a member occurs twice")
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, errNotObject
		}
		out[key] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, errNotObject
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the JSON object")
	}
	return out, nil
}

func (o object) has(name string) bool {
	_, ok := o[name]
	return ok
}

// text returns a member that is a string; ok is false when it is absent or something else.
func (o object) text(name string) (value string, ok bool) {
	raw, present := o[name]
	if !present || len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return "", false
	}
	return value, true
}

// texts returns a member that is a string or an array of strings, as aud is.
func (o object) texts(name string) ([]string, bool) {
	if one, ok := o.text(name); ok {
		return []string{one}, true
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(o[name], &raw); err != nil {
		return nil, false
	}
	many := make([]string, 0, len(raw))
	for _, item := range raw {
		one, ok := object{"": item}.text("")
		if !ok {
			return nil, false
		}
		many = append(many, one)
	}
	return many, true
}

// yes reports whether a member is the JSON value true. The string "true" is not: it is what an
// unmapped profile attribute looks like.
func (o object) yes(name string) bool {
	return string(o[name]) == "true"
}

// scalars returns the members that hold texts, numbers or truth values, alone or in an array. Those that are no texts have
// the form that they have in JSON.
func (o object) scalars() map[string][]string {
	all := make(map[string][]string, len(o))
	for name, raw := range o {
		items := []json.RawMessage{raw}
		if len(raw) > 0 && raw[0] == '[' && json.Unmarshal(raw, &items) != nil {
			continue
		}
		values := make([]string, 0, len(items))
		for _, item := range items {
			if value, ok := scalar(item); ok {
				values = append(values, value)
			}
		}
		if len(values) == len(items) {
			all[name] = values
		}
	}
	return all
}

func scalar(raw json.RawMessage) (string, bool) {
	if text, ok := (object{"": raw}).text(""); ok {
		return text, true
	}
	structured := len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || raw[0] == '"'
	return string(raw), !structured && string(raw) != "null"
}

// absent returns the names of claims that are to be had elsewhere (OpenID Connect Core section 5.6.2).
func (o object) absent() []string {
	elsewhere, err := parseObject(o["_claim_names"])
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(elsewhere))
}

// maxDate is the last second of the year 9999, beyond which times cannot be written down.
const maxDate = 253402300799

// date returns a member that is a NumericDate (RFC 7519 section 2).
func (o object) date(name string) (time.Time, error) {
	raw, present := o[name]
	if !present {
		return time.Time{}, errors.New("missing")
	}
	var seconds float64
	if err := json.Unmarshal(raw, &seconds); err != nil || string(raw) == "null" {
		return time.Time{}, errors.New("not a number")
	}
	if math.IsNaN(seconds) || seconds < 1 || seconds > maxDate {
		return time.Time{}, fmt.Errorf("out of range")
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)), nil
}
