package persona

import (
	"time"

	"assay/fakeidp/resource"
)

const (
	rfc      = "RFC 7643 and RFC 7644; no vendor"
	unproven = "no page found; the generic form stands in"
)

// Generic is no vendor: a client that keeps to the letter of RFC 7644.
func Generic() Persona {
	s := genericSCIM(rfc, Inferred)
	s.NestedGroups = inferred(NestReference, "RFC 7643 section 4.2: a member may be a group; no vendor")
	return Persona{Name: "generic", Title: "A client that keeps to the RFCs", Product: "The client", OIDC: plainOIDC(), SAML: genericSAML(unproven), SCIM: s}
}

// GoogleUnverified is Google Workspace's auto-provisioning. Only what it provisions, and when, is known;
// nothing was found on the wire, so that requests are those of the generic client.
func GoogleUnverified() Persona {
	const google1 = "G1: Google Workspace updates and partners' set-up guides"
	s := genericSCIM(unproven, Recalled)
	s.PushGroups = secondHand(false, google1+": groups restrict the scope, they are not pushed")
	s.Unassigned = documented(Deactivate, google1)
	s.Suspended = documented(Deactivate, google1)
	s.Deleted = documented(Deactivate, google1)
	s.Delay = documented(24*time.Hour, google1+": after 24 hours, 1, 7 or 30 days")
	return Persona{Name: "google-unverified", Title: "Google Workspace, users only (unverified)", Product: "Google Workspace", OIDC: googleOIDC(), SAML: googleSAML(), SCIM: s}
}

const (
	genericUser Body = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  "externalId": "{id}", "userName": "{login}", "active": "{active}", "displayName": "{displayName}",
  "name": {"givenName": "{givenName}", "middleName": "{middleName}", "familyName": "{familyName}"},
  "emails": [{"value": "{email}", "type": "work", "primary": true}],
  "nickName": "{nickname}", "userType": "{userType}", "title": "{title}", "locale": "{locale}",
  "phoneNumbers": [{"value": "{phone}", "type": "work"}],
  "addresses": [{"type": "work", "streetAddress": "{street}", "locality": "{city}", "region": "{region}", "postalCode": "{postalCode}", "country": "{country}"}],
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "{employeeNumber}", "department": "{department}", "manager": "{manager}"}}`
	genericGroup Body = `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "externalId": "{id}", "displayName": "{name}"}`
)

// genericSCIM is the plain client. Every knob has the same source and mark.
func genericSCIM(source string, mark Mark) SCIM {
	g := generic{source, mark}
	s := SCIM{
		Headers:     plain(g, Headers{{"Accept", "application/scim+json"}, {"User-Agent", "assay-generic/1"}}),
		ContentType: plain(g, "application/scim+json"),
		ExtraQuery:  plain(g, ""),
		WriteSuffix: plain(g, ""),

		TestRequests:   plain(g, []string{"/Users?startIndex=1&count=1"}),
		TestFindsNo:    plain(g, false),
		TestLifecycle:  plain(g, false),
		FilterSpace:    plain(g, "%20"),
		FilterOperator: plain(g, "eq"),
		UserLookup:     plain(g, "filter={filter}"),
		GroupLookup:    plain(g, "filter={filter}"),
		UserMatch:      plain(g, "userName"),
		NotFoundIsNo:   plain(g, false),
	}
	s.genericUsers(g)
	s.genericGroups(g)
	s.genericOperation(g)
	return s
}

// generic is the source and the mark of the generic client's knobs.
type generic struct {
	source string
	mark   Mark
}

func plain[T any](g generic, value T) Knob[T] { return Knob[T]{value, g.source, g.mark} }

func (s *SCIM) genericUsers(g generic) {
	s.GuestLogin = plain(g, AsIs)
	s.UserCreate = plain(g, genericUser)
	s.UserPut = plain(g, Body(""))
	s.NoValue = plain(g, resource.Omit)
	s.UnusedSchemas = plain(g, false)
	s.Cleared = plain(g, Remove)
	s.Manager = plain(g, AsObject)
	s.ManagerClear = plain(g, Remove)
	s.OpCase = plain(g, Lower)
	s.Booleans = plain(g, Real)
	s.AddWhenEmpty = plain(g, true)
	s.UserUpdate = plain(g, PatchPath)
	s.UserActive = plain(g, PatchPath)
	s.ReadBeforeWrite = plain(g, false)
	s.MatchCompared = plain(g, true)
	s.ReturnByLookup = plain(g, true)
	s.ForgetGone = plain(g, true)
	s.Suspended = plain(g, Deactivate)
	s.Unassigned = plain(g, Deactivate)
	s.Deleted = plain(g, Delete)
	s.Delay = plain(g, time.Duration(0))
	s.Retention = plain(g, time.Duration(0))
}

func (s *SCIM) genericGroups(g generic) {
	s.PushGroups = plain(g, true)
	s.GroupCreate = plain(g, genericGroup)
	s.GroupRename = plain(g, PatchPath)
	s.GroupMembers = plain(g, PatchFilter)
	s.MemberAdd = plain(g, Minimal)
	s.MemberRemove = plain(g, Minimal)
	s.NestedGroups = plain(g, NestIgnored)
	s.AssignedOnly = plain(g, true)
	s.RenameWithMembers = plain(g, false)
	s.LinkedGroupFull = plain(g, true)
	s.GroupRead = plain(g, false)
	s.GroupReadQuery = plain(g, "")
	s.GroupUnassigned = plain(g, Delete)
	s.MembersBatch = plain(g, 100)
}

func (s *SCIM) genericOperation(g generic) {
	s.UserTemplate = plain(g, false)
	s.ReferenceProbe = plain(g, "")
	s.MembershipProbe = plain(g, "")
	s.DemandMembers = plain(g, 0)
	s.DemandAs = plain(g, "")
	s.ImportPage = plain(g, 100)
	s.Timeout = plain(g, 30*time.Second)
	s.Retry = plain(g, Retry{Attempts: 5, Default: time.Second, Factor: 2})
	s.Cycle = plain(g, time.Duration(0))
	s.Escrow = plain(g, Escrow{})
	s.Quarantine = plain(g, Quarantine{})
	s.Messages = plain(g, plainMessages())
	s.Codes = plain(g, Codes{})
	s.Never = plain(g, []string{"what RFC 7644 does not define"})
}
