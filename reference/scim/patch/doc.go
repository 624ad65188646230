// Package patch decodes and applies SCIM PATCH requests (RFC 7644 section 3.5.2).
//
// # What the RFC leaves open, and what identity providers need
//
// Where RFC 7644 is silent, or where clients in wide use depend on more than it grants, this package
// does the following.
//
//   - "schemas" is read-only, because it follows from the attributes that the resource has: an
//     operation with that path is refused with mutability. Section 3.5.2 would let a server take it;
//     its implicit form, setting an attribute by its full name, is what is supported.
//   - The keys of a path-less value are paths: any case, dotted ("name.givenName"), with a URN, or
//     with a value filter, as Entra ID sends them. A read-only attribute among them is ignored (Okta
//     sends the resource's id along); an unknown one is invalidPath.
//   - A value filter that matches nothing: "replace" is noTarget, "remove" is no change, and "add"
//     creates the value when the filter is a conjunction of eq comparisons.
//   - A "replace" or "add" with a value filter and an object changes the sub-attributes that the
//     object names and keeps the others, as section 3.5.2.3 has it for complex attributes.
//   - "remove" with the path of a multi-valued attribute and a value removes the listed values only
//     (Entra ID). A value is listed when its "value" and, where both have one, its "type" agree; for
//     values that have no "value", when all listed sub-attributes agree.
//   - A single value is accepted where an array is wanted.
//   - A value with the "value" and "type" of an existing one is not added a second time (RFC 7643
//     section 2.4) but updates it; where one of the two has no type, the "value" decides.
//   - null and [] unassign (RFC 7643 section 2.5), "" is a value (package leniency makes it null);
//     adding null is no change to a multi-valued attribute. Unassigning a required attribute is refused with mutability.
//   - A sub-attribute of a multi-valued attribute without a filter means that of every value.
package patch

// URN identifies a PATCH request (RFC 7644 section 3.5.2).
const URN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// The operations of RFC 7644 section 3.5.2.
const (
	Add     = "add"
	Remove  = "remove"
	Replace = "replace"
)
