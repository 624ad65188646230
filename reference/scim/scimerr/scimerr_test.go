package scimerr_test

import (
	"errors"
	"fmt"
	"testing"

	"assay/reference/scim/scimerr"
)

func TestBody(t *testing.T) {
	tests := []struct {
		err  *scimerr.Error
		want string
	}{
		{scimerr.Mutability("Attribute '%s' is readOnly", "id"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"mutability","detail":"Attribute 'id' is readOnly"}`},
		{scimerr.NotFound("Resource 1 not found"), `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"Resource 1 not found"}`},
		{&scimerr.Error{Status: 500}, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"500"}`},
	}
	for _, test := range tests {
		if got := string(test.err.Body()); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// TestKeywords goes through RFC 7644 table 9 and the statuses of table 8.
func TestKeywords(t *testing.T) {
	tests := []struct {
		make     func(string, ...any) *scimerr.Error
		status   int
		scimType string
	}{
		{scimerr.InvalidFilter, 400, "invalidFilter"}, {scimerr.TooMany, 400, "tooMany"}, {scimerr.Uniqueness, 409, "uniqueness"},
		{scimerr.Mutability, 400, "mutability"}, {scimerr.InvalidSyntax, 400, "invalidSyntax"}, {scimerr.InvalidPath, 400, "invalidPath"},
		{scimerr.NoTarget, 400, "noTarget"}, {scimerr.InvalidValue, 400, "invalidValue"}, {scimerr.InvalidVers, 400, "invalidVers"},
		{scimerr.Sensitive, 403, "sensitive"}, {scimerr.NotFound, 404, ""}, {scimerr.PreconditionFailed, 412, ""}, {scimerr.NotImplemented, 501, ""},
	}
	for _, test := range tests {
		if e := test.make("about %d", 1); e.Status != test.status || e.ScimType != test.scimType || e.Detail != "about 1" {
			t.Errorf("got %+v, want %d %q", e, test.status, test.scimType)
		}
	}
}

func TestAs(t *testing.T) {
	wrapped := fmt.Errorf("saving: %w", scimerr.Uniqueness("taken"))
	if e, ok := scimerr.As(wrapped); !ok || e.Error() != "uniqueness: taken" {
		t.Errorf("got %v, %v", e, ok)
	}
	if _, ok := scimerr.As(errors.New("other")); ok {
		t.Error("another error is not a SCIM error")
	}
	if got := scimerr.NotFound("gone").Error(); got != "gone" {
		t.Errorf("got %q", got)
	}
}
