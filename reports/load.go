package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Load reads the report.json at path. See Read for what it refuses.
func Load(path string) (*Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the report: %w", err)
	}
	defer func() { _ = file.Close() }() // read only: nothing can be lost
	return Read(path, file)
}

// Read decodes one report from src; name is how errors call it (a path, or "stdin").
//
// It refuses a document of another schema version, malformed JSON (with line and column), anything
// after the document, and a report that Validate refuses. Keys that it does not know are ignored,
// because keys may be added within a schema version.
func Read(name string, src io.Reader) (*Report, error) {
	data, err := io.ReadAll(src)
	if err != nil {
		return nil, fmt.Errorf("read the report %s: %w", name, err)
	}
	r, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", name, err)
	}
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("report %s: %w", name, err)
	}
	return r, nil
}

func decode(data []byte) (*Report, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("the file is empty")
	}
	// The version comes first: a document of another version would fail on some detail of its shape,
	// and that detail would hide the real reason.
	var version struct {
		Schema any `json:"schema"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, located(data, err)
	}
	if version.Schema == nil {
		return nil, fmt.Errorf("schema: missing; want %q", Schema)
	}
	if version.Schema != Schema {
		return nil, fmt.Errorf("schema: got %q; this assay reads %q", fmt.Sprint(version.Schema), Schema)
	}
	r := new(Report)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, located(data, err)
	}
	return r, nil
}

// located adds the line and column to a JSON error.
func located(data []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("%s: malformed JSON: %w", position(data, syntax.Offset), err)
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("%s: %s: a JSON %s where %s is wanted", position(data, kind.Offset), kind.Field, kind.Value, kind.Type)
	case errors.As(err, &kind):
		return fmt.Errorf("%s: a JSON %s where a report object is wanted", position(data, kind.Offset), kind.Value)
	default:
		return fmt.Errorf("malformed JSON: %w", err)
	}
}

func position(data []byte, offset int64) string {
	before := string(data[:min(max(offset-1, 0), int64(len(data)))])
	line := 1 + strings.Count(before, "\n")
	column := len(before) - strings.LastIndex(before, "\n")
	return fmt.Sprintf("line %d, column %d", line, column)
}
