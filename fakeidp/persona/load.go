package persona

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"

	"assay/fakeidp/resource"
)

// Load reads a persona from YAML. File is its name, for sources and messages. The fields are those of
// Persona, with knobs under "oidc" and "scim" by the names that Facts gives them; what is missing is taken
// from the persona that "extends" names, by default "generic". A knob is a value, or {value, source, mark}.
//
//	name: acme
//	extends: entra-default
//	scim:
//	  opCase: lower
//	  retry: {value: {attempts: 3, default: 5s, factor: 2}, source: "captured in October", mark: O}
//
// Every error names the line.
func Load(data []byte, file string) (Persona, error) {
	l := loader{file: file, lines: map[string]int{}}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return Persona{}, fmt.Errorf("%s: %w", file, err)
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return Persona{}, fmt.Errorf("%s: line 1: want a mapping with name, extends, title, product, oidc and scim", file)
	}
	p, err := l.persona(document.Content[0])
	if err != nil {
		return Persona{}, err
	}
	return p, l.check(p)
}

type loader struct {
	file  string
	lines map[string]int // of the knobs that the file sets
}

func (l loader) fail(line int, format string, args ...any) error {
	return fmt.Errorf("%s: line %d: %w", l.file, line, fmt.Errorf(format, args...))
}

func (l loader) persona(root *yaml.Node) (Persona, error) {
	p, err := l.base(root)
	if err != nil {
		return Persona{}, err
	}
	for key, value := range pairs(root) {
		switch key.Value {
		case "extends":
		case "name":
			p.Name = value.Value
		case "title":
			p.Title = value.Value
		case "product":
			p.Product = value.Value
		case "oidc":
			err = l.section("oidc", value, reflect.ValueOf(&p.OIDC).Elem())
		case "saml":
			err = l.section("saml", value, reflect.ValueOf(&p.SAML).Elem())
		case "scim":
			err = l.section("scim", value, reflect.ValueOf(&p.SCIM).Elem())
		default:
			err = l.fail(key.Line, "%q is none of name, extends, title, product, oidc, saml, scim", key.Value)
		}
		if err != nil {
			return Persona{}, err
		}
	}
	return p, l.named(root, p)
}

// named wants a name that can be told from those of the built-in personas.
func (l loader) named(root *yaml.Node, p Persona) error {
	if _, taken := ByName(p.Name); taken {
		return l.fail(root.Line, "name %q is taken by a built-in persona: give it another one", p.Name)
	}
	if p.Name == "" || strings.ContainsFunc(p.Name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' }) {
		return l.fail(root.Line, "name %q: want letters, digits and hyphens", p.Name)
	}
	return nil
}

func (l loader) base(root *yaml.Node) (Persona, error) {
	name, line := "generic", root.Line
	for key, value := range pairs(root) {
		if key.Value == "extends" {
			name, line = value.Value, value.Line
		}
	}
	p, ok := ByName(name)
	if !ok {
		return Persona{}, l.fail(line, "extends %q, which is none of %s", name, strings.Join(Names(), ", "))
	}
	p.Name, p.Title = "", p.Title+", changed by "+l.file
	return p, nil
}

func (l loader) section(name string, node *yaml.Node, into reflect.Value) error {
	if node.Kind != yaml.MappingNode {
		return l.fail(node.Line, "%s: want a mapping of knobs", name)
	}
	for key, value := range pairs(node) {
		field := into.FieldByNameFunc(func(f string) bool { return lowerFirst(f) == key.Value })
		if !field.IsValid() {
			return l.fail(key.Line, "%s has no knob %q; \"assay idp\" lists them at GET /personas", name, key.Value)
		}
		l.lines[name+"."+key.Value] = value.Line
		if err := l.knob(name+"."+key.Value, value, field); err != nil {
			return err
		}
	}
	return nil
}

func (l loader) knob(name string, node *yaml.Node, field reflect.Value) error {
	field.FieldByName("Source").SetString("no page found; set in " + l.file)
	field.FieldByName("Mark").SetString(string(Recalled))
	value := field.FieldByName("Value")
	if node.Kind != yaml.MappingNode || !slices.ContainsFunc(keys(node), func(k string) bool { return k == "value" }) {
		return l.value(name, node, value)
	}
	for key, child := range pairs(node) {
		switch key.Value {
		case "value":
			if err := l.value(name, child, value); err != nil {
				return err
			}
		case "source":
			field.FieldByName("Source").SetString(child.Value)
		case "mark":
			if Mark(child.Value).Text() == "unmarked" {
				return l.fail(child.Line, "%s: mark %q is none of D, O, S, I, R", name, child.Value)
			}
			field.FieldByName("Mark").SetString(child.Value)
		default:
			return l.fail(key.Line, "%s: %q is none of value, source, mark", name, key.Value)
		}
	}
	return nil
}

// value decodes into a fresh value, so that nothing of the base remains in a list or a structure.
func (l loader) value(name string, node *yaml.Node, into reflect.Value) error {
	fresh := reflect.New(into.Type())
	if into.Kind() == reflect.Struct {
		for key := range pairs(node) {
			if !fresh.Elem().FieldByNameFunc(func(f string) bool { return strings.ToLower(f) == key.Value }).IsValid() {
				return l.fail(key.Line, "%s has no %q", name, key.Value)
			}
		}
	}
	if err := node.Decode(fresh.Interface()); err != nil {
		return l.fail(node.Line, "%s: %w", name, err)
	}
	if choice, ok := fresh.Elem().Interface().(interface{ Options() []string }); ok && !slices.Contains(choice.Options(), fresh.Elem().String()) {
		return l.fail(node.Line, "%s: %q is none of %s", name, fresh.Elem().String(), strings.Join(choice.Options(), ", "))
	}
	into.Set(fresh.Elem())
	return nil
}

// check refuses a persona that the engine cannot play.
func (l loader) check(p Persona) error {
	problems := slices.Concat(p.OIDC.problems(), p.SAML.problems(), p.SCIM.problems())
	if len(problems) == 0 {
		return nil
	}
	first, line := problems[0], 1
	for _, knob := range slices.Backward(first.knobs) {
		if at, ok := l.lines[knob]; ok {
			line = at
		}
	}
	return l.fail(line, "%s: %w", first.knobs[0], first.err)
}

// problem is why a knob, or several together, cannot be.
type problem struct {
	knobs []string
	err   error
}

func (s SCIM) problems() []problem {
	var out []problem
	add := func(bad bool, text string, knobs ...string) {
		if bad {
			out = append(out, problem{knobs, errors.New(text)})
		}
	}
	out = append(out, s.templateProblems()...)
	add(s.MembersBatch.Value < 1, "want at least 1", "scim.membersBatch")
	add(s.DemandMembers.Value < 0, "want 0 or more", "scim.demandMembers")
	add(s.DemandMembers.Value > 0 && s.GroupMembers.Value == Put, "a group that is sent as a whole has no members on demand", "scim.demandMembers", "scim.groupMembers")
	for name, query := range map[string]string{"scim.referenceProbe": s.ReferenceProbe.Value, "scim.membershipProbe": s.MembershipProbe.Value} {
		add(query != "" && !strings.Contains(query, "{filter}"), "want a query with {filter}, or nothing", name)
	}
	add(s.ImportPage.Value < 1, "want at least 1", "scim.importPage")
	add(s.Timeout.Value <= 0, "want more than 0", "scim.timeout")
	add(s.Delay.Value < 0, "want 0 or more", "scim.delay")
	add(s.Retention.Value < 0, "want 0 or more", "scim.retention")
	add(s.Cycle.Value != 0 && s.Cycle.Value < time.Second, "want 0, or 1s and more", "scim.cycle")
	add(s.Quarantine.Value.Interval != 0 && s.Quarantine.Value.Interval < time.Second, "interval: want 0, or 1s and more", "scim.quarantine")
	add(!slices.Contains(texts(Put, PatchPathless, PatchDotted, PatchPath), string(s.UserUpdate.Value)), "want put, patchPathless, patchDotted or patchPath", "scim.userUpdate")
	add(!slices.Contains(texts(Put, PatchPathless, PatchPath), string(s.UserActive.Value)), "want put, patchPathless or patchPath", "scim.userActive")
	add(!slices.Contains(texts(Put, PatchFilter, PatchValue), string(s.GroupMembers.Value)), "want put, patchFilter or patchValue", "scim.groupMembers")
	add(!slices.Contains(texts(Put, PatchPathless, PatchPathlessID, PatchPath), string(s.GroupRename.Value)), "want put, patchPathless, patchPathlessId or patchPath", "scim.groupRename")
	add((s.GroupMembers.Value == Put) != (s.GroupRename.Value == Put), "groups are renamed by PUT if and only if their members are", "scim.groupRename", "scim.groupMembers")
	for name, query := range map[string]string{"scim.userLookup": s.UserLookup.Value, "scim.groupLookup": s.GroupLookup.Value} {
		add(!strings.Contains(query, "{filter}"), "want a query with {filter}", name)
	}
	return out
}

// WithUserTemplate is the client with another body of users, as an administrator edits it. It fails when the persona's
// are not edited, and for a template that cannot be used.
func (s SCIM) WithUserTemplate(text string) (SCIM, error) {
	if !s.UserTemplate.Value {
		return s, errors.New("user template: this persona has none to edit")
	}
	s.UserCreate.Value, s.UserPut.Value = Body(text), ""
	for _, p := range s.templateProblems() {
		return s, fmt.Errorf("user template: %w", p.err)
	}
	return s, nil
}

func (s SCIM) templateProblems() []problem {
	var out []problem
	for _, t := range []struct {
		name string
		body Body
	}{{"scim.userCreate", s.UserCreate.Value}, {"scim.userPut", s.UserPut.Value}, {"scim.groupCreate", s.GroupCreate.Value}} {
		if t.body == "" && t.name == "scim.userPut" {
			continue
		}
		parsed, err := resource.ParseTemplate(string(t.body))
		if err != nil {
			out = append(out, problem{[]string{t.name}, err})
			continue
		}
		if _, ok := parsed.LeafAt(s.UserMatch.Value); !ok && t.name == "scim.userCreate" {
			out = append(out, problem{[]string{"scim.userMatch", t.name}, fmt.Errorf("scim.userCreate has no %q with a placeholder", s.UserMatch.Value)})
		}
	}
	return out
}

// pairs iterates over a mapping.
func pairs(node *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if !yield(node.Content[i], node.Content[i+1]) {
				return
			}
		}
	}
}

func keys(node *yaml.Node) []string {
	var out []string
	for key := range pairs(node) {
		out = append(out, key.Value)
	}
	return out
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
