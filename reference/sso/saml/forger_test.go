package saml_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"assay/reference/sso/saml"
)

const (
	forgerID  = "https://idp.example.test/metadata"
	forgerURL = "https://idp.example.test/sso"
)

// forger is an identity provider whose messages are texts that a test changes before and after they are signed.
type forger struct {
	key   *rsa.PrivateKey
	cert  []byte
	clock *clock
}

var forgerKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newForger(t testing.TB) *forger {
	t.Helper()
	key, err := forgerKey()
	if err != nil {
		t.Fatal(err)
	}
	return newForgerWith(t, key)
}

// newForgerWith has a certificate that ended in 2001: its dates do not matter. Its names are those of every forger.
func newForgerWith(t testing.TB, key *rsa.PrivateKey) *forger {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"},
		NotBefore: time.Unix(9e8, 0), NotAfter: time.Unix(1e9, 0)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &forger{key: key, cert: cert, clock: &clock{}}
}

func (f *forger) known(t testing.TB) saml.IdentityProvider {
	t.Helper()
	idp, err := saml.ParseMetadata([]byte(f.metadata()), saml.Terms{EntityID: forgerID, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return idp
}

func (f *forger) metadata() string {
	return `<?xml version="1.0" encoding="UTF-8"?><!-- by hand --><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="` + forgerID + `">` +
		`<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
		`<md:KeyDescriptor><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>` +
		base64.StdEncoding.EncodeToString(f.cert) + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>` +
		`<md:SingleLogoutService Binding="` + saml.BindingPOST + `" Location="` + forgerURL + `/logout"/>` +
		`<md:SingleSignOnService Binding="` + saml.BindingRedirect + `" Location="` + forgerURL + `?a=b"/>` +
		`</md:IDPSSODescriptor></md:EntityDescriptor>`
}

func (f *forger) sp(t testing.TB) *saml.ServiceProvider {
	t.Helper()
	credential, err := key()
	if err != nil {
		t.Fatal(err)
	}
	sp, err := saml.New(saml.Options{EntityID: site, ACS: site + "/acs", Logout: site + "/logout", Credential: credential,
		Replays: saml.NewMemoryReplays(f.clock.now), Now: f.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	return sp
}

const request = "id-of-the-request"

// template is an honest response, with words in capitals to fill in.
const template = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="rID" Version="2.0" IssueInstant="NOW" Destination="SITE/acs" InResponseTo="REQUEST">` +
	`<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">IDP</saml:Issuer>` +
	`<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>` +
	`<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="aID" Version="2.0" IssueInstant="NOW">` +
	`<saml:Issuer>IDP</saml:Issuer>` +
	`<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">ada@example.test</saml:NameID>` +
	`<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="REQUEST" NotOnOrAfter="SOON" Recipient="SITE/acs"/></saml:SubjectConfirmation></saml:Subject>` +
	`<saml:Conditions NotBefore="NOW" NotOnOrAfter="SOON"><saml:AudienceRestriction><saml:Audience>SITE</saml:Audience></saml:AudienceRestriction></saml:Conditions>` +
	`<saml:AuthnStatement AuthnInstant="NOW" SessionIndex="s1"><saml:AuthnContext><saml:AuthnContextClassRef>urn:x</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
	`<saml:AttributeStatement><saml:Attribute Name="groups"><saml:AttributeValue>a</saml:AttributeValue><saml:AttributeValue>b</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>` +
	`</saml:Assertion></samlp:Response>`

func stamped(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }

// fill puts what is true now into a text. Words of times may carry a number of seconds: NOW+60.
func (f *forger) fill(text string) string {
	now := f.clock.now()
	for _, off := range []int{-3600, -779, -700, -181, -179, 60, 179, 185, 3600} {
		text = strings.ReplaceAll(text, fmt.Sprintf("NOW%+d", off), stamped(now.Add(time.Duration(off)*time.Second)))
	}
	n := make([]byte, 8)
	_, _ = rand.Read(n)
	return strings.NewReplacer("NOW", stamped(now), "SOON", stamped(now.Add(5*time.Minute)), "SITE", site, "IDP", forgerID,
		"REQUEST", request, `ID="rID"`, fmt.Sprintf(`ID="r%x"`, n), `ID="aID"`, fmt.Sprintf(`ID="a%x"`, n)).Replace(text)
}

// changed replaces in pairs, each of which must be there.
func changed(t testing.TB, text string, pairs []string) string {
	t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%q is not in %s", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// signed signs the elements of these tags, the inner one first.
func (f *forger) signed(t testing.TB, text string, tags ...string) string {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromString(text); err != nil {
		t.Fatal(err)
	}
	for _, tag := range tags {
		e := doc.FindElement("//" + tag)
		if e == nil {
			t.Fatalf("no %s in %s", tag, text)
		}
		f.sign(t, e)
	}
	out, err := doc.WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (f *forger) sign(t testing.TB, e *etree.Element) {
	t.Helper()
	if err := f.trySign(e); err != nil {
		t.Fatal(err)
	}
}

func (f *forger) trySign(e *etree.Element) error {
	context, err := dsig.NewSigningContext(f.key, [][]byte{f.cert})
	if err != nil {
		return err
	}
	context.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	signature, err := context.ConstructSignature(e.Copy(), true)
	if err != nil {
		return err
	}
	e.InsertChildAt(0, signature)
	return nil
}

var foreignKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func otherKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := foreignKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}
