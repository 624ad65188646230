package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// members are those of an object in a schema file, with the JSON path to it. What is read of them is the
// zero value once something is wrong; err keeps what was wrong first.
type members struct {
	path   string
	fields map[string]any
	err    error
}

// object takes a value for an object with these members and no others.
func object(path string, value any, known ...string) *members {
	o := &members{path: path}
	fields, ok := value.(map[string]any)
	if !ok {
		o.err = fmt.Errorf("%s: an object is wanted, not %s", path, describe(value))
		return o
	}
	o.fields = fields
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) {
			o.wrong(name, "there is no such member; there are %s", strings.Join(known, ", "))
		}
	}
	return o
}

// at is the path to a member.
func (o *members) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// element is the path to an element of a list.
func (o *members) element(name string, i int) string { return fmt.Sprintf("%s[%d]", o.at(name), i) }

// wrong says what is wrong with a member, unless something was before.
func (o *members) wrong(name, format string, args ...any) {
	o.fail(fmt.Errorf("%s: %s", o.at(name), fmt.Sprintf(format, args...)))
}

func (o *members) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// given gives the value of a member. There is none any more once something is wrong.
func (o *members) given(name string) (value any, given bool) {
	if o.err != nil {
		return nil, false
	}
	value, given = o.fields[name]
	return value, given
}

// text is a string of at most limit bytes, "" when there is none.
func (o *members) text(name string, limit int) string {
	value, given := o.given(name)
	text, ok := value.(string)
	switch {
	case !given:
		return ""
	case !ok:
		o.wrong(name, "a string is wanted, not %s", describe(value))
	case len(text) > limit:
		o.wrong(name, "it has %d bytes; it may have %d", len(text), limit)
	}
	return text
}

// flag is a boolean, false when there is none.
func (o *members) flag(name string) bool {
	value, given := o.given(name)
	flag, ok := value.(bool)
	if given && !ok {
		o.wrong(name, "true or false is wanted, not %s", describe(value))
	}
	return flag
}

// keyword is one of the keywords, the first when there is none. They are spelled as in RFC 7643.
func (o *members) keyword(name string, allowed ...string) string {
	if _, given := o.given(name); !given {
		return allowed[0]
	}
	text := o.text(name, maxName)
	if o.err == nil && !slices.Contains(allowed, text) {
		o.wrong(name, "%q is not one of %s", text, strings.Join(allowed, ", "))
	}
	return text
}

// list is an array, nil when there is none.
func (o *members) list(name string) []any {
	value, given := o.given(name)
	list, ok := value.([]any)
	if given && !ok {
		o.wrong(name, "an array is wanted, not %s", describe(value))
	}
	return list
}

// texts is an array of different strings that are not empty, nil when there is none.
func (o *members) texts(name string) []string {
	list := o.list(name)
	if len(list) > maxListed {
		o.wrong(name, "it has %d values; it may have %d", len(list), maxListed)
		return nil
	}
	var texts []string
	for i, item := range list {
		text, ok := item.(string)
		if !ok || text == "" || len(text) > maxListedBytes {
			o.fail(fmt.Errorf("%s: a string of 1 to %d bytes is wanted", o.element(name, i), maxListedBytes))
		}
		if slices.Contains(texts, text) {
			o.fail(fmt.Errorf("%s: %q is in the list twice", o.element(name, i), text))
		}
		texts = append(texts, text)
	}
	return texts
}
