package secrets

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/tink-crypto/tink-go-hcvault/v2/integration/hcvault"
	"github.com/tink-crypto/tink-go/v2/tink"
)

const (
	transitScheme  = "hcvault"
	transitTimeout = 10 * time.Second
)

// TransitKey returns a key-encryption key in the Transit engine of Vault or OpenBao, which never leaves it:
// hcvault://vault.example:8200/transit/keys/assay. The token and everything else about the connection come from the
// environment as for Vault's own command (VAULT_TOKEN, VAULT_CACERT, VAULT_NAMESPACE …); the server is asked by HTTPS, unless VAULT_ADDR
// names the same host with http. It tries the key, so that a missing one is known at once.
func TransitKey(location string) (tink.AEAD, error) {
	u, err := url.Parse(location)
	if err != nil || u.Scheme != transitScheme || u.Host == "" || u.User != nil || !strings.Contains(u.Path, "/keys/") {
		return nil, errors.New("the key-encryption key has to be like hcvault://vault.example:8200/transit/keys/assay")
	}
	config := api.DefaultConfig() // reads the environment
	if config.Error != nil {
		return nil, fmt.Errorf("key-encryption key: %w", config.Error)
	}
	if given, err := url.Parse(config.Address); err != nil || given.Host != u.Host {
		config.Address = "https://" + u.Host
	}
	config.Timeout, config.MaxRetries = transitTimeout, 2
	client, err := api.NewClient(config)
	if err != nil {
		return nil, fmt.Errorf("key-encryption key: %w", err)
	}
	if client.Token() == "" {
		return nil, errors.New("key-encryption key: VAULT_TOKEN is not set")
	}
	kek, err := hcvault.NewAEAD(u.Path, client.Logical())
	if err != nil {
		return nil, fmt.Errorf("key-encryption key: %w", err)
	}
	if _, err := kek.Encrypt([]byte("assay"), nil); err != nil {
		return nil, fmt.Errorf("key-encryption key %s at %s cannot be used: %w", u.Path, config.Address, err)
	}
	return kek, nil
}

// IsTransit tells whether a location is one of TransitKey.
func IsTransit(location string) bool { return strings.HasPrefix(location, transitScheme+":") }
