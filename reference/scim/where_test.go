package scim

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"assay/reference/directory"
	"assay/reference/scim/filter"
	"assay/reference/scim/schema"
	"assay/reference/sqlstore"
	"assay/reference/sqlstore/postgrestest"
)

const (
	workURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	testURN = "urn:example:params:T:1.0"
)

// nobody lets no one in: these tests do not go through HTTP.
type nobody struct{}

func (nobody) Verify(context.Context, string) (directory.Token, error) {
	return directory.Token{}, directory.ErrNotFound
}

// world is a server whose users have one more extension, for the types that the standard schemas do not use.
type world struct {
	*server
	random *rand.Rand
	groups []directory.Resource
}

func newWorld(tb testing.TB, source string, seed uint64) *world {
	tb.Helper()
	ctx := context.Background()
	store, err := sqlstore.Open(ctx, source)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	if err := store.CreateTenant(ctx, directory.Tenant{ID: "acme"}); err != nil {
		tb.Fatal(err)
	}
	handler, err := New(Options{Store: store, Verify: nobody{}, BaseURL: "https://scim.test"})
	if err != nil {
		tb.Fatal(err)
	}
	w := &world{server: handler.(*server), random: rand.New(rand.NewPCG(seed, 1))}
	w.users.Extensions = append(w.users.Extensions, schema.Schema{URN: testURN, Attributes: []schema.Attribute{
		{Name: "level", Type: schema.Integer}, {Name: "ratio", Type: schema.Decimal}, {Name: "since", Type: schema.DateTime},
		{Name: "tags", Type: schema.String, MultiValued: true}, {Name: "codes", Type: schema.String, MultiValued: true, CaseExact: true},
		{Name: "flag", Type: schema.Boolean}, {Name: "primary", Type: schema.Boolean},
		{Name: "owner", Type: schema.Complex, Sub: []schema.Attribute{
			{Name: "value", Type: schema.String}, {Name: "aliases", Type: schema.String, MultiValued: true}, {Name: "primary", Type: schema.Boolean},
		}},
	}})
	return w
}

func pick[T any](w *world, list ...T) T { return list[w.random.IntN(len(list))] }

// text is one of few texts, so that filters and resources meet often: letters that fold in odd ways,
// quotation marks of several languages, placeholders, U+0000.
func (w *world) text() string {
	return pick(w, "a", "A", "ab", "Ab", "b", "Zz", "k", "K", "\u212a", "\u212aab", "s", "\u017f", "x\u017fy", "xSy", "é", "É", "e\u0301", "ａＢ", "aé", "ÉA", "straße", "x\x00Y", "x",
		`a"b`, `a'b`, "a%_", "a?b$1", `a\b`, "😀a", "<a&b>", "\u2028", " a ", "work", "home", "10", "")
}

func (w *world) maybe(doc map[string]any, name string, value any) {
	if w.random.IntN(3) > 0 {
		doc[name] = value
	}
}

func (w *world) some(make func() any) []any {
	var list []any
	for range w.random.IntN(4) {
		list = append(list, make())
	}
	return list
}

var instants = []string{"2020-01-01T00:00:00Z", "2020-01-01T02:00:00+02:00", "2020-01-01T00:00:00.5Z", "2019-12-31T23:59:59", "2021-06-01T00:00:00Z"}

func (w *world) document(i int) map[string]any {
	doc := map[string]any{"userName": fmt.Sprintf("%s%d", w.text(), i%60)}
	for _, name := range []string{"externalId", "title", "nickName", "displayName"} {
		w.maybe(doc, name, w.text())
	}
	w.maybe(doc, "profileUrl", "https://x.test/"+pick(w, "a", "A", "b"))
	w.maybe(doc, "active", pick(w, true, false))
	name := map[string]any{}
	w.maybe(name, "familyName", w.text())
	w.maybe(name, "givenName", w.text())
	w.maybe(doc, "name", name)
	primary := w.random.IntN(5)
	emails := w.some(func() any {
		primary--
		element := map[string]any{}
		w.maybe(element, "value", w.text())
		w.maybe(element, "type", pick(w, "work", "home", "Work"))
		if primary == 0 {
			element["primary"] = true
		} else if w.random.IntN(3) == 0 {
			element["primary"] = false
		}
		return element
	})
	w.maybe(doc, "emails", emails)
	work := map[string]any{}
	w.maybe(work, "department", w.text())
	w.maybe(work, "manager", map[string]any{"value": w.text()})
	w.maybe(doc, workURN, work)
	w.maybe(doc, testURN, w.extension())
	return doc
}

func (w *world) extension() map[string]any {
	doc := map[string]any{}
	w.maybe(doc, "level", json.Number(pick(w, "0", "-1", "1", "10", "9007199254740993", "9223372036854775807", "-9223372036854775808")))
	w.maybe(doc, "ratio", json.Number(pick(w, "0", "1", "1.5", "1.0000000000000002", "0.1", "-2.5", "1e21", "123456789.123456789")))
	w.maybe(doc, "since", pick(w, instants...))
	w.maybe(doc, "tags", w.some(func() any { return w.text() }))
	w.maybe(doc, "codes", w.some(func() any { return w.text() }))
	w.maybe(doc, "flag", pick(w, true, false))
	w.maybe(doc, "primary", pick(w, true, false))
	owner := map[string]any{}
	w.maybe(owner, "value", w.text())
	w.maybe(owner, "aliases", w.some(func() any { return w.text() }))
	w.maybe(owner, "primary", pick(w, true, false))
	w.maybe(doc, "owner", owner)
	return doc
}

// populate creates users, with groups around them, and returns what each shows to a client. Values that
// the database has no form for are left out.
func (w *world) populate(t testing.TB, n int) []map[string]any {
	t.Helper()
	ctx := context.Background()
	for i := range 4 {
		g, err := w.store.Create(ctx, "acme", directory.Resource{Kind: directory.Group, ID: pick(w, "", fmt.Sprintf("Group-%d", i)), Name: "g", Attributes: map[string]any{"displayName": "g"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.groups = append(w.groups, g)
	}
	var ids []string
	for i := range n {
		doc, _, err := w.users.accept(w.document(i))
		if err != nil {
			t.Fatal(err)
		}
		r := directory.Resource{Kind: directory.User, Active: true}
		w.users.fill(&r, doc)
		made, err := w.store.Create(ctx, "acme", r, nil)
		if err != nil {
			continue // the name is taken, or holds U+0000
		}
		ids = append(ids, made.ID)
		for _, g := range w.groups {
			if w.random.IntN(4) == 0 {
				if _, err := w.store.Update(ctx, "acme", directory.Group, g.ID, func(e directory.Edit, _ *directory.Resource) error {
					return e.AddMembers(ctx, directory.Member{ID: made.ID})
				}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	groups, err := w.store.GroupsOf(ctx, "acme", ids...)
	if err != nil {
		t.Fatal(err)
	}
	var docs []map[string]any
	for r, err := range w.store.List(ctx, "acme", directory.Query{Kind: directory.User}) {
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, w.server.document(w.users, r, groups[r.ID]))
	}
	return docs
}

func (w *world) literal() string {
	text, err := json.Marshal(w.text())
	if err != nil {
		panic(err)
	}
	return string(text)
}

// comparison is a random attrExp, inside the brackets of emails or outside.
func (w *world) comparison(docs []map[string]any, inside bool) string {
	text := func(names ...string) string {
		name := pick(w, names...)
		return name + " " + pick(w, "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "eq", "ne") + " " + w.literal()
	}
	if inside {
		return pick(w, text("value", "type"), text("value"), "primary "+pick(w, "eq", "ne")+" "+pick(w, "true", "false"), "value pr", "type eq null", "display ne null")
	}
	numeric := pick(w, "eq", "ne", "gt", "ge", "lt", "le")
	doc := docs[w.random.IntN(len(docs))]
	meta, _ := doc["meta"].(map[string]any)
	id := fmt.Sprint(doc["id"])
	group := w.groups[w.random.IntN(len(w.groups))].ID
	return pick(w,
		text("userName", "externalId", "title", "nickName", "displayName", "profileUrl", "name.familyName", "emails", "emails.value", "emails.type", workURN+":department", workURN+":manager.value"),
		text("userName", "title"),
		text(testURN+":tags", testURN+":codes", testURN+":owner.value", testURN+":owner.aliases", "groups.display", "schemas", "meta.version", "phoneNumbers.value"),
		"id "+numeric+` "`+pick(w, id, strings.ToUpper(id), "x")+`"`,
		"userName eq "+quoted(doc["userName"]),
		"groups"+pick(w, "", ".value")+" "+pick(w, "eq", "ne", "co")+` "`+pick(w, group, strings.ToUpper(group), id)+`"`,
		`groups[value eq "`+strings.ToLower(group)+`"]`,
		pick(w, "active", testURN+":flag", testURN+":primary", testURN+":owner.primary", "emails.primary")+" "+pick(w, "eq", "ne")+" "+pick(w, "true", "false"),
		testURN+":level "+numeric+" "+pick(w, "0", "-1", "1.5", "-0.5", "1e1", "9007199254740993", "9007199254740992.5", "9223372036854775807", "1e300", "-1e300"),
		testURN+":ratio "+numeric+" "+pick(w, "0", "1", "1.5", "1.0000000000000002", "0.1", "1e21", "123456789.12345679"),
		testURN+":since "+numeric+` "`+pick(w, instants...)+`"`,
		pick(w, "meta.created", "meta.lastModified")+" "+numeric+` "`+pick(w, fmt.Sprint(meta["created"]), "2020-01-01T00:00:00+01:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")+`"`,
		`meta.created sw "20"`, `meta.resourceType `+pick(w, "eq", "ne")+` "`+pick(w, "User", "user", "Group")+`"`, `schemas co "enterprise"`,
		pick(w, "id", "externalId", "userName", "active", "meta", "meta.created", "meta.resourceType", "schemas", "groups", "groups.value", "name", "name.givenName", "emails", "emails.value", "emails.display", "title", workURN+":manager",
			workURN+":department", testURN+":tags", testURN+":owner", testURN+":owner.aliases", testURN+":flag")+pick(w, " pr", " eq null", " ne null", " pr"),
		"emails["+w.expression(docs, 1, true)+"]", "emails["+w.expression(docs, 1, true)+"].value "+pick(w, "eq", "sw", "ne")+" "+w.literal(),
		"emails[primary eq true and value eq "+w.literal()+"]", "emails[type eq \"work\"].value eq "+w.literal(),
		testURN+":tags[value "+pick(w, "eq", "ne", "co")+" "+w.literal()+"]", testURN+":codes[value pr]", testURN+":codes[not (value eq "+w.literal()+")]",
	)
}

func quoted(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (w *world) expression(docs []map[string]any, depth int, inside bool) string {
	if depth == 0 || w.random.IntN(3) == 0 {
		return w.comparison(docs, inside)
	}
	left, right := w.expression(docs, depth-1, inside), w.expression(docs, depth-1, inside)
	return pick(w, left+" and "+right, left+" or "+right, "not ("+left+")", "not ("+left+" or "+right+")", "("+left+" or "+right+") and not ("+left+")")
}

// TestStoreAgreesWithMatch generates resources and filters: where a condition is exact, the store selects
// what Match does; elsewhere it selects no less.
func TestStoreAgreesWithMatch(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { agree(t, newWorld(t, "", 7), 40, 500) })
	t.Run("postgres", func(t *testing.T) {
		var server postgrestest.Shared
		t.Cleanup(func() {
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
		})
		agree(t, newWorld(t, server.Database(t), 8), 40, 200)
	})
}

func agree(t *testing.T, w *world, resources, filters int) {
	docs := w.populate(t, resources)
	ctx := context.Background()
	exacts, met := 0, 0
	for range filters {
		text := w.expression(docs, 2, false)
		f, err := filter.Parse(text, w.users.Type)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var want []string
		for _, doc := range docs {
			if f.Match(doc) {
				want = append(want, doc["id"].(string))
			}
		}
		q, exact := w.users.query(f)
		var got []string
		for r, err := range w.store.List(ctx, "acme", q) {
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			got = append(got, r.ID)
		}
		n, err := w.store.Count(ctx, "acme", q)
		if err != nil || n != len(got) {
			t.Fatalf("%s: counted %d, listed %d, %v", text, n, len(got), err)
		}
		missed := slices.DeleteFunc(slices.Clone(want), func(id string) bool { return slices.Contains(got, id) })
		if len(missed) > 0 || exact && len(got) != len(want) {
			t.Errorf("%s\nexact: %v, matching %d, selected %d, missed %d\n%+v", text, exact, len(want), len(got), len(missed), q.Where)
		}
		if exact {
			exacts++
		}
		if len(want) > 0 && len(want) < len(docs) {
			met++
		}
	}
	if exacts < filters/3 || met < filters/3 {
		t.Errorf("of %d filters only %d were exact, and %d selected something but not everything", filters, exacts, met)
	}
	t.Logf("%d resources, %d filters, %d exact, %d selective", len(docs), filters, exacts, met)
}
