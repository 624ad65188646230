package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

const (
	tenant   = "default" // the first tenant of the reference
	userURN  = "urn:ietf:params:scim:schemas:core:2.0:User"
	patchURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

	fewMembers = 10
	fewGroup   = "few members"
	manyGroup  = "many members"
)

// crowd gives a database file with n users and two groups: one of ten users and one of a tenth of all. It
// is made where it is not there yet, by many writers on the store, which is what the server does with requests.
func crowd(ctx context.Context, dir string, n int) (string, error) {
	file := filepath.Join(dir, fmt.Sprintf("users-%d.db", n))
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	fmt.Fprintf(os.Stderr, "making %s: %d users\n", file, n)
	partial := file + ".partial.db"
	if err := removeDatabase(partial); err != nil {
		return "", err
	}
	if err := fill(ctx, partial, n); err != nil {
		return "", fmt.Errorf("make %s: %w", file, err)
	}
	return file, os.Rename(partial, file)
}

// removeDatabase removes a file with what SQLite and the reference keep beside it.
func removeDatabase(file string) error {
	for _, suffix := range []string{"", "-wal", "-shm", ".keyset.json"} {
		if err := os.Remove(file + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func fill(ctx context.Context, file string, n int) error {
	store, err := sqlstore.Open(ctx, file)
	if err != nil {
		return err
	}
	err = store.CreateTenant(ctx, directory.Tenant{ID: tenant, Name: "Benchmark"})
	if err == nil {
		err = fillAll(ctx, store, n)
	}
	return errors.Join(err, store.Close()) // closing folds the write-ahead log into the file
}

func fillAll(ctx context.Context, store *sqlstore.Store, n int) error {
	members := make([]directory.Member, n/10)
	var done atomic.Int64
	const writers = 128
	_, err := rate(writers, n, func(i int) error {
		made, err := store.Create(ctx, tenant, person(i), nil)
		if err != nil {
			return err
		}
		if i < len(members) {
			members[i] = directory.Member{ID: made.ID}
		}
		if d := done.Add(1); d%100_000 == 0 {
			fmt.Fprintf(os.Stderr, "  %d users\n", d)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for name, list := range map[string][]directory.Member{fewGroup: members[:fewMembers], manyGroup: members} {
		group := directory.Resource{Kind: directory.Group, Name: name, Active: true, Attributes: map[string]any{"displayName": name}}
		if _, err := store.Create(ctx, tenant, group, list); err != nil {
			return err
		}
	}
	return nil
}

func login(i int) string { return fmt.Sprintf("user%07d@bench.test", i) }

// person is user i as the server stores one.
func person(i int) directory.Resource {
	name := login(i)
	return directory.Resource{
		Kind: directory.User, Name: name, Email: name, Active: true, ExternalID: fmt.Sprint("ext", i),
		Attributes: map[string]any{
			"userName": name, "active": true, "displayName": fmt.Sprint("User ", i), "title": fmt.Sprint("Title ", i%7),
			"name":   map[string]any{"givenName": "User", "familyName": fmt.Sprint("Family", i)},
			"emails": []any{map[string]any{"value": name, "type": "work", "primary": true}},
		},
	}
}

// newcomer is the body of a POST that creates a user like person.
func newcomer(i int) []byte {
	name := fmt.Sprintf("new%07d@bench.test", i)
	body, err := json.Marshal(user{
		Schemas: []string{userURN}, UserName: name, ExternalID: fmt.Sprint("new-ext", i), DisplayName: fmt.Sprint("New User ", i),
		Title: "Engineer", Active: true, Name: userName{"New", fmt.Sprint("User", i)},
		Emails: []email{{Value: name, Type: "work", Primary: true}},
	})
	if err != nil { // texts and booleans always marshal
		panic(err)
	}
	return body
}
