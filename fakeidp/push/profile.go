package push

import (
	"encoding/json"
	"slices"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

const (
	userSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	patchSchema      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// profile is what an app is told about a person. Two profiles that are equal need no push.
type profile struct {
	userName, givenName, middleName, familyName string
	email, displayName, title, locale           string
	department, externalID                      string
}

func profileOf(p control.Person, knobs persona.SCIM) profile {
	out := profile{
		userName:    p.Login,
		givenName:   p.GivenName,
		middleName:  p.MiddleName,
		familyName:  p.FamilyName,
		email:       p.Email,
		displayName: displayName(p),
		title:       p.Title,
		locale:      p.Locale,
		department:  p.Department,
	}
	if knobs.SendExternalID.Value {
		out.externalID = p.ID
	}
	return out
}

func displayName(p control.Person) string {
	if p.GivenName == "" || p.FamilyName == "" {
		return p.GivenName + p.FamilyName
	}
	return p.GivenName + " " + p.FamilyName
}

// email is an entry of "emails" in the member order of Okta's documents.
type email struct {
	Primary bool   `json:"primary"`
	Value   string `json:"value"`
	Type    string `json:"type"`
}

// attribute is one mapped attribute: its place in a user, and its value now.
type attribute struct {
	parent, name string // parent is "", "name" or the enterprise URN
	value        string
}

// attributes lists the simple attributes in the order of Okta's documents. The e-mail is apart: it is
// an entry of a list.
func (p profile) attributes() []attribute {
	return []attribute{
		{"", "userName", p.userName},
		{"name", "givenName", p.givenName},
		{"name", "middleName", p.middleName},
		{"name", "familyName", p.familyName},
		{"", "displayName", p.displayName},
		{"", "title", p.title},
		{"", "locale", p.locale},
		{"", "externalId", p.externalID},
		{enterpriseSchema, "department", p.department},
	}
}

// createBody is the body of POST /Users, member by member in the order that Okta documents. An
// attribute without a value is left out.
func (p profile) createBody(knobs persona.SCIM, password string) []byte {
	o := newObject()
	o.set("schemas", p.schemas())
	o.set("userName", p.userName)
	name := newObject()
	for _, a := range p.attributes() {
		if a.parent == "name" && a.value != "" {
			name.set(a.name, a.value)
		}
	}
	o.set("name", name)
	o.set("emails", []email{{Primary: true, Value: p.email, Type: "work"}})
	for _, a := range p.attributes() {
		if a.parent == "" && a.name != "userName" && a.value != "" {
			o.set(a.name, a.value)
		}
	}
	if p.department != "" {
		extension := newObject()
		extension.set("department", p.department)
		o.set(enterpriseSchema, extension)
	}
	if knobs.SendGroupsEmpty.Value {
		o.set("groups", []string{})
	}
	if knobs.SendPassword.Value {
		o.set("password", password)
	}
	o.set("active", true)
	return encode(o)
}

func (p profile) schemas() []string {
	if p.department != "" {
		return []string{userSchema, enterpriseSchema}
	}
	return []string{userSchema}
}

// merge writes into user, which the server returned, what changed since old; old is nil when nothing
// was pushed yet: then every attribute that has a value is written. What the server returned besides
// is echoed as it came. An attribute that became empty is removed (inferred: O1 does not show it).
func (p profile) merge(user *object, old *profile) {
	var before []attribute
	if old != nil {
		before = old.attributes()
	}
	for i, a := range p.attributes() {
		switch {
		case old == nil && a.value == "":
		case old != nil && before[i].value == a.value:
		default:
			a.write(user)
		}
	}
	if old == nil || old.email != p.email {
		user.set("emails", mergeEmails(user.values["emails"], p.email))
	}
	p.mergeSchemas(user)
}

func (a attribute) write(user *object) {
	target := user
	if a.parent != "" {
		target = user.child(a.parent)
	}
	if a.value == "" {
		target.remove(a.name)
	} else {
		target.set(a.name, a.value)
	}
	if a.parent == "name" {
		target.arrange("", "givenName", "middleName", "familyName")
	}
	if a.parent != "" && len(target.names) > 0 {
		user.set(a.parent, target)
	}
	if a.parent != "" && len(target.names) == 0 {
		user.remove(a.parent)
	}
}

func (p profile) mergeSchemas(user *object) {
	var schemas []string
	if json.Unmarshal(user.values["schemas"], &schemas) != nil || len(schemas) == 0 {
		schemas = []string{userSchema}
	}
	if user.has(enterpriseSchema) && !slices.Contains(schemas, enterpriseSchema) {
		schemas = append(schemas, enterpriseSchema)
	}
	user.set("schemas", schemas)
}

// mergeEmails replaces the primary entry, or else the work entry, by ours, unless it holds the address
// already: then it is echoed with whatever the server added to it.
func mergeEmails(raw json.RawMessage, address string) []json.RawMessage {
	ours := encode(email{Primary: true, Value: address, Type: "work"})
	var entries []json.RawMessage
	if json.Unmarshal(raw, &entries) != nil {
		return []json.RawMessage{ours}
	}
	at := slices.IndexFunc(entries, func(e json.RawMessage) bool { return parseEmail(e).Primary })
	if at < 0 {
		at = slices.IndexFunc(entries, func(e json.RawMessage) bool { return parseEmail(e).Type == "work" })
	}
	if at < 0 {
		return append(entries, ours)
	}
	if parseEmail(entries[at]).Value != address {
		entries[at] = ours
	}
	return entries
}

func parseEmail(raw json.RawMessage) email {
	var e email
	if json.Unmarshal(raw, &e) != nil {
		return email{}
	}
	return e
}

// putBody arranges a merged user as Okta's documents do. active is set when it is not nil, and a
// profile push adds the empty groups list where the server left it out, as observed.
func putBody(user *object, id string, knobs persona.SCIM, active *bool, profilePush bool) []byte {
	user.set("id", id)
	if active != nil {
		user.set("active", *active)
	}
	if profilePush && knobs.SendGroupsEmpty.Value && !user.has("groups") {
		user.set("groups", []string{})
	}
	user.arrange("meta", "schemas", "id", "userName", "name", "emails", "displayName", "title", "locale",
		"externalId", "active", "groups")
	return encode(user)
}

// changes returns what changed since old as the value of a path-less replace. An attribute that became
// empty is sent as "" (inferred).
func (p profile) changes(old *profile) *object {
	o := newObject()
	var before []attribute
	if old != nil {
		before = old.attributes()
	}
	for i, a := range p.attributes() {
		if (old == nil && a.value == "") || (old != nil && before[i].value == a.value) {
			continue
		}
		if a.parent == "" {
			o.set(a.name, a.value)
			continue
		}
		parent := o.child(a.parent)
		parent.set(a.name, a.value)
		o.set(a.parent, parent)
	}
	if old == nil || old.email != p.email {
		o.set("emails", []email{{Primary: true, Value: p.email, Type: "work"}})
	}
	return o
}
