package scim_test

import (
	"testing"
)

func TestPatchUser(t *testing.T) {
	c := newClient(t)
	c.user("taken")
	const start = `,"title":"Dr.","externalId":"x","emails":[{"value":"w@x.test","type":"work","primary":true},{"value":"h@x.test","type":"home"}]`
	path := "/Users/" + c.want(201, "POST", "/Users", userBody("ada", start)).id()
	for name, try := range map[string]struct {
		operations []string
		pairs      []any
	}{
		"replace":           {[]string{`{"op":"replace","path":"title","value":"Prof."}`}, []any{"title", "Prof.", "meta/version", `W/"2"`}},
		"Replace":           {[]string{`{"op":"Replace","path":"TITLE","value":"Prof."}`}, []any{"title", "Prof."}},
		"no path":           {[]string{`{"op":"replace","value":{"title":"Prof.","name":{"givenName":"A"}}}`}, []any{"title", "Prof.", "name/givenName", "A"}},
		"remove":            {[]string{`{"op":"remove","path":"title"}`}, []any{"title", nil}},
		"externalId":        {[]string{`{"op":"replace","path":"externalId","value":"y"}`}, []any{"externalId", "y"}},
		"remove externalId": {[]string{`{"op":"remove","path":"externalId"}`}, []any{"externalId", nil}},
		"add a value":       {[]string{`{"op":"add","path":"emails","value":[{"value":"o@x.test","type":"other"}]}`}, []any{"emails/2/value", "o@x.test"}},
		"add what is there": {[]string{`{"op":"add","path":"emails","value":[{"value":"h@x.test","type":"home"}]}`}, []any{"emails/2", nil, "meta/version", `W/"1"`}},
		"one value":         {[]string{`{"op":"replace","path":"emails[type eq \"home\"].value","value":"n@x.test"}`}, []any{"emails/1/value", "n@x.test", "emails/0/value", "w@x.test"}},
		"other primary":     {[]string{`{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`}, []any{"emails/1/primary", true, "emails/0/primary", false}},
		"extension":         {[]string{`{"op":"add","path":"` + workURN + `:department","value":"X"}`}, []any{workURN + "/department", "X", "schemas/1", workURN}},
		"several, in order": {[]string{`{"op":"replace","path":"title","value":"a"}`, `{"op":"replace","path":"title","value":"b"}`}, []any{"title", "b"}},
		"same value":        {[]string{`{"op":"replace","path":"title","value":"Dr."}`}, []any{"meta/version", `W/"1"`}},
		"id without path":   {[]string{`{"op":"replace","value":{"id":"whatever","active":false}}`}, []any{"active", false}},
		"userName":          {[]string{`{"op":"replace","path":"userName","value":"P"}`}, []any{"userName", "P"}},
		"password":          {[]string{`{"op":"replace","path":"password","value":"geheim"}`}, []any{"password", nil, "meta/version", `W/"1"`}},
		"remove active":     {[]string{`{"op":"replace","path":"active","value":false}`, `{"op":"remove","path":"active"}`}, []any{"meta/version", `W/"1"`, "active", true}},
	} {
		t.Run(name, func(t *testing.T) {
			c := *c
			c.TB = t
			path := "/Users/" + c.want(201, "POST", "/Users", userBody("p", start)).id()
			r := c.want(200, "PATCH", path, patchBody(try.operations...))
			c.expect(r, try.pairs...)
			c.expect(c.want(200, "GET", path, ""), try.pairs...)
			c.want(204, "DELETE", path, "")
		})
	}
	before := c.want(200, "GET", path, "")
	for scimType, list := range map[string][]string{
		"invalidSyntax": {``, `[]`, `{}`, patchBody(), `{"Operations":[{"op":"remove","path":"title"}]}`, patchBody(`{"op":"bump","path":"title"}`)},
		"invalidPath":   {patchBody(`{"op":"replace","path":"nope","value":"x"}`), patchBody(`{"op":"replace","path":"title..x","value":"x"}`)},
		"noTarget":      {patchBody(`{"op":"remove"}`), patchBody(`{"op":"replace","path":"emails[type eq \"fax\"].value","value":"x"}`)},
		"invalidValue":  {patchBody(`{"op":"replace","path":"active","value":"maybe"}`), patchBody(`{"op":"add","path":"title"}`)},
		"mutability":    {patchBody(`{"op":"replace","path":"id","value":"x"}`), patchBody(`{"op":"replace","path":"groups","value":[]}`), patchBody(`{"op":"remove","path":"userName"}`)},
		"invalidFilter": {patchBody(`{"op":"remove","path":"emails[type xx \"work\"]"}`)},
	} {
		for _, body := range list {
			c.refused(400, scimType, "PATCH", path, body, "Content-Type", "application/scim+json")
		}
	}
	c.refused(409, "uniqueness", "PATCH", path, patchBody(`{"op":"replace","path":"title","value":"lost"}`, `{"op":"replace","path":"userName","value":"TAKEN"}`))
	c.refused(400, "noTarget", "PATCH", path, patchBody(`{"op":"replace","path":"title","value":"lost"}`, `{"op":"remove"}`))
	c.refused(404, "", "PATCH", "/Users/nobody", patchBody(`{"op":"remove","path":"title"}`))
	if after := c.want(200, "GET", path, ""); after.raw != before.raw {
		t.Errorf("a refused PATCH left something behind:\n%s\n%s", before.raw, after.raw)
	}
}
