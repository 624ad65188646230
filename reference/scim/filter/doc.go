// Package filter parses and evaluates SCIM filters (RFC 7644 section 3.4.2.2) and the paths of PATCH
// operations (section 3.5.2). Both are bound to a resource type when they are parsed, so that an
// unknown attribute or an operator that does not fit is found then and never during evaluation.
//
// # What the RFC leaves open
//
// Where RFC 7644 is silent or is read in two ways, this package does the following.
//
//   - "ne" is true for a resource or value that has no value of the attribute; on a multi-valued
//     attribute it is true when any value differs ("matches if any of the values … match the
//     specified criterion").
//   - A comparison with a complex attribute that has a "value" sub-attribute means that
//     sub-attribute, as in the RFC's own `emails co "example.com"`.
//   - "eq null" is "not present", "ne null" is "pr". Other operators with null are refused.
//   - A missing "primary" compares as false (RFC 7643 section 2.4), but is not present.
//   - "co", "sw" and "ew" are for strings, references and dateTimes only; "eq" and "ne" are all that
//     booleans and binaries have.
//   - A value filter may be followed by a sub-attribute and an operator,
//     `emails[type eq "work"].value eq "x"`. The grammar does not have it; real clients send it.
//   - White space may be longer than one space, and none is needed around a string literal (the
//     RFC's own example has `value eq"2819c223…"`). It is needed around "and" and "or".
//   - An attribute that is never returned cannot be used in a filter: it would be an oracle.
package filter

// Limits on what is parsed. They hold before anything recurses, so that no text can exhaust the stack.
const (
	// MaxLength is the longest filter or path, in bytes.
	MaxLength = 8 << 10
	// MaxDepth is how deep parentheses and brackets may nest.
	MaxDepth = 32
)
