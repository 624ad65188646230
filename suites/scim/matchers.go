package scim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/onsi/gomega/types"

	"assay/suites/check"
	"assay/suites/wire"
)

func beBoolean() types.GomegaMatcher {
	return check.Satisfy("true or false", func(value any) bool {
		_, ok := value.(bool)
		return ok
	})
}

func beInteger() types.GomegaMatcher { return check.Satisfy("an integer", isInteger) }

func beFilledList() types.GomegaMatcher {
	return check.Satisfy("an array with at least one element", func(value any) bool {
		list, ok := value.([]any)
		return ok && len(list) > 0
	})
}

// beDateTime matches an xsd:dateTime (RFC 7643 section 2.3.5).
func beDateTime() types.GomegaMatcher {
	return check.Satisfy("an xsd:dateTime such as 2008-01-23T04:56:22Z", func(value any) bool {
		text, ok := value.(string)
		_, err := instant(text)
		return ok && err == nil
	})
}

func beDifferentFrom(other any) types.GomegaMatcher {
	return check.Satisfy("anything but "+check.Show(other), func(value any) bool { return !check.Same(value, other) })
}

// includeFolded matches a list of strings with this one in it, in any case.
func includeFolded(want string) types.GomegaMatcher {
	return check.Satisfy(strconv.Quote(want)+" among them", func(value any) bool {
		list, _ := value.([]string)
		return slices.ContainsFunc(list, func(text string) bool { return strings.EqualFold(text, want) })
	})
}

// beKeyword matches one of the keywords, in any case, or nothing: an absent characteristic has a default
// (RFC 7643 section 2.2).
func beKeyword(keywords ...string) types.GomegaMatcher {
	return check.Satisfy(strings.Join(keywords, ", "), func(value any) bool {
		text, ok := value.(string)
		return value == nil || ok && slices.ContainsFunc(keywords, func(k string) bool { return strings.EqualFold(k, text) })
	})
}

func haveMember(user check.Resource) types.GomegaMatcher {
	return check.HaveElement("/members", map[string]any{"value": user.ID})
}

func lackMember(user check.Resource) types.GomegaMatcher {
	return check.LackElement("/members", map[string]any{"value": user.ID})
}

// beAnswered matches a list or a refusal: anything but a server error or no answer.
func beAnswered() types.GomegaMatcher {
	return check.AnswerSatisfies("the answer", "a list (200), or a refusal (4xx or 501)", func(r *wire.Response) bool {
		isList, _ := check.BeListResponse().Match(r)
		return isList || r.Status >= 400 && r.Status < 500 || r.Status == 501
	})
}

// holdAtMost matches a list with no more resources than this.
func holdAtMost(most int) types.GomegaMatcher {
	return check.AnswerSatisfies("Resources", "at most "+strconv.Itoa(most), func(r *wire.Response) bool {
		return r.OK() && r.Object() != nil && len(check.Elements(r, "/Resources")) <= most
	})
}

// holdNobodyBut matches a list with at most this resource in it: a server that overlooks what is wrong
// with a filter may find what the rest of the filter selects, but nothing else.
func holdNobodyBut(user check.Resource) types.GomegaMatcher {
	return check.AnswerSatisfies("Resources", "nothing, or only the resource "+user.ID, func(r *wire.Response) bool {
		ids := check.IDs(r)
		return len(ids) == 0 || len(ids) == 1 && ids[0] == user.ID
	})
}

// beAfter matches a later timestamp than this one.
func beAfter(stamp string) types.GomegaMatcher {
	return check.Satisfy("a time after "+stamp, func(value any) bool {
		text, _ := value.(string)
		old, errOld := instant(stamp)
		moved, err := instant(text)
		return errOld == nil && err == nil && moved.After(old)
	})
}

// beOtherName matches a user name that is not this one in any case.
func beOtherName(taken string) types.GomegaMatcher {
	return check.Satisfy("a userName other than "+strconv.Quote(taken), func(value any) bool {
		name, ok := value.(string)
		return ok && name != "" && !strings.EqualFold(name, taken)
	})
}

// holdInOrder matches a list of exactly these resources in this order.
func holdInOrder(wanted ...check.Resource) types.GomegaMatcher {
	ids := make([]string, len(wanted))
	for i, r := range wanted {
		ids[i] = r.ID
	}
	return check.AnswerSatisfies("Resources", "the resources in the order "+strings.Join(ids, ", "), func(r *wire.Response) bool {
		return r.OK() && slices.Equal(check.IDs(r), ids)
	})
}

// beAtLeast matches an integer that is not smaller than this one.
func beAtLeast(least int) types.GomegaMatcher {
	return check.Satisfy("at least "+strconv.Itoa(least), func(value any) bool {
		number, ok := value.(json.Number)
		n, err := strconv.Atoi(number.String())
		return ok && err == nil && n >= least
	})
}
