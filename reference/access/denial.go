package access

// Reason says in one stable word why somebody may not be signed on.
type Reason string

// The reasons for which a tenant's mode and policy keep somebody out.
const (
	AddressNotAllowed Reason = "address-not-allowed"
	MFARequired       Reason = "mfa-required"
	LocalLoginClosed  Reason = "local-login-closed"
	SSONotActive      Reason = "sso-not-active"
	UserGone          Reason = "user-not-active"
)

// Denial is the error of a session that may not begin or go on.
type Denial struct{ Reason Reason }

// Error names the reason.
func (d *Denial) Error() string { return "access denied: " + string(d.Reason) }

func deny(why Reason) *Denial { return &Denial{why} }
