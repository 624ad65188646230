package sso

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"assay/reference/directory"
	"assay/reference/sso/saml"
)

// samlPath is below what the SAML endpoints of all tenants are. Each tenant has an entity ID, endpoints and so an audience
// and a recipient of its own: what is meant for one tenant fits no other.
const samlPath = "/saml/"

// maxSAMLForm bounds what a browser posts; an assertion is much smaller.
const maxSAMLForm = 1 << 20

// credentialName is under which name the key of the service provider is kept and sealed. No tenant has this id.
const credentialName = "assay SAML credential"

// samlSite is the SAML service provider of all tenants, on what the relying party is made of.
type samlSite struct {
	*RelyingParty
	replays        saml.Replays
	participations *participations

	mu  sync.Mutex
	key *saml.Credential // made or read when it is first needed, because that takes a while
}

func newSAMLSite(p *RelyingParty, replays saml.Replays) *samlSite {
	if replays == nil {
		replays = saml.NewMemoryReplays(p.now)
	}
	return &samlSite{RelyingParty: p, replays: replays, participations: newParticipations(p.now)}
}

func (s *samlSite) register(mux *http.ServeMux) {
	session := func(h http.HandlerFunc) http.Handler { return s.sessions.Handler(h) }
	mux.Handle("GET "+samlPath+"{tenant}/metadata", http.HandlerFunc(s.metadata))
	mux.Handle("GET "+samlPath+"{tenant}/login", http.HandlerFunc(s.start))
	mux.Handle("POST "+samlPath+"{tenant}/acs", session(s.consume))
	mux.Handle("GET "+samlPath+"{tenant}/logout", session(s.singleLogout))
	mux.Handle("POST "+samlPath+"{tenant}/logout", session(s.singleLogout))
}

// SAMLEndpoints is where an identity provider finds the service provider of a tenant.
type SAMLEndpoints struct {
	EntityID string // and the URL of the metadata
	ACS      string
	Logout   string
	Login    string // where a person begins
}

// SAMLEndpoints returns those of a tenant.
func (p *RelyingParty) SAMLEndpoints(tenant string) SAMLEndpoints {
	below := p.base + samlPath + url.PathEscape(tenant)
	return SAMLEndpoints{EntityID: below + "/metadata", ACS: below + "/acs", Logout: below + "/logout", Login: below + "/login"}
}

// SAMLMetadata is what an identity provider has to know of the service provider of a tenant.
func (p *RelyingParty) SAMLMetadata(ctx context.Context, tenant string) ([]byte, error) {
	sp, err := p.saml.provider(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return sp.Metadata()
}

// provider is the service provider of a tenant.
func (s *samlSite) provider(ctx context.Context, tenant string) (*saml.ServiceProvider, error) {
	key, err := s.credential(ctx)
	if err != nil {
		return nil, err
	}
	at := s.SAMLEndpoints(tenant)
	return saml.New(saml.Options{EntityID: at.EntityID, ACS: at.ACS, Logout: at.Logout, Credential: key, Replays: s.replays, Skew: s.skew, Now: s.now})
}

// credential is the key of the service provider: one for all processes that have the same database and keyset, because
// identity providers were told its certificate.
func (s *samlSite) credential(ctx context.Context) (*saml.Credential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	fresh, err := saml.NewCredential("assay reference", s.now())
	if err != nil {
		return nil, err
	}
	text, err := fresh.Marshal()
	if err != nil {
		return nil, err
	}
	if text, err = s.vault.Shared(ctx, credentialName, text); err != nil {
		return nil, fmt.Errorf("SAML credential: %w", err)
	}
	s.key, err = saml.ParseCredential(text)
	return s.key, err
}

// partner is a tenant's identity provider, and the service provider that it knows.
type partner struct {
	tenant     string
	connection directory.Connection
	idp        saml.IdentityProvider
	sp         *saml.ServiceProvider
}

// partner finds the SAML connection of a tenant. Without one the error is a refusal.
func (s *samlSite) partner(ctx context.Context, tenant string) (partner, error) {
	connection, err := s.store.Connection(ctx, tenant)
	if errors.Is(err, directory.ErrNotFound) || err == nil && (connection.Protocol != directory.SAML || !connection.Active) {
		return partner{}, refuse(reasonNoConnection)
	}
	if err != nil {
		return partner{}, fmt.Errorf("read connection: %w", err)
	}
	idp, err := SAMLIdentityProvider(connection)
	if err != nil {
		return partner{}, err
	}
	sp, err := s.provider(ctx, tenant)
	if err != nil {
		return partner{}, err
	}
	return partner{tenant: tenant, connection: connection, idp: idp, sp: sp}, nil
}

// metadata answers for every tenant that there is: an administrator needs it before the connection is set.
func (s *samlSite) metadata(w http.ResponseWriter, r *http.Request) {
	tenant := r.PathValue("tenant")
	if _, err := s.store.Tenant(r.Context(), tenant); err != nil {
		http.NotFound(w, r)
		return
	}
	raw, err := s.SAMLMetadata(r.Context(), tenant)
	if err != nil {
		s.logger.ErrorContext(r.Context(), "SAML metadata not written", "error", err)
		problem(w, http.StatusInternalServerError, "The metadata could not be written.")
		return
	}
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(raw) // an error means that the reader is gone
}

// send has a browser carry a message to an identity provider.
func (s *samlSite) send(w http.ResponseWriter, r *http.Request, out saml.Outgoing) {
	if out.Form == nil {
		s.redirect(w, out.URL)
		return
	}
	s.write(w, r, http.StatusOK, "carry", out)
}

// cookie binds a login or a logout to the browser that began it. The identity provider's answer is posted from its own
// site, with which browsers send no cookie that is not SameSite=None; that again has to be Secure. On plain http, which
// is for loopback, all ports are one site.
func (s *samlSite) cookie(state, value string, maxAge int) *http.Cookie {
	c := s.loginCookie(state, value, maxAge)
	c.Path = samlPath
	if s.secure {
		c.SameSite = http.SameSiteNoneMode
	}
	return c
}

// remember keeps what the answer to a message will be held to, and returns the cookie of this browser. state goes along
// as the RelayState.
func (s *samlSite) remember(ctx context.Context, with partner, message, state string, logout bool) (*http.Cookie, error) {
	binding := random()
	err := s.logins.Put(ctx, Login{
		State: state, Tenant: with.tenant, Issuer: with.idp.EntityID, Request: message, Logout: logout,
		Binding: bindingHash(binding), Expires: s.now().Add(LoginLife),
	})
	if err != nil {
		return nil, fmt.Errorf("keep login: %w", err)
	}
	return s.cookie(state, binding, int(LoginLife/time.Second)), nil
}
