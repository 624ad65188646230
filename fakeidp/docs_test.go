package fakeidp

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Every example of the documentation does what it says on a new IdP, and there is one of every call.
func TestExamplesOfTheControlAPI(t *testing.T) {
	text, err := os.ReadFile("docs/control.md")
	if err != nil {
		t.Fatal(err)
	}
	created := 0
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			_, _ = io.WriteString(w, `{"totalResults":0}`)
		case http.MethodPost:
			created++
			w.WriteHeader(http.StatusCreated)
			_, _ = fmt.Fprintf(w, `{"id":"%d"}`, created)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer target.Close()
	idp := start(t, Options{})
	variables := map[string]string{"TOKEN": idp.ControlToken, "CONTROL": idp.Control, "PUBLIC": idp.PublicURL, "SCIM": target.URL}
	var examples []*http.Request
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			line, keep := assignment(strings.TrimSpace(line))
			req := curl(t, line, variables)
			examples = append(examples, req)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if res.StatusCode >= 300 {
				t.Errorf("%s: %d %s", line, res.StatusCode, body)
			}
			keep(t, body, variables)
		}
	}
	checkExamples(t, idp, examples)
}

func checkExamples(t *testing.T, idp *IdP, examples []*http.Request) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, idp.Control+"/openapi.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+idp.ControlToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.NewDecoder(res.Body).Decode(&doc); err != nil || len(doc.Paths) < 20 {
		t.Fatalf("%d paths, %v", len(doc.Paths), err)
	}
	shown := http.NewServeMux()
	seen := map[string]bool{}
	for path, item := range doc.Paths {
		for method := range item {
			shown.HandleFunc(strings.ToUpper(method)+" "+path, func(http.ResponseWriter, *http.Request) {})
			seen[strings.ToUpper(method)+" "+path] = false
		}
	}
	for _, example := range examples {
		_, pattern := shown.Handler(example)
		seen[pattern] = true
	}
	for pattern, ok := range seen {
		if !ok {
			t.Errorf("docs/control.md has no example of %s", pattern)
		}
	}
}

// assignment takes apart a line that keeps a member of the answer in a variable: NAME=$(curl … | jq -r .[0].member).
func assignment(line string) (command string, keep func(t *testing.T, body []byte, variables map[string]string)) {
	parts := regexp.MustCompile(`^(\w+)=\$\((.*) \| jq -r ((?:\.[\w\[\]]+)+)\)$`).FindStringSubmatch(line)
	if parts == nil {
		return line, func(*testing.T, []byte, map[string]string) {}
	}
	return parts[2], func(t *testing.T, body []byte, variables map[string]string) {
		t.Helper()
		var value any
		if err := json.Unmarshal(body, &value); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for _, step := range strings.Split(parts[3], ".")[1:] {
			switch in := value.(type) {
			case []any:
				at, err := strconv.Atoi(strings.Trim(step, "[]"))
				if err != nil || at >= len(in) {
					t.Fatalf("%s: no %s in %s", line, step, body)
				}
				value = in[at]
			case map[string]any:
				value = in[step]
			}
		}
		text, ok := value.(string)
		if !ok {
			t.Fatalf("%s: no string %s in %s", line, parts[3], body)
		}
		variables[parts[1]] = text
	}
}

// curl makes the request that curl would send for a command line of the options that the documentation uses.
func curl(t *testing.T, line string, variables map[string]string) *http.Request {
	t.Helper()
	words := shellWords(line, variables)
	if words[0] != "curl" {
		t.Fatalf("%s: not curl", line)
	}
	method, target, body, header := http.MethodGet, "", "", http.Header{}
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "-X":
			i++
			method = words[i]
		case "-H":
			i++
			name, value, _ := strings.Cut(words[i], ": ")
			header.Set(name, value)
		case "-d":
			i++
			body = words[i]
			if method == http.MethodGet {
				method = http.MethodPost
			}
		case "-o":
			i++
		default:
			target = words[i]
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	req.Header = header
	return req
}

// shellWords splits a line as a shell does; variables count where they are not in single quotes.
func shellWords(line string, variables map[string]string) []string {
	var words []string
	line, _, _ = strings.Cut(line, " # ")
	for _, match := range regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"]+)+`).FindAllString(line, -1) {
		words = append(words, regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s'"]+`).ReplaceAllStringFunc(match, func(part string) string {
			if strings.HasPrefix(part, "'") {
				return strings.Trim(part, "'")
			}
			return os.Expand(strings.Trim(part, `"`), func(name string) string { return variables[name] })
		}))
	}
	return words
}
