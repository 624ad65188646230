package scim_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"assay/reference/scim"
)

// Mounted as the assembler does it, over a real connection, every URL that the server names resolves.
func TestMounted(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	root := server.URL + "/scim/v2"
	c := newClient(t, func(o *scim.Options) { o.BaseURL = root + "/" })
	mux.Handle("/scim/v2/", http.StripPrefix("/scim/v2", c.handler))
	made := c.want(201, "POST", "/Groups", groupBody("all", c.user("ada")))
	urls := []any{made.at("meta/location"), made.at("members/0/$ref"), root + "/ServiceProviderConfig"}
	for _, path := range []string{"/Schemas", "/ResourceTypes"} {
		list := c.want(200, "GET", path, "")
		urls = append(urls, list.at("Resources/0/meta/location"), list.at("Resources/1/meta/location"))
	}
	for _, url := range urls {
		for _, method := range []string{"GET", "HEAD"} {
			r, err := http.NewRequest(method, url.(string), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+secret)
			w, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(w.Body)
			if err != nil || w.Body.Close() != nil || w.StatusCode != 200 || w.ContentLength < 1 && !w.Uncompressed {
				t.Errorf("%s %s: %d, %v", method, url, w.StatusCode, err)
			}
			if method == "GET" && url != root+"/ServiceProviderConfig" && !strings.Contains(string(body), `"id"`) {
				t.Errorf("%s: %s", url, body)
			}
		}
	}
}
