package elimitydefects

import (
	_ "embed"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write reference/docs/elimity.md and the checksums of its quotations")

//go:embed bare_test.go
var bareSource string

//go:embed traps_test.go
var trapSource string

// TestDocument keeps reference/docs/elimity.md what the table says and the library answers.
func TestDocument(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "elimity.md")
	want := document(t)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("reference/docs/elimity.md is not what the table says and the library answers: go test ./reference/scim/elimitydefects -update")
	}
}

func document(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, documentHead, version(t), len(all())-len(vendorRefusals())+len(traps()), strings.TrimSpace(bareSource[strings.Index(bareSource, "// memory is"):]))
	n := 0
	for _, section := range []struct {
		title   string
		defects []defect
	}{
		{"PATCH", patchDefects()}, {"Bodies of POST and PUT, and what is answered", bodyDefects()}, {"Filters", filterDefects()},
		{"Lists, entity tags, methods, paths, discovery", protocolDefects()},
	} {
		fmt.Fprintf(&b, "## %s\n\n", section.title)
		for _, d := range section.defects {
			n++
			fmt.Fprintf(&b, "### %d. %s\n\n", n, d.title)
			d.write(&b)
		}
	}
	b.WriteString("## Traps for who writes a handler\n\nNo RFC is broken here by the library alone. Each function prints what is shown below it. They use these:\n\n```go\n")
	for _, name := range []string{"serving", "servingSchema", "failing", "unchanged", "dated", "nest", "chain"} {
		b.WriteString(source(t, name) + "\n\n")
	}
	b.WriteString("```\n\nand `do(handler, request, id, nil)`, which puts the id in the place of `{id}`, sends the request through httptest and gives status, header, decoded body " +
		"and the text of a panic; `lookUp(doc, path)` follows keys and indexes into a body. Both are in `reference/scim/elimitydefects/defect_test.go`.\n\n")
	for _, trap := range traps() {
		n++
		fmt.Fprintf(&b, "### %d. %s\n\n", n, trap.title)
		trap.write(t, &b)
	}
	b.WriteString("## Right by the RFCs, and yet sent\n\nThese refusals are not defects. Identity providers send the requests all the same, see [leniency.md](leniency.md).\n\n" +
		"| what | request | library | reference, lenient | shown by |\n|---|---|---|---|---|\n")
	for _, d := range vendorRefusals() {
		fmt.Fprintf(&b, "| %s | `%s` | %d | %s | %s |\n", d.title, strings.ReplaceAll(operationOf(d.request), "|", "\\|"), d.library.status, d.ours, tests(d.shown))
	}
	b.WriteString(documentEnd)
	return b.String()
}

// operationOf is the part of a request that matters.
func operationOf(r request) string {
	if _, operation, ok := strings.Cut(r.body, `"Operations":[`); ok {
		return strings.TrimSuffix(operation, "]}")
	}
	return r.method + " " + r.path
}

func (d defect) write(b *strings.Builder) {
	for _, q := range d.says {
		fmt.Fprintf(b, "> %s\n>\n> %s, section %s\n\n", q.text, q.doc, q.section)
	}
	b.WriteString("```\n")
	for _, r := range append(d.before[:len(d.before):len(d.before)], d.request) {
		fmt.Fprintf(b, "%s\n", r)
	}
	fmt.Fprintf(b, "```\n\nThe library answers\n\n```\n%s\n```\n\n", d.send(bare()))
	fmt.Fprintf(b, "- **Expected:** %s\n- **Where:** %s\n- **Here:** %s.", d.expected, functions(d.where), d.fronted)
	if d.own == nil {
		fmt.Fprintf(b, " The reference answers %s.", d.ours)
	}
	fmt.Fprintf(b, "\n- **Shown by:** %s\n\n", tests(append([]string{"reference/scim/elimitydefects TestReference"}, d.shown...)))
}

func (trap trap) write(t *testing.T, b *strings.Builder) {
	t.Helper()
	fmt.Fprintf(b, "```go\n%s\n```\n\nprints\n\n```\n%s\n```\n\n", source(t, trap.snippet), trap.prints)
	fmt.Fprintf(b, "- **Expected:** %s\n- **Where:** %s\n- **Here:** %s.", trap.expected, functions(trap.where), trap.fronted)
	shown := trap.shown
	if trap.ours.status != 0 {
		fmt.Fprintf(b, " The reference answers %s.", trap.ours)
		shown = append([]string{"reference/scim/elimitydefects TestReference"}, shown...)
	}
	if len(shown) > 0 {
		fmt.Fprintf(b, "\n- **Shown by:** %s", tests(shown))
	}
	b.WriteString("\n\n")
}

// String is the request as it stands in the document.
func (r request) String() string {
	lines := []string{r.method + " " + r.path}
	lines = append(lines, r.header...)
	if r.body != "" {
		lines = append(lines, strings.ToValidUTF8(cut(r.body), "\\xff"))
	}
	return strings.Join(lines, "\n")
}

func (a answer) String() string {
	if a.panic != "" {
		return "panic: " + a.panic
	}
	text := fmt.Sprint(a.status)
	for _, name := range []string{"Content-Type", "Location", "Etag", "Allow"} {
		if value := a.header.Get(name); value != "" {
			text += fmt.Sprintf("\n%s: %s", name, value)
		}
	}
	if a.body != "" {
		text += "\n" + cut(a.body)
	}
	return text
}

// String is the answer that is wanted in words.
func (w want) String() string {
	text := fmt.Sprint(w.status)
	for i, statement := range w.has {
		text += []string{": `", ", `"}[min(i, 1)] + statement + "`"
	}
	return text
}

// cut shortens what is too long to read.
func cut(text string) string {
	const most = 700
	if len(text) <= most {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes)", text[:most], len(text))
}

func functions(where string) string {
	parts := strings.Split(where, ", ")
	for i, part := range parts {
		file, name, _ := strings.Cut(part, " ")
		parts[i] = fmt.Sprintf("`%s`, %s", file, name)
	}
	return strings.Join(parts, "; ")
}

func tests(shown []string) string {
	parts := make([]string, len(shown))
	for i, s := range shown {
		parts[i] = "`" + s + "`"
		if directory, name, ok := strings.Cut(s, " "); ok {
			parts[i] = fmt.Sprintf("`%s` in `%s`", name, directory)
		}
	}
	return strings.Join(parts, ", ")
}

// source is a function of traps_test.go, or a type with its methods, as it stands there.
func source(t *testing.T, name string) string {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "traps_test.go", trapSource, 0)
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, declaration := range file.Decls {
		if names(declaration, name) {
			parts = append(parts, trapSource[files.Position(declaration.Pos()).Offset:files.Position(declaration.End()).Offset])
		}
	}
	if len(parts) == 0 {
		t.Fatalf("there is no %s", name)
	}
	return strings.Join(parts, "\n\n")
}

// names tells whether a declaration is the function or the type with the name, or a method of the type.
func names(declaration ast.Decl, name string) bool {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return d.Name.Name == name
		}
		receiver, ok := d.Recv.List[0].Type.(*ast.Ident)
		return ok && receiver.Name == name
	case *ast.GenDecl:
		if spec, ok := d.Specs[0].(*ast.TypeSpec); ok {
			return spec.Name.Name == name
		}
	}
	return false
}

const documentHead = `# Defects of elimity-com/scim

<!-- Made by "go test ./reference/scim/elimitydefects -update". Do not edit. -->

The reference is built on [github.com/elimity-com/scim](https://github.com/elimity-com/scim). These are the defects of its version
%s that were measured, %d of them, each with what reproduces it, ready to be sent upstream. The answers
below are those of the library, recorded when this file was made.

` + "`go test ./reference/scim/elimitydefects`" + ` sends each request to the bare library and to the reference. It is red when the library no longer
has a defect, so that an upgrade tells which of our workarounds can go, and when the reference has one.

- Requests are sent to the server below, in the order given; ` + "`{id}`" + ` is the id of the resource made last. Queries are written without their
  percent-encoding. Bodies have Content-Type application/scim+json unless said otherwise.
- A PATCH is answered with what the library hands to the handler, because applying it is the handler's work.
- The reference is asked in its strict mode, where it forgives nothing.
- Files are those of the library; filter-parser/ is its parser, github.com/scim2/filter-parser/v2.
- A word with dots, such as scim.filter.pr, is a check: ` + "`assay explain scim.filter.pr`" + `.

## The server

` + "```go" + `
%s
` + "```" + `

`

const documentEnd = `
## No longer, or not at all

Measured on the snapshot of March 2026, and gone (` + "`TestMended`" + ` shows it): a value without path that holds the container of an extension was
refused (#207); the library wrote id, schemas and meta into the handler's own map (#202); the parser refused URNs with a hyphen.

Noted then, and without effect: the library wraps the ResponseWriter without Unwrap, but no handler ever gets to see it. The error of
reading a body that breaks off is passed over, but what was read is too, so that the answer is 400 all the same.

Lenient, which is no defect: a malformed query string is ignored; an extension need not be named in schemas. By design: only /v2 is taken off the
path, so that any other base path needs http.StripPrefix, as the reference does.
`
