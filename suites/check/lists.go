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
	return listing(func(ids []string) *Finding {
		got, want := slices.Clone(ids), slices.Clone(wanted)
		slices.Sort(got)
		slices.Sort(want)
		if slices.Equal(got, want) {
			return nil
		}
		return &Finding{Where: "Resources", Wanted: []string{"exactly " + idList(wanted)}, Got: idList(ids)}
	})
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
func IDs(r *wire.Response) []string {
	value, _ := r.At("/Resources")
	list, _ := value.([]any)
	ids := make([]string, 0, len(list))
	for _, item := range list {
		id, _ := wire.At(item, "/id")
		text, _ := id.(string)
		ids = append(ids, text)
	}
	return ids
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
		got, want := memberIDs(r), slices.Clone(wanted)
		slices.Sort(got)
		slices.Sort(want)
		if !r.OK() {
			return &Finding{Where: "status", Wanted: []string{"the group"}, Got: r.Summary()}
		}
		if slices.Equal(got, want) {
			return nil
		}
		return &Finding{Where: "members of the group", Wanted: []string{"exactly " + idList(wanted)}, Got: idList(got)}
	})
}

func memberIDs(r *wire.Response) []string {
	value, _ := r.At("/members")
	list, _ := value.([]any)
	ids := make([]string, 0, len(list))
	for _, item := range list {
		id, _ := wire.At(item, "/value")
		text, _ := id.(string)
		ids = append(ids, text)
	}
	return ids
}
