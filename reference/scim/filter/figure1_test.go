package filter_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"assay/reference/scim/filter"
	"assay/reference/scim/scimerr"
)

// figure1 is RFC 7644 figure 1 as data, with one more rule for what real clients send and package
// filter documents: a sub-attribute and a comparison after the brackets. It is over the words of
// vocabulary, all of whose attributes are text, so that no rule but the grammar decides.
var figure1 = map[string][][]string{
	"FILTER":     {{"attrExp"}, {"logExp"}, {"valuePath"}, {"(", "FILTER", ")"}, {"not", "(", "FILTER", ")"}},
	"logExp":     {{"FILTER", "and", "FILTER"}, {"FILTER", "or", "FILTER"}},
	"attrExp":    {{"attrPath", "pr"}, {"attrPath", "compareOp", "compValue"}},
	"valuePath":  {{"listPath", "[", "valFilter", "]"}, {"listPath", "[", "valFilter", "]", ".sub", "pr"}, {"listPath", "[", "valFilter", "]", ".sub", "compareOp", "compValue"}},
	"valFilter":  {{"subExp"}, {"valLogExp"}, {"(", "valFilter", ")"}, {"not", "(", "valFilter", ")"}},
	"valLogExp":  {{"valFilter", "and", "valFilter"}, {"valFilter", "or", "valFilter"}},
	"subExp":     {{"subPath", "pr"}, {"subPath", "compareOp", "compValue"}},
	"attrPath":   {{"userName"}, {"name.familyName"}, {"emails"}, {"phoneNumbers"}, {"emails.type"}, {enterprise + ":department"}},
	"listPath":   {{"emails"}, {"phoneNumbers"}},
	"subPath":    {{"type"}, {"value"}},
	".sub":       {{".value"}, {".type"}},
	"compareOp":  {{"eq"}, {"ne"}, {"co"}, {"sw"}, {"ew"}, {"gt"}, {"ge"}, {"lt"}, {"le"}},
	"compValue":  {{`"a"`}, {`"and ("`}, {`"\"]"`}},
	"vocabulary": {{"5"}, {"true"}, {"'a'"}, {"xor"}, {"nope"}}, // words that no rule has
}

// derivation asks whether a symbol of figure 1 derives words[from:to].
type derivation struct {
	words []string
	known map[span]bool
}

type span struct {
	symbol   string
	from, to int
}

func (d *derivation) derives(symbol string, from, to int) bool {
	rules, isRule := figure1[symbol]
	if !isRule {
		return to == from+1 && d.words[from] == symbol
	}
	s := span{symbol, from, to}
	if answer, known := d.known[s]; known {
		return answer
	}
	d.known[s] = slices.ContainsFunc(rules, func(rule []string) bool { return d.sequence(rule, from, to) })
	return d.known[s]
}

// sequence gives each symbol at least one word, so that no rule comes back to its own span.
func (d *derivation) sequence(symbols []string, from, to int) bool {
	if len(symbols) == 1 {
		return d.derives(symbols[0], from, to)
	}
	for cut := from + 1; cut <= to-len(symbols)+1; cut++ {
		if d.derives(symbols[0], from, cut) && d.sequence(symbols[1:], cut, to) {
			return true
		}
	}
	return false
}

func grammatical(words []string) bool {
	d := &derivation{words: words, known: map[span]bool{}}
	return len(words) > 0 && d.derives("FILTER", 0, len(words))
}

// derive writes words that a symbol derives; it takes the first, shortest rules when depth is used up.
func derive(random *rand.Rand, symbol string, depth int) []string {
	rules, isRule := figure1[symbol]
	if !isRule {
		return []string{symbol}
	}
	rule := rules[random.IntN(len(rules))]
	if depth <= 0 && len(rule) > 1 && !strings.HasSuffix(symbol, "Exp") {
		rule = rules[0]
	}
	var words []string
	for _, next := range rule {
		words = append(words, derive(random, next, depth-1)...)
	}
	return words
}

// spaced writes words with the spaces that figure 1 has: none inside parentheses and around brackets.
func spaced(words []string) string {
	var b strings.Builder
	for i, word := range words {
		tight := i == 0 || slices.Contains([]string{"(", "["}, words[i-1]) || slices.Contains([]string{")", "]", "["}, word) ||
			word[0] == '.' && words[i-1] == "]"
		if !tight {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	return b.String()
}

// mutate takes out, doubles, exchanges, inserts or replaces a word.
func mutate(random *rand.Rand, words []string, vocabulary []string) []string {
	words = slices.Clone(words)
	at, other := random.IntN(len(words)), vocabulary[random.IntN(len(vocabulary))]
	switch random.IntN(5) {
	case 0:
		return slices.Delete(words, at, at+1)
	case 1:
		return slices.Insert(words, at, words[at])
	case 2:
		to := random.IntN(len(words))
		words[at], words[to] = words[to], words[at]
		return words
	case 3:
		return slices.Insert(words, at, other)
	}
	words[at] = other
	return words
}

// GAP-082: of filters and of what becomes of them when words are changed at random, Parse takes exactly
// those that figure 1 derives, and refuses all others with invalidFilter.
func TestParseAgreesWithFigure1(t *testing.T) {
	user := userType()
	random := rand.New(rand.NewPCG(5, 8))
	var vocabulary []string
	for _, rules := range figure1 {
		for _, rule := range rules {
			for _, word := range rule {
				if _, isRule := figure1[word]; !isRule {
					vocabulary = append(vocabulary, word)
				}
			}
		}
	}
	slices.Sort(vocabulary)
	vocabulary = slices.Compact(vocabulary)
	taken, refused := 0, 0
	for range 1000 {
		words := derive(random, "FILTER", 5)
		if len(words) > 40 {
			continue
		}
		for changes := range 4 {
			if changes > 0 && len(words) > 0 {
				words = mutate(random, words, vocabulary)
			}
			text, want := spaced(words), grammatical(words)
			if changes == 0 && !want {
				t.Fatalf("%s was derived but is not derivable", text)
			}
			f, err := filter.Parse(text, user)
			if (err == nil) != want {
				t.Fatalf("%s\ngrammatical: %v, but Parse gives %v, %v", text, want, f, err)
			}
			if e, ok := scimerr.As(err); err != nil && (!ok || e.Status != 400 || e.ScimType != scimerr.TypeInvalidFilter) {
				t.Fatalf("%s: %v, wanted invalidFilter", text, err)
			}
			if want {
				taken++
			} else {
				refused++
			}
		}
	}
	if taken < 1000 || refused < 2000 {
		t.Errorf("only %d filters were taken and %d refused", taken, refused)
	}
}
