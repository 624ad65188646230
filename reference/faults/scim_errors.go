package faults

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// scimErrors are defects of SCIM error bodies and of how malformed bodies are taken (RFC 7644 section 3.12).
func scimErrors() []Fault {
	return append(errorBodies(), malformedBodies()...)
}

func errorBodies() []Fault {
	return []Fault{
		onHTTP("error-status-as-number", "the status in an error body is a JSON number instead of a string",
			"servers that serialize the HTTP status as it is; Okta's own sample answers have 404 as a number",
			eachError(Always, 0, func(doc map[string]any) {
				if status, ok := doc["status"].(string); ok {
					doc["status"] = json.Number(status)
				}
			}), "scim.errors.status-agrees"),
		onHTTP("error-without-schemas", "the error about a user who does not exist has no schemas", "servers with an error format of their own",
			eachError(users(http.MethodGet), http.StatusNotFound, func(doc map[string]any) { delete(doc, "schemas") }), "okta.spec.unknown-id", "scim.errors.body", "scim.users.deleted-read", "scim.users.unknown-id-404"),
		onHTTP("error-not-json", "the error about a user who does not exist is plain text", "servers whose framework answers 404 before SCIM does; Okta's sample has a 404 of text/html",
			Rewrite(users(http.MethodGet), func(r *Response) {
				if r.Status == http.StatusNotFound {
					r.Body = []byte(http.StatusText(r.Status))
					r.Header.Set("Content-Type", "text/plain; charset=utf-8")
				}
			}), "okta.spec.unknown-id", "scim.errors.body", "scim.errors.detail", "scim.errors.status-agrees", "scim.http.errors-are-scim-json", "scim.users.deleted-read", "scim.users.unknown-id-404"),
		onHTTP("error-without-detail", "an error does not say what is wrong", "servers that keep messages to themselves",
			eachError(Always, 0, func(doc map[string]any) { delete(doc, "detail") }), "okta.spec.bad-token", "okta.spec.unknown-id", "scim.bulk.limit-named", "scim.errors.detail"),
		onHTTP("error-type-invented", "the scimType of an error is not one of RFC 7644", "servers that put the name of an exception there",
			renamedScimType(users(http.MethodPost), "invalidValue", "ValidationException"), "scim.errors.scim-type-registered"),
		onHTTP("error-media-type-json", "an error is application/json", "servers that set the media type on success only",
			Rewrite(Always, func(r *Response) {
				if r.Status >= http.StatusBadRequest {
					r.Header.Set("Content-Type", "application/json")
				}
			}), "scim.http.errors-are-scim-json"),
		onHTTP("unknown-endpoint-is-500", "an endpoint that does not exist is answered with 500", "servers whose router throws",
			Rewrite(Not(Any(users(), groups(), Below("/Schemas"), Below("/ResourceTypes"), Below("/Me"))), func(r *Response) {
				if r.Status == http.StatusNotFound {
					r.Status = http.StatusInternalServerError
				}
			}), "scim.errors.unknown-endpoint"),
	}
}

func malformedBodies() []Fault {
	// made is a user out of nothing, for servers that fill in what they could not read.
	made := func() []byte {
		return encodeObject(map[string]any{"schemas": []any{userURN}, "userName": "unnamed-" + rand.Text()}, nil)
	}
	accepting := func(picked func(body string) bool) wrapper {
		return RewriteRequest(On(http.MethodPost, "/Users"), func(r *http.Request, body []byte) []byte {
			if picked(string(body)) {
				return made()
			}
			return body
		})
	}
	return []Fault{
		onHTTP("truncated-body-accepted", "a body that breaks off in the middle makes a user", "servers with a streaming parser that keep what they have read",
			accepting(func(body string) bool { return strings.HasPrefix(body, "{") && breaksOff(body) }), "scim.errors.truncated-json-is-400", "scim.errors.truncated-json-refused"),
		onHTTP("no-object-accepted", "a body that is JSON but no object makes a user", "servers that convert what they get to a map",
			accepting(func(body string) bool { return body != "" && !strings.HasPrefix(body, "{") }), "scim.errors.no-object-refused"),
		onHTTP("empty-body-accepted", "a create without a body makes a user", "servers that treat no body as an empty object and check nothing",
			accepting(func(body string) bool { return body == "" }), "scim.errors.empty-body-refused"),
		onHTTP("trailing-garbage-accepted", "what follows the JSON document is ignored", "elimity-com/scim, which decodes without looking for the end (measured)",
			RewriteRequest(users(http.MethodPost), func(_ *http.Request, body []byte) []byte {
				var first json.RawMessage
				if err := json.NewDecoder(bytes.NewReader(body)).Decode(&first); err != nil {
					return body
				}
				return first
			}), "scim.errors.trailing-garbage-refused"),
		onHTTP("duplicate-keys-accepted", "of an attribute that is given twice the last one counts", "elimity-com/scim and whoever else decodes with encoding/json (measured)",
			RewriteRequest(users(http.MethodPost), func(_ *http.Request, body []byte) []byte {
				var doc map[string]any
				if err := json.Unmarshal(body, &doc); err != nil || !utf8.Valid(body) {
					return body
				}
				return encodeObject(doc, body)
			}), "scim.errors.duplicate-keys"),
		onHTTP("invalid-utf8-replaced", "bytes that are not UTF-8 become replacement characters", "elimity-com/scim and whoever else decodes with encoding/json (measured)",
			RewriteRequest(users(http.MethodPost), func(_ *http.Request, body []byte) []byte {
				return bytes.ToValidUTF8(body, []byte("\ufffd"))
			}), "scim.errors.invalid-utf8-refused"),
		onHTTP("syntax-error-without-type", "a malformed body is refused without a scimType", "servers that leave the scimType out",
			eachError(users(http.MethodPost), http.StatusBadRequest, func(doc map[string]any) {
				if doc["scimType"] == "invalidSyntax" {
					delete(doc, "scimType")
				}
			}), "scim.errors.truncated-json-is-400"),
		onHTTP("schemas-not-needed", "a create without schemas is accepted", "servers that go by the endpoint",
			onBody(On(http.MethodPost, "/Users"), func(doc map[string]any) {
				if doc["schemas"] == nil {
					doc["schemas"] = []any{userURN}
				}
			}), "scim.errors.schemas-required"),
	}
}

func breaksOff(body string) bool {
	var doc any
	return errors.Is(json.NewDecoder(strings.NewReader(body)).Decode(&doc), io.ErrUnexpectedEOF)
}
