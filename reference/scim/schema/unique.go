package schema

import (
	"crypto/sha256"
	"encoding/hex"
)

// UniqueValue is a value of a canonical document that no other resource may have.
type UniqueValue struct {
	Attribute string // as Ref.String prints it
	// Key is the same for two values exactly when they are equal by the type and caseExact of the
	// attribute. It is a hash: not even a value that is never returned shows in it.
	Key    string
	Global bool // uniqueness is global, not server
}

// UniqueValues gives the values in a canonical document of attributes with a uniqueness (RFC 7643 section
// 7), of each value of a multi-valued one, each once. It leaves out the attribute except, of the core
// schema, and what clients cannot write.
func (t *Type) UniqueValues(doc map[string]any, except string) []UniqueValue {
	u := &uniqueValues{seen: map[UniqueValue]bool{}, list: []UniqueValue{}}
	for i := range t.Core.Attributes {
		if a := &t.Core.Attributes[i]; a.Name != except {
			u.attribute(Ref{Attribute: a}, doc)
		}
	}
	for i := range t.Extensions {
		e := &t.Extensions[i]
		inner, _ := doc[e.URN].(map[string]any)
		for j := range e.Attributes {
			u.attribute(Ref{Extension: e, Attribute: &e.Attributes[j]}, inner)
		}
	}
	return u.list
}

type uniqueValues struct {
	seen map[UniqueValue]bool
	list []UniqueValue
}

func (u *uniqueValues) attribute(ref Ref, holder map[string]any) {
	a := ref.Attribute
	if holder[a.Name] == nil {
		return
	}
	if a.Type != Complex {
		u.values(ref, a, holder[a.Name])
		return
	}
	for i := range a.Sub {
		ref.Sub = &a.Sub[i]
		for _, item := range Values(holder[a.Name]) {
			element, _ := item.(map[string]any)
			u.values(ref, ref.Sub, element[ref.Sub.Name])
		}
	}
}

func (u *uniqueValues) values(ref Ref, leaf *Attribute, value any) {
	if leaf.Uniqueness != Server && leaf.Uniqueness != Global || leaf.Mutability == ReadOnly {
		return
	}
	for _, item := range Values(value) {
		if IsEmpty(item) {
			continue
		}
		sum := sha256.Sum256([]byte(leaf.fingerprint(item)))
		unique := UniqueValue{Attribute: ref.String(), Global: leaf.Uniqueness == Global, Key: hex.EncodeToString(sum[:])}
		if !u.seen[unique] {
			u.seen[unique] = true
			u.list = append(u.list, unique)
		}
	}
}
