// Package scim holds the checks of RFC 7643, RFC 7644 and RFC 9865 that hold for every service provider, one file
// a topic. A check at level must asks only what the RFCs demand of all of them: where they leave a
// choice, every choice passes, and where a target does not do what a check is about and need not, the
// check is not applicable.
package scim

import "assay/suites/check"

// Register puts the checks on a suite.
func Register(s *check.Suite) {
	discovery(s)
	schemas(s)
	characteristics(s)
	create(s)
	identifiers(s)
	uniqueness(s)
	values(s)
	password(s)
	enterprise(s)
	read(s)
	replace(s)
	remove(s)
	groups(s)
	members(s)
	filter(s)
	filterLogic(s)
	filterPaths(s)
	filterErrors(s)
	search(s)
	paging(s)
	cursors(s)
	projection(s)
	patch(s)
	patchValues(s)
	patchRefused(s)
	patchGroups(s)
	sorting(s)
	bulk(s)
	etags(s)
	errorBodies(s)
	mediaTypes(s)
	methods(s)
	authentication(s)
}
