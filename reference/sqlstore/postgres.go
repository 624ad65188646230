package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// postgresReaders is the number of connections that a replica reads with.
const postgresReaders = 8

// writeLock is the key of the advisory lock that writers take in turns: "assay" in ASCII. Advisory
// locks are local to a database, so that two installations on one server do not meet.
const writeLock = 0x6173736179

// postgresDialect is PostgreSQL 12 or later.
type postgresDialect struct{}

// rewrite numbers the placeholders. A question mark inside a literal is none.
func (postgresDialect) rewrite(query string) string {
	var b strings.Builder
	b.Grow(len(query) + 16)
	n, quoted := 0, false
	for i := range len(query) {
		switch c := query[i]; {
		case c == '?' && !quoted:
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		case c == '\'':
			quoted = !quoted // a doubled quotation mark ends the literal and begins the next
			fallthrough
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// begin takes the lock of the writers of all replicas until the transaction ends. Without it two
// transactions could commit in the other order than they drew their seq, and whoever reads in that
// order would miss a row.
func (postgresDialect) begin() []string {
	return []string{"BEGIN", "SELECT pg_advisory_xact_lock(" + strconv.Itoa(writeLock) + ")"}
}

// lookup can be cancelled: the server may be slow to answer, or gone.
func (postgresDialect) lookup(ctx context.Context) context.Context { return ctx }

func (postgresDialect) storable(text string) bool {
	return utf8.ValidString(text) && !strings.Contains(text, "\x00")
}

func (postgresDialect) elements() string { return "jsonb_array_elements_text(CAST(? AS jsonb))" }

// violation knows the codes of appendix A of the PostgreSQL manual.
func (postgresDialect) violation(err error) violation {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return noViolation
	}
	const foreignKey, unique, tooLarge, dataException = "23503", "23505", "54000", "22"
	switch {
	case e.Code == foreignKey:
		return missingParent
	case e.Code == unique && e.ConstraintName == "resources_user_name":
		return takenName
	case e.Code == unique:
		return takenKey
	case e.Code == tooLarge || strings.HasPrefix(e.Code, dataException):
		return unstorable // U+0000, a number beyond numeric, a text that is too long for its index
	}
	return noViolation
}

// IsServer tells whether a source is a database of a server, which several processes can share, and
// not a file of ours.
func IsServer(source string) bool {
	return strings.HasPrefix(source, "postgres://") || strings.HasPrefix(source, "postgresql://")
}

// Describe is a source as it may be shown: the URL of a PostgreSQL database comes without user,
// password and parameters.
func Describe(source string) string {
	if !IsServer(source) {
		return source
	}
	u, err := url.Parse(source)
	if err != nil {
		return "postgres://…"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// openPostgres connects to the database that a URL names. What the URL leaves out comes from the
// environment, as libpq has it: PGPASSWORD, PGUSER, PGSSLMODE and so on.
func openPostgres(ctx context.Context, source string) (*Store, error) {
	config, err := pgx.ParseConfig(source)
	if err != nil {
		// The error of pgx quotes the URL, and what it makes of a malformed password is not for sure.
		return nil, fmt.Errorf("open database: %s is not a PostgreSQL URL that can be used", Describe(source))
	}
	setDefault(config.RuntimeParams, "application_name", "assay")
	write := config.Copy()
	// A write is durable when it is answered, whatever the server's default. A replica that hangs or is
	// cut off inside a transaction must not keep the others from writing.
	setDefault(write.RuntimeParams, "synchronous_commit", "on")
	setDefault(write.RuntimeParams, "idle_in_transaction_session_timeout", "30s")
	setDefault(write.RuntimeParams, "lock_timeout", "10s")
	read := config.Copy()
	setDefault(read.RuntimeParams, "default_transaction_read_only", "on")

	writeDB, readDB := stdlib.OpenDB(*write), stdlib.OpenDB(*read)
	writeDB.SetMaxOpenConns(1)
	readDB.SetMaxOpenConns(postgresReaders)
	readDB.SetMaxIdleConns(postgresReaders)
	return assemble(ctx, postgresDialect{}, readDB, writeDB, func(ctx context.Context) error {
		// Replicas that start together migrate one after the other.
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		migrations := stdlib.OpenDB(*config)
		defer migrations.Close()
		return migrate(ctx, migrations, postgresDialect{}, goose.DialectPostgres, "migrations/postgres", goose.WithSessionLocker(locker))
	})
}

func setDefault(params map[string]string, name, value string) {
	if _, given := params[name]; !given {
		params[name] = value
	}
}
