package patch

import (
	"strings"

	"assay/reference/scim/filter"
	"assay/reference/scim/schema"
)

// Named gives the attributes that the operations name, as paths with the URN of an extension and without
// sub-attribute. What is returned on request only "is returned in response to any PUT, POST, or PATCH
// operations if the attribute was specified by the client" (RFC 7643 section 7). A malformed path names
// nothing: Apply refuses it.
func Named(t *schema.Type, ops []Operation) []string {
	var names []string
	for _, o := range ops {
		names = append(names, named(t, o.Path, o.Value)...)
	}
	return names
}

func named(t *schema.Type, path string, value any) []string {
	prefix := ""
	if path != "" {
		p, err := filter.ParsePath(path, t)
		if err != nil {
			return nil
		}
		if p.Attribute != nil {
			return []string{attributeOf(p)}
		}
		prefix = p.Extension + ":"
	}
	var names []string
	object, _ := value.(map[string]any)
	for key, inner := range object {
		p, err := filter.ParsePath(prefix+key, t)
		switch {
		case err != nil:
		case p.Attribute != nil:
			names = append(names, attributeOf(p))
		case prefix == "":
			names = append(names, named(t, p.Extension, inner)...)
		}
	}
	return names
}

func attributeOf(p *filter.Path) string {
	return strings.TrimPrefix(p.Extension+":"+p.Attribute.Name, ":")
}
