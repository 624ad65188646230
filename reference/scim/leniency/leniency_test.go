package leniency_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/reference/scim/filter"
	"assay/reference/scim/leniency"
	"assay/reference/scim/patch"
	"assay/reference/scim/schema"
	"assay/reference/scim/scimerr"
)

const workURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

func request(strict bool) *leniency.Request {
	return leniency.ForRequest(func() (bool, error) { return strict, nil })
}

func compact(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// untouched is the request of a tenant whose setting cannot be read: it works as long as nothing needs
// forgiveness.
func untouched() *leniency.Request {
	return leniency.ForRequest(func() (bool, error) { return false, errors.New("the setting was asked for") })
}

func TestResource(t *testing.T) {
	users := schema.UserType()
	for name, try := range map[string]struct{ given, want, used string }{
		"conformant":          {`{"active":true,"emails":[{"value":"a@x","primary":true}],"title":null,"photos":[]}`, ``, ""},
		"text boolean":        {`{"active":"False"}`, `{"active":false}`, leniency.TextBoolean},
		"text boolean inside": {`{"roles":[{"value":"a","primary":"TRUE"}]}`, `{"roles":[{"primary":true,"value":"a"}]}`, leniency.TextBoolean},
		"no boolean":          {`{"active":"perhaps"}`, ``, ""},
		"text is text":        {`{"displayName":"True"}`, ``, ""},
		"object for list":     {`{"emails":{"value":"a@x"}}`, `{"emails":[{"value":"a@x"}]}`, leniency.ObjectForList},
		"string for complex":  {`{"name":"Ada"}`, ``, ""},
		"manager as text":     {`{"` + workURN + `":{"manager":"m1"}}`, `{"` + workURN + `":{"manager":{"$ref":null,"value":"m1"}}}`, leniency.ReferenceForm},
		"manager in an array": {`{"` + workURN + `":{"manager":[{"value":"m1"}]}}`, `{"` + workURN + `":{"manager":{"value":"m1"}}}`, leniency.ReferenceForm},
		"two managers":        {`{"` + workURN + `":{"manager":[{"value":"m1"},{"value":"m2"}]}}`, ``, ""},
		"no manager":          {`{"` + workURN + `":{"manager":""}}`, `{"` + workURN + `":{"manager":null}}`, leniency.EmptyText},
		"empty manager":       {`{"` + workURN + `":{"manager":{"value":"","displayName":""}}}`, `{"` + workURN + `":{"manager":null}}`, leniency.EmptyText},
		"empty text":          {`{"title":"","active":"","name":{"givenName":""}}`, `{"active":null,"name":{"givenName":null},"title":null}`, leniency.EmptyText},
		"empty list":          {`{"emails":""}`, `{"emails":null}`, leniency.EmptyText},
		"empty address":       {`{"emails":[{"value":"","type":"work"},{"value":"a@x"}]}`, `{"emails":[{"value":"a@x"}]}`, leniency.EmptyText},
		"required":            {`{"userName":""}`, ``, ""},
		"read-only":           {`{"id":"","meta":"","groups":{"value":""}}`, ``, ""},
		"unknown":             {`{"department":null,"nope":""}`, ``, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, strict := range []bool{false, true} {
				doc, err := schema.Decode([]byte(try.given))
				if err != nil {
					t.Fatal(err)
				}
				r := request(strict)
				if try.used == "" {
					r = untouched()
				}
				want, used := try.want, try.used
				if strict || used == "" {
					want, used = compact(t, doc), ""
				}
				if err := r.Resource(users, doc); err != nil {
					t.Fatal(err)
				}
				if got := compact(t, doc); got != want {
					t.Errorf("strict %v: got %s, wanted %s", strict, got, want)
				}
				if got := strings.Join(r.Used(), ","); got != used {
					t.Errorf("strict %v: used %q, wanted %q", strict, got, used)
				}
			}
		})
	}
}

// TestMembersAreNotCleared shows that an empty "value" in a member stays for the engine to refuse:
// leaving it out would make "replace" empty the group.
func TestMembersAreNotCleared(t *testing.T) {
	groups := schema.GroupType()
	for _, value := range []string{`[{"value":""}]`, `""`, `{"value":""}`} {
		for _, op := range []string{"replace", "add", "remove"} {
			ops := decode(t, fmt.Sprintf(`{"op":%q,"path":"members","value":%s}`, op, value))
			if err := request(false).Operations(groups, "g1", ops); err != nil {
				t.Fatal(err)
			}
			if got := compact(t, ops[0].Value); got != value {
				t.Errorf("%s %s became %s", op, value, got)
			}
			if _, _, err := patch.Members(groups, ops); err == nil {
				t.Errorf("%s %s is not refused", op, value)
			}
		}
	}
}

func decode(t *testing.T, operations string) []patch.Operation {
	t.Helper()
	ops, err := patch.Decode([]byte(`{"schemas":["` + patch.URN + `"],"Operations":[` + operations + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return ops
}

func TestOperations(t *testing.T) {
	users := schema.UserType()
	// refusal is the scimType that a strict tenant's client gets; "-" when the operation goes through as it came.
	for name, try := range map[string]struct{ given, path, value, used, refusal string }{
		"conformant":       {`{"op":"replace","path":"active","value":false}`, "active", `false`, "", "-"},
		"plain keys":       {`{"op":"add","value":{"title":"x","` + workURN + `":{"department":"d"}}}`, "", `{"title":"x","` + workURN + `":{"department":"d"}}`, "", "-"},
		"capital":          {`{"op":"Replace","path":"title","value":"x"}`, "title", `"x"`, leniency.CapitalOperation, "invalidSyntax"},
		"shouted":          {`{"op":"ADD","path":"title","value":"x"}`, "title", `"x"`, leniency.CapitalOperation, "invalidSyntax"},
		"text boolean":     {`{"op":"replace","path":"active","value":"False"}`, "active", `false`, leniency.TextBoolean, "-"},
		"in a list":        {`{"op":"add","path":"roles","value":[{"value":"a","primary":"True"}]}`, "roles", `[{"primary":true,"value":"a"}]`, leniency.TextBoolean, "-"},
		"one for a list":   {`{"op":"add","path":"emails","value":{"value":"a@x"}}`, "emails", `{"value":"a@x"}`, "", "-"},
		"listed":           {`{"op":"remove","path":"emails","value":[{"value":"a"}]}`, "emails", `[{"value":"a"}]`, leniency.ListedRemove, "invalidValue"},
		"dotted":           {`{"op":"replace","value":{"name.givenName":"A"}}`, "", `{"name.givenName":"A"}`, leniency.PathKeys, "invalidPath"},
		"URN key":          {`{"op":"replace","value":{"` + workURN + `:department":"A"}}`, "", `{"` + workURN + `:department":"A"}`, leniency.PathKeys, "invalidPath"},
		"selecting key":    {`{"op":"replace","value":{"emails[type eq \"work\"].value":"A"}}`, "", `{"emails[type eq \"work\"].value":"A"}`, leniency.PathKeys, "invalidPath"},
		"read-only key":    {`{"op":"replace","value":{"id":"1","active":false}}`, "", `{"active":false,"id":"1"}`, leniency.ReadOnlyInPatch, "mutability"},
		"own id":           {`{"op":"replace","value":{"ID":"own","active":false}}`, "", `{"ID":"own","active":false}`, "", "-"},
		"bare":             {`{"op":"add","path":"manager","value":[{"value":"m"}]}`, workURN + ":manager", `{"value":"m"}`, leniency.BareExtension + "," + leniency.ReferenceForm, "invalidPath"},
		"manager as text":  {`{"op":"add","path":"` + workURN + `:manager","value":"m"}`, workURN + ":manager", `{"$ref":null,"value":"m"}`, leniency.ReferenceForm, "-"},
		"manager cleared":  {`{"op":"replace","path":"` + workURN + `:manager","value":""}`, workURN + ":manager", `null`, leniency.EmptyText, "-"},
		"whole extension":  {`{"op":"replace","path":"` + workURN + `","value":{"manager":"m"}}`, workURN, `{"manager":{"$ref":null,"value":"m"}}`, leniency.ReferenceForm, "-"},
		"boolean in path":  {`{"op":"replace","path":"roles[primary eq \"True\"].value","value":"v"}`, `roles[primary eq  true ].value`, `"v"`, leniency.TextBooleanFilter, "-"},
		"selected boolean": {`{"op":"replace","path":"roles[value eq \"a\"]","value":{"primary":"True"}}`, `roles[value eq "a"]`, `{"primary":true}`, leniency.TextBoolean, "-"},
		"unknown":          {`{"op":"replace","path":"nope","value":""}`, "nope", `""`, "", "-"},
		"unknown key":      {`{"op":"replace","value":{"nope.x":""}}`, "", `{"nope.x":""}`, "", "-"},
		"malformed":        {`{"op":"replace","path":"emails[type eq","value":"True"}`, "emails[type eq", `"True"`, "", "-"},
	} {
		t.Run(name, func(t *testing.T) {
			r, ops := request(false), decode(t, try.given)
			if try.used == "" {
				r = untouched()
			}
			if err := r.Operations(users, "own", ops); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(r.Used(), ","); got != try.used {
				t.Errorf("used %q, wanted %q", got, try.used)
			}
			if got := compact(t, ops[0].Value); ops[0].Path != try.path || got != try.value {
				t.Errorf("path %q, value %s; wanted %q, %s", ops[0].Path, got, try.path, try.value)
			}
			given := decode(t, try.given)
			ops = decode(t, try.given)
			err := request(true).Operations(users, "own", ops)
			if e, ok := scimerr.As(err); try.refusal != "-" && (!ok || e.ScimType != try.refusal) {
				t.Errorf("strict: %v, wanted %s", err, try.refusal)
			}
			if try.refusal == "-" && (err != nil || compact(t, ops) != compact(t, given)) {
				t.Errorf("strict: %v, %s", err, compact(t, ops))
			}
		})
	}
}

func TestCreating(t *testing.T) {
	users := schema.UserType()
	for given, want := range map[string]string{
		`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"a"}`:                                           "add",
		`{"op":"replace","path":"emails[type eq \"work\"].value","value":"a"}`:                                           "",
		`{"op":"REPLACE","path":"emails[type eq \"work\"].value","value":"a"}`:                                           "",
		`{"op":"Replace","path":"title","value":"a"}`:                                                                    "",
		`{"op":"Replace","path":"emails[type eq \"work\"].value","value":null}`:                                          "",
		`{"op":"Replace","path":"emails[type","value":"a"}`:                                                              "",
		`{"op":"Remove","path":"title"},{"op":"Replace","path":"emails[type eq \"work\"]","value":{"value":"a"}}`:        "remove add",
		`{"op":"Replace","path":"title","value":"a"},{"op":"Replace","path":"roles[primary eq true].value","value":"a"}`: "replace add",
	} {
		ops := decode(t, given)
		before := compact(t, ops)
		var got []string
		for _, o := range leniency.Creating(users, ops) {
			got = append(got, o.Op)
		}
		if strings.Join(got, " ") != want || compact(t, ops) != before {
			t.Errorf("%s: got %q, wanted %q", given, got, want)
		}
	}
}

func TestSchemas(t *testing.T) {
	users := schema.UserType()
	core := users.Core.URN
	for name, try := range map[string]struct {
		given         []any
		want          int
		used, refusal string
	}{
		"core":              {[]any{core}, 1, "", ""},
		"with extension":    {[]any{strings.ToUpper(workURN), core}, 2, "", ""},
		"foreign beside":    {[]any{core, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"}, 1, leniency.ForeignSchema, "invalidValue"},
		"legacy beside":     {[]any{core, "urn:scim:schemas:core:2.0"}, 1, leniency.ForeignSchema, "invalidValue"},
		"legacy":            {[]any{"urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"}, 1, leniency.ForeignSchema + "," + leniency.LegacyCoreSchema, "invalidSyntax"},
		"version 1.1":       {[]any{"urn:scim:schemas:core:1.0"}, 1, leniency.LegacyCoreSchema, "invalidSyntax"},
		"nothing of a user": {[]any{"urn:example:thing"}, 0, leniency.ForeignSchema, "invalidValue"},
	} {
		r := request(false)
		kept, err := r.Schemas(users, try.given)
		if err != nil || len(kept) != try.want || strings.Join(r.Used(), ",") != try.used {
			t.Errorf("%s: %v %v %v", name, kept, r.Used(), err)
		}
		if name != "nothing of a user" && !slices.ContainsFunc(kept, func(urn any) bool { return urn == core }) {
			t.Errorf("%s: no core schema in %v", name, kept)
		}
		kept, err = request(true).Schemas(users, try.given)
		e, _ := scimerr.As(err)
		if try.refusal == "" && (err != nil || len(kept) != try.want) || try.refusal != "" && (e == nil || e.ScimType != try.refusal) {
			t.Errorf("%s, strict: %v %v", name, kept, err)
		}
	}
}

func TestFilter(t *testing.T) {
	users := schema.UserType()
	for given, want := range map[string]string{
		`active eq "True"`:                                            `active eq  true `,
		`active NE "FALSE"`:                                           `active NE  false `,
		`(active eq "true") and title eq "True"`:                      `(active eq  true ) and title eq "True"`,
		`title eq "active eq \"True\""`:                               ``,
		`roles[primary eq "True"].value eq "True"`:                    `roles[primary eq  true ].value eq "True"`,
		`roles[value eq "x"].primary eq "True"`:                       `roles[value eq "x"].primary eq  true `,
		`roles[value eq "x" and primary eq"True"]`:                    `roles[value eq "x" and primary eq true ]`,
		`roles.primary eq "False" or active eq "True"`:                `roles.primary eq  false  or active eq  true `,
		`urn:ietf:params:scim:schemas:core:2.0:User:active eq "True"`: `urn:ietf:params:scim:schemas:core:2.0:User:active eq  true `,
		`primary eq "True"`:                                           ``,
		`active co "True"`:                                            ``,
		`active eq "True`:                                             ``,
		`nope[primary eq "True"] and active eq "yes"`:                 ``,
		`"True" eq "True"`:                                            ``,
	} {
		if want == "" {
			want = given
		}
		got, err := request(false).Filter(given, users)
		if err != nil || got != want {
			t.Errorf("%s: got %s, wanted %s (%v)", given, got, want, err)
		}
		if got, err := request(true).Filter(given, users); err != nil || got != given {
			t.Errorf("strict: %s became %s (%v)", given, got, err)
		}
	}
}

// FuzzFilter shows that rewriting a filter keeps its length, changes nothing of a filter that parses,
// and leaves nothing to rewrite.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{`active eq "True"`, `roles[primary eq "True"].value eq "x"`, `a["true"`, `x["]."true" eq"false"`, `active eq"True"and not(title pr)`} {
		f.Add(seed)
	}
	users := schema.UserType()
	f.Fuzz(func(t *testing.T, text string) {
		got, err := request(false).Filter(text, users)
		if err != nil || len(got) != len(text) {
			t.Fatalf("%q became %q (%v)", text, got, err)
		}
		before, err := filter.Parse(text, users)
		if err != nil {
			return
		}
		after, err := filter.Parse(got, users)
		if err != nil || before.String() != after.String() {
			t.Fatalf("%q became %q: %v", text, got, err)
		}
	})
}

// FuzzOperations shows that no PATCH body makes the normaliser fail in another way than with a refusal,
// and that what it has rewritten it leaves alone the next time.
func FuzzOperations(f *testing.F) {
	for _, seed := range []string{
		`{"op":"Replace","path":"active","value":"False"}`, `{"op":"add","value":{"emails":"","manager":"x","name.givenName":""}}`,
		`{"op":"add","path":"roles[primary eq \"True\"]","value":[{"primary":"True","value":""}]}`, `{"op":"remove","path":"emails","value":""}`,
	} {
		f.Add([]byte(`{"schemas":["` + patch.URN + `"],"Operations":[` + seed + `]}`))
	}
	users := schema.UserType()
	f.Fuzz(func(t *testing.T, body []byte) {
		ops, err := patch.Decode(body)
		if err != nil {
			return
		}
		if err := request(false).Operations(users, "own", ops); err != nil {
			if _, ok := scimerr.As(err); !ok {
				t.Fatal(err)
			}
			return
		}
		once := fmt.Sprint(ops)
		if err := request(false).Operations(users, "own", ops); err != nil || fmt.Sprint(ops) != once {
			t.Fatalf("%s\nbecame %v (%v)", once, ops, err)
		}
	})
}

func TestSettingIsReadOnce(t *testing.T) {
	asked := 0
	r := leniency.ForRequest(func() (bool, error) { asked++; return false, nil })
	for range 3 {
		if ok, err := r.Forgive(leniency.TextBoolean); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	if asked != 1 || len(r.Used()) != 1 {
		t.Errorf("asked %d times, used %v", asked, r.Used())
	}
	if _, err := untouched().Forgive(leniency.TextBoolean); err == nil {
		t.Error("a setting that cannot be read was taken for one")
	}
}

func TestLedger(t *testing.T) {
	var l leniency.Ledger
	l.Count("a", leniency.TextBoolean, leniency.EmptyText)
	l.Count("a", leniency.TextBoolean)
	l.Count("b", leniency.ForeignSchema)
	uses := l.Uses("a")
	if len(uses) != 2 || uses[leniency.TextBoolean] != 2 || uses[leniency.EmptyText] != 1 || len(l.Uses("c")) != 0 {
		t.Errorf("%v", uses)
	}
	uses["x"] = 1
	if len(l.Uses("a")) != 2 {
		t.Error("what Uses gives is the ledger's own")
	}
}
