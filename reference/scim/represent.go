package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"assay/reference/directory"
	"assay/reference/scim/projection"
)

// timeLayout shows times to the microsecond, which is all that the store keeps of a change, so that a
// filter on meta.lastModified sees what the client sees.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// membership is the attribute that lives outside the document: members of a group, groups of a user.
func (k *kind) membership() string {
	if k.Kind == directory.Group {
		return "members"
	}
	return "groups"
}

// memberships reads that attribute for all the resources at once.
func (s *server) memberships(ctx context.Context, tenant string, k *kind, list []directory.Resource) (map[string][]directory.Member, error) {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	if k.Kind == directory.Group {
		return s.store.MembersOf(ctx, tenant, ids...)
	}
	return s.store.GroupsOf(ctx, tenant, ids...)
}

// documents renders resources as the client wants them. What is not wanted is not loaded.
func (s *server) documents(x *exchange, k *kind, list []directory.Resource, p selection) ([]map[string]any, error) {
	var members map[string][]directory.Member
	if len(list) > 0 && projection.Wants(k.Type, k.membership(), p.attributes, p.excluded) {
		var err error
		if members, err = s.memberships(x.request.Context(), x.token.Tenant, k, list); err != nil {
			return nil, fmt.Errorf("read memberships: %w", err)
		}
	}
	docs := make([]map[string]any, len(list))
	for i, r := range list {
		full := s.document(k, r, members[r.ID])
		docs[i] = projection.Apply(k.Type, full, p.attributes, p.excluded, p.written...)
		docs[i]["schemas"] = k.schemasOf(docs[i])
	}
	return docs, nil
}

// document is the full representation of a resource in canonical spelling. It shares the values of
// r.Attributes: read it, do not write it.
func (s *server) document(k *kind, r directory.Resource, members []directory.Member) map[string]any {
	doc := make(map[string]any, len(r.Attributes)+5)
	for name, value := range r.Attributes {
		doc[name] = value
	}
	doc["id"] = r.ID
	if k.Kind == directory.User {
		doc["active"] = r.Active
	}
	if r.ExternalID != "" {
		doc["externalId"] = r.ExternalID
	}
	doc["meta"] = map[string]any{
		"resourceType": k.Name, "location": s.location(k, r.ID), "version": tag(r.Version),
		"created": showTime(r.Created), "lastModified": showTime(r.Modified),
	}
	if len(members) > 0 {
		doc[k.membership()] = s.memberList(k, members)
	}
	doc["schemas"] = k.schemasOf(doc)
	return doc
}

// schemasOf lists the core schema and the extensions that are present (RFC 7643 section 3).
func (k *kind) schemasOf(doc map[string]any) []any {
	schemas := []any{k.Core.URN}
	for i := range k.Extensions {
		if _, present := doc[k.Extensions[i].URN]; present {
			schemas = append(schemas, k.Extensions[i].URN)
		}
	}
	return schemas
}

// memberList shows members of a group as User or Group, groups of a user as direct memberships: those
// that come from nested groups are not computed.
func (s *server) memberList(k *kind, members []directory.Member) []any {
	list := make([]any, len(members))
	for i, m := range members {
		list[i] = s.member(k, m)
	}
	return list
}

func (s *server) member(k *kind, m directory.Member) map[string]any {
	of, label := s.users, string(m.Kind)
	if m.Kind == directory.Group {
		of = s.groups
	}
	if k.Kind == directory.User {
		label = "direct"
	}
	member := map[string]any{"value": m.ID, "$ref": s.location(of, m.ID), "type": label}
	if m.Display != "" {
		member["display"] = m.Display
	}
	return member
}

func showTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// encode writes JSON as people like to read it: < and & stay what they are.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode response: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
