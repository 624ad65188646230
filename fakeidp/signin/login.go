package signin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"assay/fakeidp/control"
)

const (
	maxListed    = 100 // people on the page
	searchableAt = 8   // people from which on there is a search field
	cookieName   = "assay_login"
	actionDeny   = "deny"
)

// Login is what the login page shows for one login.
type Login struct {
	ID     string // of the login, comes back in the form as "id"
	App    string // name of the application
	Asks   string // what the application is asking for
	Hint   string // who the application thinks it is, when that cannot be
	Action string // URL of the page, which takes the form too
	Query  string // what to search for
	// People are those who may use the application; Hinted, one of their ids, comes first.
	People []control.Person
	Hinted string
	// Learns tells what the application learns about a person.
	Learns func(control.Person) []Section
}

// Section is a part of what an application learns, such as the ID token.
type Section struct {
	Heading string // after the person's name: "in the ID token"
	Lines   []Line
}

// Line is one fact.
type Line struct{ Name, Value string }

// NewLine shows a value as people read it.
func NewLine(name string, value any) Line {
	if list, ok := value.([]string); ok {
		return Line{name, strings.Join(list, ", ")}
	}
	return Line{name, fmt.Sprint(value)}
}

type loginPage struct {
	page
	Login
	FormToken  string
	Searchable bool
	Choices    []choice
	More       int
}

type choice struct {
	ID, Name, Detail string
	Chosen           bool
	Learns           []Section
}

// Ask shows the login page.
func (p *Pages) Ask(w http.ResponseWriter, r *http.Request, l Login) {
	l.Query = strings.TrimSpace(l.Query)
	data := loginPage{
		page: p.page("Sign in to " + l.App), Login: l, FormToken: p.formToken(p.browser(w, r), l.ID),
		Searchable: len(l.People) > searchableAt,
	}
	people := matching(l.People, l.Query, l.Hinted)
	for i, person := range people[:min(len(people), maxListed)] {
		// The hinted person, if there is one, is the first.
		data.Choices = append(data.Choices, choice{
			ID: person.ID, Name: nameOf(person), Detail: detailOf(person), Chosen: i == 0, Learns: l.Learns(person),
		})
	}
	data.More = len(people) - len(data.Choices)
	p.show(w, http.StatusOK, data.page, "login.html", data)
}

// Answer reads the form of a login page for the login with this id, whose form must be parsed: the id of
// the person who was chosen, or that the login was denied. ok is false when the form did not come from
// the page that this browser was shown.
func (p *Pages) Answer(r *http.Request, id string) (person string, denied, ok bool) {
	cookie, err := r.Cookie(cookieName)
	if err != nil || !hmac.Equal([]byte(p.formToken(cookie.Value, id)), []byte(r.PostForm.Get("form_token"))) {
		return "", false, false
	}
	return r.PostForm.Get("person"), r.PostForm.Get("action") == actionDeny, true
}

// matching leaves the people whom the query fits, the hinted one first.
func matching(people []control.Person, query, hinted string) []control.Person {
	query = strings.ToLower(query)
	var first, rest []control.Person
	for _, person := range people {
		text := strings.ToLower(strings.Join([]string{person.GivenName, person.FamilyName, person.Login, person.Email}, " "))
		switch {
		case !strings.Contains(text, query):
		case person.ID == hinted:
			first = append(first, person)
		default:
			rest = append(rest, person)
		}
	}
	return append(first, rest...)
}

func nameOf(person control.Person) string {
	name := strings.Join(strings.Fields(person.GivenName+" "+person.MiddleName+" "+person.FamilyName), " ")
	if name == "" {
		return person.Login
	}
	return name
}

func detailOf(person control.Person) string {
	if strings.EqualFold(person.Email, person.Login) || person.Email == "" {
		return person.Login
	}
	return person.Login + " · " + person.Email
}

// browser gives the browser a random name, or finds the one it has. The cookie is Lax: the browser
// comes here from the application's site, and must not bring it along when another site posts the form.
func (p *Pages) browser(w http.ResponseWriter, r *http.Request) string {
	if cookie, err := r.Cookie(cookieName); err == nil && len(cookie.Value) >= 32 {
		return cookie.Value
	}
	name := Random(24)
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: name, Path: p.path, HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode,
	})
	return name
}

// formToken binds a login form to the browser that it was shown to, against forged posts.
func (p *Pages) formToken(browser, id string) string {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(browser + "." + id))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
