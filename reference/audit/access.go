package audit

// The actions of local login, break-glass access, policies, sessions and migrations.
const (
	LocalLoginSucceeded Action = "local.login.succeeded"
	LocalLoginRefused   Action = "local.login.refused"
	PasswordChanged     Action = "local.password.changed"
	PasswordRemoved     Action = "local.password.removed"
	TOTPEnrolled        Action = "local.totp.enrolled"
	TOTPRemoved         Action = "local.totp.removed"
	RecoveryCodeUsed    Action = "local.recovery-code.used"
	BreakGlassGranted   Action = "break-glass.granted"
	BreakGlassRevoked   Action = "break-glass.revoked"
	BreakGlassUsed      Action = "break-glass.used"
	AlertAcknowledged   Action = "alert.acknowledged"
	PolicyChanged       Action = "policy.changed"
	SessionsEnded       Action = "sessions.ended"
	TokenRevoked        Action = "scim.token.revoked"
	SCIMAccessChanged   Action = "scim.access.changed"
	MigrationStarted    Action = "migration.started"
	MigrationDone       Action = "migration.done"
	MigrationFailed     Action = "migration.failed"
	MigrationCancelled  Action = "migration.cancelled"
	MigrationRolledBack Action = "migration.rolled-back"
)
