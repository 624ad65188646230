package sso

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
)

// reason says in one stable word why a login is refused, for the audit log; its explanation is for the person.
type reason string

const (
	reasonBadRequest       reason = "bad-request"
	reasonUnknownState     reason = "unknown-state"
	reasonOtherBrowser     reason = "other-browser"
	reasonIssuerMissing    reason = "response-issuer-missing"
	reasonIssuerMismatch   reason = "response-issuer-mismatch"
	reasonProviderError    reason = "provider-error"
	reasonNoConnection     reason = "no-connection"
	reasonConnectionMoved  reason = "connection-changed"
	reasonProviderDown     reason = "provider-unavailable"
	reasonCodeRefused      reason = "code-refused"
	reasonInvalidToken     reason = "invalid-id-token"
	reasonUserinfo         reason = "userinfo-failed"
	reasonUserinfoMismatch reason = "userinfo-mismatch"
	reasonNoEmail          reason = "no-email"
	reasonUnverifiedEmail  reason = "email-not-verified"
	reasonForeignDomain    reason = "email-domain-not-allowed"
	reasonAmbiguousEmail   reason = "email-ambiguous"
	reasonAlreadyLinked    reason = "email-linked-to-another-subject"
	reasonUnknownUser      reason = "unknown-user"
	reasonInactive         reason = "user-inactive"
	reasonUnknownDomain    reason = "unknown-domain"
	reasonInternal         reason = "internal"
)

// explanation is what the person reads and with which status.
type explanation struct {
	status int
	title  string
	text   string
}

// explain never blames the person for what the identity provider did, and tells nobody more about an
// account than the identity provider has just vouched for. Refusals are 400 or 403: whatever an identity
// provider or a stranger sends, it is not an error of this server.
func explain(why reason) explanation {
	const failed, denied = "Sign-in did not work", "You cannot sign in here"
	switch why {
	case reasonUnknownState:
		return explanation{http.StatusBadRequest, failed, "This sign-in has expired or was used already. Please start again."}
	case reasonOtherBrowser:
		return explanation{http.StatusBadRequest, failed, "This sign-in was started in another browser. Please start again in this one."}
	case reasonProviderError:
		return explanation{http.StatusForbidden, failed, "Your identity provider did not let you in. If you did not cancel it yourself, ask your administrator whether this application is assigned to you."}
	case reasonNoConnection:
		return explanation{http.StatusBadRequest, failed, "Single sign-on is not set up yet. Your administrator has to connect your identity provider first."}
	case reasonConnectionMoved:
		return explanation{http.StatusBadRequest, failed, "Single sign-on was set up anew in the meantime. Please start again."}
	case reasonProviderDown, reasonCodeRefused, reasonUserinfo:
		return explanation{http.StatusBadRequest, failed, "Your identity provider could not be reached or did not confirm the sign-in. Please try again in a moment."}
	case reasonInvalidToken, reasonIssuerMissing, reasonIssuerMismatch, reasonUserinfoMismatch:
		return explanation{http.StatusForbidden, failed, "What your identity provider sent could not be trusted, so nobody was signed in. Please tell your administrator."}
	case reasonNoEmail:
		return explanation{http.StatusForbidden, denied, "Your identity provider did not tell us your e-mail address, so we cannot find your account."}
	case reasonUnverifiedEmail:
		return explanation{http.StatusForbidden, denied, "Your identity provider has not verified your e-mail address, so it cannot be used to find your account."}
	case reasonForeignDomain:
		return explanation{http.StatusForbidden, denied, "Your e-mail address does not belong to this organisation."}
	case reasonAmbiguousEmail:
		return explanation{http.StatusForbidden, denied, "More than one account has your e-mail address. Please ask your administrator to correct that."}
	case reasonAlreadyLinked:
		return explanation{http.StatusForbidden, denied, "The account with your e-mail address belongs to another person at your identity provider, perhaps to someone who had the address before you. Please ask your administrator."}
	case reasonUnknownUser:
		return explanation{http.StatusForbidden, denied, "There is no account for you yet. Your administrator has to assign this application to you; accounts are not made at sign-in."}
	case reasonInactive:
		return explanation{http.StatusForbidden, denied, "Your account is deactivated. Please ask your administrator."}
	case reasonUnknownDomain:
		return explanation{http.StatusBadRequest, failed, "No organisation here uses single sign-on with that e-mail address."}
	case reasonInternal:
		return explanation{http.StatusInternalServerError, failed, "Something went wrong on our side. Please try again."}
	}
	return explanation{http.StatusBadRequest, failed, "That was not a complete sign-in. Please start again."}
}

// refusal is the error of a login that ends without a session.
type refusal struct {
	reason reason
	cause  error // for the log; holds no secret
}

func refuse(why reason) *refusal { return &refusal{reason: why} }

func refuseWith(why reason, cause error) *refusal { return &refusal{reason: why, cause: cause} }

// Error names the reason and what caused it.
func (r *refusal) Error() string {
	if r.cause == nil {
		return string(r.reason)
	}
	return string(r.reason) + ": " + r.cause.Error()
}

// Unwrap returns the cause.
func (r *refusal) Unwrap() error { return r.cause }

// asRefusal makes a refusal of any error: what is not one is a failure of this server.
func asRefusal(err error) *refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	return refuseWith(reasonInternal, err)
}

// newReference names one refusal, so that a person can quote it and an administrator can find it.
func newReference() string {
	buf := make([]byte, 6)
	rand.Read(buf)
	return hex.EncodeToString(buf)
}
