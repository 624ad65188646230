package reports

import _ "embed"

//go:embed report.schema.json
var schemaJSON string

// JSONSchema returns the JSON Schema (draft 2020-12) of report.json. It allows keys that it does not
// name, because keys may be added within a schema version.
func JSONSchema() []byte {
	return []byte(schemaJSON)
}
