// Package leniency is what the SCIM server forgives: requests that leave the letter of RFC 7643 and
// RFC 7644 in ways in which identity providers really send them, and the normaliser that rewrites them
// before anything else looks at them.
//
// Every tenant is served leniently unless it is set to be strict (directory.Tenant.Strict). In strict
// mode nothing is rewritten, and what only leniency makes acceptable is refused. A request that needs
// no leniency takes the same way in both modes, and costs no look at the tenant's setting.
//
// The list of leniencies is data, see All; reference/docs/leniency.md is made from it.
package leniency

import "slices"

// The names of the leniencies. They are stable: they appear in the audit log and in the admin API.
const (
	TextBoolean       = "text-boolean"
	TextBooleanFilter = "text-boolean-in-filter"
	CapitalOperation  = "capital-operation"
	CreatingReplace   = "replace-creates-value"
	ListedRemove      = "remove-lists-values"
	PathKeys          = "path-as-key"
	BareExtension     = "bare-extension-attribute"
	ReadOnlyInPatch   = "read-only-in-patch-value"
	ReferenceForm     = "reference-form"
	ObjectForList     = "object-for-list"
	EmptyText         = "empty-text-clears"
	ForeignSchema     = "foreign-schema"
	LegacyCoreSchema  = "legacy-core-schema"
	NoContentType     = "no-content-type"
	AnyAccept         = "any-accept"
)

// Sender is who sends what a leniency forgives, and how sure that is.
type Sender struct {
	Who    string
	Source string // key into the list of sources in reference/docs/leniency.md
	Mark   string // D documented, O observed, S second-hand, I inferred
}

// Leniency is one thing that is forgiven.
type Leniency struct {
	Name    string
	Does    string // what happens to such a request in lenient mode
	Strict  string // what happens to it in strict mode
	Senders []Sender
}

// Names gives the names of all leniencies in the order of All.
func Names() []string {
	var names []string
	for _, l := range All() {
		names = append(names, l.Name)
	}
	return names
}

// Request notes which leniencies one request makes use of. It is not safe for concurrent use. Make it
// with ForRequest.
type Request struct {
	strict func() (bool, error)
	known  bool // whether the tenant's setting has been read
	mode   bool
	used   []string
}

// ForRequest starts the notes of a request. strict reads the tenant's setting; it is called at most
// once, and only when a leniency comes into question.
func ForRequest(strict func() (bool, error)) *Request {
	return &Request{strict: strict}
}

// Forgive tells whether the request may use the leniency, and notes that it does. An error means that
// the tenant's setting could not be read.
func (r *Request) Forgive(name string) (bool, error) {
	if !r.known {
		strict, err := r.strict()
		if err != nil {
			return false, err
		}
		r.known, r.mode = true, strict
	}
	if r.mode {
		return false, nil
	}
	if !slices.Contains(r.used, name) {
		r.used = append(r.used, name)
	}
	return true, nil
}

// require is Forgive for what has no meaning without the leniency: refusal is what the client of a
// strict tenant gets.
func (r *Request) require(name string, refusal error) error {
	forgiven, err := r.Forgive(name)
	if err != nil || forgiven {
		return err
	}
	return refusal
}

// Used names the leniencies that the request has used, in alphabetical order.
func (r *Request) Used() []string {
	return slices.Sorted(slices.Values(r.used))
}
