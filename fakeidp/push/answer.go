package push

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"assay/fakeidp/resource"
)

func (a answer) ok() bool { return a.status >= 200 && a.status <= 299 }

// refusal says why an answer is no success, in the words of the vendor's task list: the status and the
// detail of the SCIM error.
func (a answer) refusal() string {
	if a.ok() {
		return ""
	}
	text := http.StatusText(a.status)
	if text == "" {
		text = "status " + strconv.Itoa(a.status)
	}
	return text + ". Errors reported by remote server: " + a.detail()
}

// detail is what the target says about an error, cut to a line.
func (a answer) detail() string {
	o, err := resource.Parse(a.body)
	if err != nil {
		return a.nonsense()
	}
	if d := o.Text("detail"); d != "" {
		return strings.TrimSuffix(a.clip(d), ".")
	}
	return "(none: the body has no detail)"
}

func (a answer) nonsense() string {
	body := bytes.TrimSpace(a.body)
	switch {
	case len(body) == 0:
		return "(none: the body is empty)"
	case body[0] == '<':
		return "(none: the body is HTML or XML)"
	default:
		return "(none: the body is not a JSON object)"
	}
}

// clip makes the target's words one short line. Secrets go first: a cut must not leave half of one.
func (a answer) clip(s string) string {
	s = a.redact.text(s)
	if len(s) <= 200 && !strings.ContainsFunc(s, unicode.IsSpace) {
		return s
	}
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return s
}

// resource reads a success that must carry a resource. kind is "user" or "group".
func (a answer) resource(kind string) (*resource.Object, string) {
	if problem := a.refusal(); problem != "" {
		return nil, problem
	}
	if len(bytes.TrimSpace(a.body)) == 0 {
		return nil, "empty " + kind + " returned"
	}
	o, err := resource.Parse(a.body)
	if err != nil {
		return nil, "the answer is no " + kind + ": " + a.clip(err.Error())
	}
	if problem := checkRemoteID(o, kind); problem != "" {
		return nil, problem
	}
	return o, ""
}

func checkRemoteID(o *resource.Object, kind string) string {
	id := o.Text("id")
	switch {
	case o.Len() == 0:
		return "empty " + kind + " returned"
	case id == "":
		return kind + " returned without an id, or with one that is not a string"
	case len(id) > 1000 || id == "." || id == "..":
		return kind + " returned with an id that cannot be part of a URL"
	}
	return ""
}

// list is a ListResponse as far as a client reads it.
type list struct {
	total     int64
	resources []*resource.Object
}

// list reads a ListResponse. The numbers must be JSON integers (O1).
func (a answer) list() (list, string) {
	if problem := a.refusal(); problem != "" {
		return list{}, problem
	}
	o, err := resource.Parse(a.body)
	if err != nil {
		return list{}, "the answer is no list: " + a.clip(err.Error())
	}
	for _, name := range []string{"totalResults", "itemsPerPage", "startIndex"} {
		raw := o.Raw(name)
		if raw == nil && name != "totalResults" {
			continue
		}
		if n, err := strconv.ParseInt(string(raw), 10, 64); err != nil || n < 0 {
			return list{}, fmt.Sprintf("%s is not an integer: it is %s", name, a.show(raw))
		}
	}
	total, _ := strconv.ParseInt(string(o.Raw("totalResults")), 10, 64)
	resources, problem := a.readResources(o)
	return list{total: total, resources: resources}, problem
}

func (a answer) readResources(list *resource.Object) ([]*resource.Object, string) {
	raw := list.Raw("Resources")
	if raw == nil || string(raw) == "null" {
		return nil, ""
	}
	entries, ok := list.Entries("Resources")
	if !ok {
		return nil, "Resources is not an array but " + a.show(raw)
	}
	out := make([]*resource.Object, len(entries))
	for i, entry := range entries {
		o, err := resource.Parse(entry)
		if err != nil {
			return nil, fmt.Sprintf("Resources[%d] is not an object but %s", i, a.show(entry))
		}
		out[i] = o
	}
	return out, ""
}

func (a answer) show(raw json.RawMessage) string {
	if raw == nil {
		return "missing"
	}
	return a.clip(string(raw))
}

// acceptWrite judges the answer to a change: 204, or a success with the resource that was changed.
func acceptWrite(kind, id string) func(answer) (string, string) {
	return func(a answer) (string, string) {
		if a.status == http.StatusNoContent {
			return "accepted (204, no body)", ""
		}
		o, problem := a.resource(kind)
		if problem != "" {
			return "", problem
		}
		if got := o.Text("id"); got != id {
			return "", fmt.Sprintf("the answer is another %s (id %q)", kind, a.clip(got))
		}
		return "accepted", ""
	}
}

// acceptReplace judges the answer to a PUT, which must carry the resource (O1).
func acceptReplace(kind, id string) func(answer) (string, string) {
	return func(a answer) (string, string) {
		if a.status == http.StatusNoContent {
			return "", "empty " + kind + " returned"
		}
		return acceptWrite(kind, id)(a)
	}
}
