package cursor_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"assay/reference/scim/cursor"
)

type place struct {
	Seq int64
	Key any
}

func codec(tb testing.TB, key []byte, now func() time.Time) *cursor.Codec {
	tb.Helper()
	c, err := cursor.New(key, time.Minute, now)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func seal(tb testing.TB, c *cursor.Codec, binding string, p place) string {
	tb.Helper()
	value, err := c.Seal(binding, p)
	if err != nil {
		tb.Fatal(err)
	}
	return value
}

// GAP-131: unreserved characters only.
func TestSealOpen(t *testing.T) {
	c := codec(t, nil, time.Now)
	for _, key := range []any{nil, "zoë\x00", true, json.Number("9007199254740993"), json.Number("1.5")} {
		value := seal(t, c, "b", place{1 << 60, key})
		if strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") != "" {
			t.Errorf("%q has reserved characters", value)
		}
		var got place
		if err := c.Open("b", value, &got); err != nil || got != (place{1 << 60, key}) {
			t.Errorf("%v came back as %v, %v", key, got, err)
		}
	}
	if a, b := seal(t, c, "b", place{}), seal(t, c, "b", place{}); a == b {
		t.Error("two values of one place are the same")
	}
}

// GAP-137: whatever is wrong with a value, the error is the same.
func TestOpenRefuses(t *testing.T) {
	c := codec(t, nil, time.Now)
	value := seal(t, c, "tenant a", place{Seq: 7})
	for name, try := range map[string]struct {
		codec          *cursor.Codec
		binding, value string
	}{
		"another binding":   {c, "tenant b", value},
		"another key":       {codec(t, nil, time.Now), "tenant a", value},
		"nothing":           {c, "tenant a", ""},
		"garbage":           {c, "tenant a", "VZUTiyhEQJ94IR"},
		"not base64":        {c, "tenant a", "a b%"},
		"longer":            {c, "tenant a", value + "AAAA"},
		"shorter":           {c, "tenant a", value[:len(value)-4]},
		"another version":   {c, "tenant a", "B" + value[1:]},
		"another beginning": {c, "tenant a", value[:8] + "AAAA" + value[12:]},
		"very long":         {c, "tenant a", strings.Repeat("A", 1<<20)},
	} {
		var p place
		if err := try.codec.Open(try.binding, try.value, &p); !errors.Is(err, cursor.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := cursor.New(make([]byte, 16), time.Minute, time.Now); err == nil {
		t.Error("a short key was accepted")
	}
}

func TestExpiry(t *testing.T) {
	now := time.Unix(1e9, 999e6)
	key := make([]byte, cursor.KeySize)
	c := codec(t, key, func() time.Time { return now })
	value := seal(t, c, "b", place{})
	now = now.Add(time.Minute)
	var p place
	if err := codec(t, key, func() time.Time { return now }).Open("b", value, &p); err != nil {
		t.Errorf("at the timeout, with the same key: %v", err)
	}
	now = now.Add(2 * time.Second)
	if err := c.Open("b", value, &p); !errors.Is(err, cursor.ErrExpired) {
		t.Errorf("after it: %v", err)
	}
	if err := c.Open("another", value, &p); !errors.Is(err, cursor.ErrInvalid) {
		t.Errorf("after it, for another query: %v", err)
	}
}

// FuzzOpen asks of any text that it is refused: nothing but what Seal makes is valid.
func FuzzOpen(f *testing.F) {
	c, err := cursor.New(make([]byte, cursor.KeySize), time.Minute, time.Now)
	if err != nil {
		f.Fatal(err)
	}
	value, err := c.Seal("b", place{Seq: 7, Key: "x"})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{value, value[:20], "", "AQ", "AQAA", "VZUTiyhEQJ94IR"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var p place
		if err := c.Open("b", text, &p); err == nil && text != value {
			t.Fatalf("%q was opened as %v", text, p)
		}
	})
}
