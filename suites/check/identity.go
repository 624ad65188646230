package check

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/onsi/gomega/types"
)

// BeIdentity matches who is logged in, as a string: this person. E-mail addresses and user names compare
// without regard to case.
func BeIdentity(person string) types.GomegaMatcher {
	return identity(strconv.Quote(person), false, func(who string) bool { return strings.EqualFold(who, person) })
}

// BeNobody matches when nobody is logged in (""): the attempt was refused. It needs a positive control.
func BeNobody() types.GomegaMatcher {
	return identity("nobody", true, func(who string) bool { return who == "" })
}

func identity(wanted string, rejects bool, ok func(who string) bool) *matcher {
	return &matcher{rejects: rejects, find: func(actual any) *Finding {
		who, isString := actual.(string)
		if isString && ok(who) {
			return nil
		}
		got := fmt.Sprint(actual)
		switch {
		case isString && who == "":
			got = "nobody"
		case isString:
			got = strconv.Quote(who)
		}
		return &Finding{Where: "who is logged in", Wanted: []string{wanted}, Got: got}
	}}
}
