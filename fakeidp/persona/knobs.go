package persona

import (
	"fmt"
	"strings"
	"time"
)

// OIDC is how the persona's OpenID provider looks.
type OIDC struct {
	IssuerPath  Knob[string] // path of the issuer under the public URL
	Subject     Knob[string] // what "sub" of the ID token is
	ThinIDToken Knob[bool]   // profile and e-mail claims only at userinfo when an access token is issued too
	Groups      Knob[string] // what the groups claim holds
}

// Header is one request header.
type Header struct{ Name, Value string }

// Headers are the request headers that a client always sends, Authorization excepted.
type Headers []Header

func (h Headers) String() string {
	lines := make([]string, len(h))
	for i, header := range h {
		lines[i] = header.Name + ": " + header.Value
	}
	return strings.Join(lines, "; ")
}

// Form is how a client writes a change.
type Form string

// The forms that the push engine can write.
const (
	Put           Form = "put"           // the whole resource, read first
	PatchPathless Form = "patchPathless" // PATCH, one replace without path, the changed values in an object
	PatchFilter   Form = "patchFilter"   // PATCH of members: removes by filter path, then one add
)

// Retry is what a client does about 429 Too Many Requests.
type Retry struct {
	Attempts int           // requests in all, the first one included
	Default  time.Duration // the first wait when Retry-After is not an integer number of seconds
	Factor   int           // by which every further such wait grows
}

func (r Retry) String() string {
	return fmt.Sprintf("Retry-After in integer seconds, else %s, times %d for each further wait; %d attempts", r.Default, r.Factor, r.Attempts)
}

// Messages are the texts of failed tasks. {user}, {group}, {app} and {reason} are filled in.
type Messages struct{ Joiner, Update, Deactivate, Reactivate, Group, Import, Test string }

func (m Messages) String() string { return m.Joiner }

// SCIM is how the persona's provisioning client behaves.
type SCIM struct {
	Headers     Knob[Headers]
	ContentType Knob[string] // of requests with a body; sent with no other

	TestRequests Knob[[]string] // sent when the connection is saved, relative to the base URL
	FilterSpace  Knob[string]   // how a space in a filter is written in the URL
	LookupParams Knob[string]   // query parameters that follow every look-up filter
	NotFoundIsNo Knob[bool]     // a look-up answered 404 counts as "no match", like 200 with totalResults 0

	SendExternalID  Knob[bool] // externalId, the person's id, in users
	SendPassword    Knob[bool] // a random placeholder password in creates
	SendGroupsEmpty Knob[bool] // "groups": [] in creates and profile updates

	UserUpdate        Knob[Form] // profile changes
	UserActive        Knob[Form] // deactivation and reactivation
	ReadBeforeWrite   Knob[bool] // a PUT starts from what GET returned
	SuspendedIsSilent Knob[bool] // nothing is sent for a suspended person

	GroupRename       Knob[Form]
	GroupMembers      Knob[Form]
	MemberDisplay     Knob[bool] // members carry the userName as display
	AssignedOnly      Knob[bool] // a member who is not assigned to the app is left out
	RenameWithMembers Knob[bool] // every membership update is preceded by the rename, mostly a no-op
	LinkedGroupFull   Knob[bool] // a group found by name gets its whole membership at once
	MembersBatch      Knob[int]  // members in one PATCH

	ImportPage Knob[int]           // count of an import, and the step of startIndex
	Timeout    Knob[time.Duration] // of one request
	Retry      Knob[Retry]
	Messages   Knob[Messages]
	Never      Knob[[]string] // what this client never sends
}
