package push

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
	"assay/fakeidp/resource"
)

const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// dialect is how one persona writes users and groups. It is read-only.
type dialect struct {
	knobs       persona.SCIM
	create, put resource.Template // of users; profiles are compared by the leaves of put
	group       resource.Template
	match       resource.Leaf // by which users are matched
	inCreate    []bool        // of the leaves of put: a create has a place for them
	shape       string        // tells profiles of one template from those of another
	manager     int           // the index of the manager among the leaves of put, -1 when the persona sends none
}

func newDialect(knobs persona.SCIM) (*dialect, error) {
	d := &dialect{knobs: knobs}
	for _, t := range []struct {
		name string
		text persona.Body
		into *resource.Template
	}{
		{"scim.userCreate", knobs.UserCreate.Value, &d.create},
		{"scim.userPut", orElse(knobs.UserPut.Value, knobs.UserCreate.Value), &d.put},
		{"scim.groupCreate", knobs.GroupCreate.Value, &d.group},
	} {
		parsed, err := resource.ParseTemplate(string(t.text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
		*t.into = parsed
	}
	leaf, ok := d.create.LeafAt(knobs.UserMatch.Value)
	if !ok {
		return nil, fmt.Errorf("scim.userMatch: scim.userCreate has no %q with a placeholder", knobs.UserMatch.Value)
	}
	d.match = leaf
	for _, leaf := range d.put.Leaves() {
		_, ok := d.create.LeafAt(leaf.Path)
		d.inCreate = append(d.inCreate, ok)
		d.shape += leaf.Path + "\n"
	}
	d.shape = strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(d.shape))), 36)
	d.manager = slices.IndexFunc(d.put.Leaves(), func(l resource.Leaf) bool { return l.Source() == "manager" })
	return d, nil
}

func orElse(body, otherwise persona.Body) persona.Body {
	if body == "" {
		return otherwise
	}
	return body
}

// user is somebody as an app knows them at the moment.
type user struct {
	person   control.Person
	remote   string // the target's id
	manager  string // the target's id of the manager
	active   bool
	password string
}

// values resolves placeholders. The manager is an id, or, in a body, what the persona makes of it.
func (d *dialect) values(u user, inBody bool) resource.Values {
	p := u.person
	return func(source string) any {
		switch source {
		case "id":
			return p.ID
		case "login":
			return d.login(p)
		case "originalLogin":
			return p.Login
		case "mailNickname":
			local, _, _ := strings.Cut(p.Login, "@")
			return local
		case "email":
			return p.Email
		case "givenName":
			return p.GivenName
		case "middleName":
			return p.MiddleName
		case "familyName":
			return p.FamilyName
		case "displayName":
			return displayName(p)
		case "nickname":
			return p.Nickname
		case "userType":
			return p.UserType
		case "title":
			return p.Title
		case "department":
			return p.Department
		case "employeeNumber":
			return p.EmployeeNumber
		case "phone":
			return p.Phone
		case "mobile":
			return p.Mobile
		case "fax":
			return p.Fax
		case "locale":
			return p.Locale
		case "preferredLanguage":
			return cmp.Or(p.PreferredLanguage, p.Locale)
		case "street":
			return p.Address.Street
		case "city":
			return p.Address.City
		case "region":
			return p.Address.Region
		case "postalCode":
			return p.Address.PostalCode
		case "country":
			return p.Address.Country
		case "manager":
			if inBody && u.manager != "" {
				return d.reference(u.manager)
			}
			return u.manager
		case "active":
			return u.active
		case "activeText":
			return fmt.Sprint(u.active)
		case "password":
			return u.password
		case "remoteId":
			return u.remote
		default:
			if name, ok := resource.Custom(source); ok {
				return p.Custom[name]
			}
			return nil
		}
	}
}

// guestMark is what the login of a guest of Entra ID has between the home address and the tenant.
const guestMark = "#EXT#"

// login is the person's name as the persona sends it.
func (d *dialect) login(p control.Person) string {
	if d.knobs.GuestLogin.Value == persona.WithoutMark {
		return strings.Replace(p.Login, guestMark, "", 1)
	}
	return p.Login
}

type arrayRef struct {
	Ref   string `json:"$ref"`
	Value string `json:"value"`
}

func (d *dialect) reference(id string) any {
	switch d.knobs.Manager.Value {
	case persona.AsObject:
		return member{Value: id}
	case persona.AsArray:
		return []arrayRef{{Ref: ".." + resourcePath(usersPath, id), Value: id}}
	default:
		return id
	}
}

func displayName(p control.Person) string {
	if p.DisplayName != "" {
		return p.DisplayName
	}
	if p.GivenName == "" || p.FamilyName == "" {
		return p.GivenName + p.FamilyName
	}
	return p.GivenName + " " + p.FamilyName
}

// profile is what a target is told about a person. Two that are equal need no push.
func (d *dialect) profile(u user) []string { return d.put.Snapshot(d.values(u, false)) }

// created is what a create leaves behind of a profile: what its body has no place for is still to be sent.
func (d *dialect) created(profile []string) []string {
	out := slices.Clone(profile)
	for i, sent := range d.inCreate {
		if !sent {
			out[i] = ""
		}
	}
	return out
}

// managerOf finds the manager in a profile.
func (d *dialect) managerOf(profile []string) string {
	if d.manager >= 0 && profile != nil {
		return profile[d.manager]
	}
	return ""
}

// changes says which leaves an update has to send. before is nil when nothing was pushed yet: then it is
// every one that has a value. What the persona does not clear is no change.
func (d *dialect) changes(before, now []string, form persona.Form) []bool {
	changed := make([]bool, len(now))
	for i, leaf := range d.put.Leaves() {
		old := ""
		if before != nil {
			old = before[i]
		}
		changed[i] = !leaf.Momentary() && old != now[i]
		if now[i] == "" && form != persona.Put && d.clearing(leaf) == persona.ClearSkip {
			changed[i] = false
		}
	}
	return changed
}

func (d *dialect) clearing(leaf resource.Leaf) persona.Clearing {
	if leaf.Source() == "manager" {
		return d.knobs.ManagerClear.Value
	}
	return d.knobs.Cleared.Value
}

// createBody is the body of POST /Users.
func (d *dialect) createBody(u user) []byte {
	return resource.Encode(d.create.Render(d.values(u, true), d.knobs.NoValue.Value, d.knobs.UnusedSchemas.Value))
}

// putBody is the body of PUT /Users/{id}: current with what changed, or without current the whole user.
// setActive says that the PUT is (also) about whether the user is active.
func (d *dialect) putBody(current *resource.Object, u user, changed []bool, setActive bool) []byte {
	values := d.values(u, true)
	if current == nil {
		return resource.Encode(d.put.Render(values, d.knobs.NoValue.Value, d.knobs.UnusedSchemas.Value))
	}
	leaves := d.put.Leaves()
	d.put.Merge(current, values, func(i int) bool {
		switch leaves[i].Source() {
		case "active", "activeText":
			return setActive
		case "remoteId":
			return true
		default:
			return changed[i]
		}
	})
	return resource.Encode(current)
}

// patchBody is the body of PATCH /Users/{id} for the leaves that changed.
func (d *dialect) patchBody(u user, before []string, changed []bool) []byte {
	form := d.knobs.UserUpdate.Value
	if form == persona.PatchPathless {
		value := d.put.Partial(d.values(u, true), emptyFor(d.knobs.Cleared.Value), func(i int) bool { return changed[i] })
		return patchBody(operation{Op: d.op("replace"), Value: value})
	}
	var operations []operation
	dotted := resource.New()
	for i, leaf := range d.put.Leaves() {
		if !changed[i] {
			continue
		}
		op := d.leafOperation(u, leaf, before == nil || before[i] == "")
		if form == persona.PatchDotted && leaf.Plain && op.Value != nil {
			dotted.Set(leaf.Path, op.Value)
			continue
		}
		operations = append(operations, op)
	}
	if dotted.Len() > 0 {
		operations = append(operations, operation{Op: d.op("replace"), Value: dotted})
	}
	return patchBody(operations...)
}

func emptyFor(c persona.Clearing) resource.Empty {
	switch c {
	case persona.ClearEmpty:
		return resource.EmptyString
	case persona.ClearNull:
		return resource.Null
	default:
		return resource.Omit
	}
}

// leafOperation sets or clears one attribute by its path.
func (d *dialect) leafOperation(u user, leaf resource.Leaf, wasEmpty bool) operation {
	op := operation{Op: d.op("replace"), Path: leaf.Path}
	if value := leaf.Value(d.values(u, true)); value != nil {
		op.Value = value
		if wasEmpty && d.knobs.AddWhenEmpty.Value {
			op.Op = d.op("add")
		}
		return op
	}
	switch d.clearing(leaf) {
	case persona.ClearNull:
		op.Value = json.RawMessage("null")
	case persona.Remove:
		op.Op = d.op("remove")
	default:
		op.Value = ""
	}
	return op
}

// activeBody is the body of the PATCH that activates or deactivates.
func (d *dialect) activeBody(active bool) []byte {
	if d.knobs.UserActive.Value == persona.PatchPath {
		return patchBody(operation{Op: d.op("replace"), Path: "active", Value: d.boolean(active)})
	}
	return patchBody(operation{Op: d.op("replace"), Value: activeValue{Active: active}})
}

func (d *dialect) boolean(b bool) any {
	switch d.knobs.Booleans.Value {
	case persona.CapitalText:
		return capital(fmt.Sprint(b))
	case persona.LowerText:
		return fmt.Sprint(b)
	default:
		return b
	}
}

func (d *dialect) op(name string) string {
	if d.knobs.OpCase.Value == persona.Capital {
		return capital(name)
	}
	return name
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
