package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"assay/fakeidp/control"
)

const schemaPrefix = "#/components/schemas/"

// describe makes the OpenAPI 3.1 description of routes.
func describe(routes []route) json.RawMessage {
	registry := huma.NewMapRegistry(schemaPrefix, huma.DefaultSchemaNamer)
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{Title: "assay fake IdP: control API", Version: "1",
			Description: "Drives the fake identity provider: people, groups and apps, provisioning, sign-on, the log of exchanges, snapshots. " +
				"Bodies are JSON and read strictly. Every failure is a problem document that says what is wrong."},
		Components: &huma.Components{Schemas: registry, SecuritySchemes: map[string]*huma.SecurityScheme{
			"token": {Type: "http", Scheme: "bearer", Description: "the control_token of the line that assay idp prints when it is ready"},
		}},
		Security: []map[string][]string{{"token": {}}},
		Paths:    map[string]*huma.PathItem{},
	}
	for _, r := range routes {
		item := doc.Paths[r.path()]
		if item == nil {
			item = &huma.PathItem{}
			doc.Paths[r.path()] = item
		}
		*slot(item, r.method()) = r.operation(registry)
	}
	data, err := json.Marshal(doc)
	if err != nil { // of nothing that a request can influence
		panic(fmt.Sprintf("server: the API has no description: %v", err))
	}
	return data
}

func slot(item *huma.PathItem, method string) **huma.Operation {
	switch method {
	case http.MethodGet:
		return &item.Get
	case http.MethodPut:
		return &item.Put
	case http.MethodDelete:
		return &item.Delete
	default:
		return &item.Post
	}
}

func (r route) operation(registry huma.Registry) *huma.Operation {
	subject, _, _ := strings.Cut(strings.TrimPrefix(r.path(), "/"), "/")
	op := &huma.Operation{
		OperationID: strings.ToLower(strings.ReplaceAll(r.about, " ", "-")),
		Summary:     r.about, Description: r.more, Tags: []string{subject},
		Responses: map[string]*huma.Response{
			"default": {Description: "a failure, and what to do about it", Content: content(registry.Schema(reflect.TypeFor[control.Problem](), true, ""), "application/problem+json")},
		},
	}
	for _, name := range r.segments() {
		op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	for _, p := range r.query {
		op.Parameters = append(op.Parameters, &huma.Param{Name: p.name, In: "query", Description: p.about, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	if r.in != nil {
		op.RequestBody = &huma.RequestBody{Required: true, Content: content(registry.Schema(r.in, true, ""), "application/json")}
	}
	success := &huma.Response{Description: http.StatusText(r.status)}
	if r.out != nil {
		success.Content = content(registry.Schema(r.out, true, ""), "application/json")
	}
	op.Responses[strconv.Itoa(r.status)] = success
	return op
}

func content(schema *huma.Schema, mediaType string) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{mediaType: {Schema: schema}}
}
