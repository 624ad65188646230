package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	_ "modernc.org/sqlite"

	"assay/reference/directory"
	"assay/reference/sqlstore"
)

// floor is what a SCIM server cannot do without: a bare handler of net/http that decodes a user with
// encoding/json into a struct, writes the one row of the user or reads it, and encodes the user. The row, the
// table and its indexes are those of the reference, the statements are prepared, the file is in WAL mode with
// synchronous=FULL, and creations that wait for each other share a commit as they do in the reference.
// It knows no token, no schema, no filter, no audit log and no projection.
type floor struct {
	write  *sql.Conn
	insert *sql.Stmt
	get    *sql.Stmt
	queue  chan creation
}

// maxShared bounds how many creations share a commit: as many as in the reference.
const maxShared = 128

type creation struct {
	args []any
	done chan error
}

type user struct {
	Schemas     []string  `json:"schemas"`
	ID          string    `json:"id"`
	ExternalID  string    `json:"externalId,omitempty"`
	UserName    string    `json:"userName"`
	Name        userName  `json:"name"`
	DisplayName string    `json:"displayName,omitempty"`
	Title       string    `json:"title,omitempty"`
	Active      bool      `json:"active"`
	Emails      []email   `json:"emails,omitempty"`
	Meta        *userMeta `json:"meta,omitempty"`
}

type userName struct {
	GivenName  string `json:"givenName,omitempty"`
	FamilyName string `json:"familyName,omitempty"`
}

type email struct {
	Value   string `json:"value"`
	Type    string `json:"type,omitempty"`
	Primary bool   `json:"primary,omitempty"`
}

type userMeta struct {
	ResourceType string `json:"resourceType"`
	Created      string `json:"created"`
	LastModified string `json:"lastModified"`
	Location     string `json:"location"`
	Version      string `json:"version"`
}

func serveFloor(ctx context.Context, file string) error {
	if err := prepareFile(ctx, file); err != nil {
		return err
	}
	open := func(pragmas ...string) (*sql.DB, error) {
		return sql.Open("sqlite", "file:"+file+"?"+url.Values{"_pragma": append(pragmas, "busy_timeout(10000)")}.Encode())
	}
	writing, err := open("journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)")
	if err != nil {
		return err
	}
	reading, err := open("query_only(1)")
	if err != nil {
		return err
	}
	const readers = 4 // as many as the reference has
	reading.SetMaxOpenConns(readers)
	reading.SetMaxIdleConns(readers)
	f := &floor{queue: make(chan creation)}
	if f.write, err = writing.Conn(ctx); err != nil {
		return err
	}
	if f.insert, err = f.write.PrepareContext(ctx, `INSERT INTO resources
		(tenant, kind, id, external_id, name, name_key, email, email_key, display, active, attributes, created, modified, version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`); err != nil {
		return err
	}
	if f.get, err = reading.PrepareContext(ctx, `SELECT id, external_id, active, attributes, created, modified, version
		FROM resources WHERE tenant = ? AND id = ? AND kind = ?`); err != nil {
		return err
	}
	go f.writeAll()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /Users", f.post)
	mux.HandleFunc("GET /Users/{id}", f.show)
	return serve(ctx, mux, func() error { return errors.Join(reading.Close(), f.write.Close(), writing.Close()) })
}

// prepareFile makes the tables of the reference and its tenant.
func prepareFile(ctx context.Context, file string) error {
	store, err := sqlstore.Open(ctx, file)
	if err != nil {
		return err
	}
	return errors.Join(store.CreateTenant(ctx, directory.Tenant{ID: tenant}), store.Close())
}

func (f *floor) post(w http.ResponseWriter, r *http.Request) {
	var u user
	if err := json.NewDecoder(r.Body).Decode(&u); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	u.ID = uuid.NewString()
	attributes := u
	attributes.ID, attributes.ExternalID, attributes.Schemas = "", "", nil
	raw, err := json.Marshal(attributes)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	mail := ""
	if len(u.Emails) > 0 {
		mail = u.Emails[0].Value
	}
	at := time.Now()
	c := creation{done: make(chan error, 1), args: []any{tenant, "User", u.ID, u.ExternalID, u.UserName, strings.ToLower(u.UserName),
		mail, strings.ToLower(mail), u.DisplayName, u.Active, raw, at.UnixNano(), at.UnixNano(), 1}}
	f.queue <- c
	if err := <-c.done; err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	u.describe(at.UnixNano(), at.UnixNano(), 1)
	respond(w, http.StatusCreated, u)
}

func (f *floor) show(w http.ResponseWriter, r *http.Request) {
	var (
		u                          user
		raw                        []byte
		id, external               string
		created, modified, version int64
		active                     bool
	)
	err := f.get.QueryRowContext(r.Context(), tenant, r.PathValue("id"), "User").Scan(&id, &external, &active, &raw, &created, &modified, &version)
	if err == nil {
		err = json.Unmarshal(raw, &u)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	u.ID, u.ExternalID, u.Active = id, external, active
	u.describe(created, modified, version)
	respond(w, http.StatusOK, u)
}

func (u *user) describe(created, modified, version int64) {
	u.Schemas = []string{userURN}
	show := func(nanos int64) string { return time.Unix(0, nanos).UTC().Format(time.RFC3339Nano) }
	u.Meta = &userMeta{"User", show(created), show(modified), "http://127.0.0.1/Users/" + u.ID, fmt.Sprintf(`W/"%d"`, version)}
}

func respond(w http.ResponseWriter, status int, u user) {
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(u) // a client that has gone needs no answer
}

// writeAll runs creations, those that wait in one transaction.
func (f *floor) writeAll() {
	for first := range f.queue {
		served, errs := f.share(first)
		for i, c := range served {
			c.done <- errs[i]
		}
	}
}

func (f *floor) share(first creation) (served []creation, errs []error) {
	ctx := context.Background()
	run := func(c creation) {
		_, err := f.insert.ExecContext(ctx, c.args...) // one that fails leaves the transaction as it was
		served, errs = append(served, c), append(errs, err)
	}
	_, err := f.write.ExecContext(ctx, "BEGIN IMMEDIATE")
	run(first)
	for more := true; more && len(served) < maxShared; {
		select {
		case c := <-f.queue:
			run(c)
		default:
			more = false
		}
	}
	if _, commit := f.write.ExecContext(ctx, "COMMIT"); err == nil {
		err = commit
	}
	for i := range errs {
		errs[i] = errors.Join(errs[i], err)
	}
	return served, errs
}
