package sso

import "assay/reference/identity"

// codeOf is the stable code of a reason, for programs and support: the names are those of DataRecs and PropelAuth
// where these have one. "" where there is nothing that an administrator could look up.
func codeOf(why reason) string {
	switch why {
	case reasonUnknownDomain, reasonUnknownTenant, reasonNoConnection, reasonLocalSignOn:
		return "SSO_NOT_CONFIGURED"
	case reasonUnknownState, reasonOtherBrowser:
		return "INVALID_STATE"
	case reasonProviderDown:
		return "IDP_DISCOVERY_FAILED"
	case identity.AlreadyLinked:
		return "SSO_IDENTITY_MISMATCH"
	case identity.Inactive, identity.NotProvisioned, identity.Deprovisioned:
		return "ScimUserNotActive"
	case identity.UnknownUser, identity.NameTaken:
		return "SSO_USER_UNKNOWN"
	case identity.Ambiguous, identity.AmbiguousEmail:
		return "SSO_MATCH_AMBIGUOUS"
	case identity.ForeignDomain:
		return "SSO_DOMAIN_NOT_ALLOWED"
	case identity.UnverifiedEmail, identity.NoEmail, identity.NoValue:
		return "SSO_IDENTITY_INCOMPLETE"
	}
	return ""
}
