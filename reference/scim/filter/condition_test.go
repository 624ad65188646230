package filter_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"assay/reference/directory"
	"assay/reference/scim/filter"
)

var source = filter.Source{
	Fields: map[string]directory.Field{
		"id": directory.FieldID, "externalId": directory.FieldExternalID, "userName": directory.FieldName, "active": directory.FieldActive,
		"meta.created": directory.FieldCreated, "meta.lastModified": directory.FieldModified,
	},
	Emails: "emails", Links: "groups", Constants: map[string]string{"meta.resourceType": "User"},
}

// What a filter becomes. That it means the same is shown over a store, in package scim.
func TestCondition(t *testing.T) {
	user := userType()
	name := directory.FieldTest{Field: directory.FieldName, Op: directory.Equal, Value: "Ö"}
	title := directory.ValueTest{At: []string{"title"}, Op: directory.HasPrefix, Value: "a", Fold: true}
	everything := directory.All{}
	for text, want := range map[string]struct {
		condition directory.Condition
		exact     bool
	}{
		`userName eq "Ö"`:                                                {name, true},
		`userName ne "Ö"`:                                                {directory.Not{Condition: name}, true},
		`not (userName ne "Ö")`:                                          {name, true},
		`title sw "A"`:                                                   {title, true},
		`userName eq "Ö" and title sw "A"`:                               {directory.All{name, title}, true},
		`not (userName eq "Ö" or title sw "A")`:                          {directory.All{directory.Not{Condition: name}, directory.Not{Condition: title}}, true},
		`title eq "aÖb1Ö"`:                                               {directory.ValueTest{At: []string{"title"}, Op: directory.Contains, Value: "b1", Fold: true}, false},
		`title gt "Ö"`:                                                   {everything, false},
		`userName eq "Ö" and title gt "Ö"`:                               {name, false},
		`userName eq "Ö" or title gt "Ö"`:                                {everything, false},
		`not (title eq "Ö") and userName eq "Ö"`:                         {name, false},
		`meta.resourceType eq "User" and userName eq "Ö"`:                {name, true},
		`meta.resourceType eq "Group" and title gt "Ö"`:                  {directory.Any{}, true},
		`groups.value eq "G-1"`:                                          {directory.Linked{ID: "g-1"}, true},
		`groups.value eq "kind"`:                                         {everything, false},
		`id pr`:                                                          {everything, true},
		`urn:example:T:level lt 1.5`:                                     {directory.ValueTest{At: []string{"urn:example:T", "level"}, Op: directory.LessOrEqual, Value: int64(1)}, true},
		`emails[type eq "work"].value ew "x"`:                            {directory.Some{At: []string{"emails"}, Where: directory.All{work, ends}}, true},
		`emails[primary eq true and value eq "a@x"]`:                     {directory.All{directory.FieldTest{Field: directory.FieldEmail, Op: directory.Equal, Value: "a@x"}, directory.Some{At: []string{"emails"}, Where: directory.All{marked, address}}}, true},
		strings.Repeat(`title sw "a" and `, 150) + `title sw "a"`:        {everything, false},
		`title eq "` + strings.Repeat("é", 100) + `" and active eq true`: {directory.All{directory.ValueTest{At: []string{"title"}, Op: directory.Contains, Value: "", Fold: true}, directory.FieldTest{Field: directory.FieldActive, Op: directory.Equal, Value: true}}, false},
	} {
		f, err := filter.Parse(text, user)
		if err != nil {
			t.Fatal(err)
		}
		got, exact := f.Condition(source)
		if !reflect.DeepEqual(got, want.condition) || exact != want.exact {
			t.Errorf("%.80s: %s, exact %v, wanted %s", text, shown(got), exact, shown(want.condition))
		}
	}
}

var (
	work    = directory.ValueTest{At: []string{"type"}, Op: directory.Equal, Value: "work", Fold: true}
	ends    = directory.ValueTest{At: []string{"value"}, Op: directory.HasSuffix, Value: "x", Fold: true}
	marked  = directory.ValueTest{At: []string{"primary"}, Op: directory.Equal, Value: true}
	address = directory.ValueTest{At: []string{"value"}, Op: directory.Equal, Value: "a@x", Fold: true}
)

func shown(c directory.Condition) string { return fmt.Sprintf("%.300s", fmt.Sprintf("%T%+v", c, c)) }
