package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"assay/reference/directory"
)

// GateStore is the part of the directory that a Gate reads.
type GateStore interface {
	Tenant(ctx context.Context, id string) (directory.Tenant, error)
	Policy(ctx context.Context, tenant string) (directory.Policy, error)
	Get(ctx context.Context, tenant string, kind directory.Kind, id string) (directory.Resource, error)
	Credentials(ctx context.Context, tenant, user string) (directory.Credentials, error)
}

// Roles says which role a user has at the moment.
type Roles interface {
	Role(ctx context.Context, tenant, user string) (directory.Role, error)
}

// Gate is the Guard of people's sessions: it holds them to the mode and the policy of their tenant, at sign-on and
// with every request.
type Gate struct {
	Store   GateStore
	Roles   Roles
	Proxies Networks // whose X-Forwarded-For is believed
}

// Judge implements Guard.
func (g *Gate) Judge(ctx context.Context, r *http.Request, s Session) (Terms, error) {
	policy, err := g.Store.Policy(ctx, s.Tenant)
	if err != nil {
		return Terms{}, err
	}
	return g.Under(ctx, r, s, policy)
}

// Under judges a session as if the tenant had this policy.
func (g *Gate) Under(ctx context.Context, r *http.Request, s Session, policy directory.Policy) (Terms, error) {
	policy = policy.WithDefaults()
	user, err := g.Store.Get(ctx, s.Tenant, directory.User, s.User)
	if errors.Is(err, directory.ErrNotFound) || err == nil && !user.Active {
		return Terms{}, deny(UserGone)
	}
	if err != nil {
		return Terms{}, err
	}
	address := g.Proxies.ClientAddress(r)
	if err := Near(policy, address); err != nil {
		return Terms{}, err
	}
	if err := g.way(ctx, s, policy); err != nil {
		return Terms{}, err
	}
	if !s.MFA && (policy.MFA == directory.MFAAlways || policy.MFA == directory.MFALocal && s.Via == directory.ViaLocal || s.Via == directory.ViaBreakGlass) {
		return Terms{}, deny(MFARequired)
	}
	role, err := g.Roles.Role(ctx, s.Tenant, s.User)
	if err != nil {
		return Terms{}, fmt.Errorf("role of %s: %w", s.User, err)
	}
	return Terms{Age: policy.SessionAge, Idle: policy.SessionIdle, Count: policy.SessionCount, Role: role, Address: address}, nil
}

// Near says whether a policy lets people come from an address.
func Near(policy directory.Policy, address netip.Addr) error {
	if len(policy.Networks) == 0 {
		return nil
	}
	networks, err := ParseNetworks(policy.Networks)
	if err != nil {
		return err
	}
	if !networks.Contain(address) {
		return deny(AddressNotAllowed)
	}
	return nil
}

// way says whether this is still a way to sign on.
func (g *Gate) way(ctx context.Context, s Session, policy directory.Policy) error {
	tenant, err := g.Store.Tenant(ctx, s.Tenant)
	if err != nil {
		return err
	}
	switch s.Via {
	case directory.ViaOIDC, directory.ViaSAML:
		if tenant.Mode == directory.ModeLegacy {
			return deny(SSONotActive)
		}
		return nil
	case directory.ViaLocal:
		if !LocalLoginOpen(tenant, policy) {
			return deny(LocalLoginClosed)
		}
		return nil
	case directory.ViaBreakGlass:
		credentials, err := g.Store.Credentials(ctx, s.Tenant, s.User)
		if err != nil {
			return err
		}
		if credentials.BreakGlass.IsZero() {
			return deny(LocalLoginClosed)
		}
		return nil
	}
	return fmt.Errorf("a session of a person via %q", s.Via)
}

// LocalLoginOpen reports whether everybody with a password may log in with it.
func LocalLoginOpen(tenant directory.Tenant, policy directory.Policy) bool {
	return tenant.Mode == directory.ModeLegacy || policy.LocalLogin && !policy.SSOOnly
}
