package reference_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"assay/reference"
	"assay/reference/sqlstore/postgrestest"
)

// Two replicas that start at once on an empty database agree on one tenant and one token, and what one
// of them has been told the other knows.
func TestReplicas(t *testing.T) {
	source, err := postgrestest.New(t).Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	options := reference.Options{Data: source, Keyset: filepath.Join(t.TempDir(), "keyset.json")}
	var replicas [2]*reference.Server
	var wg sync.WaitGroup
	for i := range replicas {
		wg.Go(func() {
			r, err := reference.Start(t.Context(), options)
			if err != nil {
				t.Error(err)
			}
			replicas[i] = r
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for _, r := range replicas {
		defer func() {
			if err := r.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}()
	}
	token := replicas[0].Token + replicas[1].Token
	if (replicas[0].Token == "") == (replicas[1].Token == "") || replicas[0].Tenant != replicas[1].Tenant {
		t.Fatalf("tenants %q and %q, and not one token", replicas[0].Tenant, replicas[1].Tenant)
	}
	header := map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/scim+json"}
	user := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada"}`
	made := send(t, http.DefaultClient, http.MethodPost, replicas[0].SCIM+"/Users", header, user)
	if made.status != http.StatusCreated {
		t.Fatalf("create: %d %s", made.status, made.text)
	}
	id, _ := made.json(t)["id"].(string)
	if read := send(t, http.DefaultClient, http.MethodGet, replicas[1].SCIM+"/Users/"+id, header, ""); read.status != http.StatusOK {
		t.Errorf("the other replica: %d %s", read.status, read.text)
	}
	// What this database has no form for is refused as a bad value and found nowhere; never an error of ours.
	for address, want := range map[string]int{
		"/Users/%00": http.StatusNotFound, "/Users?filter=userName%20eq%20%22a%5Cu0000%22": http.StatusOK,
		"/Users?filter=nickName%20co%20%22a%5Cu0000%22": http.StatusOK, "/Users/%ff": http.StatusNotFound,
	} {
		if got := send(t, http.DefaultClient, http.MethodGet, replicas[0].SCIM+address, header, ""); got.status != want {
			t.Errorf("GET %s: %d %s", address, got.status, got.text)
		}
	}
	for _, body := range []string{strings.Replace(user, "ada", `a\u0000`, 1), strings.Replace(user, `"ada"`, `"eve","nickName":"a\u0000"`, 1)} {
		got := send(t, http.DefaultClient, http.MethodPost, replicas[0].SCIM+"/Users", header, body)
		if got.status != http.StatusBadRequest || got.json(t)["scimType"] != "invalidValue" {
			t.Errorf("POST with U+0000: %d %s", got.status, got.text)
		}
	}
}
