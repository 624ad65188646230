package mutation

import (
	"bytes"
	"encoding/json"
)

// duplicate writes one more member at the end of a JSON object, which may have it already. What a reader makes of
// that is undefined (RFC 8259 section 4); most take the last one.
func duplicate(object []byte, member string, v any) []byte {
	name, value := encode(member), encode(v)
	body := bytes.TrimRight(object, " \n")
	body = bytes.TrimSuffix(body, []byte("}"))
	if len(bytes.TrimSpace(body)) > 1 {
		body = append(bytes.Clone(body), ',')
	}
	return append(bytes.Join([][]byte{body, name, []byte(":"), value}, nil), '}')
}

// encode is the JSON of a value that has one: strings, numbers, and maps and lists of them.
func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return data
}
