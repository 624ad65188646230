// Package target is the implementation under test as the suites see it: its SCIM endpoint, what it
// claims to support, its admin operations, and a browser-like user agent to sign on with.
package target

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"assay/suites/wire"
)

// Target is one implementation under test.
type Target struct {
	Name   string
	File   *File
	SCIM   *wire.Client
	Redact *wire.Redactor

	admin   *wire.Client
	browser *wire.Client
	claims  map[Capability]Claim
}

// New prepares a target from its file. Nothing is sent yet. timeout bounds each exchange; zero means
// wire.DefaultTimeout.
func New(file *File, timeout time.Duration) *Target {
	redact := wire.NewRedactor(file.SCIM.Token)
	admin := http.Header{}
	for name, value := range file.Auth {
		admin.Set(name, value)
		redact.Add(value, lastWord(value))
	}
	scim := http.Header{}
	if file.SCIM.Token != "" {
		scim.Set("Authorization", "Bearer "+file.SCIM.Token)
	}
	scim.Set("Accept", "application/scim+json, application/json;q=0.9")
	name := file.Name
	if name == "" {
		name = hostOf(file.SCIM.URL)
	}
	return &Target{
		Name:    name,
		File:    file,
		SCIM:    wire.New(file.SCIM.URL, scim, redact, timeout),
		Redact:  redact,
		admin:   wire.New("", admin, redact, timeout),
		browser: wire.New("", http.Header{"Accept": {"text/html,application/json;q=0.9,*/*;q=0.8"}}, redact, timeout),
	}
}

// Close drops idle connections.
func (t *Target) Close() {
	t.SCIM.Close()
	t.admin.Close()
	t.browser.Close()
}

// EmailDomain is the domain of the addresses that checks make up.
func (t *Target) EmailDomain() string {
	if t.File.SCIM.EmailDomain != "" {
		return t.File.SCIM.EmailDomain
	}
	return "example.test"
}

// Do runs an admin operation of the target file with the placeholders filled in. It returns what the
// operation yields, and the exchange for the record. An answer that is not a 2xx is an error.
func (t *Target) Do(ctx context.Context, name string, vars map[string]string) (map[string]string, *wire.Response, error) {
	operation, ok := t.File.Admin[name]
	if !ok {
		return nil, nil, fmt.Errorf("the target file defines no operation %s", name)
	}
	res := t.send(ctx, t.admin, operation, vars)
	if !res.OK() {
		return nil, res, fmt.Errorf("the operation %s of the target file did not succeed: %s", name, res.Summary())
	}
	yields := map[string]string{}
	for key, pointer := range operation.Yields {
		value, ok := res.At(pointer)
		if !ok {
			return nil, res, fmt.Errorf("the answer to the operation %s has nothing at %s", name, pointer)
		}
		yields[key] = fmt.Sprint(value)
	}
	return yields, res, nil
}

func (t *Target) send(ctx context.Context, client *wire.Client, o *Operation, vars map[string]string) *wire.Response {
	method, raw := o.request()
	var options []wire.Option
	for name, value := range o.Header {
		options = append(options, wire.Header(name, fill(value, vars, plain)))
	}
	var body any
	if o.Body != nil {
		body = fillBody(o.Body, vars)
		options = append(options, wire.Header("Content-Type", "application/json"))
	}
	return client.Do(ctx, method, fillURL(raw, vars), body, options...)
}

func (o *Operation) request() (method, url string) {
	switch {
	case o.Get != "":
		return http.MethodGet, o.Get
	case o.Post != "":
		return http.MethodPost, o.Post
	case o.Put != "":
		return http.MethodPut, o.Put
	case o.Patch != "":
		return http.MethodPatch, o.Patch
	default:
		return http.MethodDelete, o.Delete
	}
}

// fillURL fills placeholders in a URL: its path and its query escape differently.
func fillURL(raw string, vars map[string]string) string {
	path, query, found := strings.Cut(raw, "?")
	path = fill(path, vars, url.PathEscape)
	if !found {
		return path
	}
	return path + "?" + fill(query, vars, url.QueryEscape)
}

// plain leaves a placeholder's value as it is.
func plain(s string) string { return s }

func fill(text string, vars map[string]string, escape func(string) string) string {
	for name, value := range vars {
		text = strings.ReplaceAll(text, "{"+name+"}", escape(value))
	}
	return text
}

// fillBody fills placeholders in every string of a YAML body.
func fillBody(body any, vars map[string]string) any {
	switch node := body.(type) {
	case string:
		return fill(node, vars, plain)
	case map[string]any:
		filled := make(map[string]any, len(node))
		for key, value := range node {
			filled[key] = fillBody(value, vars)
		}
		return filled
	case []any:
		filled := make([]any, len(node))
		for i, value := range node {
			filled[i] = fillBody(value, vars)
		}
		return filled
	default:
		return body
	}
}

// ErrUnreachable is returned by Probe when the target gives no HTTP answer at all.
var ErrUnreachable = errors.New("the target is unreachable")

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	return u.Host
}

func lastWord(s string) string {
	fields := strings.Fields(s)
	if len(fields) == 0 {
		return ""
	}
	return fields[len(fields)-1]
}
