package sqlstore

import (
	"fmt"
	"strings"

	"assay/reference/directory"
)

func (postgresDialect) documents() documents { return postgresDocuments{} }

// postgresDocuments uses the column that holds the attributes as jsonb.
type postgresDocuments struct{}

// value is the jsonb at a path below the node.
func (postgresDocuments) value(n node, at []string) string {
	path := strings.Builder{}
	path.WriteString("resources.document")
	if n != "" {
		path.Reset()
		path.WriteString(string(n) + ".value")
	}
	for _, key := range at {
		path.WriteString(" -> '" + key + "'")
	}
	return "(" + path.String() + ")"
}

func (d postgresDocuments) test(c *clause, n node, t directory.ValueTest) {
	value := d.value(n, t.At)
	switch want := t.Value.(type) {
	case bool:
		c.add(value+" = to_jsonb(CAST(? AS boolean))", want)
	case string:
		text := "(" + value + ` #>> '{}') COLLATE "C"`
		if t.Fold {
			text = fmt.Sprintf(folded, text)
		}
		c.add("jsonb_typeof(" + value + ") = 'string' AND (")
		compareText(c, text, t.Op, want)
		c.add(")")
	default:
		number := "bigint"
		if _, ok := want.(float64); ok {
			number = "double precision"
		}
		c.add("CASE WHEN jsonb_typeof("+value+") = 'number' THEN CAST("+value+" AS numeric) "+string(t.Op)+
			" CAST(CAST(? AS "+number+") AS numeric) END", want)
	}
}

// present looks for a simple value that is neither null nor "". The path travels as an argument,
// because it has question marks in it.
func (d postgresDocuments) present(c *clause, n node, at []string) {
	c.add("jsonb_path_exists("+d.value(n, at)+", CAST(? AS jsonpath))",
		`$.** ? (@.type() == "boolean" || @.type() == "number" || @.type() == "string" && @ != "")`)
}

func (d postgresDocuments) each(c *clause, at []string, alias string) {
	value := d.value("", at)
	c.add("jsonb_array_elements(CASE WHEN jsonb_typeof(" + value + ") = 'array' THEN " + value + " END) AS " + alias + "(value)")
}

func (postgresDocuments) textual(c *clause, expression string, op directory.Op, text string) {
	switch op {
	case directory.Contains:
		c.add("strpos("+expression+", ?) > 0", text)
	case directory.HasPrefix:
		c.add("starts_with("+expression+", ?)", text)
	case directory.HasSuffix:
		c.add("right("+expression+", length(?)) = ?", text, text)
	}
}
