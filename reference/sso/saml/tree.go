package saml

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// The readers of this file look at the whole name of an element, its namespace included, and at attributes
// without a prefix only.

func is(e *etree.Element, namespace, tag string) bool {
	return e.Tag == tag && e.NamespaceURI() == namespace
}

func children(e *etree.Element, namespace, tag string) []*etree.Element {
	var found []*etree.Element
	for c := range e.ChildElementsSeq() {
		if is(c, namespace, tag) {
			found = append(found, c)
		}
	}
	return found
}

// only returns the one child of a name; nil when there is none, or another beside it.
func only(e *etree.Element, namespace, tag string) *etree.Element {
	if found := children(e, namespace, tag); len(found) == 1 {
		return found[0]
	}
	return nil
}

// onlyOf tells whether an element has no other children than those of a namespace and these tags.
func onlyOf(e *etree.Element, namespace string, tags ...string) bool {
	for c := range e.ChildElementsSeq() {
		if c.NamespaceURI() != namespace || !slices.Contains(tags, c.Tag) {
			return false
		}
	}
	return true
}

// walk visits an element and everything below it, until visit says no.
func walk(e *etree.Element, visit func(*etree.Element) bool) bool {
	if !visit(e) {
		return false
	}
	for c := range e.ChildElementsSeq() {
		if !walk(c, visit) {
			return false
		}
	}
	return true
}

// text is the whole text of an element; not ok when there are elements in it.
func text(e *etree.Element) (value string, ok bool) {
	var b strings.Builder
	for _, token := range e.Child {
		switch t := token.(type) {
		case *etree.CharData:
			b.WriteString(t.Data)
		case *etree.Comment: // only metadata has any
		default:
			return "", false
		}
	}
	return b.String(), true
}

// uri is the text of an element that holds one, where white space around it means nothing.
func uri(e *etree.Element) (string, bool) {
	value, ok := text(e)
	return strings.TrimSpace(value), ok
}

// attr is the value of an attribute that has no prefix.
func attr(e *etree.Element, name string) (value string, ok bool) {
	for _, a := range e.Attr {
		if a.Space == "" && a.Key == name {
			return a.Value, true
		}
	}
	return "", false
}

func value(e *etree.Element, name string) string {
	v, _ := attr(e, name)
	return v
}

var dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$`)

// instant reads a time, which is "expressed in UTC form, with no time zone component" (Core section 1.3.3).
func instant(text string) (time.Time, error) {
	if !dateTime.MatchString(text) {
		return time.Time{}, errors.New("not a time in UTC")
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, errors.New("not a time")
	}
	return at, nil
}

var ncName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,255}$`)

// isID admits what an xs:ID can be, of ASCII characters (Core section 1.3.4).
func isID(id string) bool { return ncName.MatchString(id) }

func element(prefix, tag, namespace string) *etree.Element {
	e := etree.NewElement(prefix + ":" + tag)
	e.CreateAttr("xmlns:"+prefix, namespace)
	return e
}

func child(parent *etree.Element, tag, text string) *etree.Element {
	e := parent.CreateElement(parent.Space + ":" + tag)
	if text != "" {
		e.SetText(text)
	}
	return e
}
