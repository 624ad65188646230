package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/har"
)

// defaultLimit is how many exchanges are listed when the request does not say.
const defaultLimit = 1000

func (s *server) exchanges() []route {
	query := []parameter{
		{"app", "id of an app"},
		{"person", "id, login or e-mail address of whom it is about"},
		{"group", "id or name of the group that it is about"},
		{"method", "GET, POST …"},
		{"status", "of the answer: 404, or 4xx; 0 where there was none"},
		{"since", "not before this time (RFC 3339), on the IdP's clock"},
		{"until", "before this time"},
		{"failed", "true: what the vendor would show as an error; false: the others"},
		{"limit", "the latest so many; without it 1000"},
	}
	return []route{
		answer("GET /exchanges", "List provisioning exchanges", func(r *http.Request) ([]control.Step, error) {
			return s.filtered(r.URL.Query())
		}).with(query...).says("Of all apps, oldest first, with credentials redacted. An app's log holds its last 2000 steps, fewer when they are long."),
		answer("GET /exchanges.har", "Export provisioning exchanges as HAR", func(r *http.Request) (har.File, error) {
			steps, err := s.filtered(r.URL.Query())
			return har.From(steps), err
		}).with(query...).says("HTTP Archive 1.2, for developer tools and HTTP debuggers."),
	}
}

// filtered lists the steps that a query asks for.
func (s *server) filtered(query url.Values) ([]control.Step, error) {
	f, err := s.filter(query)
	if err != nil {
		return nil, err
	}
	steps := slices.DeleteFunc(s.Engine.Exchanges(), func(step control.Step) bool {
		return slices.ContainsFunc(f.tests, func(holds func(control.Step) bool) bool { return !holds(step) })
	})
	return append([]control.Step{}, steps[max(0, len(steps)-f.limit):]...), nil
}

// filter is what a step has to be like.
type filter struct {
	tests []func(control.Step) bool
	limit int
}

func (s *server) filter(query url.Values) (filter, error) {
	f := filter{limit: defaultLimit}
	for name, values := range query {
		if len(values) != 1 {
			return f, fmt.Errorf("%w: %s is given %d times", errRequest, name, len(values))
		}
		test, err := s.test(name, values[0], &f.limit)
		if err != nil {
			return f, fmt.Errorf("%w: %s %q: %w", errRequest, name, values[0], err)
		}
		f.tests = append(f.tests, test)
	}
	return f, nil
}

func (s *server) test(name, value string, limit *int) (func(control.Step) bool, error) {
	switch name {
	case "app":
		if _, ok := s.Directory.App(value); !ok {
			return nil, fmt.Errorf("there is no app with this id")
		}
		return func(step control.Step) bool { return step.App == value }, nil
	case "person", "group":
		id := s.subject(name, value)
		return func(step control.Step) bool { return step.Subject == id }, nil
	case "method":
		return func(step control.Step) bool { return strings.EqualFold(step.Exchange.Method, value) }, nil
	case "status":
		return statusTest(value)
	case "since", "until":
		return timeTest(name, value)
	case "failed":
		failed, err := strconv.ParseBool(value)
		if err != nil {
			return nil, fmt.Errorf("want true or false")
		}
		return func(step control.Step) bool { return step.Failed == failed }, nil
	default: // limit
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("want a number from 1")
		}
		*limit = n
		return func(control.Step) bool { return true }, nil
	}
}

// subject finds the id of whom a key names. One that names nobody may be the id of somebody who is gone.
func (s *server) subject(kind, key string) string {
	if kind == "person" {
		if p, ok := s.Directory.Person(key); ok {
			return p.ID
		}
		return key
	}
	for _, g := range s.Directory.Groups() {
		if strings.EqualFold(g.Name, key) {
			return g.ID
		}
	}
	return key
}

func statusTest(value string) (func(control.Step) bool, error) {
	if class, ok := strings.CutSuffix(value, "xx"); ok && len(class) == 1 && class >= "1" && class <= "5" {
		return func(step control.Step) bool { return step.Exchange.Status/100 == int(class[0]-'0') }, nil
	}
	status, err := strconv.Atoi(value)
	if err != nil || (status != 0 && (status < 100 || status > 599)) {
		return nil, fmt.Errorf("want a status such as 404, a class such as 4xx, or 0")
	}
	return func(step control.Step) bool { return step.Exchange.Status == status }, nil
}

func timeTest(name, value string) (func(control.Step) bool, error) {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return nil, fmt.Errorf("want a time such as 2026-11-24T09:30:00Z")
	}
	return func(step control.Step) bool { return step.Exchange.Time.Before(t) == (name == "until") }, nil
}
