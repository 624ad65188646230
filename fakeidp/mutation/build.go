package mutation

import (
	"net/http"
	"strings"
)

// The strangers that forged values name. They belong to nobody: ".invalid" never resolves (RFC 2606
// section 2), and the client id is not one that the IdP gives out.
const (
	otherIssuer = "https://other-idp.invalid/oauth2/default"
	otherClient = "0oaSomebodyElse00000"
	otherNonce  = "nonce-of-another-login"
	otherState  = "state-of-another-login"
	otherURL    = "https://other-idp.invalid/elsewhere"
	linkLocal   = "http://169.254.169.254/latest/meta-data/" // where clouds give machines their credentials
)

// value is what a member is set to.
type value = func(Login) any

func constant(v any) value { return func(Login) any { return v } }

// given is the mutation's parameter, or what there is without one.
func given(otherwise string) value {
	return func(l Login) any { return l.or(otherwise) }
}

func (l Login) or(otherwise string) string {
	if l.parameter == "" {
		return otherwise
	}
	return l.parameter
}

// somebody is the mutation's parameter, or the subject of somebody else.
func somebody(l Login) any {
	if l.parameter != "" {
		return l.parameter
	}
	return l.Stranger()
}

// edit is a mutation of the members of a JSON object. rows are ids, apart by spaces.
func edit(s Stage, rows, name, text string, change func(Login, map[string]any)) Mutation {
	return Mutation{Name: name, Text: text, Stage: s, Rows: strings.Fields(rows), members: func(l Login, m map[string]any) error {
		change(l, m)
		return nil
	}}
}

func set(s Stage, rows, name, text, member string, v value) Mutation {
	return edit(s, rows, name, text, func(l Login, m map[string]any) { m[member] = v(l) })
}

func drop(s Stage, rows, name, text string, members ...string) Mutation {
	return edit(s, rows, name, text, func(_ Login, m map[string]any) {
		for _, member := range members {
			delete(m, member)
		}
	})
}

// reply is a mutation that replaces a response.
func reply(s Stage, rows, name, text string, change func(Login, *Reply)) Mutation {
	return Mutation{Name: name, Text: text, Stage: s, Rows: strings.Fields(rows), reply: func(l Login, r *Reply) error {
		change(l, r)
		return nil
	}}
}

// refuse is a reply with an OAuth error (RFC 6749 section 5.2).
func refuse(s Stage, rows, name, text string, status int, code string, header ...string) Mutation {
	return reply(s, rows, name, text, func(_ Login, r *Reply) {
		r.Status = status
		r.Body = []byte(`{"error":"` + code + `","error_description":"The fake IdP was told to answer so."}`)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
	})
}

// page is a reply with a page for people where JSON is expected.
func page(s Stage, rows, name, text string) Mutation {
	return reply(s, rows, name, text, func(_ Login, r *Reply) {
		r.Status = http.StatusOK
		r.Header.Set("Content-Type", "text/html; charset=utf-8")
		r.Body = []byte("<!DOCTYPE html>\n<title>Maintenance</title>\n<p>We will be back soon.\n")
	})
}

// twice is a reply whose JSON object has a member a second time, in front or at the end.
func twice(s Stage, rows, name, text, member string, v value) Mutation {
	return reply(s, rows, name, text, func(l Login, r *Reply) { r.Body = duplicate(r.Body, member, v(l)) })
}

// taking says what may follow "=" after the name.
func (m Mutation) taking(what string) Mutation {
	m.Takes = what
	return m
}
