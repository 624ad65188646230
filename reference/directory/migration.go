package directory

import (
	"context"
	"errors"
	"time"
)

// MigrationJob moves a tenant from ModeLegacy to ModeSSO. It is done in steps, by one process at a time, and each step can be done again.
type MigrationJob struct {
	ID      string
	Tenant  string
	State   MigrationState
	Step    MigrationStep // the one that it is at, or was when it ended
	Done    int           // users that the step is through with
	Total   int           // of so many
	Place   int64         // Seq of the last of them
	Problem string        // stable code of why it failed; empty otherwise
	Detail  string        // the same in words
	Actor   string        // who started it
	Created time.Time
	Updated time.Time
}

// MigrationState is what has become of a job. Its text is stable.
type MigrationState string

// The states. While a job is running its tenant is in ModeLegacy; the write that makes it done changes the mode too.
const (
	MigrationRunning    MigrationState = "running"
	MigrationDone       MigrationState = "done"
	MigrationFailed     MigrationState = "failed"
	MigrationCancelled  MigrationState = "cancelled"
	MigrationRolledBack MigrationState = "rolled-back"
)

// MigrationStep is a part of a job. Its text is stable.
type MigrationStep string

// The steps, in their order.
const (
	StepPreconditions MigrationStep = "preconditions"
	StepCanonicalise  MigrationStep = "canonicalise-emails"
	StepDuplicates    MigrationStep = "duplicates"
	StepBindings      MigrationStep = "bindings"
	StepFlip          MigrationStep = "flip"
)

// Errors of Migrations.
var (
	ErrMigrationRunning = errors.New("a migration of this tenant is running already")
	ErrMigrationOver    = errors.New("the migration is not running any more")
	ErrMigrationHeld    = errors.New("another process works on the migration")
	ErrNotMigrated      = errors.New("the migration did not bring the tenant to where it is")
)

// Readiness is what a migration has to know about a tenant.
type Readiness struct {
	Mode       Mode
	Connected  bool     // there is an active connection
	Active     int      // active users
	BreakGlass []string // ids of those who can get in when the identity provider fails
	// Duplicates are the ids of active users by canonical e-mail address, where several have one.
	Duplicates map[string][]string
	NoEmail    []string       // ids of active users without an e-mail address
	NoExternal []string       // ids of active users without an external ID
	Conflicts  []string       // ids of users who are linked to more than one subject of one issuer
	ByDomain   map[string]int // active users by canonical e-mail domain
	// Pending is how many active users have no account yet, or one with another address than it has to have.
	Pending int
}

// Migrations is the part of the Store that keeps migration jobs.
type Migrations interface {
	// Readiness looks at a tenant, or returns ErrNotFound.
	Readiness(ctx context.Context, tenant string) (Readiness, error)

	// AddMigration stores a new job, or returns ErrMigrationRunning.
	AddMigration(ctx context.Context, job MigrationJob) error
	// Migration returns a job, or ErrNotFound.
	Migration(ctx context.Context, tenant, id string) (MigrationJob, error)
	// Migrations returns the newest jobs of a tenant, newest first, at most limit.
	Migrations(ctx context.Context, tenant string, limit int) ([]MigrationJob, error)
	// RunningMigrations returns the running jobs of all tenants.
	RunningMigrations(ctx context.Context) ([]MigrationJob, error)

	// HoldMigration gives a running job to a process until then, unless another one has it, and returns it. Errors are
	// ErrMigrationOver and ErrMigrationHeld. A process that has it can have it for longer.
	HoldMigration(ctx context.Context, id, holder string, at, until time.Time) (MigrationJob, error)
	// SaveMigration stores how far a job is, for the process that holds it. Errors are those of HoldMigration.
	SaveMigration(ctx context.Context, job MigrationJob, holder string) error
	// CanonicaliseEmails gives the active users behind the Place of the job accounts with their canonical addresses, at
	// most limit, and stores and returns how far the job is then, in the same transaction. Errors are those of HoldMigration.
	CanonicaliseEmails(ctx context.Context, job MigrationJob, holder string, limit int) (after MigrationJob, more bool, err error)
	// FlipMigration makes a running job done and puts its tenant into ModeSSO, in one transaction, together with an
	// event of the audit log. judge sees how the tenant is in that transaction; when it returns an error nothing is
	// changed and that error is returned as it is. Other errors are those of HoldMigration.
	FlipMigration(ctx context.Context, job MigrationJob, holder string, e Event, judge func(Readiness) error) error

	// CancelMigration ends a running job, or returns ErrNotFound or ErrMigrationOver.
	CancelMigration(ctx context.Context, tenant, id string, e Event) error
	// RollBackMigration puts the tenant of a job that is done back into ModeLegacy. It returns ErrNotFound, or
	// ErrNotMigrated when the job is not the newest of its tenant, or not done.
	RollBackMigration(ctx context.Context, tenant, id string, e Event) error
}
