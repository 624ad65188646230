package saml_test

import (
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"assay/reference/sso/saml"
)

// TestBombs: SAML-XML-06. What is small on the wire and large inside costs little time and memory. Not parallel, so that
// nothing else allocates meanwhile.
func TestBombs(t *testing.T) {
	f := newForger(t)
	idp, sp := f.known(t), f.sp(t)
	response := func(text string) func() error {
		posted := encodedAs(text)
		return func() error {
			_, err := sp.Response(t.Context(), idp, posted, request)
			return err
		}
	}
	inside := func(text string) string {
		return strings.Replace(f.signed(t, f.fill(template), "Assertion"), "<samlp:Status>", text+"<samlp:Status>", 1)
	}
	packed := url.QueryEscape(deflated(t, "<a>"+strings.Repeat(" ", 64<<20)+"</a>"))
	const entities = `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>`
	var declared strings.Builder
	for n := range 60 {
		fmt.Fprintf(&declared, ` xmlns:p%d="urn:p"`, n)
	}
	for name, try := range map[string]func() error{
		"deflate": func() error {
			_, err := sp.LogoutRequest(t.Context(), idp, saml.Carried{Query: "SAMLRequest=" + packed + "&SigAlg=x&Signature=AAAA"})
			return err
		},
		"entities":   response(entities + inside("&c;")),
		"depth":      response(inside("<samlp:Extensions>" + strings.Repeat("<a>", 10_000) + strings.Repeat("</a>", 10_000) + "</samlp:Extensions>")),
		"attributes": response(inside("<samlp:Extensions" + strings.Repeat(` a="1"`, 30_000) + "/>")),
		"elements":   response(inside("<samlp:Extensions>" + strings.Repeat("<a/>", 30_000) + "</samlp:Extensions>")),
		"size":       response(inside("<samlp:Extensions>" + strings.Repeat("a", 4<<20) + "</samlp:Extensions>")),
		"namespaces": response(inside("<samlp:Extensions" + declared.String() + ">" + strings.Repeat("<a><b><c/></b></a>", 1500) + "</samlp:Extensions>")),
		"one line of base64": func() error {
			_, err := sp.Response(t.Context(), idp, strings.Repeat("A", 16<<20), request)
			return err
		},
		"metadata": func() error {
			_, err := saml.ParseMetadata([]byte(strings.Repeat("<a>", 500_000)), saml.Terms{Now: time.Now()})
			return err
		},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begun := time.Now()
		err := try()
		took := time.Since(begun)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 48<<20 || took > 3*time.Second {
			t.Errorf("%s: %d MB, %s", name, used>>20, took)
		}
		if name != "namespaces" && err == nil { // which is not refused: it has to be cheap
			t.Errorf("%s is accepted", name)
		}
	}
}
