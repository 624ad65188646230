// Package scimerr is the one error type that the SCIM packages return for a request that they refuse:
// an HTTP status, a detail error keyword and a text for a person (RFC 7644 section 3.12).
package scimerr

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// URN identifies the body of an error response (RFC 7644 section 3.12).
const URN = "urn:ietf:params:scim:api:messages:2.0:Error"

// The detail error keywords of RFC 7644 table 9, and those that RFC 9865 section 2.1 adds for cursors.
const (
	TypeInvalidFilter = "invalidFilter"
	TypeTooMany       = "tooMany"
	TypeUniqueness    = "uniqueness"
	TypeMutability    = "mutability"
	TypeInvalidSyntax = "invalidSyntax"
	TypeInvalidPath   = "invalidPath"
	TypeNoTarget      = "noTarget"
	TypeInvalidValue  = "invalidValue"
	TypeInvalidVers   = "invalidVers"
	TypeSensitive     = "sensitive"
	TypeInvalidCursor = "invalidCursor"
	TypeExpiredCursor = "expiredCursor"
	TypeInvalidCount  = "invalidCount"
)

// Error is a refused request. Status is the HTTP status, ScimType one of the Type constants or empty,
// and Detail a text that may be shown to the client: it never holds a secret.
type Error struct {
	Status   int
	ScimType string
	Detail   string
}

// Error gives the keyword, if there is one, and the detail.
func (e *Error) Error() string {
	if e.ScimType == "" {
		return e.Detail
	}
	return e.ScimType + ": " + e.Detail
}

// Body renders the response body of RFC 7644 section 3.12. The status is a string there, and scimType
// and detail are left out when they are empty.
func (e *Error) Body() []byte {
	body := struct {
		Schemas  []string `json:"schemas"`
		Status   string   `json:"status"`
		ScimType string   `json:"scimType,omitempty"`
		Detail   string   `json:"detail,omitempty"`
	}{[]string{URN}, strconv.Itoa(e.Status), e.ScimType, e.Detail}
	text, err := json.Marshal(body)
	if err != nil { // strings always marshal
		return []byte(`{"schemas":["` + URN + `"],"status":"500"}`)
	}
	return text
}

// New makes an error with any status and keyword; format and args give the detail.
func New(status int, scimType, format string, args ...any) *Error {
	return &Error{Status: status, ScimType: scimType, Detail: fmt.Sprintf(format, args...)}
}

// As finds the Error in the chain of err.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// InvalidFilter is 400: the filter is malformed, or the operator does not fit the attribute.
func InvalidFilter(format string, args ...any) *Error {
	return New(http.StatusBadRequest, TypeInvalidFilter, format, args...)
}

// TooMany is 400: the filter yields more results than the server is willing to compute.
func TooMany(format string, args ...any) *Error {
	return New(http.StatusBadRequest, TypeTooMany, format, args...)
}

// Uniqueness is 409: a value is already in use (RFC 7644 section 3.3).
func Uniqueness(format string, args ...any) *Error {
	return New(http.StatusConflict, TypeUniqueness, format, args...)
}

// Mutability is 400: the change is not compatible with the attribute's mutability or present state.
func Mutability(format string, args ...any) *Error {
	return New(http.StatusBadRequest, TypeMutability, format, args...)
}

// InvalidSyntax is 400: the body is not JSON or does not have the structure of the message.
func InvalidSyntax(format string, args ...any) *Error {
	return New(http.StatusBadRequest, TypeInvalidSyntax, format, args...)
}

// InvalidPath is 400: the path of a PATCH operation is malformed or names no attribute.
func InvalidPath(format string, args ...any) *Error {
	return New(http.StatusBadRequest, TypeInvalidPath, format, args...)
}

// NoTarget is 400: the path of a PATCH operation yields nothing that could be operated on.
func NoTarget(format string, args ...any) *Error {
	return New(http.StatusBadRequest, TypeNoTarget, format, args...)
}

// InvalidValue is 400: a required value is missing or a value does not fit the schema.
func InvalidValue(format string, args ...any) *Error {
	return New(http.StatusBadRequest, TypeInvalidValue, format, args...)
}

// InvalidVers is 400: the protocol version is not supported (RFC 7644 section 3.13).
func InvalidVers(format string, args ...any) *Error {
	return New(http.StatusBadRequest, TypeInvalidVers, format, args...)
}

// Sensitive is 403: the request carries personal data in its URI (RFC 7644 section 7.5.2).
func Sensitive(format string, args ...any) *Error {
	return New(http.StatusForbidden, TypeSensitive, format, args...)
}

// NotFound is 404: the resource or the endpoint does not exist. It has no keyword.
func NotFound(format string, args ...any) *Error {
	return New(http.StatusNotFound, "", format, args...)
}

// PreconditionFailed is 412: the resource has changed on the server (RFC 7644 section 3.14).
func PreconditionFailed(format string, args ...any) *Error {
	return New(http.StatusPreconditionFailed, "", format, args...)
}

// NotImplemented is 501: the server does not support the operation.
func NotImplemented(format string, args ...any) *Error {
	return New(http.StatusNotImplemented, "", format, args...)
}
