package saml

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"assay/fakeidp/control"
)

// maxCertificates is how many an app can have had.
const maxCertificates = 16

// Errors of the certificates of an app, wrapped with what was asked for.
var (
	ErrUnknownCertificate = errors.New("no such certificate")
	ErrCertificateInUse   = errors.New("the certificate's state forbids it")
)

// keyring is the keys of one app, in the order in which they came.
type keyring struct {
	keys    []ringKey
	signing int
}

type ringKey struct {
	*credential
	withdrawn bool // not in the metadata any more
}

// published are the keys in the metadata, that which signs first.
func (r keyring) published() []*credential {
	out := []*credential{r.signer()}
	for i, k := range r.keys {
		if i != r.signing && !k.withdrawn {
			out = append(out, k.credential)
		}
	}
	return out
}

func (r keyring) signer() *credential { return r.keys[r.signing].credential }

// withdrawn is the key that was withdrawn last, nil when none was.
func (r keyring) lastWithdrawn() *credential {
	for i := len(r.keys) - 1; i >= 0; i-- {
		if r.keys[i].withdrawn {
			return r.keys[i].credential
		}
	}
	return nil
}

// keyrings are those of all apps. An app has the provider's own key until it gets another one.
type keyrings struct {
	first func() (*credential, error)
	make  func() (*credential, error)

	mu   sync.Mutex
	apps map[string]keyring
}

func (k *keyrings) of(app string) (keyring, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.get(app)
}

func (k *keyrings) get(app string) (keyring, error) {
	if ring, ok := k.apps[app]; ok {
		return ring, nil
	}
	first, err := k.first()
	if err != nil {
		return keyring{}, err
	}
	return keyring{keys: []ringKey{{credential: first}}}, nil
}

// change replaces an app's ring by what change makes of a copy.
func (k *keyrings) change(app string, change func(*keyring) error) (keyring, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	ring, err := k.get(app)
	if err != nil {
		return keyring{}, err
	}
	ring.keys = append([]ringKey{}, ring.keys...)
	if err := change(&ring); err != nil {
		return keyring{}, err
	}
	k.apps[app] = ring
	return ring, nil
}

func (r keyring) find(id string) (int, error) {
	for i, k := range r.keys {
		if thumbprint(k.credential) == id {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%w: %q", ErrUnknownCertificate, id)
}

func thumbprint(c *credential) string {
	sum := sha256.Sum256(c.cert)
	return hex.EncodeToString(sum[:])
}

func (r keyring) list() []control.Certificate {
	var out []control.Certificate
	for i, k := range r.keys {
		out = append(out, control.Certificate{ID: thumbprint(k.credential), Certificate: k.text(), Published: !k.withdrawn, Signs: i == r.signing})
	}
	return out
}

// Certificates lists an app's signing certificates, oldest first.
func (p *Provider) Certificates(app control.App) ([]control.Certificate, error) {
	ring, err := p.keys.of(app.ID)
	if err != nil {
		return nil, err
	}
	return ring.list(), nil
}

// AddCertificate makes a new key for an app and shows its certificate in the metadata, beside the one that
// still signs: the first step of a rollover.
func (p *Provider) AddCertificate(app control.App) ([]control.Certificate, error) {
	fresh, err := p.keys.make()
	if err != nil {
		return nil, err
	}
	return p.changeCertificates(app, func(r *keyring) error {
		if len(r.keys) >= maxCertificates {
			return fmt.Errorf("%w: the app has had %d", ErrCertificateInUse, len(r.keys))
		}
		r.keys = append(r.keys, ringKey{credential: fresh})
		return nil
	})
}

// SwitchCertificate makes one of the published certificates the one that signs: the second step.
func (p *Provider) SwitchCertificate(app control.App, id string) ([]control.Certificate, error) {
	return p.changeCertificates(app, func(r *keyring) error {
		at, err := r.find(id)
		if err != nil {
			return err
		}
		if r.keys[at].withdrawn {
			return fmt.Errorf("%w: %s is withdrawn; the mutation saml-withdrawn-key signs with it", ErrCertificateInUse, id)
		}
		r.signing = at
		return nil
	})
}

// Withdraw takes a certificate that does not sign out of the metadata: the last step.
func (p *Provider) Withdraw(app control.App, id string) ([]control.Certificate, error) {
	return p.changeCertificates(app, func(r *keyring) error {
		at, err := r.find(id)
		if err != nil {
			return err
		}
		if at == r.signing {
			return fmt.Errorf("%w: %s signs; let another one sign first", ErrCertificateInUse, id)
		}
		r.keys[at].withdrawn = true
		return nil
	})
}

func (p *Provider) changeCertificates(app control.App, change func(*keyring) error) ([]control.Certificate, error) {
	ring, err := p.keys.change(app.ID, change)
	if err != nil {
		return nil, err
	}
	return ring.list(), nil
}
