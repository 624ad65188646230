package sqlstore

import (
	"fmt"

	"assay/reference/directory"
)

func (sqliteDialect) documents() documents { return sqliteDocuments{} }

// sqliteDocuments uses the JSON functions of SQLite.
type sqliteDocuments struct{}

// object is what a path of at least one key starts in. The attributes are a BLOB that holds text; they
// are read as text, because a BLOB could also be taken for SQLite's own binary JSON.
func (sqliteDocuments) object(n node) string {
	if n == "" {
		return `CAST(resources.attributes AS TEXT)`
	}
	return fmt.Sprintf(`CASE WHEN %[1]s.type = 'object' THEN %[1]s.value ELSE '{}' END`, n)
}

// below is the arguments of a JSON function: where the path starts, and the path.
func (d sqliteDocuments) below(n node, at []string) string {
	path := "$"
	for _, key := range at {
		path += `."` + key + `"`
	}
	return fmt.Sprintf(`%s, '%s'`, d.object(n), path)
}

func (d sqliteDocuments) test(c *clause, n node, t directory.ValueTest) {
	below := d.below(n, t.At)
	kind, value := "json_type("+below+")", "json_extract("+below+")"
	if n != "" && len(t.At) == 0 {
		kind, value = string(n)+".type", string(n)+".value"
	}
	switch want := t.Value.(type) {
	case bool:
		c.add(kind+" = ?", fmt.Sprint(want))
	case string:
		if t.Fold {
			value = fmt.Sprintf(folded, value)
		}
		c.add(kind + " = 'text' AND (")
		compareText(c, value, t.Op, want)
		c.add(")")
	default:
		c.add(kind+" IN ('integer', 'real') AND "+value+" "+string(t.Op)+" ?", want)
	}
}

// present looks for a simple value that is neither null nor "". To SQLite a number is never equal to a text.
func (d sqliteDocuments) present(c *clause, n node, at []string) {
	const full = "atom IS NOT NULL AND %[1]s.atom <> ''"
	if n == "" || len(at) > 0 {
		c.add("EXISTS (SELECT 1 FROM json_tree(" + d.below(n, at) + ") t WHERE t." + fmt.Sprintf(full, "t") + ")")
		return
	}
	c.add(fmt.Sprintf("%[1]s."+full+" OR EXISTS (SELECT 1 FROM json_tree("+
		"CASE WHEN %[1]s.type IN ('object', 'array') THEN %[1]s.value END) t WHERE t.atom IS NOT NULL AND t.atom <> '')", n))
}

func (d sqliteDocuments) each(c *clause, at []string, alias string) {
	c.add("json_each(" + d.below("", at) + ") " + alias)
}

// textual counts in bytes where it counts: the functions on texts stop at U+0000.
func (sqliteDocuments) textual(c *clause, expression string, op directory.Op, text string) {
	switch op {
	case directory.Contains:
		c.add("instr("+expression+", ?) > 0", text)
	case directory.HasPrefix:
		c.add("instr("+expression+", ?) = 1", text)
	case directory.HasSuffix:
		c.add(fmt.Sprintf("substr(CAST(%s AS BLOB), -%d) = CAST(? AS BLOB)", expression, len(text)), text)
	}
}
