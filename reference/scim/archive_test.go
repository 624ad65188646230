package scim_test

import (
	"context"
	"testing"
)

// TestArchive shows what reference/docs/lifecycle.md says of an archived user: to SCIM one who never was.
func TestArchive(t *testing.T) {
	c := newClient(t)
	body := userBody("ada", `,"externalId":"x1","emails":[{"value":"a@x.test","type":"work"}]`)
	id := c.want(201, "POST", "/Users", body).id()
	group := c.group("staff", id, c.user("eve"))
	c.link(id)
	if _, fresh, err := c.store.ArchiveUser(context.Background(), "acme", id); err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	for method, sent := range map[string]string{"GET": "", "DELETE": "", "PUT": userBody("ada", ""), "PATCH": patchBody(`{"op":"replace","path":"active","value":true}`)} {
		c.refused(404, "", method, "/Users/"+id, sent)
	}
	for _, filter := range []string{`userName+eq+%22ada%22`, `externalId+eq+%22x1%22`, `emails.value+eq+%22a@x.test%22`, `id+eq+%22` + id + `%22`, `groups.value+pr+and+userName+eq+%22ada%22`} {
		c.expect(c.want(200, "GET", "/Users?filter="+filter, ""), "totalResults", 0)
	}
	members, _ := c.want(200, "GET", "/Groups/"+group, "").at("members").([]any)
	if len(members) != 1 || c.linked() {
		t.Errorf("members %v, linked %t", members, c.linked())
	}
	c.refused(400, "invalidValue", "PATCH", "/Groups/"+group, patchBody(`{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`))
	again := c.want(201, "POST", "/Users", body) // with the same name, address and externalId
	if again.id() == id || again.at("groups") != nil || c.linked() {
		t.Errorf("the new user has something of the old one: %s", again.raw)
	}
	kept, err := c.store.ArchivedUser(context.Background(), "acme", id)
	if err != nil || kept.Email != "a@x.test" || kept.Attributes["userName"] != "ada" || len(kept.Groups) != 1 || kept.Groups[0] != group {
		t.Errorf("the archive has %+v, %v", kept, err)
	}
}
