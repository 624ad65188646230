package persona

import (
	"time"

	"assay/fakeidp/resource"
)

// The sources behind the knobs of OneLogin, JumpCloud and Ping.
const (
	onelogin1 = "L1: authentik issue 11249, nginx and application log of OneLogin's SCIM v2 Enterprise app (2024-09)"
	onelogin2 = "L2: OneLogin's sample servers and harness"
	onelogin4 = "L4: OneLogin set-up guides with JSON templates"
	jump1     = "J1: JumpCloud support, custom SCIM identity management"
	jump2     = "J2: the scim_v2 crate's test data and ssoready's comments, both from JumpCloud traffic"
	ping1     = "P1: PingFederate SCIM connector settings"
	ping2     = "P2: a third party's audit of Ping's client, second-hand"
)

// OneLogin is OneLogin's "SCIM Provisioner with SAML (SCIM v2 Enterprise)". The user's body is a template that
// the administrator edits; this one follows the set-up guides.
func OneLogin() Persona {
	s := genericSCIM(unproven, Recalled)
	s.Headers = observed(Headers{{"User-Agent", ""}}, onelogin1)
	s.ContentType = observed("application/scim+json", onelogin1)
	s.WriteSuffix = observed("?", onelogin1)
	s.TestRequests = observed([]string{"/Users", "/Groups"}, onelogin2+"; L3")
	s.FilterSpace = observed("+", onelogin1)
	s.UserLookup = observed("filter={filter}&", onelogin1)
	s.GroupLookup = inferred("filter={filter}&", onelogin1+" shows it of users")
	s.oneLoginUsers()
	s.GroupCreate = inferred(Body(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "{name}", "members": []}`), onelogin2)
	s.GroupMembers = inferred(PatchFilter, onelogin1+": the add follows from its length; the removal is unknown")
	s.MemberAdd = inferred(Minimal, onelogin1+": 165 bytes")
	s.OpCase = inferred(Lower, onelogin1+": 165 bytes")
	s.Never = inferred([]string{"/ServiceProviderConfig"}, onelogin1)
	return Persona{Name: "onelogin", Title: "OneLogin, SCIM v2 Enterprise", Product: "OneLogin", OIDC: oneLoginOIDC(), SAML: oneLoginSAML(), SCIM: s}
}

const oneLoginUser Body = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  "userName": "{$parameters.scimusername}",
  "displayName": "{$user.display_name}",
  "name": {"givenName": "{$user.firstname}", "familyName": "{$user.lastname}", "formatted": "{$user.display_name}"},
  "emails": [{"value": "{$user.email}", "type": "work", "primary": true}],
  "title": "{$user.title}",
  "active": "{activeText}",
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
    "department": "{$user.department}", "manager": {"managerId": null, "displayName": ""}}}`

func (s *SCIM) oneLoginUsers() {
	s.UserCreate = observed(oneLoginUser, onelogin4)
	s.UserPut = observed(Body(""), onelogin1)
	s.UserTemplate = documented(true, onelogin4)
	s.NoValue = observed(resource.EmptyString, onelogin4+": placeholders sit inside quotes")
	s.UnusedSchemas = observed(true, onelogin4)
	s.UserUpdate = observed(Put, onelogin1)
	s.UserActive = inferred(Put, onelogin1+"; L2: all writes of users are PUT")
	s.ReadBeforeWrite = inferred(false, onelogin1)
	s.MatchCompared = inferred(false, onelogin4+": the template is sent as a whole")
	s.ReturnByLookup = recalled(false, unproven)
	s.Suspended = observed(Deactivate, "L5: set-up guides: delete, suspend or do nothing, by setting")
	s.Unassigned = observed(Deactivate, "L5: set-up guides: delete, suspend or do nothing, by setting")
	s.Deleted = documented(Delete, onelogin2)
}

// JumpCloud is JumpCloud's custom SCIM integration.
func JumpCloud() Persona {
	s := genericSCIM(unproven, Recalled)
	s.TestRequests = documented([]string{"/Users"}, jump1)
	s.TestLifecycle = documented(true, jump1)
	s.UserCreate = observed(jumpUserCreate, jump2)
	s.UserPut = observed(jumpUserPut, jump2)
	s.UnusedSchemas = observed(true, jump2)
	s.OpCase = observed(Lower, jump2)
	s.Booleans = observed(Real, jump2)
	s.UserUpdate = observed(Put, jump2+": PATCH by path was seen too")
	s.UserActive = observed(PatchPath, jump2)
	s.MatchCompared = recalled(false, unproven)
	s.Deleted = documented(Deactivate, jump1+": DELETE by setting")
	s.GroupCreate = observed(Body(`{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "{name}", "members": []}`), jump2)
	s.GroupRename = observed(PatchPathless, jump2)
	s.GroupMembers = observed(PatchValue, jump2)
	s.MemberAdd = observed(Minimal, jump2)
	s.MemberRemove = observed(Minimal, jump2+"; Infisical pull request 2138")
	s.LinkedGroupFull = observed(false, jump2+": adds are repeated")
	return Persona{Name: "jumpcloud", Title: "JumpCloud, custom SCIM integration", Product: "JumpCloud", OIDC: jumpCloudOIDC(), SAML: genericSAML(unproven), SCIM: s}
}

const (
	jumpUserCreate Body = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  "userName": "{login}", "externalId": "{id}", "active": "{active}", "displayName": "{displayName}",
  "name": {"givenName": "{givenName}", "middleName": "{middleName}", "familyName": "{familyName}"},
  "emails": [{"primary": true, "type": "work", "value": "{email}"}],
  "addresses": [{"country": "{country}", "locality": "{city}", "postalCode": "{postalCode}", "primary": true, "region": "{region}", "streetAddress": "{street}", "type": "work"}],
  "phoneNumbers": [{"primary": true, "type": "work", "value": "{phone}"}],
  "locale": "{locale}", "preferredLanguage": "{preferredLanguage}"}`
	jumpUserPut Body = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  "id": "{remoteId}", "userName": "{login}", "externalId": "{id}", "active": "{active}", "displayName": "{displayName}",
  "name": {"givenName": "{givenName}", "middleName": "{middleName}", "familyName": "{familyName}"},
  "title": "{title}",
  "emails": [{"primary": true, "type": "work", "value": "{email}"}],
  "addresses": [{"country": "{country}", "locality": "{city}", "postalCode": "{postalCode}", "primary": true, "region": "{region}", "streetAddress": "{street}", "type": "work"}],
  "phoneNumbers": [{"primary": true, "type": "work", "value": "{phone}"}],
  "locale": "{locale}", "preferredLanguage": "{preferredLanguage}", "photos": [], "groups": [],
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "{department}"}}`
)

// PingFederate is PingFederate's SCIM connector: PUT for everything.
func PingFederate() Persona {
	s := genericSCIM(unproven, Recalled)
	s.FilterOperator = secondHand("Eq", ping2)
	s.UserLookup = secondHand("filter={filter}&count=1000", ping2)
	s.GroupLookup = secondHand("filter={filter}&count=1000", ping2)
	s.UserMatch = documented("userName", ping1+": the unique user identifier")
	s.UserCreate = recalled(pingUser, unproven)
	s.UserUpdate = secondHand(Put, ping2)
	s.UserActive = secondHand(Put, ping2)
	s.MatchCompared = recalled(false, unproven)
	s.ReturnByLookup = recalled(false, unproven)
	s.Unassigned = secondHand(Deactivate, ping2+": PUT or DELETE, by setting")
	s.Suspended = secondHand(Deactivate, ping2+": PUT or DELETE, by setting")
	s.Deleted = secondHand(Delete, ping2+": PUT or DELETE, by setting")
	s.GroupRename = secondHand(Put, ping2)
	s.GroupMembers = secondHand(Put, ping2+": the whole membership; PATCH is optional")
	s.Timeout = recalled(60*time.Second, unproven)
	return Persona{Name: "pingfederate", Title: "PingFederate, SCIM connector", Product: "PingFederate", OIDC: pingOIDC(), SAML: pingSAML(), SCIM: s}
}

const pingUser Body = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  "externalId": "{id}", "userName": "{login}", "active": "{active}", "displayName": "{displayName}",
  "name": {"givenName": "{givenName}", "middleName": "{middleName}", "familyName": "{familyName}"},
  "emails": [{"value": "{email}", "type": "work", "primary": true}],
  "title": "{title}", "locale": "{locale}",
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "{employeeNumber}", "department": "{department}"}}`
