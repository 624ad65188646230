package reports_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"assay/reports"
)

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(reports.JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("report.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func asJSON(t *testing.T, r *reports.Report) any {
	t.Helper()
	var out bytes.Buffer
	if err := reports.Write(&out, r); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(&out)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestReportsSatisfyTheSchema(t *testing.T) {
	schema := compiled(t)
	interrupted := richReport()
	interrupted.Run.Complete, interrupted.Run.Note = false, "SIGINT"
	interrupted.Run.Selection.Levels = []reports.Level{reports.Must}
	interrupted.Fold(nil)
	bare := &reports.Report{Schema: reports.Schema, Tool: reports.Tool{Name: "assay"}}
	bare.Fold(nil)
	uncounted := &reports.Report{Schema: reports.Schema, Tool: reports.Tool{Name: "assay"}, Verdict: reports.Incomplete,
		Profiles: []reports.Profile{{Name: "scim", Verdict: reports.Incomplete}}}
	for name, r := range map[string]*reports.Report{"rich": richReport(), "interrupted": interrupted, "without checks": bare, "without counts": uncounted} {
		t.Run(name, func(t *testing.T) {
			if err := schema.Validate(asJSON(t, r)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestSchemaRefusesBrokenReports(t *testing.T) {
	schema := compiled(t)
	file, err := os.ReadFile(richFile)
	if err != nil {
		t.Fatal(err)
	}
	breaks := map[string]func(doc map[string]any){
		"another version":   func(d map[string]any) { d["schema"] = "assay-report/v2" },
		"no verdict":        func(d map[string]any) { delete(d, "verdict") },
		"null checks":       func(d map[string]any) { d["checks"] = nil },
		"unknown outcome":   func(d map[string]any) { d["checks"].([]any)[0].(map[string]any)["outcome"] = "ok" },
		"no outcome":        func(d map[string]any) { delete(d["checks"].([]any)[0].(map[string]any), "outcome") },
		"null hurts":        func(d map[string]any) { d["checks"].([]any)[0].(map[string]any)["hurts"] = nil },
		"unknown count":     func(d map[string]any) { d["profiles"].([]any)[0].(map[string]any)["counts"] = map[string]any{"ok": 1} },
		"local start time":  func(d map[string]any) { d["run"].(map[string]any)["started"] = "yesterday" },
		"selection missing": func(d map[string]any) { delete(d["run"].(map[string]any), "selection") },
	}
	for name, spoil := range breaks {
		t.Run(name, func(t *testing.T) {
			var doc map[string]any
			if err := json.Unmarshal(file, &doc); err != nil {
				t.Fatal(err)
			}
			spoil(doc)
			if err := schema.Validate(doc); err == nil {
				t.Fatal("accepted")
			}
		})
	}
}

// TestSchemaNamesEveryKey keeps the schema in step with the Go types, in both directions.
func TestSchemaNamesEveryKey(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(reports.JSONSchema(), &root); err != nil {
		t.Fatal(err)
	}
	compareKeys(t, root, root, reflect.TypeFor[reports.Report](), "report")
}

func compareKeys(t *testing.T, root, node map[string]any, typ reflect.Type, path string) {
	node = resolve(root, node)
	for typ.Kind() == reflect.Slice {
		typ = typ.Elem()
		node = resolve(root, node["items"].(map[string]any))
	}
	if typ.Kind() != reflect.Struct || typ.PkgPath() != "assay/reports" {
		return
	}
	named, _ := node["properties"].(map[string]any)
	inGo := map[string]bool{}
	for i := range typ.NumField() {
		field := typ.Field(i)
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		inGo[key] = true
		sub, ok := named[key].(map[string]any)
		if !ok {
			t.Errorf("%s.%s is not in the schema", path, key)
			continue
		}
		compareKeys(t, root, sub, field.Type, path+"."+key)
	}
	for key := range named {
		if !inGo[key] {
			t.Errorf("%s.%s is in the schema but not in the Go type", path, key)
		}
	}
}

func resolve(root, node map[string]any) map[string]any {
	ref, ok := node["$ref"].(string)
	if !ok {
		return node
	}
	return root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
}
