package persona

import (
	"time"

	"assay/fakeidp/resource"
)

// The sources behind Entra ID's knobs.
const (
	entra1  = "E1: Entra docs, use SCIM to provision users and groups"
	entra2  = "E2: Entra docs, SCIM compatibility (2025-04-15)"
	entra3  = "E3: Entra docs, how provisioning works"
	entra4  = "E4: Entra docs, quarantine status"
	entra5  = "E5: Entra docs, customize attribute mappings"
	entra6  = "E6: Entra docs, known issues"
	entra7  = "E7: Entra docs, provision on demand"
	entra9  = "E9: Entra docs, analyze provisioning logs"
	entra12 = "E12: SCIMReferenceCode, Logic App validation suite (2026)"
	entra13 = "E13: azure-docs issue 94189 (wire log)"
	entra14 = "E14: captures of Microsoft's validator, published by a third party"
)

// EntraDefault is Entra ID provisioning as a job without a flag does it: capitalised operations, booleans
// as strings, members removed by value.
func EntraDefault() Persona {
	return Persona{Name: "entra-default", Title: "Microsoft Entra ID, as it comes", Product: "Entra ID", OIDC: entraOIDC(), SAML: entraSAML(), SCIM: entraSCIM()}
}

// Entra062020 is Entra ID provisioning with the flag aadOptscim062020 on the tenant URL: PATCH close to the RFC.
func Entra062020() Persona {
	s := entraSCIM()
	s.ExtraQuery = inferred("", entra2+" has the flag on the tenant URL; how it is carried on each request is unknown, so it is not sent")
	s.DemandAs = documented("entra-default", entra2+": the flag does not work with on-demand provisioning; E7")
	s.OpCase = documented(Lower, entra2)
	s.Booleans = documented(Real, entra2)
	s.UserUpdate = documented(PatchDotted, entra2)
	s.GroupMembers = documented(PatchFilter, entra2)
	s.AddWhenEmpty = inferred(true, entra2+" shows add without the flag only")
	s.MemberAdd = inferred(WithNullRef, entra1+" shows it without the flag only")
	s.GroupRename = inferred(PatchPath, entra1+" shows it without the flag only")
	return Persona{Name: "entra-062020", Title: "Microsoft Entra ID with the flag aadOptscim062020", Product: "Entra ID", OIDC: entraOIDC(), SAML: entraSAML(), SCIM: s}
}

// EntraValidator is what is known of the traffic of Microsoft's SCIM Validator. It sends what Entra ID sends
// unless observed otherwise.
func EntraValidator() Persona {
	s := entraSCIM()
	s.ContentType = observed("application/scim+json; charset=utf-8", entra14)
	s.FilterSpace = inferred("%20", "E15: ssoready issue, percent-encoded filter values")
	return Persona{Name: "entra-validator", Title: "Microsoft SCIM Validator", Product: "The SCIM Validator", OIDC: entraOIDC(), SAML: entraSAML(), SCIM: s}
}

// The bodies of Entra ID's users and groups: E1's examples and default mappings.
const (
	entraUser Body = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  "externalId": "{mailNickname}", "userName": "{login}", "active": "{active}", "displayName": "{displayName}",
  "emails": [{"primary": true, "type": "work", "value": "{email}"}],
  "meta": {"resourceType": "User"},
  "name": {"formatted": "{givenName} {familyName}", "familyName": "{familyName}", "givenName": "{givenName}"},
  "title": "{title}", "preferredLanguage": "{preferredLanguage}",
  "phoneNumbers": [{"type": "work", "value": "{phone}"}, {"type": "mobile", "value": "{mobile}"}, {"type": "fax", "value": "{fax}"}],
  "addresses": [{"type": "work", "streetAddress": "{street}", "locality": "{city}", "region": "{region}", "postalCode": "{postalCode}", "country": "{country}"}],
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "{employeeNumber}", "department": "{department}", "manager": "{manager}"},
  "roles": []}`
	entraGroup Body = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group", "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
  "externalId": "{id}", "displayName": "{name}", "meta": {"resourceType": "Group"}}`
)

func entraSCIM() SCIM {
	s := SCIM{
		Headers:     inferred(Headers{{"User-Agent", ""}}, entra13+": GETs have no Accept; the User-Agent is not verified, so none is sent"),
		ContentType: documented("application/scim+json", entra1),
		ExtraQuery:  documented("", entra1),
		WriteSuffix: documented("", entra1),

		TestRequests:   observed([]string{"/Users?filter=userName+eq+%22{uuid}%22"}, entra13+"; E1"),
		TestFindsNo:    documented(true, entra1),
		TestLifecycle:  documented(false, entra1),
		FilterSpace:    observed("+", entra13),
		FilterOperator: documented("eq", entra1),
		UserLookup:     documented("filter={filter}", entra1),
		GroupLookup:    documented("excludedAttributes=members&filter={filter}", entra1),
		UserMatch:      documented("userName", entra1),
		NotFoundIsNo:   documented(false, entra4),
	}
	s.entraUsers()
	s.entraGroups()
	s.entraOperation()
	return s
}

func (s *SCIM) entraUsers() {
	s.GuestLogin = documented(WithoutMark, entra5+"; E6: #EXT# is lost unless originalUserPrincipalName is mapped")
	s.UserCreate = documented(entraUser, entra1)
	s.UserPut = documented(Body(""), entra1+": there is no PUT")
	s.NoValue = documented(resource.Omit, entra1+" (its second example has null)")
	s.UnusedSchemas = documented(true, entra1)
	s.Cleared = documented(ClearSkip, entra6)
	s.Manager = documented(AsString, entra12+"; E14, E15")
	s.ManagerClear = documented(ClearEmpty, entra12)
	s.OpCase = documented(Capital, entra1+"; E2")
	s.Booleans = documented(CapitalText, entra2)
	s.AddWhenEmpty = documented(true, entra2)

	s.UserUpdate = documented(PatchPath, entra2)
	s.UserActive = documented(PatchPath, entra2)
	s.ReadBeforeWrite = inferred(true, entra1+" documents the read by id, not when it is sent")
	s.MatchCompared = inferred(true, entra3)
	s.ReturnByLookup = documented(true, entra3+"; E6")
	s.ForgetGone = inferred(true, entra9+" has InvalidAnchor; that it matches again is inferred")

	s.Suspended = documented(Deactivate, entra3)
	s.Unassigned = documented(Deactivate, entra3)
	s.Deleted = documented(Deactivate, entra3)
	s.Delay = documented(time.Duration(0), entra3)
	s.Retention = documented(30*24*time.Hour, entra3)
}

func (s *SCIM) entraGroups() {
	s.PushGroups = documented(true, entra1)
	s.GroupCreate = documented(entraGroup, entra1)
	s.GroupRename = documented(PatchPath, entra1)
	s.GroupMembers = documented(PatchValue, entra2)
	s.MemberAdd = documented(WithNullRef, entra1)
	s.MemberRemove = documented(Minimal, entra2+" (E1 has $ref null)")
	s.NestedGroups = documented(NestIgnored, entra3+": nested groups are not expanded")
	s.AssignedOnly = inferred(false, entra6+": memberships are not sent again after a restoration")
	s.RenameWithMembers = documented(false, entra1)
	s.LinkedGroupFull = inferred(false, entra1+": members are never read")
	s.GroupRead = documented(true, entra1)
	s.GroupReadQuery = documented("excludedAttributes=members", entra1)
	s.GroupUnassigned = inferred(Delete, entra3+": DELETE where there is no active")
	s.MembersBatch = inferred(100, entra1+" asks for several members in a PATCH; how many is undocumented")
}

func (s *SCIM) entraOperation() {
	s.UserTemplate = documented(false, entra1+": attributes are mapped one by one")
	s.ReferenceProbe = documented("", entra1+` has attributes=id and filter=id eq "U" and manager eq "M" as arguments in C#; that the service still asks is unproven, so it does not`)
	s.MembershipProbe = documented("", entra1+` has excludedAttributes=members and filter=id eq "G" and members eq "U" as arguments in C#; that the service still asks is unproven, so it does not`)
	s.DemandMembers = documented(5, entra7)
	s.DemandAs = documented("", entra7)
	s.ImportPage = inferred(5, entra12+" uses count=5; the page of Account Discovery is undocumented")
	s.Timeout = recalled(60*time.Second, ours)
	s.Retry = inferred(Retry{Attempts: 1}, entra9+": tried again automatically; here in a later cycle, Retry-After is undocumented")
	s.Cycle = documented(40*time.Minute, entra3)
	s.Escrow = documented(Escrow{Spacing: []time.Duration{6 * time.Hour, 12 * time.Hour, 24 * time.Hour}, GiveUp: 28 * 24 * time.Hour}, entra3)
	s.Quarantine = documented(Quarantine{
		Statuses: []int{401, 404}, Failures: 5000, Percent: 40, Most: 40_000, MostAll: 60_000,
		Interval: 24 * time.Hour, Disable: 28 * 24 * time.Hour,
	}, entra4)
	s.Messages = recalled(plainMessages(), ours)
	s.Codes = documented(Codes{
		Duplicate: "DuplicateTargetEntries", Unparsable: "SystemForCrossDomainIdentityManagementServiceIncompatible",
		TooMany: "TooManyRequests", Timeout: "Timeout", Gone: "InvalidAnchor", Credentials: "InvalidCredentials",
	}, entra9+"; the name for 401 is a paraphrase of E4")
	s.Never = documented([]string{"PUT", "startIndex and count on look-ups", "DELETE of somebody who was unassigned first"}, entra1+"; E3")
}

// plainMessages are the texts of vendors whose own are not known.
func plainMessages() Messages {
	return Messages{
		Joiner: "user {user} was not provisioned to {app}: {reason}", Update: "user {user} was not updated in {app}: {reason}",
		Deactivate: "user {user} was not disabled in {app}: {reason}", Reactivate: "user {user} was not enabled in {app}: {reason}",
		Delete: "user {user} was not deleted from {app}: {reason}", Group: "group {group} was not provisioned to {app}: {reason}",
		Import: "the import from {app} failed: {reason}", Test: "the connection test failed: {reason}",
	}
}
