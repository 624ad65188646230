// Package elimitydefects holds the measured defects of github.com/elimity-com/scim, the library under
// package scim, and no other code: everything is in its tests.
//
// Each entry of the table is a request that the bare library answers wrongly and the reference rightly, or
// a piece of Go that falls into a trap of the library. The tests ask for both. So an upgrade of the
// library that mends a defect turns them red, and the entry, perhaps with what fronts it, can go.
// reference/docs/elimity.md is made from the table: go test ./reference/scim/elimitydefects -update
package elimitydefects
