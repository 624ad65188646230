package password

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"assay/reference/directory"
)

// MaxLength bounds a password, in bytes: longer ones only cost time.
const MaxLength = 256

// ErrUnusable is returned for what can be no password at all: nothing, too much, or control characters.
var ErrUnusable = errors.New("a password is text of 1 to 256 bytes without control characters")

// Prepare returns the form in which a password is hashed: the OpaqueString profile of RFC 8265 section 4.2, so that
// the same letters from another keyboard are the same password.
func Prepare(password string) (string, error) {
	if len(password) > MaxLength || !utf8.ValidString(password) {
		return "", ErrUnusable
	}
	prepared, err := precis.OpaqueString.String(password)
	if err != nil || prepared == "" {
		return "", ErrUnusable
	}
	return prepared, nil
}

// Broken tells, in words for the person, which rules a prepared password breaks. It may not be one of the names
// either, whatever the tenant asks for.
func Broken(rules directory.PasswordRules, prepared string, names ...string) []string {
	var broken []string
	if n := utf8.RuneCountInString(prepared); n < rules.MinLength {
		broken = append(broken, fmt.Sprintf("it needs %d characters", rules.MinLength))
	}
	if classes(prepared) < rules.Classes {
		broken = append(broken, fmt.Sprintf("it needs %d of: lower case letters, upper case letters, digits, other characters", rules.Classes))
	}
	for _, name := range names {
		if name != "" && strings.EqualFold(name, prepared) {
			broken = append(broken, "it must not be your name or address")
			break
		}
	}
	return broken
}

func classes(s string) int {
	var lower, upper, digit, other int
	for _, r := range s {
		switch {
		case unicode.IsLower(r):
			lower = 1
		case unicode.IsUpper(r):
			upper = 1
		case unicode.IsDigit(r):
			digit = 1
		default:
			other = 1
		}
	}
	return lower + upper + digit + other
}

// Expired reports whether a password that was chosen then has to be replaced now.
func Expired(rules directory.PasswordRules, chosen, now time.Time) bool {
	return rules.MaxAge > 0 && !now.Before(chosen.Add(rules.MaxAge))
}
