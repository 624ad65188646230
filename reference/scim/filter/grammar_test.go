package filter_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"assay/reference/scim/filter"
)

// generator writes random filters by figure 1 of RFC 7644 and knows what each evaluates to on bjensen.
type generator struct {
	random *rand.Rand
	leaves []leaf
}

type leaf struct {
	text  string
	value bool
}

func (g *generator) any(words ...string) string { return words[g.random.IntN(len(words))] }

// expression is an or-chain of and-chains of terms: what precedence makes of a text without parentheses.
func (g *generator) expression(depth int) (string, bool) {
	var alternatives []string
	value := false
	for range 1 + g.random.IntN(3) {
		text, all := g.conjunction(depth)
		alternatives = append(alternatives, text)
		value = value || all
	}
	return strings.Join(alternatives, g.any(" or ", " OR ", "  Or\t")), value
}

func (g *generator) conjunction(depth int) (string, bool) {
	var terms []string
	value := true
	for range 1 + g.random.IntN(3) {
		text, holds := g.term(depth)
		terms = append(terms, text)
		value = value && holds
	}
	return strings.Join(terms, g.any(" and ", " AND ", "\n and ")), value
}

func (g *generator) term(depth int) (string, bool) {
	if depth == 0 || g.random.IntN(2) == 0 {
		l := g.leaves[g.random.IntN(len(g.leaves))]
		return l.text, l.value
	}
	inner, value := g.expression(depth - 1)
	if g.random.IntN(2) == 0 {
		return g.any("not (", "NOT(", "not  ( ") + inner + ")", !value
	}
	return g.any("(", "( ") + inner + g.any(")", " )"), value
}

func TestGeneratedFilters(t *testing.T) {
	user, doc := userType(), load(t, bjensen)
	inBrackets := []leaf{{`type eq "work"`, true}, {`value co "jensen.org"`, false}, {`primary eq true`, true}, {`display pr`, false}, {`TYPE ne "work"`, false}}
	leaves := []leaf{
		{`title pr`, true}, {`locale pr`, false}, {`userName sw "b"`, true}, {`emails.type eq "nope"`, false}, {`active eq true`, true}, {`meta.created gt "2011-01-01T00:00:00Z"`, false},
		{enterprise + `:department eq "tours"`, true}, {`urn:example:T:level gt 1e1`, false}, {`displayName co "and ("`, false}, {`emails[type eq "home" and value co "babs"]`, true},
	}
	g := &generator{random: rand.New(rand.NewPCG(7, 11))}
	for range 2000 {
		g.leaves = leaves
		text, want := g.expression(3)
		g.leaves = inBrackets // evaluated on the one address that begins with "bjensen"
		inner, holds := g.expression(1)
		text, want = `(`+text+`) and emails[value sw "bjensen" and (`+inner+`)]`, want && holds
		if len(text) > filter.MaxLength {
			continue
		}
		f, err := filter.Parse(text, user)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if f.Match(doc) != want {
			t.Fatalf("%s: got %v; read as %s", text, !want, f)
		}
	}
}

// TestMutatedFilters takes one word out of a valid filter: what is left must be refused.
func TestMutatedFilters(t *testing.T) {
	user := userType()
	words := strings.Fields(`( userName eq "a" or emails[type eq "b"] ) and not ( active eq true ) and meta.created gt "2011-05-13T04:42:34Z"`)
	if _, err := filter.Parse(strings.Join(words, " "), user); err != nil {
		t.Fatal(err)
	}
	for i, word := range words {
		if word == "not" { // without it the filter is valid
			continue
		}
		text := strings.Join(append(append([]string{}, words[:i]...), words[i+1:]...), " ")
		if f, err := filter.Parse(text, user); err == nil {
			t.Errorf("without %q: %s was read as %s", word, text, f)
		}
	}
}
