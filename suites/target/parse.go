package target

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parser turns the text of a target file into a File. It keeps the YAML tree, so that errors can name
// the line of the field that they are about.
type parser struct {
	name   string
	getenv func(string) string
	root   *yaml.Node
}

// document is the file as YAML sees it. Admin mixes the key auth with operations, so it is taken apart by hand.
type document struct {
	File  `yaml:",inline"`
	Admin yaml.Node `yaml:"admin"`
}

func (p *parser) parse(data []byte) (*File, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, p.yamlError(err)
	}
	if len(root.Content) == 0 {
		return nil, &FileError{File: p.name, Text: "the file is empty"}
	}
	p.root = root.Content[0]
	if err := p.expand(p.root, ""); err != nil {
		return nil, err
	}
	expanded, err := yaml.Marshal(p.root)
	if err != nil {
		return nil, &FileError{File: p.name, Text: err.Error()}
	}
	// The strict pass runs on the original text, so that its errors name the original lines.
	if err := strict(data, &document{}); err != nil {
		return nil, p.yamlError(err)
	}
	var doc document
	if err := strict(expanded, &doc); err != nil {
		return nil, p.yamlError(err)
	}
	if err := p.admin(&doc); err != nil {
		return nil, err
	}
	return &doc.File, p.validate(&doc.File)
}

func strict(data []byte, into any) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// envName finds env:NAME in a string.
const envName = `env:([A-Za-z_][A-Za-z0-9_]*)`

// expand replaces env:NAME in every string value below a node.
func (p *parser) expand(node *yaml.Node, field string) error {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if err := p.expand(node.Content[i+1], join(field, node.Content[i].Value)); err != nil {
				return err
			}
		}
	case yaml.SequenceNode:
		for _, child := range node.Content {
			if err := p.expand(child, field); err != nil {
				return err
			}
		}
	case yaml.ScalarNode:
		return p.expandScalar(node, field)
	}
	return nil
}

func (p *parser) expandScalar(node *yaml.Node, field string) error {
	if node.Tag != "!!str" || !strings.Contains(node.Value, "env:") {
		return nil
	}
	var missing string
	node.Value = regexp.MustCompile(envName).ReplaceAllStringFunc(node.Value, func(match string) string {
		name := strings.TrimPrefix(match, "env:")
		value := p.getenv(name)
		if value == "" && missing == "" {
			missing = name
		}
		return value
	})
	if missing != "" {
		return p.fail(node, field, fmt.Sprintf("the environment variable %s is not set", missing))
	}
	return nil
}

// admin decodes the operations of the file.
func (p *parser) admin(doc *document) error {
	if doc.Admin.Kind == 0 {
		return nil
	}
	if doc.Admin.Kind != yaml.MappingNode {
		return p.fail(p.find("admin"), "admin", "must be a mapping of operations")
	}
	doc.File.Admin = map[string]*Operation{}
	for i := 0; i+1 < len(doc.Admin.Content); i += 2 {
		name, value := doc.Admin.Content[i].Value, doc.Admin.Content[i+1]
		data, err := yaml.Marshal(value)
		if err != nil {
			return p.fail(p.find("admin", name), "admin."+name, err.Error())
		}
		if name == "auth" {
			auth := struct {
				Header string `yaml:"header"`
			}{}
			if err := strict(data, &auth); err != nil {
				return p.fail(p.find("admin", "auth"), "admin.auth", plainYAML(err))
			}
			key, header, ok := strings.Cut(auth.Header, ":")
			if !ok {
				return p.fail(p.find("admin", "auth", "header"), "admin.auth.header", `must look like "Authorization: Bearer env:NAME"`)
			}
			doc.Auth = map[string]string{strings.TrimSpace(key): strings.TrimSpace(header)}
			continue
		}
		if !slices.Contains(Operations(), name) {
			return p.fail(p.find("admin", name), "admin."+name, "is not an operation; the operations are "+strings.Join(Operations(), ", "))
		}
		var operation Operation
		if err := strict(data, &operation); err != nil {
			return p.fail(p.find("admin", name), "admin."+name, plainYAML(err))
		}
		doc.File.Admin[name] = &operation
	}
	return nil
}

// find returns the node at a path of keys, or the nearest one above it.
func (p *parser) find(path ...string) *yaml.Node {
	node := p.root
	for _, key := range path {
		next := child(node, key)
		if next == nil {
			return node
		}
		node = next
	}
	return node
}

func child(node *yaml.Node, key string) *yaml.Node {
	if node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

func (p *parser) fail(node *yaml.Node, field, text string) error {
	line := 0
	if node != nil {
		line = node.Line
	}
	return &FileError{File: p.name, Line: line, Field: field, Text: text}
}

// yamlError turns an error of the YAML library, whose text begins with a line number, into ours.
func (p *parser) yamlError(err error) error {
	text := plainYAML(err)
	found := regexp.MustCompile(`line (\d+): (?s)(.*)`).FindStringSubmatch(text)
	if found == nil {
		return &FileError{File: p.name, Text: text}
	}
	failure := &FileError{File: p.name, Text: found[2]}
	fmt.Sscan(found[1], &failure.Line)
	if unknown := regexp.MustCompile(`field (\S+) not found`).FindStringSubmatch(found[2]); unknown != nil {
		failure.Field, failure.Text = unknown[1], "is not a field of a target file"
	} else if key := p.fieldAt(failure.Line); key != "" {
		failure.Field = key
	}
	return failure
}

// fieldAt names the field whose value stands on a line.
func (p *parser) fieldAt(line int) string {
	if p.root == nil {
		return ""
	}
	var walk func(node *yaml.Node, field string) string
	walk = func(node *yaml.Node, field string) string {
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			name := join(field, node.Content[i].Value)
			if deeper := walk(node.Content[i+1], name); deeper != "" {
				return deeper
			}
			if node.Content[i].Line == line {
				return name
			}
		}
		return ""
	}
	return walk(p.root, "")
}

func plainYAML(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors:\n  ")
	text, _, _ = strings.Cut(text, "\n")
	return regexp.MustCompile(` (into|in type) (target|map)\S*`).ReplaceAllString(text, "")
}

func join(field, key string) string {
	if field == "" {
		return key
	}
	return field + "." + key
}
