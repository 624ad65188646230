package oidc

import (
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/mutation"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// login is one authorization request and what has become of it. It is the op.AuthRequest of the
// library; as a value it is a snapshot, the living one is in Provider.logins.
type login struct {
	id       string
	request  oidc.AuthRequest
	person   control.Person // once done
	subject  string         // once done
	plan     mutation.Plan
	done     bool // answered: the person is known, or was refused
	authTime time.Time
}

// grant is a control.Grant whose names have been looked up.
type grant struct {
	person string // id
	plan   mutation.Plan
}

// code is an authorization code that was given out.
type code struct {
	login  string // id
	client string
	issued time.Time
	spent  bool
	token  string // id of the access token that it was redeemed for
}

// token is an access token that was given out.
type token struct {
	login   login
	client  string
	issued  time.Time
	expires time.Time
}

func (l login) GetID() string          { return l.id }
func (l login) GetACR() string         { return "" }
func (l login) GetAMR() []string       { return []string{"pwd"} }
func (l login) GetAudience() []string  { return []string{l.request.ClientID} }
func (l login) GetAuthTime() time.Time { return l.authTime }
func (l login) GetClientID() string    { return l.request.ClientID }
func (l login) GetNonce() string       { return l.request.Nonce }
func (l login) GetRedirectURI() string { return l.request.RedirectURI }
func (l login) GetScopes() []string    { return l.request.Scopes }
func (l login) GetState() string       { return l.request.State }
func (l login) GetSubject() string     { return l.subject }
func (l login) Done() bool             { return l.done && l.person.ID != "" }

func (l login) GetResponseType() oidc.ResponseType { return l.request.ResponseType }
func (l login) GetResponseMode() oidc.ResponseMode { return l.request.ResponseMode }

func (l login) GetCodeChallenge() *oidc.CodeChallenge {
	if l.request.CodeChallenge == "" {
		return nil
	}
	return &oidc.CodeChallenge{Challenge: l.request.CodeChallenge, Method: l.request.CodeChallengeMethod}
}
