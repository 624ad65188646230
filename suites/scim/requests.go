package scim

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

// body is what was sent to make a resource, with its id, as a client sends it back with PUT. Overrides
// go on top; nil takes an attribute out.
func body(r check.Resource, overrides map[string]any) map[string]any {
	sent := maps.Clone(r.Sent)
	sent["id"] = r.ID
	for name, value := range overrides {
		if value == nil {
			delete(sent, name)
			continue
		}
		sent[name] = value
	}
	return sent
}

// email is one value of the emails attribute.
func email(address, kind string) map[string]any {
	return map[string]any{"value": address, "type": kind}
}

// The operations of a PATCH request (RFC 7644 section 3.5.2).
func opAdd(path string, value any) check.Op { return check.Op{Op: "add", Path: path, Value: value} }
func opReplace(path string, value any) check.Op {
	return check.Op{Op: "replace", Path: path, Value: value}
}
func opRemove(path string) check.Op { return check.Op{Op: "remove", Path: path} }

// literal writes a string as a comparison value of a filter, which is a JSON string.
func literal(text string) string {
	data, err := json.Marshal(text)
	if err != nil {
		panic(err) // a Go string can always be encoded
	}
	return string(data)
}

// compare is one attribute expression: compare("userName", "eq", "ada").
func compare(attribute, operator, value string) string {
	return attribute + " " + operator + " " + literal(value)
}

// userName is the user's name as the target keeps it.
func userName(user check.Resource) string { return user.String("/userName") }

// longName is userName of a name that is long enough to be cut.
func longName(t *check.T, user check.Resource) string {
	name := userName(user)
	t.Require("the userName is about what was sent", len(name) >= 8, check.Be(true))
	return name
}

// named selects users by their unique names, so that a filter never reaches what the run did not make.
func named(users ...check.Resource) string {
	terms := make([]string, len(users))
	for i, user := range users {
		terms[i] = compare("userName", "eq", userName(user))
	}
	return strings.Join(terms, " or ")
}

// find sends a filter that a service provider may decline: RFC 7644 table 9 lets it refuse a combination
// of attribute and comparison that it does not support. The check is then not applicable.
func find(t *check.T, endpoint, filter string, options ...wire.Option) *wire.Response {
	res := findPlain(t, endpoint, filter, options...)
	if declines(res) {
		t.NotApplicable("the target declines the filter %s with invalidFilter, as it may for a combination that it does not support", filter)
	}
	return res
}

// findPlain sends a filter that no service provider with filters may decline, except as sensitive in a
// URL (RFC 7644 section 7.5.2).
func findPlain(t *check.T, endpoint, filter string, options ...wire.Option) *wire.Response {
	res := t.Find(endpoint, filter, options...)
	if res.Err == nil && res.Status == 403 && strings.EqualFold(res.String("/scimType"), "sensitive") {
		t.NotApplicable("the target takes no such filter in a URL: %s", res.Summary())
	}
	return res
}

func declines(res *wire.Response) bool {
	return res.Err == nil && res.Status == 400 && strings.EqualFold(res.String("/scimType"), "invalidFilter")
}

// list reads a collection. A target may answer that there is too much to list (RFC 7644 section 3.4.2.1).
func list(t *check.T, path string, options ...wire.Option) *wire.Response {
	res := t.Get(path, options...)
	if res.Err == nil && res.Status == 400 && strings.EqualFold(res.String("/scimType"), "tooMany") {
		t.NotApplicable("the target lists %s only with a filter: %s", path, res.Summary())
	}
	return res
}

// settled is a user as the target keeps it after a create that may have been refused: the refusal, or
// what GET answers. The answer to the create itself need not hold the user.
func settled(t *check.T, res *wire.Response) *wire.Response {
	id, location := res.String("/id"), res.Header.Get("Location")
	switch {
	case !res.OK() || id == "" && location == "":
		return res
	case id == "":
		return follow(t, location)
	default:
		return t.Get("/Users/" + url.PathEscape(id))
	}
}

// requireOwnID makes a check not-run when a new user has the id of another: with a target that gives
// canned answers, an answer that looks right says nothing about what was sent.
func requireOwnID(t *check.T, stored *wire.Response) {
	t.Require("another user has another id", stored.String("/id"), beDifferentFrom(t.CreateUser().ID))
}

// deleted removes a resource in the set-up of a check. A target may forbid it.
func deleted(t *check.T, r check.Resource) *wire.Response {
	res := t.Delete(r.Path)
	if res.Err == nil && slices.Contains([]int{403, 405, 501}, res.Status) {
		t.NotApplicable("the target does not let the client delete: %s", res.Summary())
	}
	return res
}

// patchAccepted sends a PATCH whose success the check needs.
func patchAccepted(t *check.T, r check.Resource, ops ...check.Op) {
	t.ExpectThat("PATCH "+r.Path, t.Patch(r.Path, ops...)).To(check.BeOK())
}

// resolve makes a URI reference absolute, against the base URL of the target (RFC 7643 section 2.3.7).
func resolve(t *check.T, reference string) (*url.URL, error) {
	base, err := url.Parse(t.Target().SCIM.Base() + "/")
	if err != nil {
		return nil, fmt.Errorf("parse the base URL: %w", err)
	}
	if strings.HasPrefix(reference, "/") && !strings.HasPrefix(reference, base.Path) && !strings.HasPrefix(reference, "//") {
		reference = "." + reference // "/Users/1" is written for "Users/1" in the examples of RFC 7643
	}
	target, err := base.Parse(reference)
	if err != nil {
		return nil, fmt.Errorf("parse the reference: %w", err)
	}
	return target, nil
}

// follow reads what a URI reference leads to. Credentials are sent to nobody but the target, so a
// reference to another origin makes the check not applicable.
func follow(t *check.T, reference string) *wire.Response {
	to, err := resolve(t, reference)
	if err != nil {
		t.Fail("the reference", reference, "a URI")
	}
	base, err := url.Parse(t.Target().SCIM.Base())
	if err != nil || to.Scheme != base.Scheme || to.Host != base.Host {
		t.NotApplicable("the reference %s leads to another origin than the one that is tested", reference)
	}
	return t.Get(to.String())
}

// instant reads an xsd:dateTime (RFC 7643 section 2.3.5), whose time zone is optional.
func instant(text string) (time.Time, error) {
	if !strings.ContainsAny(text, "zt") { // xsd:dateTime has capital letters only
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
			if moment, err := time.Parse(layout, text); err == nil {
				return moment, nil
			}
		}
	}
	return time.Time{}, errors.New("not an xsd:dateTime")
}

// tick waits until a timestamp of the target that is taken now differs from stamp: a moment when the
// target shows fractions of seconds, else a little more than a second.
func tick(t *check.T, stamp string) {
	pause := 1100 * time.Millisecond
	if moment, err := instant(stamp); err == nil && moment.Nanosecond() != 0 {
		pause = 50 * time.Millisecond // some clocks move in steps of 16 ms
	}
	select {
	case <-t.Context().Done():
	case <-time.After(pause):
	}
}

// characteristic is what the published schema says of an attribute, "" when it says nothing.
func characteristic(t *check.T, urn, attribute, name string) string {
	definition, ok := published(t, urn, attribute)
	if !ok {
		return ""
	}
	value, _ := wire.At(definition, "/"+name)
	text, _ := value.(string)
	return text
}

// published is the definition of a top-level attribute in the target's own schema.
func published(t *check.T, urn, attribute string) (any, bool) {
	for _, definition := range check.Elements(t.Get("/Schemas/"+urn), "/attributes") {
		name, _ := wire.At(definition, "/name")
		if text, ok := name.(string); ok && strings.EqualFold(text, attribute) {
			return definition, true
		}
	}
	return nil, false
}

// returnedByDefault makes a check not applicable when the target's own schema gives the attribute
// another "returned" characteristic than the default, on which the check builds.
func returnedByDefault(t *check.T, urn, attribute string) {
	if how := characteristic(t, urn, attribute, "returned"); how != "" && !strings.EqualFold(how, "default") {
		t.NotApplicable("the target's schema says that %s is returned: %s", attribute, how)
	}
}

// extension is the enterprise container with its URN in schemas.
func extension(attributes map[string]any) map[string]any {
	return map[string]any{
		"schemas":            []any{check.UserURN, target.EnterpriseURN},
		target.EnterpriseURN: attributes,
	}
}

// offset writes a moment some hours away from another one, with the time zone that is zone hours east
// of Greenwich. The local time then says the opposite of the order in time.
func offset(moment time.Time, hours, west int) string {
	zone := time.FixedZone("", -west*3600)
	return moment.Add(time.Duration(hours) * time.Hour).In(zone).Format("2006-01-02T15:04:05-07:00")
}

// upperURN writes a URN in capital letters.
func upperURN(urn string) string { return strings.ToUpper(urn) }
