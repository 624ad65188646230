package state

import "net/url"

// redact takes the user information out of a URL, which may be a password or a token.
func redact(raw string) string {
	parsed, err := url.Parse(raw)
	if err != nil {
		return "(not a URL)"
	}
	parsed.User = nil
	return parsed.String()
}
