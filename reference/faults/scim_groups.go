package faults

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"assay/reference/directory"
)

// scimGroups are defects of groups, their members, and of what Okta's client does with them.
func scimGroups() []Fault {
	return slices.Concat(memberFaults(), memberPatchFaults(), membershipFaults(), oktaFaults())
}

// namePrefix is how much of a name a group-filter-is-prefix server looks at: that of the whole run.
const namePrefix = len(`displayName eq "assay-12345678`)

func memberFaults() []Fault {
	put := On(http.MethodPut, "/Groups/*")
	keeping := func(change func(sent, before map[string]any)) wrapper { return keepingFrom(put, change) }
	return []Fault{
		onHTTP("put-adds-members", "PUT adds members to a group and takes none out", "servers that insert the rows of the new members and leave the old rows",
			keeping(func(sent, before map[string]any) {
				sent["members"] = append(listOf(sent, "members"), listOf(before, "members")...)
			}), "okta.aiw.group-member-removed", "scim.groups.replace-empties-members", "scim.groups.replace-members"),
		onHTTP("put-keeps-members-of-empty-list", "an empty list of members in a PUT leaves the members", "servers that take an empty list for absence",
			keeping(func(sent, before map[string]any) {
				if list, ok := sent["members"].([]any); ok && len(list) == 0 {
					sent["members"] = before["members"]
				}
			}), "scim.groups.replace-empties-members"),
		onHTTP("create-drops-members", "the members that a group is created with are dropped", "servers that add members by PATCH only",
			onBody(On(http.MethodPost, "/Groups"), func(doc map[string]any) { delete(doc, "members") }), "scim.groups.members-kept"),
		onHTTP("member-reference-leads-nowhere", "$ref of a member leads nowhere", "servers whose addresses were written before their routes",
			eachResource(groups(), func(doc map[string]any) {
				for _, item := range listOf(doc, "members") {
					if member, _ := item.(map[string]any); member["$ref"] != nil {
						member["$ref"] = strings.Replace(textOf(member, "$ref"), "/Users/", "/users/", 1)
					}
				}
			}), "scim.groups.member-reference-resolves"),
		onHTTP("group-filter-is-prefix", "a filter on displayName finds every name that begins alike", "servers that compare the first characters of a name, as many as an index has",
			onFilter(func(filter string) string {
				if !strings.HasPrefix(filter, `displayName eq "`) || len(filter) < namePrefix || strings.Contains(filter, "] ") || strings.Count(filter, `"`) != 2 {
					return filter
				}
				return strings.Replace(filter[:namePrefix], " eq ", " sw ", 1) + `"`
			}), "scim.groups.filter-by-name"),
		onHTTP("group-name-optional", "a group can be made without displayName", "servers that make up a name",
			onBody(On(http.MethodPost, "/Groups"), func(doc map[string]any) {
				if doc["displayName"] == nil {
					doc["displayName"] = "unnamed"
				}
			}), "scim.groups.missing-name-refused"),
		onHTTP("group-writes-always-succeed", "replacing and deleting a group that does not exist succeeds", "servers that do not count the rows that they changed",
			Rewrite(groups(http.MethodPut, http.MethodDelete), func(r *Response) {
				if r.Status == http.StatusNotFound {
					*r = Response{Request: r.Request, Status: http.StatusNoContent, Header: http.Header{}}
				}
			}), "scim.groups.deleted-delete", "scim.groups.deleted-replace"),
		onHTTP("group-for-every-id", "reading a group that does not exist shows an empty group", "servers that make what they do not find",
			Rewrite(On(http.MethodGet, "/Groups/*"), func(r *Response) {
				if r.Status == http.StatusNotFound {
					id := strings.TrimPrefix(r.Request.URL.Path, "/Groups/")
					r.Status = http.StatusOK
					r.SetDocument(map[string]any{"schemas": []any{groupURN}, "id": id, "displayName": "", "meta": map[string]any{"resourceType": "Group"}})
				}
			}), "okta.aiw.group-deleted", "okta.oin.group-deleted", "scim.groups.deleted-read", "scim.groups.ids-differ-from-users"),
	}
}

func memberPatchFaults() []Fault {
	members := func(op string) func(operation) bool {
		return func(o operation) bool { return o.op() == op && o.path() == "members" }
	}
	selected := func(o operation) bool { return o.op() == "remove" && strings.HasPrefix(o.path(), "members[") }
	hasMember := func(before map[string]any, text string) bool {
		return slices.ContainsFunc(listOf(before, "members"), func(item any) bool {
			member, _ := item.(map[string]any)
			return strings.Contains(text, textOf(member, "value"))
		})
	}
	return []Fault{
		onHTTP("patch-add-replaces-members", "add of members takes the members out that are there", "servers that assign the value to the attribute",
			turning(groups(), members("add"), func(o operation) []operation { return []operation{o.replaced(map[string]any{"op": "replace"})} }), "okta.oin.group-member-added", "scim.patch.add-members"),
		onHTTP("patch-add-needs-members", "add does nothing to a group without members", "servers that append to a list which is not there",
			dropping(groups(), func(before map[string]any, o operation) bool {
				return members("add")(o) && len(listOf(before, "members")) == 0
			}), "okta.oin.group-push", "scim.patch.add-first-member"),
		onHTTP("patch-member-again-conflicts", "adding a member that is in the group is refused with 409", "servers that report the unique index of the member table",
			refusingOperation(groups(), http.StatusConflict, "uniqueness", func(before map[string]any, o operation) bool {
				return members("add")(o) && hasMember(before, string(encodeObject(o["value"], nil)))
			}), "scim.patch.add-member-again"),
		onHTTP("patch-replace-adds-members", "replace of members takes nobody out", "servers that insert the rows of the new members and leave the old rows",
			turning(groups(), members("replace"), func(o operation) []operation { return []operation{o.replaced(map[string]any{"op": "add"})} }), "scim.patch.replace-members"),
		onHTTP("patch-member-selection-ignored", "remove of one member takes all members out", "servers that cut the path at the bracket",
			turning(groups(), selected, func(operation) []operation { return []operation{removal("members")} }), "okta.oin.group-member-removed", "scim.patch.remove-member", "scim.patch.remove-stranger"),
		onHTTP("patch-member-stays", "remove of one member does nothing", "servers that want members in the value of a remove, as Entra sends them",
			turning(groups(), selected, func(operation) []operation { return nil }), "okta.oin.group-member-removed", "scim.patch.member-exchanged", "scim.patch.remove-last-member", "scim.patch.remove-member"),
		onHTTP("patch-last-member-stays", "the last member of a group cannot be removed", "products whose groups must not be empty",
			refusingOperation(groups(), http.StatusBadRequest, "mutability", func(before map[string]any, o operation) bool {
				return selected(o) && len(listOf(before, "members")) == 1 && hasMember(before, o.path())
			}), "scim.patch.member-exchanged", "scim.patch.remove-last-member"),
		onHTTP("patch-all-members-stay", "remove of all members does nothing", "servers that want a filter with every remove of members",
			turning(groups(), members("remove"), func(operation) []operation { return nil }), "scim.patch.remove-all-members"),
		onHTTP("patch-stranger-refused", "removing a user who is no member is refused", "servers that report that no row was deleted",
			refusingOperation(groups(), http.StatusBadRequest, "noTarget", func(before map[string]any, o operation) bool {
				return selected(o) && !hasMember(before, o.path())
			}), "scim.patch.remove-stranger"),
		onHTTP("patch-rename-empties-group", "replace of displayName takes the members out", "servers that save the group without the members that they did not load",
			turning(groups(), pathIs("replace", "displayName"), func(o operation) []operation { return []operation{removal("members"), o} }), "scim.patch.rename-group"),
		onHTTP("patch-rename-without-path-empties-group", "replace without a path takes the members out", "servers that treat a replace without a path as a PUT; Okta renames so",
			onOperations(groups(), func(before map[string]any, o operation) []operation {
				value, _ := o["value"].(map[string]any)
				if o.op() == "replace" && value["displayName"] != nil && value["displayName"] != before["displayName"] {
					return []operation{removal("members"), o}
				}
				return []operation{o}
			}), "okta.oin.group-renamed", "scim.patch.rename-group-without-path"),
		onHTTP("patch-member-value-ignored", "an operation that changes value of a member is ignored", "elimity-com/scim, which accepts the change of an immutable attribute (measured)",
			turning(groups(), func(o operation) bool { return strings.HasSuffix(o.path(), "].value") }, func(operation) []operation { return nil }), "scim.patch.member-value-immutable"),
	}
}

func membershipFaults() []Fault {
	return []Fault{
		onHTTP("user-groups-not-shown", "users do not show their groups", "servers that show members of groups only",
			eachResource(users(), func(doc map[string]any) { delete(doc, "groups") }), "scim.groups.user-shows-its-groups"),
		onHTTP("user-joins-by-put", "PUT of a user with groups changes the groups", "servers with one table for both directions",
			func(next http.Handler) http.Handler {
				return RewriteRequest(On(http.MethodPut, "/Users/*"), func(r *http.Request, body []byte) []byte {
					id := strings.TrimPrefix(r.URL.Path, "/Users/")
					for _, item := range listOf(decodeObject(body), "groups") {
						group, _ := item.(map[string]any)
						inner(next, r, http.MethodPatch, "/Groups/"+textOf(group, "value"), map[string]any{
							"schemas":    []any{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
							"Operations": []any{operation{"op": "add", "path": "members", "value": []any{map[string]any{"value": id}}}},
						})
					}
					return body
				})(next)
			}, "scim.groups.user-cannot-join-itself"),
		{
			Name: "deleted-user-stays-member", Text: "a deleted user is still shown as a member of its groups",
			Model:   "servers whose member table has no foreign key",
			Reddens: []string{"scim.groups.deleted-user-leaves"}, Store: func(next directory.Store) directory.Store { return &ghosts{Store: next} },
		},
		onHTTP("group-deletion-takes-members", "deleting a group deletes its members", "databases with a cascade in the wrong direction",
			func(next http.Handler) http.Handler {
				return RewriteRequest(groups(http.MethodDelete), func(r *http.Request, body []byte) []byte {
					for _, item := range listOf(resourceAt(next, r, r.URL.Path), "members") {
						member, _ := item.(map[string]any)
						inner(next, r, http.MethodDelete, "/Users/"+textOf(member, "value"), nil)
					}
					return body
				})(next)
			}, "scim.groups.deleted-group-spares-users"),
	}
}

// ghosts shows deleted users as members.
type ghosts struct {
	directory.Store
	left memory[string, []directory.Member] // by group
}

// Delete implements directory.Resources; it remembers.
func (s *ghosts) Delete(ctx context.Context, tenant string, kind directory.Kind, id string, check func(directory.Resource) error) error {
	memberships, err := s.GroupsOf(ctx, tenant, id)
	if err == nil {
		for _, group := range memberships[id] {
			gone, _ := s.left.recall(group.ID)
			s.left.keep(group.ID, append(gone, directory.Member{ID: id, Kind: directory.User}))
		}
	}
	return s.Store.Delete(ctx, tenant, kind, id, check)
}

// MembersOf implements directory.Resources, wrongly.
func (s *ghosts) MembersOf(ctx context.Context, tenant string, groups ...string) (map[string][]directory.Member, error) {
	members, err := s.Store.MembersOf(ctx, tenant, groups...)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(members)
	for _, group := range groups {
		if gone, ok := s.left.recall(group); ok {
			all[group] = append(slices.Clone(all[group]), gone...)
		}
	}
	return all, nil
}

// oktaFaults are defects that Okta's client meets: what it sends, and when.
func oktaFaults() []Fault {
	query := func(raw string) When {
		return func(r *http.Request) bool { return r.URL.RawQuery == raw }
	}
	okta := func(r *http.Request) bool { return strings.HasPrefix(r.Header.Get("User-Agent"), "Okta") }
	fail := func(r *Response) { *r = *failure(r.Request, http.StatusInternalServerError, "") }
	return []Fault{
		onHTTP("connection-test-fails", "a list of two users is answered with 500", "servers whose paging breaks on small pages",
			Rewrite(Every(On(http.MethodGet, "/Users"), query("startIndex=1&count=2")), fail), "okta.aiw.connection-test", "okta.oin.connection-test"),
		onHTTP("upper-case-filter-fails", "a filter on a userName in upper case is refused", "servers that validate the address in the filter",
			refusing(On(http.MethodGet, "/Users"), http.StatusBadRequest, "invalidValue", func(r *http.Request, _ map[string]any) bool {
				filter := r.URL.Query().Get("filter")
				return strings.HasPrefix(filter, "userName eq \"ASSAY") && !strings.Contains(filter, " and ")
			}), "okta.spec.user-name-upper-case", "scim.filter.value-any-case"),
		onHTTP("names-dropped", "the name that Okta creates a user with is dropped", "products that have a display name only",
			onBody(Every(On(http.MethodPost, "/Users"), okta), func(doc map[string]any) { delete(doc, "name") }), "okta.aiw.joiner-profile", "okta.oin.joiner-profile"),
		onHTTP("mover-loses-address", "Okta's update of a user takes the e-mail address away", "servers that write what changed and clear the rest",
			onBody(Every(users(http.MethodPut), okta), func(doc map[string]any) { delete(doc, "emails") }), "okta.aiw.mover", "okta.oin.mover"),
		onHTTP("inactive-users-hidden", "a deactivated user is not found by userName", "servers that search among active people only",
			RewriteJSON(Every(On(http.MethodGet, "/Users"), WithQuery("filter")), http.StatusOK, func(doc map[string]any) {
				all := listOf(doc, "Resources")
				left := slices.DeleteFunc(slices.Clone(all), func(item any) bool {
					user, _ := item.(map[string]any)
					return user["active"] == false
				})
				if len(left) == len(all) {
					return
				}
				doc["Resources"], doc["totalResults"], doc["itemsPerPage"] = left, len(left), len(left)
			}), "okta.aiw.leaver-found", "okta.oin.leaver-found", "scim.filter.boolean"),
		onHTTP("reactivation-ignored", "a deactivated user cannot be activated again", "products whose leavers come back as new people",
			func(next http.Handler) http.Handler {
				stays := func(before map[string]any) bool { return before != nil && before["active"] == false }
				patch := onOperations(Every(users(), okta), func(before map[string]any, o operation) []operation {
					value, _ := o["value"].(map[string]any)
					if stays(before) && (o.path() == "active" || value["active"] == true) {
						return nil
					}
					return []operation{o}
				})
				put := RewriteRequest(Every(users(http.MethodPut), okta), func(r *http.Request, body []byte) []byte {
					doc := decodeObject(body)
					if doc == nil || !stays(resourceAt(next, r, r.URL.Path)) {
						return body
					}
					doc["active"] = false
					return encodeObject(doc, body)
				})
				return patch(put(next))
			}, "okta.aiw.returner", "okta.oin.returner"),
		onHTTP("matched-user-not-updated", "an update of a user who has no externalId is accepted and dropped", "products that protect accounts which they made themselves",
			func(next http.Handler) http.Handler {
				return RewriteRequest(Every(users(http.MethodPut, http.MethodPatch), okta), func(r *http.Request, body []byte) []byte {
					before := resourceAt(next, r, r.URL.Path)
					if before == nil || before["externalId"] != nil {
						return body
					}
					r.Method = http.MethodGet
					return nil
				})(next)
			}, "okta.aiw.match", "okta.oin.match"),
		onHTTP("group-removal-ignored", "the deletion of a group with members is accepted and not done", "products that keep groups which somebody uses",
			func(next http.Handler) http.Handler {
				return RewriteRequestOr(Every(groups(http.MethodDelete), okta), func(r *http.Request, _ []byte) *Response {
					return &Response{Request: r, Status: http.StatusNoContent, Header: http.Header{}}
				})(next)
			}, "okta.aiw.group-deleted", "okta.oin.group-deleted"),
		onHTTP("list-page-of-one-empty", "a page of one user is empty", "off by one",
			RewriteJSON(Every(On(http.MethodGet, "/Users"), query("startIndex=1&count=1")), http.StatusOK, func(doc map[string]any) {
				doc["Resources"] = []any{}
			}), "okta.spec.list-one"),
	}
}
