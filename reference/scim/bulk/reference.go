package bulk

import (
	"net/http"
	"net/url"
	"strings"
)

// prefix marks a reference (RFC 7644 section 3.7.2).
const prefix = "bulkId:"

// swap gives what takes the place of a reference to a bulkId.
type swap func(bulkID string) (string, error)

// rewriter replaces the references in a value. Values are copied, never changed: the same operation may
// be rewritten again.
type rewriter struct {
	swap  swap
	patch bool // the value is the data of a PATCH, where "path" is an attribute path
}

func (r rewriter) value(name string, value any) (any, error) {
	switch v := value.(type) {
	case string:
		return r.text(name, v)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			var err error
			if list[i], err = r.value(name, item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		doc := make(map[string]any, len(v))
		for key, item := range v {
			var err error
			if doc[key], err = r.value(key, item); err != nil {
				return nil, err
			}
		}
		return doc, nil
	}
	return value, nil
}

func (r rewriter) text(name, text string) (string, error) {
	if id, ok := strings.CutPrefix(text, prefix); ok && id != "" {
		return r.swap(id)
	}
	if !strings.Contains(text, prefix) {
		return text, nil
	}
	if name == "$ref" {
		return r.tail(text)
	}
	if r.patch && strings.EqualFold(name, "path") {
		return r.quoted(text)
	}
	return text, nil
}

// tail replaces a reference that is the last segment of a URL or path.
func (r rewriter) tail(text string) (string, error) {
	front, id, found := strings.Cut(text, "/"+prefix)
	if !found || id == "" {
		return text, nil
	}
	if plain, err := url.PathUnescape(id); err == nil {
		id = plain
	}
	permanent, err := r.swap(id)
	if err != nil {
		return "", err
	}
	return front + "/" + url.PathEscape(permanent), nil
}

// quoted replaces references that are strings of a filter.
func (r rewriter) quoted(text string) (string, error) {
	var out strings.Builder
	for {
		front, rest, found := strings.Cut(text, `"`+prefix)
		out.WriteString(front)
		if !found {
			return out.String(), nil
		}
		id, after, closed := strings.Cut(rest, `"`)
		if !closed || id == "" {
			return out.String() + `"` + prefix + rest, nil
		}
		permanent, err := r.swap(id)
		if err != nil {
			return "", err
		}
		out.WriteString(`"` + permanent + `"`)
		text = after
	}
}

// resolved is the operation with every reference replaced. A POST creates, so its path holds none.
func (o Operation) resolved(s swap) (Operation, error) {
	r := rewriter{swap: s, patch: o.Method == http.MethodPatch}
	if o.Method != http.MethodPost {
		path, query, _ := strings.Cut(o.Path, "?")
		path, err := r.tail(path)
		if err != nil {
			return o, err
		}
		if query != "" {
			path += "?" + query
		}
		o.Path = path
	}
	data, err := r.value("", o.Data)
	if err != nil {
		return o, err
	}
	o.Data = data
	return o, nil
}

// references lists the bulkIds that the operation refers to.
func (o Operation) references() []string {
	var found []string
	// collecting never fails
	_, _ = o.resolved(func(bulkID string) (string, error) {
		found = append(found, bulkID)
		return bulkID, nil
	})
	return found
}

// withoutPending splits the data of a POST into the attributes that can be sent now and those with a
// reference that is pending. Both keep their references.
func (o Operation) withoutPending(pending func(bulkID string) bool) (Operation, map[string]any) {
	doc, ok := o.Data.(map[string]any)
	if !ok {
		return o, nil
	}
	now, later := make(map[string]any, len(doc)), map[string]any{}
	for name, value := range doc {
		waits := false
		_, _ = rewriter{swap: func(bulkID string) (string, error) {
			waits = waits || pending(bulkID)
			return bulkID, nil
		}}.value(name, value)
		if waits {
			later[name] = value
			continue
		}
		now[name] = value
	}
	o.Data = now
	return o, later
}

// target is the segment of the path that names the resource, "" for a POST.
func (o Operation) target() string {
	if o.Method == http.MethodPost {
		return ""
	}
	path, _, _ := strings.Cut(o.Path, "?")
	return path[strings.LastIndexByte(path, '/')+1:]
}

// mentions calls see with every string in the data.
func mentions(value any, see func(string)) {
	switch v := value.(type) {
	case string:
		see(v)
	case []any:
		for _, item := range v {
			mentions(item, see)
		}
	case map[string]any:
		for _, item := range v {
			mentions(item, see)
		}
	}
}
