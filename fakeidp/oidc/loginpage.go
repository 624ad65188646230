package oidc

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
	"assay/fakeidp/signin"
)

// login is the page where a person says who they are.
func (p *Provider) login(w http.ResponseWriter, r *http.Request) {
	l, ok := p.logins.Get(r.Form.Get("id"))
	if !ok || l.done {
		p.failPage(w, refusal{"invalid_request", "This sign-in has expired or is already over. Start again at the application.", true})
		return
	}
	app, ok := p.app(l.request.ClientID)
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
	person, denied, ok := p.pages.Answer(r, l.id)
	if !ok {
		p.failPage(w, refusal{"invalid_request", "The form did not come from this browser's login page. Start again at the application.", true})
		return
	}
	if denied {
		p.logins.Update(l.id, func(l *login) { l.done = true })
		p.refuse(w, r, &l.request, refusal{code: "access_denied", description: "The resource owner denied the request."})
		return
	}
	done, refused := p.complete(l.id, grant{person: person})
	if refused.code != "" {
		p.refuse(w, r, &l.request, refused)
		return
	}
	p.send(w, r, p.success(done))
}

func (p *Provider) showLogin(w http.ResponseWriter, r *http.Request, l login, app control.App) {
	page := signin.Login{
		ID: l.id, App: app.Name, Asks: strings.Join(l.request.Scopes, ", "), Query: r.Form.Get("q"), Action: p.loginURL(),
		People: p.directory.Users(app.ID),
		Learns: func(person control.Person) []signin.Section { return p.learns(person, l) },
	}
	if page.App == "" {
		page.App = app.ClientID
	}
	hinted, found := p.directory.Person(l.request.LoginHint)
	if found && slices.ContainsFunc(page.People, func(person control.Person) bool { return person.ID == hinted.ID }) {
		page.Hinted = hinted.ID
	} else {
		page.Hint = l.request.LoginHint
	}
	p.pages.Ask(w, r, page)
}

// learns tells what the client learns about a person from the ID token and, where that is another
// place, from userinfo.
func (p *Provider) learns(person control.Person, l login) []signin.Section {
	l.person = person
	inToken := p.personClaims(l, l.request.Scopes, persona.InIDToken)
	fromInfo := p.personClaims(l, l.request.Scopes, persona.InUserInfo)
	token := signin.Section{Heading: "in the ID token", Lines: []signin.Line{signin.NewLine("sub", p.subjectOf(person, l.request.ClientID))}}
	for _, claim := range slices.Sorted(maps.Keys(inToken)) {
		token.Lines = append(token.Lines, signin.NewLine(claim, inToken[claim]))
		delete(fromInfo, claim)
	}
	if len(fromInfo) == 0 {
		return []signin.Section{token}
	}
	info := signin.Section{Heading: "from userinfo"}
	for _, claim := range slices.Sorted(maps.Keys(fromInfo)) {
		info.Lines = append(info.Lines, signin.NewLine(claim, fromInfo[claim]))
	}
	return []signin.Section{token, info}
}

// failPage tells the person what the client cannot be told.
func (p *Provider) failPage(w http.ResponseWriter, refused refusal) {
	p.pages.Fail(w, refused.code, refused.description)
}
