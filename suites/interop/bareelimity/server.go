// Package bareelimity is a naive SCIM server on github.com/elimity-com/scim, written as the README of
// that library and its in-memory example show it. It is a target for assay: a server that a competent
// person could write in an afternoon, and that a provisioning client breaks. It must not be improved.
//
// What is not as in the example serves repeatable runs and changes nothing that a client is promised:
// ids count up instead of being random, lists are in the order of creation instead of the random order
// of a Go map, and a lock and copies keep it free of data races.
//
// Known deviations from RFC 7643 and RFC 7644. Of the library:
//
//   - a filter on a multi-valued or complex attribute without a sub-attribute (emails co "x"), or on an
//     attribute that is null, panics: the connection is dropped without an answer
//   - a filter on a sub-attribute of a multi-valued attribute (emails.value eq "x") matches nothing, and
//     its negation everything; so does a filter on an extension attribute
//   - a filter over core and extension attributes at once is refused; escapes in strings are not undone
//   - value paths with more than two terms, or with parentheses, are refused
//   - pr holds for an empty string, an empty array and null
//   - sortBy, sortOrder, attributes and excludedAttributes are ignored; Bulk, /Me and /.search are missing
//   - passwords are returned, and so is every other attribute that is never to be returned
//   - an object in place of an array is stored; an empty array is returned as null
//   - schemas of a response lists the enterprise extension whether or not it is used
//   - meta.location and the Location header are relative; only POST sends Location
//   - itemsPerPage is the count that was asked for, not the number of resources returned
//   - an extension under its URN in another letter case is dropped without a word
//   - PATCH of a read-only attribute is accepted instead of refused with mutability
//   - a PATCH path that is an extension URN alone is refused
//   - maxResults is said to be 0 while 100 are returned; Content-Type and Accept are never looked at
//   - unsupported methods are answered with 404 instead of 405, HEAD and OPTIONS too
//
// Of the example, whose PATCH knows only whole attributes by the name in their path:
//
//   - PATCH with a sub-attribute, value or extension path stores an attribute named like the path
//   - PATCH add with a path replaces the values that are there; without a path, an array is appended as
//     one element
//   - PATCH remove leaves the attribute with the value null, the required userName included
//   - userName is not unique, nobody refuses two primary values, members need not exist
//   - deleting a user leaves it in its groups; a user never shows its groups
//   - a filter on id or meta matches nothing
//   - ServiceProviderConfig names no authentication scheme, and a 401 has no SCIM body
//
// A filter with some 100,000 nested parentheses overflows the stack of the library's parser, which ends
// the whole process: nothing in this package prevents it.
package bareelimity

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"

	"github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
)

// New returns the server with an empty memory. It serves SCIM under /scim/v2 to requests with the
// bearer token, which must not be empty.
func New(token string) (http.Handler, error) {
	if token == "" {
		return nil, errors.New("the bearer token is empty")
	}
	server, err := scim.NewServer(&scim.ServerArgs{
		ServiceProviderConfig: &scim.ServiceProviderConfig{SupportFiltering: true, SupportPatch: true},
		ResourceTypes:         resourceTypes(),
	})
	if err != nil {
		return nil, fmt.Errorf("make the SCIM server: %w", err)
	}
	return authenticated(token, http.StripPrefix("/scim", server)), nil
}

func resourceTypes() []scim.ResourceType {
	ids := new(sequence)
	return []scim.ResourceType{
		{
			ID:               optional.NewString("User"),
			Name:             "User",
			Endpoint:         "/Users",
			Description:      optional.NewString("User Account"),
			Schema:           schema.CoreUserSchema(),
			SchemaExtensions: []scim.SchemaExtension{{Schema: schema.ExtensionEnterpriseUser()}},
			Handler:          newHandler(ids),
		},
		{
			ID:          optional.NewString("Group"),
			Name:        "Group",
			Endpoint:    "/Groups",
			Description: optional.NewString("Group"),
			Schema:      schema.CoreGroupSchema(),
			Handler:     newHandler(ids),
		},
	}
}

func authenticated(token string, next http.Handler) http.Handler {
	want := []byte("Bearer " + token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}
