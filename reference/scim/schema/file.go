package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"assay/reference/scim/scimerr"
)

// Limits of a schema file.
const (
	MaxFile        = 1 << 20 // bytes
	maxAttributes  = 500     // attributes and sub-attributes together
	maxURN         = 200     // bytes
	maxName        = 100     // bytes of a name
	maxText        = 4 << 10 // bytes of a description
	maxListed      = 200     // canonical values, or reference types
	maxListedBytes = 200     // of each of them
)

// Definition is the URN of the schema of schemas (RFC 7643 section 7).
const Definition = "urn:ietf:params:scim:schemas:core:2.0:Schema"

// Extension is a schema that a file adds to resource types.
type Extension struct {
	File    string // that it comes from, for the words of errors
	Schema  Schema
	Extends []Extended
}

// Extended is one of the resource types that an Extension extends (RFC 7643 section 6, schemaExtensions).
type Extended struct {
	ResourceType string // its name, such as "User"
	Required     bool   // whether every resource of the type must have the extension
}

// ParseFile reads a schema file: a JSON object with "schema", a schema as RFC 7643 section 7 defines it,
// and "extends", the resource types that it extends. Characteristics that are left out have the defaults
// of RFC 7643 section 2.2. Anything unknown is refused, and so is what the RFC rules out: see
// reference/docs/schemas.md.
//
// Whether the resource types exist and the URN is free is for those to say who register the extension.
// An error names the file, the line or the JSON path, what is wrong and what to do.
func ParseFile(name string, data []byte) (Extension, error) {
	e := Extension{File: name}
	if len(data) > MaxFile {
		return e, fmt.Errorf("%s: it has more than %d bytes, which is too much for a schema", name, MaxFile)
	}
	doc, err := decodeFile(data)
	if err != nil {
		return e, fmt.Errorf("%s: %w", name, err)
	}
	top := object("", doc, "extends", "schema")
	e.Extends = extends(top)
	e.Schema = newFileParser().schema(top)
	if top.err != nil {
		return Extension{}, fmt.Errorf("%s: %w", name, top.err)
	}
	return e, nil
}

// decodeFile is Decode with errors for somebody who wrote the JSON by hand.
func decodeFile(data []byte) (map[string]any, error) {
	var syntax *json.SyntaxError
	if err := json.Unmarshal(data, new(any)); errors.As(err, &syntax) {
		before := data[:min(int(syntax.Offset), len(data))]
		line := 1 + bytes.Count(before, []byte("\n"))
		return nil, fmt.Errorf("line %d: it is not JSON: %w", line, err)
	}
	doc, err := Decode(data)
	if e, ok := scimerr.As(err); ok {
		return nil, errors.New(strings.ReplaceAll(e.Detail, "the body", "it"))
	}
	return doc, err
}

// extends reads what the schema extends.
func extends(top *members) []Extended {
	items := top.list("extends")
	if len(items) == 0 {
		top.wrong("extends", `it is missing or empty; say what the schema extends, such as [{"resourceType": "User"}]`)
	}
	var types []Extended
	for i, item := range items {
		o := object(top.element("extends", i), item, "resourceType", "required")
		e := Extended{ResourceType: o.text("resourceType", maxName), Required: o.flag("required")}
		if e.ResourceType == "" {
			o.wrong("resourceType", `it is missing; name the resource type to extend, such as "User"`)
		}
		if slices.ContainsFunc(types, func(earlier Extended) bool { return earlier.ResourceType == e.ResourceType }) {
			o.wrong("resourceType", "%s is in the list twice", e.ResourceType)
		}
		if o.err != nil {
			top.fail(o.err)
			return nil
		}
		types = append(types, e)
	}
	return types
}

// fileParser reads the schema of a file and counts what it defines.
type fileParser struct {
	name       *regexp.Regexp
	attributes int
}

func (p *fileParser) schema(top *members) Schema {
	value, given := top.given("schema")
	if !given {
		top.wrong("schema", "it is missing; put the schema, as RFC 7643 section 7 defines it, here")
		return Schema{}
	}
	// "schemas" and "meta" are there in a schema that a service provider has published.
	o := object("schema", value, "schemas", "id", "name", "description", "attributes", "meta")
	s := Schema{URN: urn(o), Name: o.text("name", maxName), Description: o.text("description", maxText)}
	if urns := o.texts("schemas"); urns != nil && (len(urns) != 1 || !strings.EqualFold(urns[0], Definition)) {
		o.wrong("schemas", "it must be [%q]; it may be left out", Definition)
	}
	s.Attributes = p.list(o, "attributes", false)
	top.fail(o.err)
	return s
}

// urn reads the id of the schema. RFC 7643 section 7 asks for a URI; that a path may begin with it and
// its end be found (RFC 7644 section 3.10), it is a URN here (RFC 8141 section 2) without characters
// that have to be escaped.
func urn(o *members) string {
	id := o.text("id", maxURN)
	form := regexp.MustCompile(`^(?i:urn):[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]:[A-Za-z0-9._-]+(:[A-Za-z0-9._-]+)*$`)
	if !form.MatchString(id) {
		o.wrong("id", `%q is not a URN of letters, digits, ".", "_", "-" and ":", such as "urn:example:params:scim:schemas:extension:acme:2.0:User"`, id)
	}
	return id
}
