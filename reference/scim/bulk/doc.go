// Package bulk performs bulk requests (RFC 7644 section 3.7): it decodes them, decides the order of
// their operations, replaces bulkId references by the ids of what was created, and makes the entries of
// the response. What a single operation does is not its business: the caller hands in a function that
// performs one, as if it had come in a request of its own.
//
// # Order
//
// Operations are performed in the order of the request, but one that refers to a bulkId whose POST
// comes later waits for that POST. What follows must not overtake it in a way that changes the outcome,
// so PUT, PATCH and DELETE also wait behind an earlier operation that waits, when one of the two is
// about a resource that the other writes to or mentions. A POST waits for nothing but its references.
//
// # References
//
// In data, a string that is "bulkId:" and a bulkId refers to the POST with that bulkId wherever it
// stands, in an extension too, as does a "$ref" that ends in "/bulkId:…". In the path of an operation it
// is the segment of the id, in the path of a PATCH operation a string of the filter, such as
// members[value eq "bulkId:qwerty"]. A reference to a bulkId that no POST of the request has is refused
// with 400, one to a POST that failed with 409.
//
// # Circular references
//
// POSTs that refer to each other in a circle (section 3.7.1) are performed together: each resource is
// created without the attributes whose references cannot be resolved yet, and these are added by a
// PATCH as soon as all exist. The entry carries the version after that. When one of the steps fails,
// everything that the circle has created is deleted again and each of its POSTs fails, with 409 where
// it has no error of its own: a failed POST leaves no resource behind.
package bulk
