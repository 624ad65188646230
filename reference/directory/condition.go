package directory

import "strings"

// Condition is what a Query asks of a resource beyond its kind. It is built from the types below and
// decided by the store alone; it is never undecided: where there is nothing to compare, a comparison
// is false and its negation true.
type Condition interface{ condition() }

type (
	// All holds when every one of the conditions does; with none it always holds.
	All []Condition

	// Any holds when one of the conditions does; with none it never holds.
	Any []Condition

	// Not holds when the condition does not.
	Not struct{ Condition Condition }

	// FieldTest compares a field of the resource, through an index where one fits. Value is a string,
	// a bool for FieldActive, and a time.Time for FieldCreated and FieldModified. Names compare
	// as NameKey says, e-mail addresses as FoldKey does, ID and external ID exactly; texts are ordered by their
	// bytes, after folding. A field that is empty passes no test.
	FieldTest struct {
		Field Field
		Op    Op
		Value any
	}

	// ValueTest compares one simple value: that at the path of keys At in the Attributes or, inside a
	// Some, in the element; with no path it is the element itself. Value is a string, a bool, an int64
	// or a float64. A value of another type passes no test.
	ValueTest struct {
		At    []string
		Op    Op
		Value any
		// Fold compares texts without regard to case. Value is then folded and nothing but ASCII: the
		// letters of other alphabets differ in how databases fold them.
		Fold bool
	}

	// Present holds when there is something at the path other than null, "", and arrays and objects
	// with nothing else in them.
	Present struct{ At []string }

	// Some holds when the array at the path has an element for which Where holds; a nil Where holds for
	// every element. Inside Where, paths start at the element. A Some does not nest in another one.
	Some struct {
		At    []string
		Where Condition
	}

	// Linked holds when the resource is linked by membership to the resource with this ID, in ASCII and
	// without regard to its case: it has it as a member when it is a group, and it is a member of it
	// when it is a user. Without an ID it holds when there is any such link.
	Linked struct{ ID string }
)

func (All) condition()       {}
func (Any) condition()       {}
func (Not) condition()       {}
func (FieldTest) condition() {}
func (ValueTest) condition() {}
func (Present) condition()   {}
func (Some) condition()      {}
func (Linked) condition()    {}

// Field is a part of a Resource that stores keep apart from its attributes, with an index.
type Field string

// The fields of a FieldTest.
const (
	FieldID         Field = "id"
	FieldExternalID Field = "externalID"
	FieldName       Field = "name"
	FieldEmail      Field = "email"
	FieldActive     Field = "active"
	FieldCreated    Field = "created"
	FieldModified   Field = "modified"
)

// Op is a comparison operator. Contains, HasPrefix and HasSuffix are for texts alone; a bool has Equal alone.
type Op string

// The operators of a FieldTest and a ValueTest.
const (
	Equal          Op = "="
	Less           Op = "<"
	LessOrEqual    Op = "<="
	Greater        Op = ">"
	GreaterOrEqual Op = ">="
	Contains       Op = "contains"
	HasPrefix      Op = "prefix"
	HasSuffix      Op = "suffix"
)

// ValidKey tells whether a condition may look under a key: names of SCIM attributes and the URNs of
// their schemas are such keys. A condition with another one is refused by the store.
func ValidKey(key string) bool {
	for i := range len(key) {
		c := key[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && !strings.ContainsRune("$-_.:/#", rune(c)) {
			return false
		}
	}
	return key != ""
}
