package scim

import (
	"context"
	"errors"
	"fmt"

	"assay/reference/directory"
	"assay/reference/scim/leniency"
	"assay/reference/scim/patch"
	"assay/reference/scim/scimerr"
)

// change is a decoded PATCH.
type change struct {
	operations []patch.Operation    // on the document
	members    []patch.MemberChange // on the members of a group
	creating   []patch.Operation    // in place of operations, when a value filter matches nothing; may be nil
}

// decodeChange decodes a PATCH and, for a group, splits off what it does to the members: they are
// changed row by row and never loaded into the document.
func (s *server) decodeChange(x *exchange) error {
	operations, err := patch.Decode(x.body)
	if err != nil {
		return err
	}
	if err := s.lenient(x).Operations(x.kind.Type, x.target, operations); err != nil {
		return err
	}
	x.change = &change{operations: operations}
	x.project.written = patch.Named(x.kind.Type, operations)
	if x.kind.Kind == directory.Group {
		x.change.members, x.change.operations, err = patch.Members(x.kind.Type, operations)
	}
	x.change.creating = leniency.Creating(x.kind.Type, x.change.operations)
	return err
}

// applied gives the document as the operations make it. Where a value filter matches nothing, the
// operations that create the value get their turn, if there are such.
func (s *server) applied(x *exchange, r directory.Resource) (map[string]any, error) {
	doc := open(r)
	err := patch.Apply(x.kind.Type, doc, x.change.operations)
	if e, ok := scimerr.As(err); !ok || e.ScimType != scimerr.TypeNoTarget || x.change.creating == nil {
		return doc, err
	}
	// This runs inside the write transaction, where the store must not be asked. The tenant's setting is
	// known: an operation that creates was forgiven its capital letter before.
	if forgiven, failed := s.lenient(x).Forgive(leniency.CreatingReplace); failed != nil || !forgiven {
		return nil, err
	}
	doc = open(r)
	return doc, patch.Apply(x.kind.Type, doc, x.change.creating)
}

func (s *server) storeNew(x *exchange, attributes map[string]any) (directory.Resource, error) {
	doc, ids, err := x.kind.accept(attributes)
	if err != nil {
		return directory.Resource{}, err
	}
	fresh := directory.Resource{Kind: x.kind.Kind, Active: true}
	x.kind.fill(&fresh, doc)
	ctx := x.request.Context()
	made, err := s.store.Create(x.noting(x.created), x.token.Tenant, fresh, asMembers(ids))
	if errors.Is(err, directory.ErrNotFound) {
		return directory.Resource{}, s.findUnknownMember(ctx, x.token.Tenant, ids, err)
	}
	if err != nil {
		return directory.Resource{}, err
	}
	return made, nil
}

// findUnknownMember tells which of the members made the store refuse a new group. What it answered
// stands when there is none by now.
func (s *server) findUnknownMember(ctx context.Context, tenant string, ids []string, refused error) error {
	for _, id := range ids {
		known := 0
		for _, k := range s.kinds() {
			n, err := s.store.Count(ctx, tenant, directory.Query{Kind: k.Kind, ID: id})
			if err != nil {
				return err
			}
			known += n
		}
		if known == 0 {
			return unknownMember(id)
		}
	}
	return fmt.Errorf("create a group with members: %v", refused)
}

func unknownMember(id string) error {
	return scimerr.InvalidValue("members: there is no user or group with the id %q", id)
}

func asMembers(ids []string) []directory.Member {
	members := make([]directory.Member, len(ids))
	for i, id := range ids {
		members[i].ID = id
	}
	return members
}

func (s *server) storeReplaced(x *exchange, id string, attributes map[string]any) (directory.Resource, error) {
	doc, ids, err := x.kind.accept(attributes)
	if err != nil {
		return directory.Resource{}, err
	}
	return s.update(x, id, func(e directory.Edit, r *directory.Resource) error {
		if err := x.kind.Retain(r.Attributes, doc); err != nil {
			return err
		}
		x.kind.fill(r, doc)
		if x.kind.Kind != directory.Group {
			return nil
		}
		return setMembers(x.request.Context(), e, ids)
	})
}

func (s *server) storePatched(x *exchange, id string) (directory.Resource, error) {
	return s.update(x, id, func(e directory.Edit, r *directory.Resource) error {
		if len(x.change.operations) > 0 {
			doc, err := s.applied(x, *r)
			if err != nil {
				return err
			}
			if err := x.kind.CheckRequired(doc); err != nil {
				return err
			}
			x.kind.fill(r, doc)
		}
		for _, c := range x.change.members {
			if err := s.changeMembers(x.request.Context(), e, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// update runs a change with its precondition in one write transaction.
func (s *server) update(x *exchange, id string, apply func(directory.Edit, *directory.Resource) error) (directory.Resource, error) {
	return s.store.Update(x.noting(x.updated), x.token.Tenant, x.kind.Kind, id,
		func(e directory.Edit, r *directory.Resource) error {
			if err := x.precondition(*r); err != nil {
				return err
			}
			return apply(e, r)
		})
}

func (s *server) storeDeleted(x *exchange, id string) error {
	return s.store.Delete(x.noting(x.deleted), x.token.Tenant, x.kind.Kind, id, x.precondition)
}

// setMembers makes the members exactly these. It works by difference, so that writing the same list
// again is no change; its cost grows with the group, as that of a PUT must.
func setMembers(ctx context.Context, e directory.Edit, ids []string) error {
	present, err := e.Members(ctx)
	if err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	var gone []string
	for _, m := range present {
		if !wanted[m.ID] {
			gone = append(gone, m.ID)
		}
	}
	if err := e.RemoveMembers(ctx, gone...); err != nil {
		return fmt.Errorf("remove members: %w", err)
	}
	return addMembers(ctx, e, ids)
}

// addMembers adds one at a time, to be able to say which one does not exist.
func addMembers(ctx context.Context, e directory.Edit, ids []string) error {
	for _, id := range ids {
		err := e.AddMembers(ctx, directory.Member{ID: id})
		if errors.Is(err, directory.ErrNotFound) {
			return unknownMember(id)
		}
		if err != nil {
			return fmt.Errorf("add members: %w", err)
		}
	}
	return nil
}

// changeMembers applies one step of a PATCH to the members of a group.
func (s *server) changeMembers(ctx context.Context, e directory.Edit, c patch.MemberChange) error {
	add := make([]string, 0, len(c.Add))
	for _, m := range c.Add {
		id, _ := m["value"].(string)
		add = append(add, id)
	}
	if c.Clear {
		return setMembers(ctx, e, add)
	}
	remove := c.Remove
	if c.RemoveWhere != nil {
		matching, err := s.matchingMembers(ctx, e, c)
		if err != nil {
			return err
		}
		remove = append(remove, matching...)
	}
	if err := e.RemoveMembers(ctx, remove...); err != nil {
		return fmt.Errorf("remove members: %w", err)
	}
	return addMembers(ctx, e, add)
}

func (s *server) matchingMembers(ctx context.Context, e directory.Edit, c patch.MemberChange) ([]string, error) {
	present, err := e.Members(ctx)
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	var ids []string
	for _, m := range present {
		if c.RemoveWhere.Match(s.member(s.groups, m)) {
			ids = append(ids, m.ID)
		}
	}
	return ids, nil
}
