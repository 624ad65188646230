package sso

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"assay/reference/access"
	"assay/reference/identity"
	"assay/reference/sso/saml"
)

// reason says in one stable word why a login is refused, for the audit log; its explanation is for the person.
type reason = identity.Reason

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
	reasonUnknownDomain    reason = "unknown-domain"
	reasonUnknownTenant    reason = "unknown-tenant"
	reasonLocalSignOn      reason = "tenant-signs-on-locally"
	reasonUnsolicited      reason = reason(saml.ReasonUnsolicited)
	reasonTransient        reason = reason(saml.ReasonTransient)
	reasonInternal         reason = "internal"

	reasonAddress = reason(access.AddressNotAllowed)
	reasonMFA     = reason(access.MFARequired)
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
	case identity.NoEmail:
		return explanation{http.StatusForbidden, denied, "Your identity provider did not tell us your e-mail address, so we cannot find your account."}
	case identity.UnverifiedEmail:
		return explanation{http.StatusForbidden, denied, "Your identity provider has not verified your e-mail address, so it cannot be used to find your account."}
	case identity.ForeignDomain:
		return explanation{http.StatusForbidden, denied, "Your e-mail address does not belong to this organisation."}
	case identity.NoValue:
		return explanation{http.StatusForbidden, denied, "Your identity provider did not tell us what we know you by, so we cannot find your account."}
	case identity.Ambiguous:
		return explanation{http.StatusForbidden, denied, "More than one account could be yours. Please ask your administrator to correct that."}
	case identity.AmbiguousEmail:
		return explanation{http.StatusForbidden, denied, "More than one account has your e-mail address. Please ask your administrator to correct that."}
	case identity.AlreadyLinked:
		return explanation{http.StatusForbidden, denied, "The account with your e-mail address belongs to another person at your identity provider, perhaps to someone who had the address before you. Please ask your administrator."}
	case identity.UnknownUser:
		return explanation{http.StatusForbidden, denied, "There is no account for you yet. Your administrator has to assign this application to you; accounts are not made at sign-in."}
	case reasonAddress:
		return explanation{http.StatusForbidden, denied, "Your organisation does not let you sign in from this network."}
	case reasonMFA:
		return explanation{http.StatusForbidden, denied, "Your organisation asks for a second factor, and your identity provider did not say that you used one. Please ask your administrator."}
	case identity.Inactive, identity.Deprovisioned:
		return explanation{http.StatusForbidden, denied, "Your account is deactivated. Please ask your administrator."}
	case identity.NotProvisioned:
		return explanation{http.StatusForbidden, denied, "Your organisation has not sent us your account. Please ask your administrator to assign this application to you for provisioning too."}
	case identity.NameTaken:
		return explanation{http.StatusForbidden, denied, "There is an account with your name or e-mail address already, and nothing shows that it is yours. Please ask your administrator."}
	case reasonLocalSignOn:
		return explanation{http.StatusForbidden, denied, "Your organisation does not sign on through its identity provider yet."}
	case reasonUnknownTenant:
		return explanation{http.StatusBadRequest, failed, "No organisation here is known by that link. Please ask your administrator for another one."}
	case reasonUnknownDomain:
		return explanation{http.StatusBadRequest, failed, "No organisation here uses single sign-on with that e-mail address."}
	case reasonUnsolicited:
		return explanation{http.StatusForbidden, failed, "Your organisation does not let its identity provider sign you in here without being asked. Please start here."}
	case reasonTransient:
		return explanation{http.StatusForbidden, denied, "Your identity provider names you differently each time, so we cannot recognise you. Please ask your administrator to have it send a lasting name."}
	case reasonInternal:
		return explanation{http.StatusInternalServerError, failed, "Something went wrong on our side. Please try again."}
	}
	if strings.HasPrefix(string(why), "saml-") { // one text for all: whoever forges a message learns nothing from it
		return explain(reasonInvalidToken)
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
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	if r, ok := errors.AsType[*identity.Refusal](err); ok {
		return refuse(r.Reason)
	}
	if denial, ok := errors.AsType[*access.Denial](err); ok {
		return refuse(reason(denial.Reason))
	}
	return refuseWith(reasonInternal, err)
}

// newReference names one refusal, so that a person can quote it and an administrator can find it.
func newReference() string {
	buf := make([]byte, 6)
	rand.Read(buf)
	return hex.EncodeToString(buf)
}
