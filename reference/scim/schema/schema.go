// Package schema is the model of SCIM resource types that filtering, PATCH, validation and projection
// share: what attributes a resource has, how they are spelled and typed, and who may write or read them
// (RFC 7643 sections 2, 3 and 7). It knows no storage and no HTTP.
package schema

import "strings"

// The data types of an attribute (RFC 7643 section 2.3).
const (
	String    = "string"
	Boolean   = "boolean"
	Decimal   = "decimal"
	Integer   = "integer"
	DateTime  = "dateTime"
	Binary    = "binary"
	Reference = "reference"
	Complex   = "complex"
)

// The mutability of an attribute (RFC 7643 section 7).
const (
	ReadOnly  = "readOnly"
	ReadWrite = "readWrite"
	Immutable = "immutable"
	WriteOnly = "writeOnly"
)

// When an attribute is returned (RFC 7643 section 7).
const (
	Always  = "always"
	Never   = "never"
	Default = "default"
	Request = "request"
)

// How the values of an attribute are unique (RFC 7643 section 7).
const (
	None   = "none"
	Server = "server"
	Global = "global"
)

// Attribute is the definition of one attribute with its characteristics (RFC 7643 sections 2.2 and 7).
// An Attribute that belongs to a Type is shared by everyone who uses it: read it, never write it.
type Attribute struct {
	Name        string
	Type        string // one of the data type constants
	MultiValued bool
	CaseExact   bool
	Required    bool
	Mutability  string
	Returned    string
	Uniqueness  string      // None, Server or Global
	Canonical   []string    // suggested values; other values are accepted
	References  []string    // what a reference may refer to
	Sub         []Attribute // of a complex attribute
	Description string
}

// Schema is a named set of attributes (RFC 7643 section 7). Required is about an extension: every
// resource of the type must have it (RFC 7643 section 6).
type Schema struct {
	URN         string
	Name        string
	Description string
	Attributes  []Attribute
	Required    bool
}

// Type is a resource type (RFC 7643 section 6): its core schema, its extensions, and the attributes
// that every resource has. Make it with New or FromElimity; it is immutable and safe for concurrent use.
type Type struct {
	Name       string      // "User"
	Endpoint   string      // "/Users"
	Common     []Attribute // schemas, id, externalId and meta (RFC 7643 section 3.1)
	Core       Schema
	Extensions []Schema
}

// New makes a resource type and gives it the common attributes.
func New(name, endpoint string, core Schema, extensions ...Schema) *Type {
	return &Type{Name: name, Endpoint: endpoint, Common: common(), Core: core, Extensions: extensions}
}

// SubAttribute finds a sub-attribute by name in any case, or nil.
func (a *Attribute) SubAttribute(name string) *Attribute {
	return find(a.Sub, name)
}

// Extension finds an extension by its URN in any case, or nil.
func (t *Type) Extension(urn string) *Schema {
	for i := range t.Extensions {
		if strings.EqualFold(t.Extensions[i].URN, urn) {
			return &t.Extensions[i]
		}
	}
	return nil
}

// Attribute finds a core or common attribute by its unqualified name in any case, or nil.
func (t *Type) Attribute(name string) *Attribute {
	if a := find(t.Core.Attributes, name); a != nil {
		return a
	}
	return find(t.Common, name)
}

func find(attributes []Attribute, name string) *Attribute {
	for i := range attributes {
		if strings.EqualFold(attributes[i].Name, name) {
			return &attributes[i]
		}
	}
	return nil
}
