package faults

import (
	"crypto/rand"
	"net/url"
	"strings"
)

func queryOf(name, value string) string { return url.Values{name: {value}}.Encode() }

// nameIn is the userName that a create, PUT or PATCH sends.
func nameIn(sent map[string]any) string {
	if name := textOf(sent, "userName"); name != "" {
		return name
	}
	for _, o := range operations(listOf(sent, "Operations")) {
		if strings.EqualFold(o.path(), "userName") {
			return textOf(o, "value")
		}
	}
	return ""
}

// marked is what was sent with a userName that nobody has.
func marked(sent map[string]any) map[string]any {
	suffix := mark + rand.Text()
	if name := textOf(sent, "userName"); name != "" {
		sent["userName"] = name + suffix
	}
	for _, o := range operations(listOf(sent, "Operations")) {
		if strings.EqualFold(o.path(), "userName") {
			o["value"] = textOf(o, "value") + suffix
		}
	}
	return sent
}
