package persona

import (
	"fmt"
	"strings"
	"time"

	"assay/fakeidp/resource"
)

// Header is one request header.
type Header struct{ Name, Value string }

// Headers are the request headers that a client always sends, Authorization excepted. An empty value
// sends the header without a value, or not at all where HTTP libraries would add one of their own.
type Headers []Header

func (h Headers) String() string {
	lines := make([]string, len(h))
	for i, header := range h {
		lines[i] = header.Name + ": " + header.Value
	}
	return strings.Join(lines, "; ")
}

// Body is the JSON template of a resource (resource.ParseTemplate). Of a group, "members" is written by
// the engine: a template that has it, has its place.
type Body string

// Form is how a client writes a change.
type Form string

// The forms that the push engine can write.
const (
	Put             Form = "put"             // the whole resource
	PatchPathless   Form = "patchPathless"   // PATCH, one replace without path, the changed values in an object
	PatchPathlessID Form = "patchPathlessId" // the same, the object also holds the id
	PatchDotted     Form = "patchDotted"     // the same, nested attributes as dotted member names; one operation for each path with a filter
	PatchPath       Form = "patchPath"       // PATCH, one operation a path
	PatchFilter     Form = "patchFilter"     // PATCH of members: a remove by filter path for each, then one add
	PatchValue      Form = "patchValue"      // PATCH of members: one remove with the members as its value, then one add
)

// Options lists them.
func (Form) Options() []string {
	return texts(Put, PatchPathless, PatchPathlessID, PatchDotted, PatchPath, PatchFilter, PatchValue)
}

// Case is how the "op" of a PATCH operation is spelled.
type Case string

// The spellings.
const (
	Lower   Case = "lower"   // "replace"
	Capital Case = "capital" // "Replace"
)

// Options lists them.
func (Case) Options() []string { return texts(Lower, Capital) }

// Boolean is how a boolean is written in a PATCH.
type Boolean string

// The spellings.
const (
	Real        Boolean = "real"        // true
	CapitalText Boolean = "capitalText" // "True"
	LowerText   Boolean = "lowerText"   // "true"
)

// Options lists them.
func (Boolean) Options() []string { return texts(Real, CapitalText, LowerText) }

// Clearing is what an update sends for an attribute that lost its value.
type Clearing string

// The ways to clear.
const (
	ClearSkip  Clearing = "skip"        // nothing: the target keeps what it has
	ClearEmpty Clearing = "emptyString" // ""
	ClearNull  Clearing = "null"
	Remove     Clearing = "remove" // a remove operation, or the attribute is left out of the object
)

// Options lists them.
func (Clearing) Options() []string { return texts(ClearSkip, ClearEmpty, ClearNull, Remove) }

// Reference is how the manager of a user is written.
type Reference string

// The forms of a reference.
const (
	AsString Reference = "string"   // "<id>"
	AsObject Reference = "object"   // {"value": "<id>"}
	AsArray  Reference = "arrayRef" // [{"$ref": "<URL>", "value": "<id>"}]
)

// Options lists them.
func (Reference) Options() []string { return texts(AsString, AsObject, AsArray) }

// Member is how an entry of a group's members is written.
type Member string

// The forms of a member.
const (
	Minimal     Member = "minimal"     // {"value": "<id>"}
	WithDisplay Member = "withDisplay" // with the userName as display
	WithNullRef Member = "withNullRef" // {"$ref": null, "value": "<id>"}
)

// Options lists them.
func (Member) Options() []string { return texts(Minimal, WithDisplay, WithNullRef) }

// GuestLogin is what a guest's login, such as "ada_partner.example#EXT#@acme.example", becomes in a request.
type GuestLogin string

// The forms of a guest's login.
const (
	AsIs        GuestLogin = "asIs"
	WithoutMark GuestLogin = "withoutMark" // without "#EXT#"
)

// Options lists them.
func (GuestLogin) Options() []string { return texts(AsIs, WithoutMark) }

// Nesting is what a target learns of the groups inside a pushed group.
type Nesting string

// The ways to deal with nested groups.
const (
	NestIgnored   Nesting = "ignored"   // nothing: the group's own people are its members
	NestFlattened Nesting = "flattened" // the people inside them are members of the pushed group
	NestReference Nesting = "reference" // a group that is pushed too is a member, by its id (RFC 7643 section 4.2)
)

// Options lists them.
func (Nesting) Options() []string { return texts(NestIgnored, NestFlattened, NestReference) }

// Reaction is what a client does when somebody or something loses the app.
type Reaction string

// The reactions.
const (
	Nothing    Reaction = "nothing"
	Deactivate Reaction = "deactivate"
	Delete     Reaction = "delete"
)

// Options lists them.
func (Reaction) Options() []string { return texts(Nothing, Deactivate, Delete) }

func texts[T ~string](values ...T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// Retry is what a client does about 429 Too Many Requests.
type Retry struct {
	Attempts int           // requests in all, the first one included; 1: there is no retry
	Default  time.Duration // the first wait when Retry-After is not an integer number of seconds
	Factor   int           // by which every further such wait grows
}

func (r Retry) String() string {
	if r.Attempts <= 1 {
		return "no retry"
	}
	return fmt.Sprintf("Retry-After in integer seconds, else %s, times %d for each further wait; %d attempts", r.Default, r.Factor, r.Attempts)
}

// Escrow is when a client tries again what failed. The zero value tries in every cycle.
type Escrow struct {
	Spacing []time.Duration // the waits after the first failures; the last one repeats
	GiveUp  time.Duration   // after the first failure: the object is not tried any more
}

func (e Escrow) String() string {
	if len(e.Spacing) == 0 {
		return "in every cycle"
	}
	waits := make([]string, len(e.Spacing))
	for i, w := range e.Spacing {
		waits[i] = w.String()
	}
	return fmt.Sprintf("after %s, the last wait repeating; for %s", strings.Join(waits, ", "), e.GiveUp)
}

// Quarantine is when a client gives a connection up for the time being. The zero value never does.
type Quarantine struct {
	Statuses []int         // of a look-up or a test request: each is a trigger at once
	Failures int           // failed objects, references excepted, that are a trigger if they are also …
	Percent  int           // … more than this share of all objects
	Most     int           // failed objects, references excepted, that are a trigger by themselves; more than
	MostAll  int           // failed objects, references included; more than
	Interval time.Duration // of cycles in quarantine
	Disable  time.Duration // after this long in quarantine no cycle runs any more
}

func (q Quarantine) String() string {
	if q.Interval == 0 {
		return "never"
	}
	return fmt.Sprintf("at a look-up answered %v, at %d failures and more than %d %%, at more than %d failures, at more than %d with references; then a cycle every %s, off after %s",
		q.Statuses, q.Failures, q.Percent, q.Most, q.MostAll, q.Interval, q.Disable)
}

// Messages are the texts of failed tasks. {user}, {group}, {app} and {reason} are filled in.
type Messages struct{ Joiner, Update, Deactivate, Reactivate, Delete, Group, Import, Test string }

func (m Messages) String() string { return m.Joiner }

// Codes are the vendor's names of kinds of failure, put before the reason. An empty one is not put.
type Codes struct {
	Duplicate   string // a look-up found more than one
	Unparsable  string // an answer is not SCIM
	TooMany     string // 429
	Timeout     string // no answer in time
	Gone        string // 404 for an id that the target gave
	Credentials string // 401
}

func (c Codes) String() string {
	names := []string{}
	for _, name := range []string{c.Duplicate, c.Unparsable, c.TooMany, c.Timeout, c.Gone, c.Credentials} {
		if name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// SCIM is how the persona's provisioning client behaves.
type SCIM struct {
	Headers     Knob[Headers]
	ContentType Knob[string] // of requests with a body; sent with no other
	ExtraQuery  Knob[string] // put first into the query of every request
	WriteSuffix Knob[string] // put after the path of PUT and PATCH, such as "?"

	TestRequests   Knob[[]string] // GETs sent when the connection is saved, relative to the base URL; {uuid} is random
	TestFindsNo    Knob[bool]     // the test requests have to find nothing
	TestLifecycle  Knob[bool]     // saving also makes a user and a group, changes them and deletes both
	FilterSpace    Knob[string]   // how a space in a filter is written in the URL
	FilterOperator Knob[string]   // how "eq" is spelled
	UserLookup     Knob[string]   // query of a look-up; {filter} is filled in
	GroupLookup    Knob[string]
	UserMatch      Knob[string] // attribute by which users are matched: a path of UserCreate
	NotFoundIsNo   Knob[bool]   // a look-up answered 404 counts as "no match", like 200 with totalResults 0

	GuestLogin    Knob[GuestLogin]
	UserCreate    Knob[Body]
	UserPut       Knob[Body]           // of PUT, where that differs; "" is UserCreate
	NoValue       Knob[resource.Empty] // for an attribute without a value in POST and PUT
	UserTemplate  Knob[bool]           // the body of users is a template that an administrator edits, app by app
	UnusedSchemas Knob[bool]           // "schemas" lists the template's extensions even when they hold nothing
	Cleared       Knob[Clearing]       // for an attribute that lost its value, in PATCH
	Manager       Knob[Reference]
	ManagerClear  Knob[Clearing]
	OpCase        Knob[Case]
	Booleans      Knob[Boolean] // in PATCH by path
	AddWhenEmpty  Knob[bool]    // PATCH says add, not replace, for an attribute that had no value

	UserUpdate      Knob[Form] // profile changes
	UserActive      Knob[Form] // deactivation and reactivation
	ReadBeforeWrite Knob[bool] // GET the user first; a PUT starts from what it returned
	MatchCompared   Knob[bool] // a match is compared with the directory, and only what differs is sent
	ReturnByLookup  Knob[bool] // somebody who comes back is looked up by filter, not read by id
	ForgetGone      Knob[bool] // a 404 for a known id drops it: the next push looks for a match

	Suspended  Knob[Reaction]      // somebody is suspended or blocked in the directory
	Unassigned Knob[Reaction]      // somebody lost the app
	Deleted    Knob[Reaction]      // somebody who had the app is deleted
	Delay      Knob[time.Duration] // between such an event and the reaction
	Retention  Knob[time.Duration] // between the deletion of somebody who had the app and DELETE; 0: there is none

	PushGroups        Knob[bool] // groups are provisioned at all
	GroupCreate       Knob[Body]
	GroupRename       Knob[Form]
	GroupMembers      Knob[Form]
	MemberAdd         Knob[Member]
	MemberRemove      Knob[Member] // in a remove with a value
	NestedGroups      Knob[Nesting]
	AssignedOnly      Knob[bool] // a member who is not assigned to the app is left out
	RenameWithMembers Knob[bool] // every membership update is preceded by the rename, mostly a no-op
	LinkedGroupFull   Knob[bool] // a group found by name gets its whole membership at once
	GroupRead         Knob[bool] // a group is read before it is changed
	GroupReadQuery    Knob[string]
	GroupUnassigned   Knob[Reaction] // a group is no longer pushed
	MembersBatch      Knob[int]      // members in one PATCH

	// Queries of probes that ask before a reference, or a membership, is written whether it is there already; {filter} is filled
	// in. "" asks nothing.
	ReferenceProbe  Knob[string]
	MembershipProbe Knob[string]

	DemandMembers Knob[int]    // members of a group that are provisioned on demand at a time; 0: there is nothing on demand
	DemandAs      Knob[string] // persona whose requests those on demand are; "": this one's

	ImportPage Knob[int]           // count of an import, and the step of startIndex
	Timeout    Knob[time.Duration] // of one request
	Retry      Knob[Retry]
	Cycle      Knob[time.Duration] // between cycles; 0: every change is pushed when it happens
	Escrow     Knob[Escrow]
	Quarantine Knob[Quarantine]
	Messages   Knob[Messages]
	Codes      Knob[Codes]
	Never      Knob[[]string] // what this client never sends
}
