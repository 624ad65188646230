package directory

// MaxOrdered is how many bytes of a text a sorted list looks at.
const MaxOrdered = 1 << 10

// Order is the order of a list by a field, with FieldTest's way to compare. Resources with an equal field come in the
// order of creation, whether the field descends or not. A resource without an external ID comes last or, in
// a descending order, first.
type Order struct {
	Field      Field
	Descending bool
}

// Place is a place in an order: that of a resource, which need not exist any more, with this Seq and this Key
// of its field. The key of a text is a string in the form that is compared, of an instant its Unix time in nanoseconds as
// an int64, of FieldActive a bool. It is nil for a resource that has no such value: of this kind, one without an
// external ID; a resource of another kind may have a place in the order too.
type Place struct {
	Key any
	Seq int64
}

// Key is the key of a resource's place in the order; nil for a field without an order.
func (o Order) Key(r Resource) any {
	switch o.Field {
	case FieldID:
		return r.ID
	case FieldExternalID:
		if r.ExternalID == "" {
			return nil
		}
		return r.ExternalID
	case FieldName:
		return NameKey(r.Kind, r.Name)
	case FieldActive:
		return r.Active
	case FieldCreated:
		return r.Created.UnixNano()
	case FieldModified:
		return r.Modified.UnixNano()
	}
	return nil
}
