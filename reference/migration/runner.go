package migration

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"assay/reference/audit"
	"assay/reference/directory"
)

const (
	batch = 500 // users whose addresses are made canonical in one transaction
	// lease is how long a job belongs to a process that says nothing about it any more.
	lease = 30 * time.Second
	// takeUp is how often a process looks for jobs that nobody works on.
	takeUp = lease / 2
)

// Options is what a Runner works with. Now may be left out.
type Options struct {
	Store  directory.Store
	Audit  *audit.Recorder
	Logger *slog.Logger
	Now    func() time.Time
}

// Runner does migration jobs in the background. It is safe for concurrent use.
type Runner struct {
	Options
	holder string // this process
	ctx    context.Context
	stop   context.CancelFunc
	jobs   sync.WaitGroup
	here   sync.Map // ids of the jobs that this process is working on
}

// New returns a runner that does nothing until it is told to. Close stops it.
func New(o Options) *Runner {
	if o.Now == nil {
		o.Now = time.Now
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Runner{Options: o, holder: uuid.NewString(), ctx: ctx, stop: stop}
}

// Close stops the jobs that are under way, wherever they are, and waits for them. Another runner, or the next one, goes on
// with them.
func (r *Runner) Close() {
	r.stop()
	r.jobs.Wait()
}

// Start begins the migration of a tenant. It returns a *Finding when something stands in the way, and
// directory.ErrMigrationRunning.
func (r *Runner) Start(ctx context.Context, tenant, actor string) (directory.MigrationJob, error) {
	ready, err := r.Store.Readiness(ctx, tenant)
	if err != nil {
		return directory.MigrationJob{}, err
	}
	if found := obstacles(ready, directory.StepPreconditions); len(found) > 0 {
		return directory.MigrationJob{}, &found[0]
	}
	at := r.Now().UTC().Truncate(time.Microsecond)
	job := directory.MigrationJob{
		ID: uuid.NewString(), Tenant: tenant, State: directory.MigrationRunning, Step: directory.StepPreconditions,
		Total: ready.Active, Actor: actor, Created: at, Updated: at,
	}
	if err := r.Store.AddMigration(ctx, job); err != nil {
		return directory.MigrationJob{}, err
	}
	err = r.Audit.Record(ctx, audit.Entry{Tenant: tenant, Actor: actor, Action: audit.MigrationStarted, Subject: job.ID})
	if err != nil {
		return directory.MigrationJob{}, err
	}
	r.background(job)
	return job, nil
}

// TakeUp goes on with every job that nobody works on, now and from time to time until Close.
func (r *Runner) TakeUp() {
	r.jobs.Go(func() {
		tick := time.NewTicker(takeUp)
		defer tick.Stop()
		for {
			if err := r.takeUp(r.ctx); err != nil && r.ctx.Err() == nil {
				r.Logger.ErrorContext(r.ctx, "migrations not taken up", "error", err)
			}
			select {
			case <-r.ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

// takeUp does, one after the other, the jobs that nobody works on.
func (r *Runner) takeUp(ctx context.Context) error {
	jobs, err := r.Store.RunningMigrations(ctx)
	if err != nil {
		return err
	}
	for _, job := range jobs {
		if err := r.do(ctx, job); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runner) background(job directory.MigrationJob) {
	r.jobs.Go(func() {
		if err := r.do(r.ctx, job); err != nil && r.ctx.Err() == nil {
			r.Logger.ErrorContext(r.ctx, "migration interrupted", "tenant", job.Tenant, "job", job.ID, "error", err)
		}
	})
}

// do brings a job to its end. An error leaves it running, for whoever takes it up; that somebody else has it, or that it
// was cancelled, is none.
func (r *Runner) do(ctx context.Context, job directory.MigrationJob) error {
	if _, busy := r.here.LoadOrStore(job.ID, true); busy {
		return nil
	}
	defer r.here.Delete(job.ID)
	job, err := r.hold(ctx, job)
	for err == nil && job.State == directory.MigrationRunning {
		if job, err = r.step(ctx, job); err == nil && job.State == directory.MigrationRunning {
			job, err = r.hold(ctx, job)
		}
	}
	if errors.Is(err, directory.ErrMigrationHeld) || errors.Is(err, directory.ErrMigrationOver) {
		return nil
	}
	return err
}

// hold keeps a job to this process for another while, and returns it as it is stored.
func (r *Runner) hold(ctx context.Context, job directory.MigrationJob) (directory.MigrationJob, error) {
	at := r.Now()
	return r.Store.HoldMigration(ctx, job.ID, r.holder, at, at.Add(lease))
}

// step does the step that a job is at, or a part of it.
func (r *Runner) step(ctx context.Context, job directory.MigrationJob) (directory.MigrationJob, error) {
	switch job.Step {
	case directory.StepPreconditions:
		return r.judge(ctx, job, directory.StepCanonicalise)
	case directory.StepCanonicalise:
		return r.canonicalise(ctx, job)
	case directory.StepDuplicates:
		return r.judge(ctx, job, directory.StepBindings)
	case directory.StepBindings:
		return r.judge(ctx, job, directory.StepFlip)
	case directory.StepFlip:
		return r.flip(ctx, job)
	}
	return job, fmt.Errorf("migration %s is at the unknown step %q", job.ID, job.Step)
}

// judge goes on to the next step when nothing stands in the way of this one.
func (r *Runner) judge(ctx context.Context, job directory.MigrationJob, next directory.MigrationStep) (directory.MigrationJob, error) {
	ready, err := r.Store.Readiness(ctx, job.Tenant)
	if err != nil {
		return job, err
	}
	if found := obstacles(ready, job.Step); len(found) > 0 {
		return r.fail(ctx, job, found[0])
	}
	if next == directory.StepCanonicalise {
		job.Done, job.Place, job.Total = 0, 0, ready.Active
	}
	job.Step = next
	return job, r.Store.SaveMigration(ctx, job, r.holder)
}

func (r *Runner) canonicalise(ctx context.Context, job directory.MigrationJob) (directory.MigrationJob, error) {
	job, more, err := r.Store.CanonicaliseEmails(ctx, job, r.holder, batch)
	if err != nil || more {
		return job, err
	}
	job.Step = directory.StepDuplicates
	return job, r.Store.SaveMigration(ctx, job, r.holder)
}

// errPending sends a job back to the addresses of users who came meanwhile.
var errPending = errors.New("users have come since their addresses were made canonical")

func (r *Runner) flip(ctx context.Context, job directory.MigrationJob) (directory.MigrationJob, error) {
	done := audit.Entry{Tenant: job.Tenant, Actor: job.Actor, Action: audit.MigrationDone, Subject: job.ID}.Event(r.Now())
	err := r.Store.FlipMigration(ctx, job, r.holder, done, func(ready directory.Readiness) error {
		if found := blocking(ready); len(found) > 0 {
			return &found[0]
		}
		if ready.Pending > 0 {
			return errPending
		}
		return nil
	})
	if errors.Is(err, errPending) {
		job.Step, job.Done, job.Place = directory.StepCanonicalise, 0, 0
		return job, r.Store.SaveMigration(ctx, job, r.holder)
	}
	if found, ok := errors.AsType[*Finding](err); ok {
		return r.fail(ctx, job, *found)
	}
	if err != nil {
		return job, err
	}
	job.State = directory.MigrationDone
	r.Logger.InfoContext(ctx, "migrated to single sign-on", "tenant", job.Tenant, "job", job.ID)
	return job, nil
}

// fail ends a job because of what stands in the way.
func (r *Runner) fail(ctx context.Context, job directory.MigrationJob, why Finding) (directory.MigrationJob, error) {
	job.State, job.Problem, job.Detail = directory.MigrationFailed, string(why.Code), why.Text
	if err := r.Store.SaveMigration(ctx, job, r.holder); err != nil {
		return job, err
	}
	return job, r.Audit.Record(ctx, audit.Entry{
		Tenant: job.Tenant, Actor: job.Actor, Action: audit.MigrationFailed, Subject: job.ID, Detail: map[string]string{"reason": string(why.Code)},
	})
}

// Cancel ends a running job. It returns directory.ErrNotFound or directory.ErrMigrationOver.
func (r *Runner) Cancel(ctx context.Context, tenant, id, actor string) error {
	e := audit.Entry{Tenant: tenant, Actor: actor, Action: audit.MigrationCancelled, Subject: id}.Event(r.Now())
	return r.Store.CancelMigration(ctx, tenant, id, e)
}

// RollBack puts a tenant back into legacy mode. It returns directory.ErrNotFound or directory.ErrNotMigrated.
func (r *Runner) RollBack(ctx context.Context, tenant, id, actor string) error {
	e := audit.Entry{Tenant: tenant, Actor: actor, Action: audit.MigrationRolledBack, Subject: id}.Event(r.Now())
	return r.Store.RollBackMigration(ctx, tenant, id, e)
}
