package faults

import (
	"context"
	"net/http"
	"slices"

	"assay/reference/directory"
)

func replaceFaults() []Fault {
	put := On(http.MethodPut, "/Users/*")
	keeping := func(change func(sent, before map[string]any)) wrapper { return keepingFrom(put, change) }
	return []Fault{
		onHTTP("put-answers-201", "PUT is answered with 201", "servers with one handler for create and replace",
			Rewrite(Every(put, Not(WithQuery("attributes"))), func(r *Response) {
				if r.Status == http.StatusOK {
					r.Status = http.StatusCreated
				}
			}), "scim.users.replace"),
		onHTTP("put-adds-to-lists", "PUT keeps the old values of a multi-valued attribute", "servers that insert the rows of the new values and leave the old rows",
			keeping(func(sent, before map[string]any) {
				for _, old := range listOf(before, "emails") {
					value, _ := old.(map[string]any)
					known := slices.ContainsFunc(listOf(sent, "emails"), func(item any) bool {
						other, _ := item.(map[string]any)
						return other["value"] == value["value"]
					})
					if !known && sent["emails"] != nil {
						delete(value, "primary")
						sent["emails"] = append(listOf(sent, "emails"), value)
					}
				}
			}), "scim.users.replace-list"),
		onHTTP("put-keeps-display-name", "PUT does not replace displayName", "products that compose the displayName themselves after the create",
			keeping(func(sent, before map[string]any) {
				delete(sent, "DISPLAYNAME")
				sent["displayName"] = before["displayName"]
			}), "okta.spec.read-only-echo", "scim.etag.changes", "scim.etag.stale-delete-refused", "scim.etag.stale-put-refused", "scim.users.last-modified-moves", "scim.users.replace-any-case", "scim.users.replace-is-kept", "scim.users.replace-whole-representation"),
		onHTTP("put-null-keeps", "null in a PUT leaves the old value", "servers that decode into a struct and cannot tell null from absence",
			keeping(func(sent, before map[string]any) {
				if value, has := sent["nickName"]; has && value == nil {
					sent["nickName"] = before["nickName"]
				}
			}), "scim.users.replace-null-clears"),
		onHTTP("put-does-not-deactivate", "PUT does not change active", "servers that deactivate by PATCH or DELETE only",
			keeping(func(sent, before map[string]any) { sent["active"] = before["active"] }), "lifecycle.leaver.cannot-sign-on", "lifecycle.leaver.session-ends", "okta.aiw.leaver", "scim.users.replace-deactivates"),
		onHTTP("put-echoes-request", "the answer to a PUT is what was sent rather than what was stored", "servers that echo the request",
			RewriteJSON(put, http.StatusOK, func(doc map[string]any) {
				if doc["displayName"] != nil {
					doc["displayName"] = textOf(doc, "displayName") + " "
				}
			}), "scim.users.replace-answer-agrees"),
		onHTTP("put-takes-id", "a user gets the id that a PUT has in its body", "servers that replace the document with all that is in it", takesID, "scim.users.replace-id-ignored"),
		onHTTP("put-needs-id", "PUT without an id in its body is refused", "servers that compare the id of path and body",
			refusing(put, http.StatusBadRequest, "invalidValue", func(_ *http.Request, body map[string]any) bool {
				return body != nil && body["id"] == nil && body["userName"] != nil
			}), "scim.users.replace-without-id"),
		onHTTP("put-creates", "PUT to an id that no user has makes one", "servers that implement PUT as an upsert", upsert, "scim.users.deleted-replace", "scim.users.replace-creates-nothing"),
		onHTTP("put-refuses-read-only", "PUT with meta in its body is refused", "servers that validate PUT like a create of writable attributes",
			refusing(put, http.StatusBadRequest, "mutability", func(_ *http.Request, body map[string]any) bool { return body["meta"] != nil }), "okta.aiw.leaver", "okta.aiw.match", "okta.aiw.mover", "okta.oin.match", "okta.oin.mover", "okta.oin.returner", "okta.spec.read-only-echo", "scim.users.replace-read-only-ignored", "scim.users.replace-whole-representation"),
		onHTTP("group-put-keeps-name", "PUT does not rename a group", "products whose groups cannot be renamed and who do not say so",
			func(next http.Handler) http.Handler {
				return RewriteRequest(On(http.MethodPut, "/Groups/*"), func(r *http.Request, body []byte) []byte {
					doc, before := decodeObject(body), resourceAt(next, r, r.URL.Path)
					if doc == nil || before == nil {
						return body
					}
					doc["displayName"] = before["displayName"]
					return encodeObject(doc, body)
				})(next)
			}, "okta.aiw.group-renamed", "scim.groups.replace-is-kept"),
	}
}

// takesID shows a user under the id that the last PUT said.
func takesID(next http.Handler) http.Handler {
	var claimed memory[string, string] // by path
	watch := RewriteRequest(On(http.MethodPut, "/Users/*"), func(r *http.Request, body []byte) []byte {
		id := textOf(decodeObject(body), "id")
		if id != "" && r.URL.Path != "/Users/"+id {
			claimed.keep(r.URL.Path, id)
		}
		return body
	})
	show := Rewrite(On(http.MethodGet, "/Users/*"), func(r *Response) {
		doc := r.Document()
		if id, ok := claimed.recall(r.Request.URL.Path); ok && r.Status == http.StatusOK && doc != nil {
			doc["id"] = id
			r.SetDocument(doc)
		}
	})
	return show(watch(next))
}

// upsert makes a user where a PUT finds none, and shows it under the id that was asked for.
func upsert(next http.Handler) http.Handler {
	var real memory[string, string] // id of the store by id that was asked for
	return RewriteRequestOr(users(), func(r *http.Request, body []byte) *Response {
		id := r.URL.Path[len("/Users"):]
		if stored, ok := real.recall(id); ok {
			answer := inner(next, r, r.Method, "/Users"+stored, decodeObject(body))
			return renamed(answer, id)
		}
		if r.Method != http.MethodPut {
			return nil
		}
		answer := served(next, r, body)
		if answer.Status != http.StatusNotFound {
			return answer
		}
		answer = inner(next, r, http.MethodPost, "/Users", decodeObject(body))
		if made := textOf(answer.Document(), "id"); made != "" {
			real.keep(id, "/"+made)
		}
		return renamed(answer, id)
	})(next)
}

func renamed(answer *Response, id string) *Response {
	if doc := answer.Document(); doc["userName"] != nil {
		doc["id"] = id[1:]
		answer.SetDocument(doc)
	}
	return answer
}

func deleteFaults() []Fault {
	missing := func(method string, status int) wrapper {
		return Rewrite(users(method), func(r *Response) {
			if r.Status == http.StatusNotFound {
				*r = *failure(r.Request, status, "")
			}
		})
	}
	return []Fault{
		onHTTP("delete-answers-200", "deleting a user is answered with 200", "servers whose framework answers 200 unless told otherwise",
			Rewrite(users(http.MethodDelete), func(r *Response) {
				if r.Status == http.StatusNoContent {
					r.Status = http.StatusOK
				}
			}), "scim.users.delete"),
		onHTTP("group-delete-answers-200", "deleting a group is answered with 200", "servers whose framework answers 200 unless told otherwise",
			Rewrite(groups(http.MethodDelete), func(r *Response) {
				if r.Status == http.StatusNoContent {
					r.Status = http.StatusOK
				}
			}), "scim.groups.delete"),
		{
			Name: "delete-only-deactivates", Text: "DELETE answers 204, but the user is only deactivated and can still be read",
			Model:   "products that keep deleted people for their audit trail and show the same record over SCIM",
			Reddens: []string{"scim.bulk.deletes", "scim.groups.deleted-user-leaves", "scim.users.deleted-delete", "scim.users.deleted-name-is-free", "scim.users.deleted-not-found", "scim.users.deleted-patch", "scim.users.deleted-read", "scim.users.deleted-replace", "scim.users.replace-creates-nothing"}, Store: func(next directory.Store) directory.Store { return &softDelete{next} },
		},
		{
			Name: "deleted-still-found", Text: "a deleted user is still found by userName",
			Model:   "servers whose search index is not told of deletions",
			Reddens: []string{"scim.users.deleted-not-found"}, Store: func(next directory.Store) directory.Store { return &deletedStore{Store: next} },
		},
		onHTTP("deleted-put-is-403", "PUT of a deleted user is answered with 403", "servers that check rights before existence", missing(http.MethodPut, http.StatusForbidden), "scim.users.deleted-replace"),
		onHTTP("deleted-patch-is-403", "PATCH of a deleted user is answered with 403", "servers that check rights before existence", missing(http.MethodPatch, http.StatusForbidden), "scim.users.deleted-patch"),
		onHTTP("delete-idempotent", "deleting a deleted user is answered with 204", "servers that take DELETE for idempotent to the status code",
			Rewrite(users(http.MethodDelete), func(r *Response) {
				if r.Status == http.StatusNotFound {
					r.Status, r.Body = http.StatusNoContent, nil
				}
			}), "scim.users.deleted-delete"),
		onHTTP("deleted-name-reserved", "the userName of a deleted user cannot be given away again", "servers whose unique index covers deleted rows", reservedNames, "scim.users.deleted-name-is-free"),
		onHTTP("deleted-group-read", "a deleted group can still be read", "servers that cache groups", staleGroups, "okta.aiw.group-deleted", "okta.oin.group-deleted", "scim.groups.deleted-read"),
	}
}

// reservedNames refuses names of users who were deleted.
func reservedNames(next http.Handler) http.Handler {
	var gone memory[string, bool] // by name
	watch := RewriteRequest(users(http.MethodDelete), func(r *http.Request, body []byte) []byte {
		gone.keep(textOf(resourceAt(next, r, r.URL.Path), "userName"), true)
		return body
	})
	return refusing(users(http.MethodPost), http.StatusConflict, "uniqueness", func(_ *http.Request, body map[string]any) bool {
		_, reserved := gone.recall(textOf(body, "userName"))
		return reserved && body["userName"] != nil
	})(watch(next))
}

// staleGroups answers with what a group was before its deletion.
func staleGroups(next http.Handler) http.Handler {
	var last memory[string, map[string]any] // by path
	return RewriteRequestOr(groups(http.MethodGet, http.MethodDelete), func(r *http.Request, _ []byte) *Response {
		if r.Method == http.MethodDelete {
			if group := resourceAt(next, r, r.URL.Path); group != nil {
				last.keep(r.URL.Path, group)
			}
			return nil
		}
		group, deleted := last.recall(r.URL.Path)
		if !deleted {
			return nil
		}
		answer := failure(r, http.StatusOK, "")
		answer.SetDocument(group)
		return answer
	})(next)
}

type softDelete struct{ directory.Store }

// Delete implements directory.Resources, wrongly.
func (s *softDelete) Delete(ctx context.Context, tenant string, kind directory.Kind, id string, check func(directory.Resource) error) error {
	if kind != directory.User {
		return s.Store.Delete(ctx, tenant, kind, id, check)
	}
	_, err := s.Update(ctx, tenant, kind, id, func(_ directory.Edit, r *directory.Resource) error {
		if check != nil {
			if err := check(*r); err != nil {
				return err
			}
		}
		r.Active = false
		r.Attributes["active"] = false
		return nil
	})
	return err
}

func passwordFaults() []Fault {
	const model = "elimity-com/scim, which returns what its handler does not strip (measured)"
	return []Fault{
		onHTTP("password-echoed-by-create", "the answer to a create holds the password", model, echoedPassword(http.MethodPost), "scim.users.password-not-in-create"),
		onHTTP("password-echoed-by-put", "the answer to a PUT holds the password", model, echoedPassword(http.MethodPut), "scim.users.password-not-in-replace"),
		onHTTP("password-readable", "reading a user shows the password", model,
			asSent("password", []string{http.MethodPost}, func(any) bool { return true }, nil), "okta.aiw.password-hidden", "okta.oin.password-hidden", "scim.users.password-not-in-create", "scim.users.password-not-in-list", "scim.users.password-not-in-patch", "scim.users.password-not-in-read", "scim.users.password-not-in-replace"),
	}
}

// echoedPassword puts the password that was sent into the answer.
func echoedPassword(method string) wrapper {
	return func(next http.Handler) http.Handler {
		return RewriteRequestOr(users(method), func(r *http.Request, body []byte) *Response {
			password := decodeObject(body)["password"]
			if password == nil {
				return nil
			}
			answer := served(next, r, body)
			if doc := answer.Document(); doc != nil && !isError(doc) {
				doc["password"] = password
				answer.SetDocument(doc)
			}
			return answer
		})(next)
	}
}
