package scim

import (
	"strings"

	"assay/suites/check"
	"assay/suites/target"
	"assay/suites/wire"
)

const (
	quoteETagHeader = `When supported, SCIM ETags MUST be specified as an HTTP header and SHOULD be specified within the 'version' attribute contained in the resource's 'meta' attribute.`
	quoteIfMatch    = "to ensure that the requested operation succeeds only if the supplied ETag matches the latest service provider resource"
)

func etags(s *check.Suite) {
	s.Describe("etag", func() {
		etagValues(s)
		etagConditions(s)
	})
}

// tagged makes a user and returns the entity-tag that GET gives it.
func tagged(t *check.T) (user check.Resource, tag string) {
	user = before(t)
	res := t.Reread(user)
	t.Require("an entity-tag", res, check.HaveHeader("ETag", ""))
	return user, res.Header.Get("ETag")
}

func etagValues(s *check.Suite) {
	needs := check.Needs(target.ETag)
	s.It(check.Spec{
		ID: "scim.etag.header", Level: check.Must,
		Title: "reading a user gives an ETag header",
		Refs:  check.Refs(check.RFC7644("3.14", quoteETagHeader)),
		Needs: needs,
	}, func(t *check.T) {
		user := t.CreateUser()
		t.Expect(t.Get(user.Path)).To(check.BeResource(user.ID))
		t.Expect(t.Get(user.Path)).To(check.HaveHeader("ETag", ""))
	})
	s.It(check.Spec{
		ID: "scim.etag.version-agrees", Level: check.Must,
		Title: "meta.version, where it is given, is the ETag",
		Refs:  check.Refs(check.RFC7643("3.1", "This value must be the same as the entity-tag (ETag) HTTP response header")),
		Needs: needs,
	}, func(t *check.T) {
		user, _ := tagged(t)
		res := t.Reread(user)
		if _, given := res.At("/meta/version"); !given {
			t.NotApplicable("the target gives no meta.version")
		}
		t.Expect(res).To(check.HaveJSON("/meta/version", res.Header.Get("ETag")))
	})
	s.It(check.Spec{
		ID: "scim.etag.form", Level: check.Must,
		Title: "the ETag is a quoted text, with W/ before it when it is weak",
		Refs: check.Refs(check.RFC7643("3.1", `then the origin server MUST mark the "version" (entity-tag) as weak by prefixing its opaque value with "W/" (case sensitive).`),
			check.RFC7644("3.14", quoteETagHeader)),
		Needs: needs,
	}, func(t *check.T) {
		_, tag := tagged(t)
		t.ExpectThat("the ETag", tag).To(check.Satisfy(`"…" or W/"…"`, isEntityTag))
	})
	s.It(check.Spec{
		ID: "scim.etag.listed-version", Level: check.Should,
		Title: "meta.version of a user in a list is the ETag of the user",
		Refs:  check.Refs(check.RFC7644("3.14", quoteETagHeader)),
		Needs: check.Needs(target.ETag, target.Filter),
	}, func(t *check.T) {
		user, tag := tagged(t)
		res := find(t, "/Users", named(user))
		t.Require("the user in the list", res, check.HoldExactly(user.ID))
		t.Expect(res).To(check.HaveJSON("/Resources/0/meta/version", tag))
	})
	s.It(check.Spec{
		ID: "scim.etag.changes", Level: check.Must,
		Title: "the ETag changes when the user does",
		Refs:  check.Refs(check.RFC7644("3.14", quoteIfMatch)),
		Needs: needs,
	}, func(t *check.T) {
		user, tag := tagged(t)
		t.Require("the change", t.Put(user.Path, body(user, map[string]any{"displayName": "After " + t.Name()})), check.BeOK())
		res := t.Reread(user)
		t.Expect(res).To(check.HaveHeader("ETag", ""))
		t.ExpectThat("the ETag after the change", res.Header.Get("ETag")).To(beDifferentFrom(tag))
	})
}

func etagConditions(s *check.Suite) {
	needs := check.Needs(target.ETag)
	s.It(check.Spec{
		ID: "scim.etag.not-modified", Level: check.Must,
		Title: "GET with If-None-Match and the current ETag is answered with 304",
		Refs:  check.Refs(check.RFC7644("3.14", "If the resource has not changed, the service provider simply returns an empty body with a 304 (Not Modified) response code.")),
		Needs: needs,
	}, func(t *check.T) {
		user, tag := tagged(t)
		t.Require("GET with another tag", t.Get(user.Path, wire.Header("If-None-Match", `W/"assay-other"`)), check.BeResource(user.ID))
		t.Expect(t.Get(user.Path, wire.Header("If-None-Match", tag))).To(check.HaveStatus(304))
	})
	s.It(check.Spec{
		ID: "scim.etag.stale-put-refused", Level: check.Must,
		Title: "PUT with If-Match and an ETag that is no longer current is refused with 412 or 409",
		Refs:  check.Refs(check.RFC7644("3.14", quoteIfMatch)),
		Needs: needs,
	}, func(t *check.T) {
		user, tag := tagged(t)
		change := body(user, map[string]any{"displayName": "After " + t.Name()})
		t.Control(t.Put(user.Path, change, wire.Header("If-Match", tag)), check.BeOK())
		stale := body(user, map[string]any{"displayName": "Late " + t.Name()})
		t.Expect(t.Put(user.Path, stale, wire.Header("If-Match", tag))).To(check.HaveStatus(412, 409))
	})
	s.It(check.Spec{
		ID: "scim.etag.stale-patch-refused", Level: check.Must,
		Title: "PATCH with If-Match and an ETag that is no longer current is refused with 412 or 409",
		Refs:  check.Refs(check.RFC7644("3.14", quoteIfMatch)),
		Needs: check.Needs(target.ETag, target.Patch),
	}, func(t *check.T) {
		user, tag := tagged(t)
		rename := func(to string) map[string]any {
			return map[string]any{"schemas": []any{check.PatchURN}, "Operations": []any{opReplace("displayName", to)}}
		}
		t.Control(t.PatchBody(user.Path, rename("After "+t.Name()), wire.Header("If-Match", tag)), check.BeOK())
		t.Expect(t.PatchBody(user.Path, rename("Late "+t.Name()), wire.Header("If-Match", tag))).To(check.HaveStatus(412, 409))
	})
	s.It(check.Spec{
		ID: "scim.etag.stale-delete-refused", Level: check.Should,
		Title: "DELETE with If-Match and an ETag that is no longer current is refused with 412 or 409",
		Refs:  check.Refs(check.RFC7644("3.12", "Failed to update. Resource has")),
		Needs: needs,
	}, func(t *check.T) {
		other, current := tagged(t)
		t.Control(t.Delete(other.Path, wire.Header("If-Match", current)), check.BeOK())
		user, tag := tagged(t)
		t.Require("the change", t.Put(user.Path, body(user, map[string]any{"displayName": "After " + t.Name()})), check.BeOK())
		t.Expect(t.Delete(user.Path, wire.Header("If-Match", tag))).To(check.HaveStatus(412, 409))
		t.Expect(t.Get(user.Path)).To(check.BeResource(user.ID))
	})
}

// isEntityTag follows the grammar of HTTP, to which RFC 7644 section 3.14 refers.
func isEntityTag(value any) bool {
	text, _ := value.(string)
	opaque := strings.TrimPrefix(text, "W/")
	return len(opaque) >= 2 && opaque[0] == '"' && opaque[len(opaque)-1] == '"' && !strings.ContainsAny(opaque[1:len(opaque)-1], "\" \t")
}
