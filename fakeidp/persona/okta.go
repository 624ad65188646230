package persona

import (
	"time"

	"assay/fakeidp/resource"
)

// The sources behind Okta's knobs.
const (
	okta1 = "O1: Okta developer docs, SCIM 2.0 reference"
	okta2 = "O2: Okta developer docs, SCIM FAQ (2026)"
	okta3 = "O3: Okta developer docs, SCIM concepts"
	okta9 = "O9: wire capture published by an Okta employee (2018)"
	okta5 = "O1 and O5: SCIM 2.0 reference; Okta's CRUD test suite"
	forum = "O12: Okta developer forum, quoted by a third party"
	ours  = "no page found"
)

func documented[T any](value T, source string) Knob[T] { return Knob[T]{value, source, Documented} }
func observed[T any](value T, source string) Knob[T]   { return Knob[T]{value, source, Observed} }
func secondHand[T any](value T, source string) Knob[T] { return Knob[T]{value, source, SecondHand} }
func inferred[T any](value T, source string) Knob[T]   { return Knob[T]{value, source, Inferred} }
func recalled[T any](value T, source string) Knob[T]   { return Knob[T]{value, source, Recalled} }

// OktaOIN is an Okta app from the catalogue (Okta Integration Network): profile changes as PUT,
// activation and groups as PATCH. Okta's own pages disagree on PUT or PATCH for profile changes (O1
// says PUT, O2 says PATCH by default); this persona follows O1.
func OktaOIN() Persona {
	return Persona{
		Name:    "okta-oin",
		Title:   "Okta, app from the OIN catalogue",
		Product: "Okta",
		OIDC:    oktaOIDC(),
		SAML:    oktaSAML(),
		SCIM:    oktaSCIM(),
	}
}

// OktaOINPatch is an Okta app from the catalogue as the 2026 FAQ describes it: PATCH for everything.
// The shape of a profile PATCH is inferred from that of the activation.
func OktaOINPatch() Persona {
	scim := oktaSCIM()
	scim.UserUpdate = inferred(PatchPathless, okta2+" says PATCH; the shape follows the activation in "+okta1)
	return Persona{
		Name:    "okta-oin-patch",
		Title:   "Okta, app from the OIN catalogue, PATCH for profile changes",
		Product: "Okta",
		OIDC:    oktaOIDC(),
		SAML:    oktaSAML(),
		SCIM:    scim,
	}
}

// OktaAIW is an Okta app made with the App Integration Wizard, SCIM switched on: every change of a user
// or a group is a PUT, and that cannot be reconfigured (O1, O2). It signs on at the authorization server of
// the organisation, whose issuer is the host.
func OktaAIW() Persona {
	scim := oktaSCIM()
	scim.UserActive = documented(Put, okta1+"; O11: coder issue 15828")
	scim.GroupRename = documented(Put, okta1)
	scim.GroupMembers = documented(Put, okta1)
	return Persona{
		Name:    "okta-aiw",
		Title:   "Okta, app made with the App Integration Wizard",
		Product: "Okta",
		OIDC:    oktaOrgOIDC(),
		SAML:    oktaSAML(),
		SCIM:    scim,
	}
}

// The bodies of Okta's users and groups, member by member in the order that O1 documents.
const (
	oktaUserCreate Body = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  "userName": "{login}",
  "name": {"givenName": "{givenName}", "middleName": "{middleName}", "familyName": "{familyName}"},
  "emails": [{"primary": true, "value": "{email}", "type": "work"}],
  "displayName": "{displayName}", "title": "{title}", "locale": "{locale}", "externalId": "{id}",
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "{department}"},
  "groups": [], "password": "{password}", "active": "{active}"}`
	oktaUserPut Body = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  "id": "{remoteId}", "userName": "{login}",
  "name": {"givenName": "{givenName}", "middleName": "{middleName}", "familyName": "{familyName}"},
  "emails": [{"primary": true, "value": "{email}", "type": "work"}],
  "displayName": "{displayName}", "title": "{title}", "locale": "{locale}", "externalId": "{id}",
  "active": "{active}", "groups": [],
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "{department}"}}`
	oktaGroup Body = `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "{name}", "members": []}`
)

func oktaSCIM() SCIM {
	s := SCIM{
		Headers: observed(Headers{
			{"Accept", "application/scim+json"},
			{"Accept-Charset", "utf-8"},
			{"User-Agent", "Okta SCIM Client 1.0.0"},
			{"Connection", "Keep-Alive"},
			{"Accept-Encoding", "gzip,deflate"},
		}, okta9),
		ContentType: observed("application/scim+json; charset=utf-8", okta9+"; a public log of the connector test (2026-10) has none on GET"),
		ExtraQuery:  documented("", okta1),
		WriteSuffix: documented("", okta1),

		TestRequests:   documented([]string{"/Users?startIndex=1&count=2", "/Groups?startIndex=1&count=100"}, okta1+"; O7, O8, O10"),
		TestFindsNo:    documented(false, okta1),
		TestLifecycle:  documented(false, okta1),
		FilterSpace:    documented("%20", okta1),
		FilterOperator: documented("eq", okta1),
		UserLookup:     documented("filter={filter}&startIndex=1&count=100", okta1),
		GroupLookup:    documented("filter={filter}&startIndex=1&count=100", okta1),
		UserMatch:      documented("userName", okta1+": the configured unique identifier field"),
		NotFoundIsNo:   documented(true, okta1),
	}
	s.oktaUsers()
	s.oktaGroups()
	s.oktaOperation()
	return s
}

func (s *SCIM) oktaUsers() {
	s.GuestLogin = recalled(AsIs, ours+"; Okta has no guests")
	s.UserCreate = documented(oktaUserCreate, okta1+" (externalId is in one of its two examples)")
	s.UserPut = documented(oktaUserPut, okta1)
	s.NoValue = inferred(resource.Omit, okta1+" shows only attributes with values")
	s.UnusedSchemas = documented(false, okta1)
	s.Cleared = inferred(ClearEmpty, okta1+" does not show it")
	s.Manager = recalled(AsObject, ours+"; the default mapping has no manager")
	s.ManagerClear = recalled(Remove, ours)
	s.OpCase = documented(Lower, okta1)
	s.Booleans = documented(Real, okta1)
	s.AddWhenEmpty = inferred(false, okta1+" has replace only")

	s.UserUpdate = documented(Put, okta1+" (O2 says PATCH by default)")
	s.UserActive = documented(PatchPathless, okta1)
	s.ReadBeforeWrite = documented(true, okta1)
	s.MatchCompared = documented(false, okta1+": the profile is sent to the match")
	s.ForgetGone = recalled(false, ours)
	s.ReturnByLookup = documented(false, okta1+": by filter or by id")

	s.Suspended = documented(Nothing, okta1+"; "+okta3)
	s.Unassigned = documented(Deactivate, okta1)
	s.Deleted = documented(Deactivate, okta1)
	s.Delay = documented(time.Duration(0), okta1)
	s.Retention = documented(time.Duration(0), okta1+": users are never deleted")
}

func (s *SCIM) oktaGroups() {
	s.PushGroups = documented(true, okta1)
	s.GroupCreate = documented(oktaGroup, okta1)
	s.GroupRename = documented(PatchPathlessID, okta1)
	s.GroupMembers = documented(PatchFilter, okta1)
	s.MemberAdd = documented(WithDisplay, okta1)
	s.MemberRemove = documented(Minimal, okta1+": removes have a filter path")
	s.NestedGroups = recalled(NestFlattened, ours+"; Okta's own groups hold no groups, those of a directory arrive flattened")
	s.AssignedOnly = documented(true, okta1)
	s.RenameWithMembers = documented(true, okta1)
	s.LinkedGroupFull = inferred(true, okta1+" documents the full push, not when it is chosen")
	s.GroupRead = documented(true, okta1)
	s.GroupReadQuery = documented("", okta1)
	s.GroupUnassigned = documented(Nothing, okta1+": leave in target, unless the administrator says delete")
	s.MembersBatch = secondHand(1000, forum)
}

func (s *SCIM) oktaOperation() {
	s.UserTemplate = inferred(false, okta1+": attributes are mapped one by one")
	s.ReferenceProbe = documented("", okta1+" shows none")
	s.MembershipProbe = documented("", okta1+" shows none")
	s.DemandMembers = recalled(0, ours)
	s.DemandAs = recalled("", ours)
	s.ImportPage = documented(100, okta1)
	s.Timeout = documented(60*time.Second, okta2)
	s.Retry = documented(Retry{Attempts: 10, Default: 5 * time.Minute, Factor: 2}, okta3)
	s.Cycle = documented(time.Duration(0), okta3)
	s.Escrow = recalled(Escrow{}, ours+": a failed task waits for an administrator; the fake IdP tries it in the next push")
	s.Quarantine = recalled(Quarantine{}, ours)
	s.Messages = recalled(Messages{
		Joiner:     "Automatic provisioning of user {user} to app {app} failed: {reason}",
		Update:     "Automatic profile push of user {user} to app {app} failed: {reason}",
		Deactivate: "Automatic deprovisioning of user {user} from app {app} failed: {reason}",
		Reactivate: "Automatic reactivation of user {user} in app {app} failed: {reason}",
		Delete:     "Automatic deletion of user {user} from app {app} failed: {reason}",
		Group:      "Unable to update Group Push mapping target App group {group}: {reason}",
		Import:     "Import from app {app} failed: {reason}",
		Test:       "Error authenticating: {reason}",
	}, "only the first is in "+okta1+"; the others: "+ours)
	s.Codes = recalled(Codes{}, ours)
	s.Never = documented([]string{
		"DELETE /Users/{id}", "POST /.search", "/Bulk", "/Me", "/ServiceProviderConfig", "filters on meta.lastModified",
	}, okta2+"; "+okta5)
}
