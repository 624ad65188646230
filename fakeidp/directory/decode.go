package directory

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decoder fills Go values from YAML by the names that they have in JSON. It is strict: an error names the file, the
// line, the key and what is allowed there.
type decoder struct{ file string }

func (d decoder) fail(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s: line %d: %w", d.file, node.Line, fmt.Errorf(format, args...))
}

// document is the mapping that a file consists of.
func (d decoder) document(data []byte) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", d.file, err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s: line 1: want a mapping with people, groups and apps", d.file)
	}
	return doc.Content[0], nil
}

// value decodes a node; path is for messages.
func (d decoder) value(node *yaml.Node, path string, into reflect.Value) error {
	if node.Kind == yaml.AliasNode || node.Anchor != "" {
		return d.fail(node, "%s: anchors and aliases are not supported", path)
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		return d.value(node, path, into.Elem())
	case reflect.Struct:
		return d.object(node, path, into)
	case reflect.Map:
		return d.texts(node, path, into)
	case reflect.Slice:
		return d.list(node, path, into)
	default:
		return d.scalar(node, path, into)
	}
}

func (d decoder) object(node *yaml.Node, path string, into reflect.Value) error {
	fields := fieldsOf(into)
	return d.each(node, path, func(key string, at, value *yaml.Node) error {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == key })
		if i < 0 {
			names := make([]string, len(fields))
			for j, f := range fields {
				names[j] = f.name
			}
			return d.fail(at, "%s: %q is none of %s", path, key, strings.Join(names, ", "))
		}
		return d.value(value, path+"."+key, fields[i].value)
	})
}

// texts decodes a map of strings.
func (d decoder) texts(node *yaml.Node, path string, into reflect.Value) error {
	into.Set(reflect.MakeMap(into.Type()))
	return d.each(node, path, func(key string, _, value *yaml.Node) error {
		text := reflect.New(into.Type().Elem()).Elem()
		if err := d.value(value, path+"."+key, text); err != nil {
			return err
		}
		into.SetMapIndex(reflect.ValueOf(key), text)
		return nil
	})
}

// each visits the members of a mapping, each key once.
func (d decoder) each(node *yaml.Node, path string, visit func(key string, at, value *yaml.Node) error) error {
	if node.Kind != yaml.MappingNode {
		return d.fail(node, "%s: want a mapping, not %s", path, kindOf(node))
	}
	first := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if line, twice := first[key.Value]; twice {
			return d.fail(key, "%s: %q is there already, in line %d", path, key.Value, line)
		}
		first[key.Value] = key.Line
		if err := visit(key.Value, key, value); err != nil {
			return err
		}
	}
	return nil
}

func (d decoder) list(node *yaml.Node, path string, into reflect.Value) error {
	if node.Kind != yaml.SequenceNode {
		return d.fail(node, "%s: want a list, not %s", path, kindOf(node))
	}
	into.Set(reflect.MakeSlice(into.Type(), len(node.Content), len(node.Content)))
	for i, item := range node.Content {
		if err := d.value(item, fmt.Sprintf("%s[%d]", path, i), into.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (d decoder) scalar(node *yaml.Node, path string, into reflect.Value) error {
	want := map[reflect.Kind]string{reflect.String: "a text", reflect.Bool: "true or false"}[into.Kind()]
	if want == "" {
		want = "a value of type " + into.Type().String()
	}
	bad := node.Kind != yaml.ScalarNode || node.Tag == "!!null" || into.Kind() == reflect.Bool && node.Tag != "!!bool"
	if bad || node.Decode(into.Addr().Interface()) != nil {
		return d.fail(node, "%s: want %s, not %s", path, want, kindOf(node))
	}
	return nil
}

func kindOf(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.MappingNode:
		return "a mapping"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case node.Tag == "!!null":
		return "nothing"
	default:
		return fmt.Sprintf("%q", node.Value)
	}
}

// field is a member of a struct by its JSON name.
type field struct {
	name  string
	value reflect.Value
}

// fieldsOf lists what a file may set: all fields, those of embedded structs among them, but read-only ones.
func fieldsOf(v reflect.Value) []field {
	var out []field
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			out = append(out, fieldsOf(v.Field(i))...)
		case name != "-" && f.Tag.Get("readOnly") == "":
			out = append(out, field{name, v.Field(i)})
		}
	}
	return out
}
