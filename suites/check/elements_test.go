package check_test

import (
	"testing"

	"github.com/onsi/gomega/types"

	"assay/suites/check"
	"assay/suites/wire"
)

func TestContains(t *testing.T) {
	work := map[string]any{"value": "a@b.test", "type": "work"}
	for name, c := range map[string]struct {
		got, want any
		contains  bool
	}{
		"equal text":                {"a", "a", true},
		"text in another case":      {"A", "a", false},
		"more members":              {map[string]any{"value": "a@b.test", "type": "work", "primary": true}, work, true},
		"names in another case":     {map[string]any{"VALUE": "a@b.test", "Type": "work"}, work, true},
		"a member missing":          {map[string]any{"value": "a@b.test"}, work, false},
		"elements in another order": {[]any{"b", "c", "a"}, []any{"a", "b"}, true},
		"an element missing":        {[]any{"b"}, []any{"a", "b"}, false},
		"an object for a list":      {work, []any{work}, false},
		"nothing for an object":     {nil, work, false},
		"nothing for a list":        {nil, []any{"a"}, false},
		"nothing for an empty list": {nil, []any{}, true},
		"an empty object":           {map[string]any{}, work, false},
	} {
		if got := check.Contains(c.got, c.want); got != c.contains {
			t.Errorf("%s: Contains is %v", name, got)
		}
	}
}

func TestResourceMatchers(t *testing.T) {
	user := &wire.Response{Status: 200, Body: []byte(`{"id":"7","emails":[{"value":"a@b.test","type":"work"}]}`)}
	empty := &wire.Response{Status: 200, Body: []byte(`{}`)}
	html := &wire.Response{Status: 200, Body: []byte(`<html>`)}
	work := map[string]any{"type": "work"}
	for name, c := range map[string]struct {
		res     *wire.Response
		matcher types.GomegaMatcher
		matches bool
	}{
		"the resource":             {user, check.BeResource("7"), true},
		"another resource":         {user, check.BeResource("8"), false},
		"no id at all":             {empty, check.BeResource(""), false},
		"no JSON":                  {html, check.BeResource("7"), false},
		"the element":              {user, check.HaveElement("/emails", work), true},
		"no list":                  {empty, check.HaveElement("/emails", work), false},
		"an unwanted element":      {user, check.LackElement("/emails", work), false},
		"the element is not there": {user, check.LackElement("/emails", map[string]any{"type": "home"}), true},
		"no JSON lacks nothing":    {html, check.LackElement("/emails", work), false},
		"501 declines":             {&wire.Response{Status: 501}, check.BeDeclined(), true},
		"404 declines":             {&wire.Response{Status: 404}, check.BeDeclined(), true},
		"500 does not decline":     {&wire.Response{Status: 500}, check.BeDeclined(), false},
		"200 does not decline":     {user, check.BeDeclined(), false},
	} {
		if got, err := c.matcher.Match(c.res); err != nil || got != c.matches {
			t.Errorf("%s: matched %v, error %v", name, got, err)
		}
	}
}
