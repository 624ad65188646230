package push

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// importLimit is how many resources of a kind an import may announce. More is refused before the second
// page: nobody wants the import of a target that claims to hold 10^18 users.
const importLimit = 100_000

// importBytes is how much an import reads in all.
const importBytes = 64 << 20

// testConnection sends the persona's constant requests.
func (r *run) testConnection(ctx context.Context) {
	for _, target := range r.knobs.TestRequests.Value {
		path, query, _ := strings.Cut(target, "?")
		c := call{task: taskTest, why: "an administrator saves the connection", method: http.MethodGet, path: path, query: query}
		c.judge = func(a answer) (string, string) {
			_, problem := a.list()
			return "the connection works", problem
		}
		if _, ok := r.do(ctx, c); !ok {
			return
		}
	}
}

// importAll pages through users, then groups. The first failed page ends the import.
func (r *run) importAll(ctx context.Context) (users, groups []map[string]any) {
	users, ok := r.importKind(ctx, "user", usersPath)
	groups = []map[string]any{}
	if ok {
		groups, _ = r.importKind(ctx, "group", groupsPath)
	}
	return users, groups
}

// importKind advances startIndex by the page size, whatever a page held, until the totalResults of the
// first page: that is what the vendor does, and why a server with smaller pages loses resources.
func (r *run) importKind(ctx context.Context, kind, path string) ([]map[string]any, bool) {
	out := []map[string]any{}
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
		for _, o := range page.resources {
			out = append(out, o.plain())
		}
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

// plain turns an object into Go's form, numbers kept as they were written.
func (o *object) plain() map[string]any {
	dec := json.NewDecoder(bytes.NewReader(encode(o)))
	dec.UseNumber()
	out := map[string]any{}
	if err := dec.Decode(&out); err != nil {
		return map[string]any{} // cannot happen: the object was parsed from JSON
	}
	return out
}
