package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"assay/reference/directory"
)

const jobColumns = `id, tenant, state, step, done, total, place, problem, detail, actor, created, updated`

func scanJob(r row) (directory.MigrationJob, error) {
	var (
		j                directory.MigrationJob
		created, updated int64
	)
	err := r.Scan(&j.ID, &j.Tenant, &j.State, &j.Step, &j.Done, &j.Total, &j.Place, &j.Problem, &j.Detail, &j.Actor, &created, &updated)
	j.Created, j.Updated = fromNanos(created), fromNanos(updated)
	return j, err
}

// AddMigration implements directory.Migrations. A zero Created is set to now.
func (s *Store) AddMigration(ctx context.Context, j directory.MigrationJob) error {
	if j.Created.IsZero() {
		j.Created = now()
	}
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		var running int
		err := conn.QueryRowContext(ctx, `SELECT count(*) FROM migration_jobs WHERE tenant = ? AND state = 'running'`, j.Tenant).Scan(&running)
		if err != nil {
			return err
		}
		if running > 0 {
			return directory.ErrMigrationRunning
		}
		_, err = conn.ExecContext(ctx, `INSERT INTO migration_jobs (`+jobColumns+`, holder, lease) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0)`,
			j.ID, j.Tenant, j.State, j.Step, j.Done, j.Total, j.Place, j.Problem, j.Detail, j.Actor, toNanos(j.Created), toNanos(j.Created))
		return s.constraint(err, "migration", j.ID)
	})
	if err != nil {
		return fmt.Errorf("add migration: %w", err)
	}
	return nil
}

// Migration implements directory.Migrations.
func (s *Store) Migration(ctx context.Context, tenant, id string) (directory.MigrationJob, error) {
	j, err := jobOf(ctx, s.read, tenant, id)
	if err != nil {
		return directory.MigrationJob{}, fmt.Errorf("migration: %w", s.notFound(err))
	}
	return j, nil
}

func jobOf(ctx context.Context, q querier, tenant, id string) (directory.MigrationJob, error) {
	return scanJob(q.QueryRowContext(ctx, `SELECT `+jobColumns+` FROM migration_jobs WHERE tenant = ? AND id = ?`, tenant, id))
}

// Migrations implements directory.Migrations. A limit below 1 yields none.
func (s *Store) Migrations(ctx context.Context, tenant string, limit int) ([]directory.MigrationJob, error) {
	return s.jobs(ctx, `WHERE tenant = ? ORDER BY seq DESC LIMIT ?`, tenant, max(limit, 0))
}

// RunningMigrations implements directory.Migrations.
func (s *Store) RunningMigrations(ctx context.Context) ([]directory.MigrationJob, error) {
	return s.jobs(ctx, `WHERE state = 'running' ORDER BY seq`)
}

func (s *Store) jobs(ctx context.Context, where string, args ...any) ([]directory.MigrationJob, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT `+jobColumns+` FROM migration_jobs `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	jobs, err := collect(rows, scanJob)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return jobs, nil
}

// HoldMigration implements directory.Migrations.
func (s *Store) HoldMigration(ctx context.Context, id, holder string, at, until time.Time) (directory.MigrationJob, error) {
	var j directory.MigrationJob
	err := s.write.do(ctx, func(ctx context.Context, conn conn) (err error) {
		j, err = scanJob(conn.QueryRowContext(ctx, `SELECT `+jobColumns+` FROM migration_jobs WHERE id = ?`, id))
		if err != nil {
			return s.notFound(err)
		}
		if j.State != directory.MigrationRunning {
			return directory.ErrMigrationOver
		}
		res, err := conn.ExecContext(ctx, `UPDATE migration_jobs SET holder = ?, lease = ? WHERE id = ? AND (holder = ? OR lease <= ?)`,
			holder, toNanos(until), id, holder, toNanos(at))
		return one(res, err, directory.ErrMigrationHeld)
	})
	if err != nil {
		return directory.MigrationJob{}, fmt.Errorf("hold migration: %w", err)
	}
	return j, nil
}

// held returns an error unless a job is running and this process holds it.
func held(ctx context.Context, conn conn, id, holder string) error {
	var state directory.MigrationState
	var has string
	err := conn.QueryRowContext(ctx, `SELECT state, holder FROM migration_jobs WHERE id = ?`, id).Scan(&state, &has)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return directory.ErrNotFound
	case err != nil:
		return err
	case state != directory.MigrationRunning:
		return directory.ErrMigrationOver
	case has != holder:
		return directory.ErrMigrationHeld
	}
	return nil
}

// SaveMigration implements directory.Migrations.
func (s *Store) SaveMigration(ctx context.Context, j directory.MigrationJob, holder string) error {
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		if err := held(ctx, conn, j.ID, holder); err != nil {
			return err
		}
		return save(ctx, conn, j)
	})
	if err != nil {
		return fmt.Errorf("save migration: %w", err)
	}
	return nil
}

func save(ctx context.Context, conn conn, j directory.MigrationJob) error {
	_, err := conn.ExecContext(ctx, `UPDATE migration_jobs SET state = ?, step = ?, done = ?, total = ?, place = ?, problem = ?, detail = ?, updated = ?
		WHERE id = ?`, j.State, j.Step, j.Done, j.Total, j.Place, j.Problem, j.Detail, toNanos(now()), j.ID)
	return err
}

// FlipMigration implements directory.Migrations.
func (s *Store) FlipMigration(ctx context.Context, j directory.MigrationJob, holder string, e directory.Event, judge func(directory.Readiness) error) error {
	return s.write.do(ctx, func(ctx context.Context, conn conn) error {
		if err := held(ctx, conn, j.ID, holder); err != nil {
			return fmt.Errorf("flip migration: %w", err)
		}
		ready, err := readiness(ctx, conn, j.Tenant)
		if err != nil {
			return fmt.Errorf("flip migration: %w", err)
		}
		if err := judge(ready); err != nil {
			return err
		}
		j.State, j.Step = directory.MigrationDone, directory.StepFlip
		return flip(ctx, conn, j, directory.ModeSSO, e)
	})
}

// flip stores a job together with the mode that it brings.
func flip(ctx context.Context, conn conn, j directory.MigrationJob, mode directory.Mode, e directory.Event) error {
	if err := save(ctx, conn, j); err != nil {
		return fmt.Errorf("flip migration: %w", err)
	}
	if _, err := conn.ExecContext(ctx, `UPDATE tenants SET mode = ? WHERE id = ?`, mode, j.Tenant); err != nil {
		return fmt.Errorf("flip migration: %w", err)
	}
	return appendEvent(ctx, conn, e)
}

// CancelMigration implements directory.Migrations.
func (s *Store) CancelMigration(ctx context.Context, tenant, id string, e directory.Event) error {
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		j, err := jobOf(ctx, conn, tenant, id)
		if err != nil {
			return s.notFound(err)
		}
		if j.State != directory.MigrationRunning {
			return directory.ErrMigrationOver
		}
		j.State = directory.MigrationCancelled
		if err := save(ctx, conn, j); err != nil {
			return err
		}
		return appendEvent(ctx, conn, e)
	})
	if err != nil {
		return fmt.Errorf("cancel migration: %w", err)
	}
	return nil
}

// RollBackMigration implements directory.Migrations.
func (s *Store) RollBackMigration(ctx context.Context, tenant, id string, e directory.Event) error {
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		j, err := jobOf(ctx, conn, tenant, id)
		if err != nil {
			return s.notFound(err)
		}
		var newest string
		err = conn.QueryRowContext(ctx, `SELECT id FROM migration_jobs WHERE tenant = ? ORDER BY seq DESC LIMIT 1`, tenant).Scan(&newest)
		if err != nil {
			return err
		}
		if j.State != directory.MigrationDone || newest != id {
			return directory.ErrNotMigrated
		}
		j.State = directory.MigrationRolledBack
		return flip(ctx, conn, j, directory.ModeLegacy, e)
	})
	if err != nil {
		return fmt.Errorf("roll back migration: %w", err)
	}
	return nil
}
