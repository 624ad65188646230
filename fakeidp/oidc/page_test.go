package oidc_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"assay/fakeidp/control"
)

var formToken = regexp.MustCompile(`name="form_token" value="([^"]+)"`)

// openPage starts a login in the browser and returns the page and the form that it would post.
func (r *rig) openPage(params url.Values) (page string, form url.Values) {
	r.Helper()
	res, body := r.get(r.issuer + "/v1/authorize?" + params.Encode())
	target, err := res.Location()
	if err != nil {
		r.Fatalf("authorize: %s %s", res.Status, body)
	}
	res, page = r.get(target.String())
	if res.StatusCode != http.StatusOK {
		r.Fatalf("login page: %s %s", res.Status, page)
	}
	form = url.Values{"id": {target.Query().Get("id")}, "action": {"continue"}}
	if found := formToken.FindStringSubmatch(page); found != nil {
		form.Set("form_token", found[1])
	}
	return page, form
}

func (r *rig) answerOf(res *http.Response, body string) url.Values {
	r.Helper()
	target, err := res.Location()
	if err != nil {
		r.Fatalf("no redirect: %s %s", res.Status, body)
	}
	if res.StatusCode != http.StatusSeeOther {
		r.Errorf("redirect after the form is %s, want 303", res.Status)
	}
	return target.Query()
}

func TestLoginPage(t *testing.T) {
	r := newRig(t)
	params, verifier := r.request("login_hint", "grace@example.test")
	page, form := r.openPage(params)
	for _, want := range []string{"Sign in to Acme &lt;CRM&gt;", "Grace &lt;Hopper&gt;", "ada.byron@example.test", "Engineers, Everyone"} {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if strings.Contains(page, "<Hopper>") || strings.Contains(page, "mallory") || strings.Contains(page, "sam@example.test") {
		t.Error("page shows raw HTML, or people who may not come in")
	}
	checked := regexp.MustCompile(`value="([^"]+)" required checked`).FindAllStringSubmatch(page, -1)
	if len(checked) != 1 || checked[0][1] != "00uGrace0000000000002" {
		t.Errorf("preselected: %v", checked)
	}
	form.Set("person", "00uGrace0000000000002")
	answer := r.answerOf(r.post(r.issuer+"/login", form))
	if answer.Get("state") != params.Get("state") {
		t.Errorf("answer %v", answer)
	}
	_, tokens := r.exchange(answer.Get("code"), verifier)
	if id := r.part(text(tokens, "id_token"), 1); id["sub"] != "00uGrace0000000000002" {
		t.Errorf("ID token %v", id)
	}
	if res, _ := r.post(r.issuer+"/login", form); res.StatusCode != http.StatusBadRequest {
		t.Errorf("the same form again: %s", res.Status)
	}
}

func TestLoginPageRefusals(t *testing.T) {
	r := newRig(t)
	cases := []struct {
		name   string
		change func(url.Values)
		want   string
	}{
		{"deny", func(f url.Values) { f.Set("action", "deny") }, "The resource owner denied the request."},
		{"not assigned", func(f url.Values) { f.Set("person", "00uMallory000000000003") }, "User is not assigned to the client application."},
		{"suspended", func(f url.Values) { f.Set("person", "00uSam00000000000004") }, "User is suspended."},
		{"nobody", func(f url.Values) { f.Del("person") }, "User is not assigned to the client application."},
	}
	for _, c := range cases {
		params, _ := r.request()
		_, form := r.openPage(params)
		form.Set("person", "00uAda00000000000001")
		c.change(form)
		answer := r.answerOf(r.post(r.issuer+"/login", form))
		if answer.Get("error") != "access_denied" || answer.Get("error_description") != c.want || answer.Get("state") != params.Get("state") || answer.Has("code") {
			t.Errorf("%s: %v", c.name, answer)
		}
	}
}

// A form that another site posts lacks the token, or the cookie, or belongs to another login.
func TestLoginFormIsBoundToItsBrowser(t *testing.T) {
	r := newRig(t)
	params, _ := r.request()
	_, form := r.openPage(params)
	form.Set("person", "00uAda00000000000001")
	other, _ := r.request()
	_, otherForm := r.openPage(other)

	forged := url.Values{"id": form["id"], "person": form["person"], "action": form["action"]}
	if res, _ := r.post(r.issuer+"/login", forged); res.StatusCode != http.StatusBadRequest {
		t.Errorf("without token: %s", res.Status)
	}
	forged.Set("form_token", otherForm.Get("form_token"))
	if res, _ := r.post(r.issuer+"/login", forged); res.StatusCode != http.StatusBadRequest {
		t.Errorf("token of another login: %s", res.Status)
	}
	jar := r.browser.Jar
	r.browser.Jar = nil
	if res, _ := r.post(r.issuer+"/login", form); res.StatusCode != http.StatusBadRequest {
		t.Errorf("without cookie: %s", res.Status)
	}
	r.browser.Jar = jar
	if answer := r.answerOf(r.post(r.issuer+"/login", form)); answer.Get("code") == "" {
		t.Errorf("the genuine form, after the forged ones: %v", answer)
	}
}

func TestLoginPageOfACrowd(t *testing.T) {
	r := newRig(t)
	for i := range 150 {
		id := fmt.Sprintf("00uCrowd%012d", i)
		r.house.people = append(r.house.people, control.Person{ID: id, Login: fmt.Sprintf("person%03d@example.test", i), GivenName: "Person"})
		r.house.assigned[id] = true
	}
	params, _ := r.request("login_hint", "nobody@example.test")
	page, form := r.openPage(params)
	if got := strings.Count(page, `type="radio"`); got != 100 || !strings.Contains(page, "52 more people") || !strings.Contains(page, "nobody@example.test") {
		t.Errorf("%d people listed", got)
	}
	_, page = r.get(r.issuer + "/login?id=" + form.Get("id") + "&q=PERSON149")
	if got := strings.Count(page, `type="radio"`); got != 1 || !strings.Contains(page, "person149@example.test") {
		t.Errorf("search lists %d people", got)
	}
}

func TestLoginPageIsGuarded(t *testing.T) {
	r := newRig(t)
	params, _ := r.request()
	res, _ := r.get(r.issuer + "/v1/authorize?" + params.Encode())
	res, _ = r.get(res.Header.Get("Location"))
	policy := res.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", res.Header)
	}
	for _, cookie := range res.Cookies() {
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %v", cookie)
		}
	}
	if res, _ := r.get(r.issuer + "/login?id=unknown"); res.StatusCode != http.StatusBadRequest {
		t.Errorf("unknown login: %s", res.Status)
	}
}
