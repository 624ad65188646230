package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"assay/reference/directory"
)

const accountColumns = `email, role, local_version`

func scanAccount(r row, more ...any) (directory.Account, error) {
	var a directory.Account
	err := r.Scan(append([]any{&a.Email, &a.Role, &a.LocalVersion}, more...)...)
	return a, err
}

// accountOf reads the account of a user, written or not.
func accountOf(ctx context.Context, from conn, user stored) (directory.Account, error) {
	a, err := scanAccount(from.QueryRowContext(ctx, `SELECT `+accountColumns+` FROM accounts WHERE person = ?`, user.seq))
	if errors.Is(err, sql.ErrNoRows) {
		a, err = directory.Account{Email: directory.EmailOf(user.Resource)}, nil
	}
	a.UserID = user.ID
	return a, err
}

// Account implements directory.Accounts.
func (s *Store) Account(ctx context.Context, tenant, userID string) (directory.Account, error) {
	user, err := get(ctx, s.read, tenant, directory.User, userID)
	if err != nil {
		return directory.Account{}, fmt.Errorf("account: %w", s.notFound(err))
	}
	a, err := accountOf(ctx, s.read, user)
	if err != nil {
		return directory.Account{}, fmt.Errorf("account: %w", err)
	}
	return a, nil
}

// UpdateAccount implements directory.Accounts.
func (s *Store) UpdateAccount(ctx context.Context, tenant, userID string,
	change func(directory.Resource, *directory.Account) error) (directory.Account, error) {
	var out directory.Account
	err := s.write.do(ctx, func(ctx context.Context, conn conn) error {
		user, err := get(ctx, conn, tenant, directory.User, userID)
		if err != nil {
			return fmt.Errorf("update account: %w", s.notFound(err))
		}
		old, err := accountOf(ctx, conn, user)
		if err != nil {
			return fmt.Errorf("update account: %w", err)
		}
		out = old
		if err := change(user.Resource, &out); err != nil {
			return err
		}
		out.UserID, out.Email = old.UserID, old.Email
		if out == old {
			return nil
		}
		if err := keepRole(ctx, conn, tenant, user.seq, out.Role); err != nil {
			return fmt.Errorf("update account: %w", err)
		}
		return s.saveAccount(ctx, conn, tenant, user.seq, out)
	})
	if err != nil {
		return directory.Account{}, err
	}
	return out, nil
}

func (s *Store) saveAccount(ctx context.Context, conn conn, tenant string, person int64, a directory.Account) error {
	_, err := conn.ExecContext(ctx, `INSERT INTO accounts (person, tenant, `+accountColumns+`) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (person) DO UPDATE SET email = excluded.email, role = excluded.role, local_version = excluded.local_version`,
		person, tenant, a.Email, a.Role, a.LocalVersion)
	if err != nil {
		return fmt.Errorf("save account: %w", s.constraint(err, "account", a.UserID))
	}
	return nil
}

// keepAccountEmail brings the e-mail address of an account up to date with its user.
func keepAccountEmail(ctx context.Context, conn conn, old stored, fresh directory.Resource) error {
	if old.Kind != directory.User || old.Email == fresh.Email && old.Name == fresh.Name {
		return nil
	}
	_, err := conn.ExecContext(ctx, `UPDATE accounts SET email = ? WHERE person = ?`, directory.EmailOf(fresh), old.seq)
	return err
}

// AccountsByEmail implements directory.Accounts. A limit below 1 yields none.
func (s *Store) AccountsByEmail(ctx context.Context, tenant, email string, limit int) ([]directory.Account, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT a.email, a.role, a.local_version, r.id FROM accounts a JOIN resources r ON r.seq = a.person
		WHERE a.tenant = ? AND a.email = ? AND a.email <> '' ORDER BY a.person LIMIT ?`, tenant, email, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("accounts by e-mail: %w", err)
	}
	defer rows.Close()
	var accounts []directory.Account
	for rows.Next() {
		var id string
		a, err := scanAccount(rows, &id)
		if err != nil {
			return nil, fmt.Errorf("accounts by e-mail: %w", err)
		}
		a.UserID = id
		accounts = append(accounts, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("accounts by e-mail: %w", err)
	}
	return accounts, nil
}
