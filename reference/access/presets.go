package access

import (
	"time"

	"assay/reference/directory"
)

// PolicyPresets returns named policies to start from, as Resgrid documents them by name ("preset templates for Government/CUI
// and Enterprise environments"). What is in them is our choice: the first follows NIST SP 800-171 (lock after inactivity,
// multi-factor authentication) as far as an application can, the second is what enterprises commonly ask for.
func PolicyPresets() map[string]directory.Policy {
	return map[string]directory.Policy{
		"government-cui": {
			MFA: directory.MFAAlways, SSOOnly: true, SessionAge: 8 * time.Hour, SessionIdle: 15 * time.Minute, SessionCount: 1,
			Password:       directory.PasswordRules{MinLength: 15, Classes: 3, MaxAge: 60 * 24 * time.Hour},
			Classification: directory.CUI,
		},
		"enterprise": {
			MFA: directory.MFALocal, SSOOnly: true, SessionAge: 12 * time.Hour, SessionIdle: time.Hour, SessionCount: 5,
			Password:       directory.PasswordRules{MinLength: 12, Classes: 3},
			Classification: directory.Confidential,
		},
	}
}
