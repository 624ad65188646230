package bulk_test

import (
	"strings"
	"testing"

	"assay/reference/scim/bulk"
	"assay/reference/scim/scimerr"
)

func body(more string) string {
	return `{"schemas":["` + bulk.RequestURN + `"],` + more + `}`
}

func TestDecode(t *testing.T) {
	r, err := bulk.Decode([]byte(strings.ToUpper(`{"schemas":["`)+bulk.RequestURN+
		`"],"FAILONERRORS":2,"oPERATIONS":[{"METHOD":"post","Path":"Users","bulkid":"q","Data":{"a":1},"version":null},{"method":"DELETE","path":"/Users/x","version":"W/\"1\""}]}`), 2)
	if err != nil {
		t.Fatal(err)
	}
	first, second := r.Operations[0], r.Operations[1]
	if r.FailOnErrors != 2 || first.Method != "POST" || first.Path != "/Users" || first.BulkID != "q" || first.Version != "" ||
		first.Data == nil || second.Version != `W/"1"` || second.Data != nil {
		t.Errorf("%+v", r)
	}
}

// What is refused as a whole, before anything is done.
func TestDecodeRefuses(t *testing.T) {
	one := `{"method":"DELETE","path":"/Users/x"}`
	for name, test := range map[string]struct {
		body, scimType, detail string
		status                 int
	}{
		"no JSON":                     {`{`, "invalidSyntax", "cut short", 400},
		"an array":                    {`[]`, "invalidSyntax", "not a JSON object", 400},
		"BLK-20 no schemas":           {`{"Operations":[` + one + `]}`, "invalidSyntax", "BulkRequest", 400},
		"BLK-20 wrong schema":         {`{"schemas":["` + bulk.ResponseURN + `"],"Operations":[` + one + `]}`, "invalidSyntax", "BulkRequest", 400},
		"no Operations":               {body(`"failOnErrors":1`), "invalidSyntax", "Operations", 400},
		"empty Operations":            {body(`"Operations":[]`), "invalidSyntax", "Operations", 400},
		"Operations no list":          {body(`"Operations":` + one), "invalidSyntax", "Operations", 400},
		"Operations twice":            {body(`"Operations":[` + one + `],"operations":[` + one + `]`), "invalidSyntax", "twice", 400},
		"operation no object":         {body(`"Operations":["x"]`), "invalidSyntax", "Operations[0]", 400},
		"failOnErrors text":           {body(`"failOnErrors":"1","Operations":[` + one + `]`), "invalidSyntax", "failOnErrors", 400},
		"failOnErrors negative":       {body(`"failOnErrors":-1,"Operations":[` + one + `]`), "invalidSyntax", "failOnErrors", 400},
		"failOnErrors fraction":       {body(`"failOnErrors":1.5,"Operations":[` + one + `]`), "invalidSyntax", "failOnErrors", 400},
		"no method":                   {body(`"Operations":[{"path":"/Users/x"}]`), "invalidSyntax", "Operations[0].method", 400},
		"BLK-19 no path":              {body(`"Operations":[` + one + `,{"method":"DELETE"}]`), "invalidSyntax", "Operations[1].path", 400},
		"path of the wrong type":      {body(`"Operations":[{"method":"DELETE","path":7}]`), "invalidSyntax", "Operations[0].path", 400},
		"GAP-120 duplicate bulkIds":   {body(`"Operations":[{"method":"POST","path":"/Users","bulkId":"q"},{"method":"POST","path":"/Users","bulkId":"q"}]`), "invalidValue", "Operations[1].bulkId", 400},
		"BLK-23 too many operations":  {body(`"Operations":[` + one + `,` + one + `,` + one + `]`), "", "maxOperations (2)", 413},
		"GAP-120 bulkId is no string": {body(`"Operations":[{"method":"POST","path":"/Users","bulkId":1}]`), "invalidSyntax", "bulkId", 400},
	} {
		_, err := bulk.Decode([]byte(test.body), 2)
		e, ok := scimerr.As(err)
		if !ok || e.Status != test.status || e.ScimType != test.scimType || !strings.Contains(e.Detail, test.detail) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
