package scim

import (
	"strings"
	"unicode"

	"assay/reference/scim/schema"
)

// canonicalAddresses writes the addresses of a user as RFC 7643 section 4.1.2 recommends: the domain of an
// e-mail address, and an instant messaging address as a whole, in lower case, the latter without white space.
// Phone numbers stay as they are: RFC 3966 wants a country, which most of them do not name.
func canonicalAddresses(doc map[string]any) {
	eachValue(doc["emails"], canonicalEmail)
	eachValue(doc["ims"], canonicalIM)
}

func eachValue(list any, canonical func(string) string) {
	for _, item := range schema.Values(list) {
		element, _ := item.(map[string]any)
		if value, ok := element["value"].(string); ok {
			element["value"] = canonical(value)
		}
	}
}

// canonicalEmail leaves the local part alone, whose case may count (RFC 5321 section 2.4).
func canonicalEmail(address string) string {
	at := strings.LastIndex(address, "@")
	if at < 0 {
		return address
	}
	return address[:at] + strings.ToLower(address[at:])
}

func canonicalIM(address string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, address)
}
