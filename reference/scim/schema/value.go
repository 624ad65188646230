package schema

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxExactInteger is the largest float64 that stands for exactly one integer (2^53 - 1).
const maxExactInteger = 1<<53 - 1

// scalar checks a simple value against its type and gives its canonical Go form.
func scalar(kind string, v any) (any, *fault) {
	switch kind {
	case Boolean:
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, faultf("a boolean is wanted, not %s", describe(v))
	case Integer:
		if n, ok := integer(v); ok {
			return n, nil
		}
		return nil, faultf("an integer without fraction or exponent is wanted")
	case Decimal:
		if n, ok := Number(v); ok {
			return decimal(n.Float()), nil
		}
		return nil, faultf("a number is wanted, not %s", describe(v))
	}
	s, ok := v.(string)
	if !ok {
		return nil, faultf("a string is wanted, not %s", describe(v))
	}
	if f := checkText(kind, s); f != nil {
		return nil, f
	}
	if kind == DateTime && s != "" && !hasZone(s) {
		s += "Z" // as it is taken, so that readers agree
	}
	return s, nil
}

// decimal spells a number "with at least one digit to the left and right of the period" (RFC 7643
// section 2.3.3).
func decimal(f float64) json.Number {
	if f == 0 {
		return "0.0" // there is a negative zero
	}
	format := byte('f')
	if size := math.Abs(f); size < 1e-6 || size >= 1e21 {
		format = 'e'
	}
	text := strconv.FormatFloat(f, format, -1, 64)
	if strings.Contains(text, ".") {
		return json.Number(text)
	}
	mantissa, exponent, scaled := strings.Cut(text, "e")
	if scaled {
		exponent = "e" + exponent
	}
	return json.Number(mantissa + ".0" + exponent)
}

// checkText checks the form of a string by its type. The empty string passes: it is a way to say "none".
func checkText(kind, s string) *fault {
	if s == "" {
		return nil
	}
	switch kind {
	case DateTime:
		if _, ok := ParseTime(s); !ok {
			return faultf(`a date and time such as "2011-05-13T04:42:34Z" is wanted`)
		}
	case Binary:
		if !isBase64(s) {
			return faultf("base64 is wanted")
		}
	case Reference:
		if !isURI(s) {
			return faultf("a URI is wanted")
		}
	}
	return nil
}

// integer reads an integer as RFC 7643 section 2.3.4 has it: no fraction and no exponent. A float64
// has lost its spelling and passes when it is whole.
func integer(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	case float64:
		return int64(n), n == math.Trunc(n) && math.Abs(n) <= maxExactInteger
	case json.Number:
		i, err := strconv.ParseInt(n.String(), 10, 64)
		return i, err == nil
	}
	return 0, false
}

// Numeric is a JSON number that compares exactly when it is an integer of 64 bits.
type Numeric struct {
	whole   int64
	decimal float64
	isWhole bool
}

// Number reads any of the Go types that JSON numbers come in; false for anything else and for what
// float64 cannot hold.
func Number(v any) (Numeric, bool) {
	switch n := v.(type) {
	case int:
		return Numeric{int64(n), float64(n), true}, true
	case int32:
		return Numeric{int64(n), float64(n), true}, true
	case int64:
		return Numeric{n, float64(n), true}, true
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return Numeric{}, false
		}
		return Numeric{int64(n), n, n == math.Trunc(n) && math.Abs(n) <= maxExactInteger}, true
	case json.Number:
		if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
			return Numeric{i, float64(i), true}, true
		}
		f, err := strconv.ParseFloat(n.String(), 64)
		if err != nil {
			return Numeric{}, false
		}
		return Number(f)
	}
	return Numeric{}, false
}

// Float gives the nearest float64.
func (n Numeric) Float() float64 { return n.decimal }

// Compare gives -1, 0 or +1.
func (n Numeric) Compare(other Numeric) int {
	if n.isWhole && other.isWhole {
		return compare(n.whole, other.whole)
	}
	return compare(n.decimal, other.decimal)
}

func compare[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// ParseTime reads an xsd:dateTime (RFC 7643 section 2.3.5). One without a zone is taken as UTC.
func ParseTime(s string) (time.Time, bool) {
	// time.Parse is laxer than xsd:dateTime: it takes a one-digit hour and a comma before the fraction.
	if len(s) < len("2006-01-02T15:04:05") || s[10] != 'T' || s[13] != ':' || strings.Contains(s, ",") {
		return time.Time{}, false
	}
	if day := onClock(s); day != s {
		midnight, ok := parseTime(day)
		return midnight.AddDate(0, 0, 1), ok && midnight.Nanosecond() == 0
	}
	return parseTime(s)
}

// onClock writes 24:00:00, the first moment of the next day, as package time knows it on its own day.
func onClock(s string) string { return strings.Replace(s, "T24:00:00", "T00:00:00", 1) }

func parseTime(s string) (time.Time, bool) {
	if instant, err := time.Parse(time.RFC3339Nano, s); err == nil {
		_, offset := instant.Zone()
		return instant, offset <= maxOffset && offset >= -maxOffset
	}
	instant, err := time.Parse(withoutZone, s)
	return instant, err == nil
}

const (
	withoutZone = "2006-01-02T15:04:05.999999999"
	maxOffset   = 14 * 60 * 60 // seconds: no time zone of xsd:dateTime is further from UTC
)

// hasZone tells whether a valid xsd:dateTime says its time zone.
func hasZone(s string) bool {
	_, err := time.Parse(withoutZone, onClock(s))
	return err != nil
}

// isBase64 accepts both alphabets of RFC 4648: RFC 7643 section 2.3.6 leaves the second to the definition
// of the attribute, table 1 does not. "trailing padding characters MAY be omitted": all or none of them.
func isBase64(s string) bool {
	if strings.ContainsAny(s, "\r\n") { // Go's decoder would skip them
		return false
	}
	encodings := []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding}
	if strings.HasSuffix(s, "=") {
		encodings = []*base64.Encoding{base64.StdEncoding, base64.URLEncoding}
	}
	return slices.ContainsFunc(encodings, func(e *base64.Encoding) bool {
		_, err := e.DecodeString(s)
		return err == nil
	})
}

// isURI accepts an absolute or relative URI reference (RFC 7643 section 2.3.7).
func isURI(s string) bool {
	for _, r := range s {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("<>\"{}|\\^`", r) {
			return false
		}
	}
	_, err := url.Parse(s)
	return err == nil
}

func describe(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case map[string]any:
		return "an object"
	}
	if isList(v) {
		return "an array"
	}
	return "a number"
}
