package bulk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"
	"testing"

	"assay/reference/scim/bulk"
	"assay/reference/scim/scimerr"
)

const base = "https://scim.test"

// world performs operations by writing them down. A POST makes an id of its displayName; whatever has
// "fail" in its path or data fails.
type world struct {
	calls []string
}

func (w *world) do(_ context.Context, o bulk.Operation) bulk.Result {
	data, _ := json.Marshal(o.Data)
	call := o.Method + " " + o.Path
	if o.Version != "" {
		call += " if " + o.Version
	}
	if o.Data != nil {
		call += " " + string(data)
	}
	w.calls = append(w.calls, call)
	if strings.Contains(call, "fail") {
		return bulk.Result{Status: 400, Body: scimerr.InvalidValue("it was to fail").Body()}
	}
	switch o.Method {
	case http.MethodPost:
		doc, _ := o.Data.(map[string]any)
		id := fmt.Sprint("id-", doc["n"])
		return bulk.Result{Status: 201, ID: id, Location: base + path.Join(o.Path, id), Version: "v1"}
	case http.MethodDelete:
		return bulk.Result{Status: 204}
	}
	return bulk.Result{Status: 200, Version: "v2"}
}

func run(t *testing.T, failOnErrors int, operations ...string) (*world, []bulk.Entry) {
	t.Helper()
	r, err := bulk.Decode([]byte(body(fmt.Sprintf(`"failOnErrors":%d,"Operations":[%s]`, failOnErrors, strings.Join(operations, ",")))), 100)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{}
	return w, bulk.Run(context.Background(), r, base, w.do)
}

// post makes a POST whose bulkId is its name.
func post(name, more string) string {
	return fmt.Sprintf(`{"method":"POST","path":"/R","bulkId":%q,"data":{"n":%q%s}}`, name, name, more)
}

func write(method, path, data string) string {
	return fmt.Sprintf(`{"method":%q,"path":%q,"data":%s}`, method, path, data)
}

const drop = `{"method":"DELETE","path":"/R/x"}`

// Operations come to the server in this order and form, and the entries have these statuses.
func TestRun(t *testing.T) {
	for name, test := range map[string]struct {
		failOnErrors int
		operations   []string
		calls        []string
		statuses     string
	}{
		"BLK-02 in the order of the request": {0,
			[]string{post("a", ""), drop, post("b", "")},
			[]string{`POST /R {"n":"a"}`, "DELETE /R/x", `POST /R {"n":"b"}`}, "201 204 201"},
		"BLK-10 a reference backwards": {0,
			[]string{post("a", ""), post("b", `,"m":[{"value":"bulkId:a"}]`)},
			[]string{`POST /R {"n":"a"}`, `POST /R {"m":[{"value":"id-a"}],"n":"b"}`}, "201 201"},
		"GAP-113 a reference forwards": {0,
			[]string{post("b", `,"m":"bulkId:a"`), drop, post("a", "")},
			[]string{"DELETE /R/x", `POST /R {"n":"a"}`, `POST /R {"m":"id-a","n":"b"}`}, "201 204 201"},
		"GAP-113 a chain forwards": {0,
			[]string{post("c", `,"m":"bulkId:b"`), post("b", `,"m":"bulkId:a"`), post("a", "")},
			[]string{`POST /R {"n":"a"}`, `POST /R {"m":"id-a","n":"b"}`, `POST /R {"m":"id-b","n":"c"}`}, "201 201 201"},
		"GAP-112 in an extension": {0,
			[]string{post("a", ""), post("b", `,"urn:x":{"manager":{"value":"bulkId:a","$ref":"../Users/bulkId:a"}}`)},
			[]string{`POST /R {"n":"a"}`, `POST /R {"n":"b","urn:x":{"manager":{"$ref":"../Users/id-a","value":"id-a"}}}`}, "201 201"},
		"BLK-11 in the path": {0,
			[]string{write("PUT", "/R/bulkId:a?attributes=x", `{}`), post("a", ""), `{"method":"DELETE","path":"/R/bulkId:a"}`},
			[]string{`POST /R {"n":"a"}`, "PUT /R/id-a?attributes=x {}", "DELETE /R/id-a"}, "200 201 204"},
		"in the path of a PATCH operation": {0,
			[]string{post("a", ""), write("PATCH", "/R/g", `{"Operations":[{"op":"remove","path":"m[value eq \"bulkId:a\" or value eq \"y\"]"}]}`)},
			[]string{`POST /R {"n":"a"}`, `PATCH /R/g {"Operations":[{"op":"remove","path":"m[value eq \"id-a\" or value eq \"y\"]"}]}`}, "201 200"},
		"what only looks like a reference": {0,
			[]string{post("a", `,"x":"see bulkId:a","path":"[y eq \"bulkId:a\"]","z":"bulkId:"`)},
			[]string{`POST /R {"n":"a","path":"[y eq \"bulkId:a\"]","x":"see bulkId:a","z":"bulkId:"}`}, "201"},
		"BLK-12 a reference to nothing": {0,
			[]string{post("b", `,"m":"bulkId:a"`), `{"method":"DELETE","path":"/R/bulkId:x"}`, drop},
			[]string{"DELETE /R/x"}, "400 400 204"},
		"BLK-12 a reference to what failed": {0,
			[]string{post("b", `,"m":"bulkId:a"`), post("a", `,"x":"fail"`), write("PUT", "/R/bulkId:b", `{}`), drop},
			[]string{`POST /R {"n":"a","x":"fail"}`, "DELETE /R/x"}, "409 400 409 204"},
		"nothing on the same resource overtakes": {0,
			[]string{write("PATCH", "/R/g", `{"v":"bulkId:a"}`), write("PATCH", "/R/g", `{"v":2}`), write("PUT", "/R/h", `{"v":3}`), post("a", "")},
			[]string{`PUT /R/h {"v":3}`, `POST /R {"n":"a"}`, `PATCH /R/g {"v":"id-a"}`, `PATCH /R/g {"v":2}`}, "200 200 200 201"},
		"nothing on a mentioned resource overtakes": {0,
			[]string{write("PATCH", "/R/g", `{"v":["bulkId:a","x"]}`), drop, post("a", "")},
			[]string{`POST /R {"n":"a"}`, `PATCH /R/g {"v":["id-a","x"]}`, "DELETE /R/x"}, "200 204 201"},
		"BLK-13 a circle": {0,
			[]string{post("a", `,"k":1,"m":["bulkId:b","x"]`), post("b", `,"m":["bulkId:a"]`)},
			[]string{`POST /R {"k":1,"n":"a"}`, `POST /R {"m":["id-a"],"n":"b"}`,
				`PATCH /R/id-a if v1 {"Operations":[{"op":"add","value":{"m":["id-b","x"]}}],"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`}, "201 201"},
		"BLK-13 a circle of one": {0,
			[]string{post("a", `,"m":"bulkId:a"`)},
			[]string{`POST /R {"n":"a"}`,
				`PATCH /R/id-a if v1 {"Operations":[{"op":"add","value":{"m":"id-a"}}],"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`}, "201"},
		"what hangs on a circle comes after it": {0,
			[]string{post("c", `,"m":"bulkId:a"`), write("PUT", "/R/bulkId:b", `{}`), post("a", `,"m":"bulkId:b"`), post("b", `,"m":"bulkId:a"`)},
			[]string{`POST /R {"n":"a"}`, `POST /R {"m":"id-a","n":"b"}`,
				`PATCH /R/id-a if v1 {"Operations":[{"op":"add","value":{"m":"id-b"}}],"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`,
				`POST /R {"m":"id-a","n":"c"}`, `PUT /R/id-b {}`}, "201 200 201 201"},
		"BLK-13 a circle that fails leaves nothing": {0,
			[]string{post("c", `,"m":"bulkId:a"`), post("a", `,"m":"bulkId:b"`), post("b", `,"m":"bulkId:a","x":"fail"`), drop},
			[]string{"DELETE /R/x", `POST /R {"n":"a"}`, `POST /R {"m":"id-a","n":"b","x":"fail"}`, "DELETE /R/id-a"}, "409 409 400 204"},
		"BLK-13 a circle that cannot be closed leaves nothing": {0,
			[]string{post("a", `,"fail":"bulkId:b"`), post("b", `,"m":"bulkId:a"`)},
			[]string{`POST /R {"n":"a"}`, `POST /R {"m":"id-a","n":"b"}`,
				`PATCH /R/id-a if v1 {"Operations":[{"op":"add","value":{"fail":"id-b"}}],"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`,
				"DELETE /R/id-b", "DELETE /R/id-a"}, "400 409"},
		"BLK-14 BLK-16 goes on after failures": {0,
			[]string{write("PUT", "/R/fail", `{}`), drop, write("PUT", "/R/fail", `{}`), post("a", "")},
			[]string{"PUT /R/fail {}", "DELETE /R/x", "PUT /R/fail {}", `POST /R {"n":"a"}`}, "400 204 400 201"},
		"BLK-15 GAP-119 stops at the second error": {2,
			[]string{write("PUT", "/R/fail", `{}`), drop, write("GET", "/R/x", `{}`), post("a", ""), drop},
			[]string{"PUT /R/fail {}", "DELETE /R/x"}, "400 204 400"},
		"GAP-119 what waits is not processed": {1,
			[]string{post("b", `,"m":"bulkId:a"`), drop, write("PUT", "/R/fail", `{}`), post("a", "")},
			[]string{"DELETE /R/x", "PUT /R/fail {}"}, "204 400"},
		"BLK-18 BLK-19 GAP-120 what an operation lacks": {0,
			[]string{`{"method":"POST","path":"/R","data":{}}`, `{"method":"POST","path":"/R","bulkId":"a"}`, `{"method":"PUT","path":"/R/x"}`,
				`{"method":"PATCH","path":"/R/x","data":null}`, `{"method":"GET","path":"/R/x"}`, `{"method":"HEAD","path":"/R/x"}`},
			nil, "400 400 400 400 400 400"},
	} {
		t.Run(name, func(t *testing.T) {
			w, entries := run(t, test.failOnErrors, test.operations...)
			if got, want := strings.Join(w.calls, "\n"), strings.Join(test.calls, "\n"); got != want {
				t.Errorf("calls:\n%s\nwanted:\n%s", got, want)
			}
			var statuses []string
			for _, e := range entries {
				statuses = append(statuses, e.Status)
				checkEntry(t, e)
			}
			if got := strings.Join(statuses, " "); got != test.statuses {
				t.Errorf("statuses %s, wanted %s", got, test.statuses)
			}
		})
	}
}

// checkEntry holds an entry against section 3.7.3 (BLK-03, BLK-04, BLK-17, GAP-114 to GAP-116).
func checkEntry(t *testing.T, e bulk.Entry) {
	t.Helper()
	failed := e.Status[0] != '2'
	if (e.Location == "") != (failed && e.Method == http.MethodPost) {
		t.Errorf("location: %+v", e)
	}
	if e.Location != "" && !strings.HasPrefix(e.Location, base+"/R/") {
		t.Errorf("location: %+v", e)
	}
	if !failed {
		if e.Response != nil {
			t.Errorf("response: %+v", e)
		}
		return
	}
	var body struct {
		Schemas        []string
		Status, Detail string
	}
	err := json.Unmarshal(e.Response, &body)
	if err != nil || len(body.Schemas) != 1 || body.Schemas[0] != scimerr.URN || body.Status != e.Status || body.Detail == "" || e.Version != "" {
		t.Errorf("response: %+v %s", e, e.Response)
	}
}

// BLK-05: the entry carries the version that the resource has in the end.
func TestVersions(t *testing.T) {
	_, entries := run(t, 0, post("a", `,"m":"bulkId:b"`), post("b", `,"m":"bulkId:a"`), drop,
		`{"method":"PUT","path":"/R/y","version":"v7","bulkId":"p","data":{}}`)
	for i, want := range []string{"v2", "v1", "", "v2"} {
		if entries[i].Version != want {
			t.Errorf("%d: version %q, wanted %q", i, entries[i].Version, want)
		}
	}
	if entries[3].BulkID != "p" { // GAP-120: a bulkId on another method than POST comes back
		t.Errorf("%+v", entries[3])
	}
}

// Many operations that wait for the last one cost no more than their number makes plausible.
func TestLongWait(t *testing.T) {
	const n = 90
	var operations []string
	for i := range n {
		operations = append(operations, write("PATCH", fmt.Sprint("/R/g", i%7), `{"v":"bulkId:z"}`))
	}
	operations = append(operations, post("z", ""))
	w, entries := run(t, 0, operations...)
	if len(entries) != n+1 || w.calls[0] != `POST /R {"n":"z"}` {
		t.Errorf("%d entries, first call %s", len(entries), w.calls[0])
	}
	for i, call := range w.calls[1:] {
		if !strings.HasPrefix(call, fmt.Sprint("PATCH /R/g", i%7)) {
			t.Errorf("call %d: %s", i, call)
		}
	}
}
