package push

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
	"assay/fakeidp/resource"
)

// importLimit is how many resources of a kind an import may announce. More is refused before the second
// page: nobody wants the import of a target that claims to hold 10^18 users.
const importLimit = 100_000

// importBytes is how much an import reads in all.
const importBytes = 64 << 20

// testConnection sends the persona's constant requests and, for a persona that does so, takes a user and a
// group through their life.
func (r *run) testConnection(ctx context.Context) {
	for _, target := range r.knobs.TestRequests.Value {
		path, query, _ := strings.Cut(strings.ReplaceAll(target, "{uuid}", uuid.NewString()), "?")
		c := call{task: taskTest, why: "an administrator saves the connection", method: http.MethodGet, path: path, query: query, lookup: true}
		c.judge = r.judgeTest
		if _, ok := r.do(ctx, c); !ok {
			return
		}
	}
	if r.knobs.TestLifecycle.Value {
		r.testLifecycle(ctx)
	}
}

func (r *run) judgeTest(a answer) (verdict, problem string) {
	found, problem := a.list()
	if problem == "" && r.knobs.TestFindsNo.Value && found.total > 0 {
		return "", fmt.Sprintf("totalResults is %d for something that nobody can have", found.total)
	}
	return "the connection works", problem
}

// testLifecycle creates a user and a group, changes both and deletes them.
func (r *run) testLifecycle(ctx context.Context) {
	const why = "an administrator saves the connection: a test user and a test group are made, changed and deleted"
	name := "assay-test-" + uuid.NewString()
	u := user{person: control.Person{ID: name, Login: name + "@example.test", Email: name + "@example.test", GivenName: "Test", FamilyName: "User"}, active: true, password: placeholder()}
	c := call{task: taskTest, subject: name, who: u.person.Login, why: why}
	if !r.testCreate(ctx, c, "user", usersPath, r.dialect.createBody(u), &u.remote) {
		return
	}
	before := r.dialect.profile(u)
	u.person.FamilyName = "Changed"
	r.testUpdate(ctx, c, u, before)
	if r.knobs.PushGroups.Value {
		r.testGroup(ctx, c, control.Group{ID: name, Name: name})
	}
	c.method, c.path, c.judge = http.MethodDelete, resourcePath(usersPath, u.remote), acceptDelete
	r.do(ctx, c)
}

func (r *run) testCreate(ctx context.Context, c call, kind, path string, body []byte, remote *string) bool {
	c.method, c.path, c.body, c.judge = http.MethodPost, path, body, r.judgeCreate(kind, remote)
	_, ok := r.do(ctx, c)
	return ok
}

func (r *run) testUpdate(ctx context.Context, c call, u user, before []string) {
	changed := r.dialect.changes(before, r.dialect.profile(u), r.knobs.UserUpdate.Value)
	c.path, c.judge = resourcePath(usersPath, u.remote), acceptWrite("user", u.remote)
	if r.knobs.UserUpdate.Value == persona.Put {
		c.method, c.body = http.MethodPut, r.dialect.putBody(nil, u, changed, true)
	} else {
		c.method, c.body = http.MethodPatch, r.dialect.patchBody(u, before, changed)
	}
	r.do(ctx, c)
}

func (r *run) testGroup(ctx context.Context, c call, g control.Group) {
	var remote string
	if !r.testCreate(ctx, c, "group", groupsPath, r.dialect.groupBody(g, "", nil), &remote) {
		return
	}
	g.Name += "-changed"
	c.path, c.judge = resourcePath(groupsPath, remote), acceptWrite("group", remote)
	if r.knobs.GroupRename.Value == persona.Put {
		c.method, c.body = http.MethodPut, r.dialect.groupBody(g, remote, []member{})
	} else {
		c.method, c.body = http.MethodPatch, r.dialect.renameBody(remote, g.Name)
	}
	r.do(ctx, c)
	c.method, c.body, c.judge = http.MethodDelete, nil, acceptDelete
	r.do(ctx, c)
}

// importAll pages through users, then groups. The first failed page ends the import.
func (r *run) importAll(ctx context.Context) (users, groups []map[string]any) {
	found, ok := r.importKind(ctx, "user", usersPath)
	users, groups = plain(found), plain(nil)
	if ok && r.knobs.PushGroups.Value {
		found, _ = r.importKind(ctx, "group", groupsPath)
		groups = plain(found)
	}
	return users, groups
}

func plain(list []*resource.Object) []map[string]any {
	out := make([]map[string]any, len(list))
	for i, o := range list {
		out[i] = o.Plain()
	}
	return out
}

// importKind advances startIndex by the page size, whatever a page held, until the totalResults of the
// first page: that is what the vendor does, and why a server with smaller pages loses resources.
func (r *run) importKind(ctx context.Context, kind, path string) ([]*resource.Object, bool) {
	var out []*resource.Object
	size := r.knobs.ImportPage.Value
	total := int64(1)
	for start := 1; int64(start) <= total; start += size {
		var page list
		c := call{task: taskImport, who: path, method: http.MethodGet, path: path,
			query: fmt.Sprintf("startIndex=%d&count=%d", start, size),
			why:   fmt.Sprintf("import: %ss from %d on", kind, start)}
		if start > 1 {
			c.why += fmt.Sprintf(" of the %d that the first page announced", total)
		}
		c.judge = r.judgePage(kind, start, total, &page)
		if _, ok := r.do(ctx, c); !ok {
			return out, false
		}
		if start == 1 {
			total = page.total
		}
		out = append(out, page.resources...)
	}
	return out, true
}

func (r *run) judgePage(kind string, start int, announced int64, page *list) func(answer) (string, string) {
	return func(a answer) (string, string) {
		found, problem := a.list()
		if problem != "" {
			return "", problem
		}
		size := r.knobs.ImportPage.Value
		if start == 1 {
			announced = found.total
		}
		if announced > importLimit {
			return "", fmt.Sprintf("totalResults is %d; the fake IdP imports at most %d %ss", announced, importLimit, kind)
		}
		if r.imported += len(a.body); r.imported > importBytes {
			return "", fmt.Sprintf("the pages so far are longer than %d MiB, which is where the fake IdP stops", importBytes>>20)
		}
		if len(found.resources) > size {
			return "", fmt.Sprintf("the page holds %d %ss although count was %d", len(found.resources), kind, size)
		}
		for i, o := range found.resources {
			if problem := checkRemoteID(o, kind); problem != "" {
				return "", fmt.Sprintf("Resources[%d]: %s", i, problem)
			}
		}
		*page = found
		return r.pageVerdict(kind, start, announced, len(found.resources)), ""
	}
}

func (r *run) pageVerdict(kind string, start int, announced int64, got int) string {
	size := r.knobs.ImportPage.Value
	due := min(announced-int64(start)+1, int64(size))
	if int64(got) < due {
		return fmt.Sprintf("the page holds %d of the %d %ss due; %s goes on at startIndex %d or stops, so %d are lost", got, due, kind, r.product, start+size, due-int64(got))
	}
	return fmt.Sprintf("%d %ss", got, kind)
}
