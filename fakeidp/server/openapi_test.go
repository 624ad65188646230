package server

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	"assay/fakeidp/push"
	"assay/fakeidp/saml"
)

func newServer(t *testing.T) *server {
	t.Helper()
	d := directory.New()
	assertions, err := saml.New(saml.Options{PublicURL: "https://idp.example", Directory: d})
	if err != nil {
		t.Fatal(err)
	}
	engine := push.New(d, push.Options{})
	t.Cleanup(engine.Close)
	handler, err := New(Options{Token: token, Persona: "okta-oin", Directory: d, Engine: engine, Provider: newProvider(t, d), SAML: assertions, House: house{}})
	if err != nil {
		t.Fatal(err)
	}
	return handler.(*server)
}

func patterns(s *server) []string {
	var out []string
	for _, r := range s.routes() {
		out = append(out, r.pattern)
	}
	slices.Sort(out)
	return out
}

func TestDescriptionHasEveryRoute(t *testing.T) {
	s := newServer(t)
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Summary     string
			Parameters  []struct{ Name, In string }
			Responses   map[string]any
		}
	}
	if err := json.Unmarshal(s.description, &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") {
		t.Errorf("openapi %q", doc.OpenAPI)
	}
	var described, ids []string
	for path, item := range doc.Paths {
		for method, op := range item {
			described = append(described, strings.ToUpper(method)+" "+path)
			ids = append(ids, op.OperationID)
			if op.Summary == "" || len(op.Responses) < 2 {
				t.Errorf("%s %s: %+v", method, path, op)
			}
			for _, p := range op.Parameters {
				if p.In == "path" && !strings.Contains(path, "{"+p.Name+"}") {
					t.Errorf("%s has no %s", path, p.Name)
				}
			}
		}
	}
	slices.Sort(described)
	if want := patterns(s); !slices.Equal(described, want) {
		t.Errorf("described %v\nroutes    %v", described, want)
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != len(described) {
		t.Errorf("operations that share an id: %v", ids)
	}
}

// The schemas are JSON Schema, every reference leads somewhere, and they say of a body what the API says.
func TestDescriptionIsTrue(t *testing.T) {
	s := newServer(t)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(s.description)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("api.json", doc); err != nil {
		t.Fatal(err)
	}
	schemas := doc.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)
	if len(schemas) < 20 {
		t.Errorf("only %d schemas", len(schemas))
	}
	for name := range schemas {
		if _, err := compiler.Compile("api.json#/components/schemas/" + name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	person, err := compiler.Compile("api.json#/components/schemas/Person")
	if err != nil {
		t.Fatal(err)
	}
	for body, status := range map[string]int{
		`{"login":"ada","email":"ada@example.test","custom":{"costCenter":"7"}}`: http.StatusCreated,
		`{"login":"bob"}`: http.StatusBadRequest,
		`{"login":"bob","email":"bob@example.test","shoe_size":44}`:   http.StatusBadRequest,
		`{"login":"bob","email":"bob@example.test","custom":{"a":7}}`: http.StatusBadRequest,
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/people", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != status || (person.Validate(value) == nil) != (status == http.StatusCreated) {
			t.Errorf("%s: answered %d, described %v", body, w.Code, person.Validate(value))
		}
	}
}

// A list without entries is a list, not null.
func TestEmptyListsAreLists(t *testing.T) {
	s := newServer(t)
	for _, r := range s.routes() {
		if r.method() != http.MethodGet || r.out.Kind() != reflect.Slice || len(r.segments()) > 0 || r.path() == "/openapi.json" {
			continue
		}
		req := httptest.NewRequest(http.MethodGet, r.path(), nil)
		req.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, req)
		if !strings.HasPrefix(w.Body.String(), "[") {
			t.Errorf("%s: %s", r.pattern, w.Body)
		}
	}
}

// The client can do everything that the API can: each of its methods is called, with whatever comes to hand.
func TestClientHasACallForEveryRoute(t *testing.T) {
	s := newServer(t)
	var mu sync.Mutex
	called := map[string]bool{}
	http := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := s.mux.Handler(r)
		mu.Lock()
		called[pattern] = true
		mu.Unlock()
		s.ServeHTTP(w, r)
	}))
	defer http.Close()
	client := reflect.ValueOf(control.NewClient(http.URL, token))
	for i := range client.NumMethod() {
		method := client.Method(i)
		args := []reflect.Value{reflect.ValueOf(context.Background())}
		for j := 1; j < method.Type().NumIn(); j++ {
			if method.Type().IsVariadic() && j == method.Type().NumIn()-1 {
				break
			}
			arg := reflect.New(method.Type().In(j)).Elem()
			switch arg.Kind() {
			case reflect.String:
				arg.SetString("x")
			case reflect.Struct:
				if id := arg.FieldByName("ID"); id.IsValid() {
					id.SetString("x")
				}
			}
			args = append(args, arg)
		}
		method.Call(args)
	}
	for _, pattern := range patterns(s) {
		if !called[pattern] {
			t.Errorf("the client has no call for %s", pattern)
		}
	}
}
