package oidc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"

	"assay/fakeidp/control"
)

const (
	maxListed    = 100 // people on the page
	searchableAt = 8   // people from which on there is a search field
	formCookie   = "assay_login"
	actionDeny   = "deny"
)

type loginPage struct {
	page
	App, Scopes, Hint, Query string
	Action, ID, FormToken    string
	Searchable               bool
	People                   []personChoice
	More                     int
}

type personChoice struct {
	ID, Name, Detail string
	Chosen           bool
	IDToken          []claimLine
	UserInfo         []claimLine
}

// login is the page where a person says who they are. It works without scripts.
func (p *Provider) login(w http.ResponseWriter, r *http.Request) {
	l, ok := p.logins.Get(r.Form.Get("id"))
	if !ok || l.done {
		p.failPage(w, refusal{"invalid_request", "This sign-in has expired or is already over. Start again at the application.", true})
		return
	}
	app, ok := p.directory.AppByClient(l.request.ClientID)
	if !ok {
		p.failPage(w, refusal{"invalid_client", "The client application does not exist any more.", true})
		return
	}
	if r.Method == http.MethodPost {
		p.submitLogin(w, r, l)
		return
	}
	p.showLogin(w, r, l, app)
}

func (p *Provider) submitLogin(w http.ResponseWriter, r *http.Request, l login) {
	cookie, err := r.Cookie(formCookie)
	if err != nil || !hmac.Equal([]byte(p.formToken(cookie.Value, l.id)), []byte(r.PostForm.Get("form_token"))) {
		p.failPage(w, refusal{"invalid_request", "The form did not come from this browser's login page. Start again at the application.", true})
		return
	}
	if r.PostForm.Get("action") == actionDeny {
		p.logins.Update(l.id, func(l *login) { l.done = true })
		p.refuse(w, r, &l.request, refusal{code: "access_denied", description: "The resource owner denied the request."})
		return
	}
	done, refused := p.complete(l.id, grant{person: r.PostForm.Get("person")})
	if refused.code != "" {
		p.refuse(w, r, &l.request, refused)
		return
	}
	p.answerLogin(w, r, done)
}

func (p *Provider) showLogin(w http.ResponseWriter, r *http.Request, l login, app control.App) {
	name := app.Name
	if name == "" {
		name = app.ClientID
	}
	data := loginPage{
		page: p.newPage("Sign in to " + name), App: name, Scopes: strings.Join(l.request.Scopes, ", "),
		Query: strings.TrimSpace(r.Form.Get("q")), Action: p.issuer + loginPath, ID: l.id, FormToken: p.formToken(p.browser(w, r), l.id),
	}
	people := p.assigned(app)
	data.Searchable = len(people) > searchableAt
	hinted, found := p.directory.Person(l.request.LoginHint)
	if !slices.ContainsFunc(people, func(person control.Person) bool { return found && person.ID == hinted.ID }) {
		data.Hint, hinted = l.request.LoginHint, control.Person{}
	}
	people = matching(people, data.Query, hinted.ID)
	for i, person := range people[:min(len(people), maxListed)] {
		choice := p.choice(person, l.request.Scopes)
		choice.Chosen = i == 0 // the hinted person, if there is one, is the first
		data.People = append(data.People, choice)
	}
	data.More = len(people) - len(data.People)
	p.show(w, http.StatusOK, data.page, "login.html", data)
}

// assigned lists the people who may use the app.
func (p *Provider) assigned(app control.App) []control.Person {
	var people []control.Person
	for _, person := range p.directory.People() {
		if !person.Suspended && p.directory.Assigned(app.ID, person.ID) {
			people = append(people, person)
		}
	}
	return people
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

func (p *Provider) choice(person control.Person, scopes []string) personChoice {
	claims, subject := p.claimsOf(person)
	name, _ := claims["name"].(string)
	if strings.TrimSpace(name) == "" {
		name = person.Login
	}
	detail := person.Login
	if !strings.EqualFold(person.Email, person.Login) && person.Email != "" {
		detail += " · " + person.Email
	}
	choice := personChoice{ID: person.ID, Name: name, Detail: detail, IDToken: []claimLine{{"sub", subject}}}
	selected := selectClaims(claims, scopes)
	for _, claim := range slices.Sorted(maps.Keys(selected)) {
		line := claimLine{claim, claimText(selected[claim])}
		switch scope := scopeOf(claim); {
		case claim == "sub":
		case p.fat || scope != scopeProfile && scope != scopeEmail:
			choice.IDToken = append(choice.IDToken, line)
		default:
			choice.UserInfo = append(choice.UserInfo, line)
		}
	}
	return choice
}

// browser gives the browser a random name, or finds the one it has. The cookie is Lax: the browser
// comes here from the client's site, and must not bring it along when another site posts the form.
func (p *Provider) browser(w http.ResponseWriter, r *http.Request) string {
	if cookie, err := r.Cookie(formCookie); err == nil && len(cookie.Value) >= 32 {
		return cookie.Value
	}
	name := randomText(24)
	http.SetCookie(w, &http.Cookie{
		Name: formCookie, Value: name, Path: p.path + loginPath, HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode,
	})
	return name
}

// formToken binds a login form to the browser that it was shown to, against forged posts.
func (p *Provider) formToken(browser, id string) string {
	mac := hmac.New(sha256.New, p.formKey)
	mac.Write([]byte(browser + "." + id))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
