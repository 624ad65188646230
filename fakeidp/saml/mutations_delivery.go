package saml

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"slices"
	"strings"
)

const foreignRelay = "https://other-sp.invalid/landing"

// setText puts another text where the encoded message is.
func (d *delivery) setText(text string) { d.params.Set(d.field, text) }

func (d *delivery) rewrite(change func(string) string) { d.setText(change(d.params.Get(d.field))) }

// formMutations are about the base64 of the POST binding.
func formMutations() []Mutation {
	encoded := func(name, about string, change func(string) string) Mutation {
		return Mutation{Name: name, Rows: rows("SAML-XML-10"), Text: about + " (Bindings 3.5.4)", deliver: func(_ forgery, d *delivery) { d.rewrite(change) }}
	}
	return []Mutation{
		encoded("saml-base64-lines", "accept: the base64 is broken into lines of 76 characters", inLines),
		encoded("saml-base64-url", "the base64 is the URL-safe one, without padding", func(text string) string {
			return strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(text), "=")
		}),
		encoded("saml-base64-garbage", "the base64 ends in what is none", func(text string) string { return text + "*&^%" }),
		encoded("saml-empty", "the SAMLResponse is empty", func(string) string { return "" }),
		{Name: "saml-two-responses", Rows: rows("SAML-XML-10"), Text: "there are two SAMLResponse, the first forged and not signed (Bindings 3.5.4: one)",
			deliver: func(f forgery, d *delivery) {
				forged := replaceNameID(d.raw, escape(f.stranger))
				d.params[d.field] = []string{base64.StdEncoding.EncodeToString(forged), d.params.Get(d.field)}
			}},
	}
}

func inLines(text string) string {
	var lines []string
	for len(text) > 76 {
		lines, text = append(lines, text[:76]), text[76:]
	}
	return strings.Join(append(lines, text), "\r\n")
}

// deliveryMutations are about how the response gets to the service provider.
func deliveryMutations() []Mutation {
	return []Mutation{
		{Name: "saml-by-redirect", Rows: rows("SAML-CND-33"), Text: "the response comes by the redirect binding (Profiles 4.1.2: must not be used)",
			deliver: func(_ forgery, d *delivery) { d.redirect = true }},
		{Name: "saml-foreign-relay", Rows: rows("SAML-CND-10"), Text: "the RelayState is the URL of another site (Bindings 3.5.3: where to go on from there is for the service provider to check)",
			deliver: func(_ forgery, d *delivery) { d.params.Set("RelayState", foreignRelay) }},
	}
}

// deflated is raw DEFLATE (Bindings section 3.4.4.1).
func deflated(raw []byte) []byte {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression) // the level is one that there is
	_, _ = w.Write(raw)                                     // into memory
	_ = w.Close()
	return packed.Bytes()
}

// inflatesTo is a small text that inflates to n spaces, a multiple of a mebibyte. Every mebibyte but the first
// is the same DEFLATE, which goes back to the spaces before it.
func inflatesTo(n int) string {
	const piece = 1 << 20
	spaces := bytes.Repeat([]byte(" "), piece)
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression) // the level is one that there is
	next := func(write func() error) []byte {
		packed.Reset()
		_ = write() // into memory
		return bytes.Clone(packed.Bytes())
	}
	mebibyte := func() error { _, _ = w.Write(spaces); return w.Flush() }
	first, again := next(mebibyte), next(mebibyte)
	last := next(w.Close)
	return base64.StdEncoding.EncodeToString(slices.Concat(first, bytes.Repeat(again, n/piece-1), last))
}
