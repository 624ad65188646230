package fakeidp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"

	"assay/fakeidp/control"
)

// doors are TLS listeners with the public endpoints behind them, each with another certificate, most of them bad. They are opened
// when somebody first asks for them.
type doors struct {
	host    string // where they listen: that of the public listener
	handler http.Handler
	logger  *slog.Logger

	mu      sync.Mutex
	open    control.Doors
	servers []*http.Server
}

// doorKind is one certificate.
type doorKind struct {
	name, text string
	change     func(*x509.Certificate)
	alone      bool // signed by itself rather than by the authority
}

func doorKinds() []doorKind {
	day := 24 * time.Hour
	return []doorKind{
		{name: "trusted", text: "a good certificate of the authority: the twin of the others", change: func(*x509.Certificate) {}},
		{name: "expired", text: "the certificate expired yesterday", change: func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-day) }},
		{name: "not-yet-valid", text: "the certificate is valid from tomorrow", change: func(c *x509.Certificate) { c.NotBefore = time.Now().Add(day) }},
		{name: "wrong-host", text: "the certificate is for other-idp.invalid", change: func(c *x509.Certificate) {
			c.IPAddresses, c.DNSNames = nil, []string{"other-idp.invalid"}
		}},
		{name: "self-signed", text: "the certificate is signed by itself rather than by the authority", change: func(*x509.Certificate) {}, alone: true},
	}
}

// unlock opens the doors, once, and says where they are.
func (d *doors) unlock(ctx context.Context) (control.Doors, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open.CA != "" {
		return d.open, nil
	}
	authority, err := newAuthority()
	if err != nil {
		return control.Doors{}, err
	}
	made := control.Doors{CA: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate[0]}))}
	for _, kind := range doorKinds() {
		address, err := d.add(ctx, kind, authority)
		if err != nil {
			return control.Doors{}, errors.Join(err, d.shut())
		}
		made.Doors = append(made.Doors, control.Door{Name: kind.name, Text: kind.text, URL: "https://" + address})
	}
	d.open = made
	return made, nil
}

func (d *doors) add(ctx context.Context, kind doorKind, authority tls.Certificate) (address string, err error) {
	certificate, err := d.certificate(kind, authority)
	if err != nil {
		return "", err
	}
	inner, err := listen(ctx, net.JoinHostPort(d.host, "0"))
	if err != nil {
		return "", fmt.Errorf("door %s: %w", kind.name, err)
	}
	server := newServer(d.handler, d.logger)
	server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}}
	d.servers = append(d.servers, server)
	go func() {
		if err := server.ServeTLS(inner, "", ""); !errors.Is(err, http.ErrServerClosed) {
			d.logger.Error("door", "name", kind.name, "error", err)
		}
	}()
	return reachable(inner.Addr()), nil
}

func (d *doors) certificate(kind doorKind, authority tls.Certificate) (tls.Certificate, error) {
	template := newTemplate("assay fake IdP, door "+kind.name, 2)
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	template.DNSNames = []string{"localhost"}
	if ip := net.ParseIP(d.host); ip != nil {
		template.IPAddresses = append(template.IPAddresses, ip)
	}
	kind.change(template)
	if kind.alone {
		return sign(template, template, nil)
	}
	return sign(template, authority.Leaf, authority.PrivateKey)
}

func newAuthority() (tls.Certificate, error) {
	template := newTemplate("assay fake IdP, throw-away authority", 1)
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	return sign(template, template, nil)
}

func newTemplate(name string, serial int64) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-48 * time.Hour),
		NotAfter: time.Now().Add(365 * 24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

// sign makes a certificate with a fresh key, signed by its parent's, or by its own when that is nil.
func sign(template, parent *x509.Certificate, by any) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make key: %w", err)
	}
	if by == nil {
		by = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// close shuts the doors for good.
func (d *doors) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shut()
}

// shut closes what is open. The caller holds the lock.
func (d *doors) shut() error {
	var errs []error
	for _, server := range d.servers {
		errs = append(errs, server.Close())
	}
	d.servers = nil
	return errors.Join(errs...)
}
