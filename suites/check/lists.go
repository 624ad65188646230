package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/gomega/types"

	"assay/suites/wire"
)

// ContainResource matches a ListResponse that holds the resource with this id.
func ContainResource(id string) types.GomegaMatcher {
	return listing(func(ids []string) *Finding {
		if slices.Contains(ids, id) {
			return nil
		}
		return &Finding{Where: "Resources", Wanted: []string{"the resource " + id}, Got: idList(ids)}
	})
}

// LackResource matches a ListResponse that does not hold the resource with this id.
func LackResource(id string) types.GomegaMatcher {
	return listing(func(ids []string) *Finding {
		if !slices.Contains(ids, id) {
			return nil
		}
		return &Finding{Where: "Resources", Wanted: []string{"no resource " + id}, Got: idList(ids)}
	})
}

// HoldExactly matches a ListResponse that holds these resources and no other, in any order.
func HoldExactly(wanted ...string) types.GomegaMatcher {
	return listing(func(ids []string) *Finding { return exactly("Resources", ids, wanted) })
}

// exactly finds fault with ids that are not the wanted ones, in any order.
func exactly(where string, ids, wanted []string) *Finding {
	got, want := slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(wanted))
	if slices.Equal(got, want) {
		return nil
	}
	return &Finding{Where: where, Wanted: []string{"exactly " + idList(wanted)}, Got: idList(ids)}
}

func listing(find func(ids []string) *Finding) types.GomegaMatcher {
	return response(func(r *wire.Response) *Finding {
		if f := BeListResponse().(*matcher).find(r); f != nil {
			return f
		}
		return find(IDs(r))
	})
}

// IDs returns the ids of the resources in a ListResponse.
func IDs(r *wire.Response) []string { return texts(r, "/Resources", "/id") }

// texts returns the string at a JSON Pointer in each element of a list; "" where there is none.
func texts(r *wire.Response, list, pointer string) []string {
	elements := Elements(r, list)
	found := make([]string, len(elements))
	for i, element := range elements {
		value, _ := wire.At(element, pointer)
		found[i], _ = value.(string)
	}
	return found
}

func idList(ids []string) string {
	switch {
	case len(ids) == 0:
		return "no resource"
	case len(ids) > 6:
		return fmt.Sprintf("%d resources: %s …", len(ids), strings.Join(ids[:6], ", "))
	default:
		return strings.Join(ids, ", ")
	}
}

// HaveMembers matches a group whose members are exactly the resources with these ids, in any order.
func HaveMembers(wanted ...string) types.GomegaMatcher {
	return response(func(r *wire.Response) *Finding {
		if !r.OK() {
			return &Finding{Where: "status", Wanted: []string{"the group"}, Got: r.Summary()}
		}
		return exactly("members of the group", slices.Sorted(slices.Values(texts(r, "/members", "/value"))), wanted)
	})
}
