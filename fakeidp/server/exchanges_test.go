package server

import (
	"encoding/json"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/har"
)

func TestExchangesAreFiltered(t *testing.T) {
	_, c, _ := start(t)
	ctx := t.Context()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	app := func() string {
		return must[control.App](t)(c.CreateApp(ctx, control.App{SCIM: &control.SCIM{URL: target(t), Token: "t0ken"}})).ID
	}
	first, second := app(), app()
	for _, login := range []string{"ada", "bob"} {
		must[control.Person](t)(c.CreatePerson(ctx, control.Person{Login: login, Email: login + "@example.test"}))
		p := must[[]control.Person](t)(c.People(ctx))
		do(c.Assign(ctx, first, p[len(p)-1].ID))
	}
	eng := must[control.Group](t)(c.CreateGroup(ctx, control.Group{Name: "Eng", Members: []string{"ada"}}))
	do(c.PushGroup(ctx, first, eng.ID))
	must[control.Push](t)(c.Push(ctx, first)) // two look-ups and creates of people; a look-up, a create, a rename and an add of the group
	must[control.Clock](t)(c.Advance(ctx, time.Hour))
	later := must[control.Status](t)(c.Status(ctx, first)).Now.Add(-time.Minute)
	must[control.Push](t)(c.TestConnection(ctx, second))

	yes, no := true, false
	for _, test := range []struct {
		name string
		f    control.ExchangeFilter
		want int
	}{
		{"all", control.ExchangeFilter{}, 10},
		{"app", control.ExchangeFilter{App: second}, 2},
		{"person by login", control.ExchangeFilter{Person: "ADA"}, 2},
		{"person by e-mail", control.ExchangeFilter{Person: "bob@example.test", Method: "post"}, 1},
		{"nobody", control.ExchangeFilter{Person: "nobody"}, 0},
		{"group by name", control.ExchangeFilter{Group: "eng"}, 4},
		{"group by id", control.ExchangeFilter{Group: eng.ID}, 4},
		{"method", control.ExchangeFilter{Method: "PATCH"}, 2},
		{"status", control.ExchangeFilter{Status: "201"}, 3},
		{"class", control.ExchangeFilter{Status: "2xx", App: first}, 8},
		{"no answer", control.ExchangeFilter{Status: "0"}, 0},
		{"since", control.ExchangeFilter{Since: later}, 2},
		{"until", control.ExchangeFilter{Until: later}, 8},
		{"failed", control.ExchangeFilter{Failed: &yes}, 0},
		{"not failed", control.ExchangeFilter{Failed: &no}, 10},
		{"limit", control.ExchangeFilter{Limit: 3}, 3},
	} {
		got := must[[]control.Step](t)(c.Exchanges(ctx, test.f))
		if len(got) != test.want {
			t.Errorf("%s: %d exchanges, want %d", test.name, len(got), test.want)
		}
		var file har.File
		if err := json.Unmarshal(must[json.RawMessage](t)(c.ExportHAR(ctx, test.f)), &file); err != nil || len(file.Log.Entries) != test.want {
			t.Errorf("%s: %d entries, %v", test.name, len(file.Log.Entries), err)
		}
	}
	all := must[[]control.Step](t)(c.Exchanges(ctx, control.ExchangeFilter{Limit: 2}))
	if all[0].App != second || all[1].Seq <= all[0].Seq {
		t.Errorf("the limit does not keep the latest: %+v", all)
	}
}
