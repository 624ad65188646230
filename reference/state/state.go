// Package state keeps in NATS what several replicas have to share about sign-on while it is under way: the logins in
// progress, each of which is taken exactly once, and the SAML messages that were used and must not be again.
//
// A login begun on one replica then finishes on another. What is kept is sealed with the key-encryption key of the
// installation, and its keys are hashes, so that whoever can read the bucket learns nothing.
package state

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"assay/reference/secrets"
	"assay/reference/sso"
	"assay/reference/sso/saml"
)

const (
	loginsBucket  = "assay-logins"
	replaysBucket = "assay-replays"

	// Bytes of each bucket. What comes when a bucket is full is refused: to forget would be to accept something twice.
	// A login takes about a kilobyte, a used message a hundred bytes.
	maxBucket = 64 << 20

	connectTimeout = 5 * time.Second // to reach the server at start; later requests are bounded by their context
	longestReplay  = 24 * time.Hour  // no assertion is good for longer
	sealedFor      = "sign-on state" // associated data of what is sealed
)

// Shared is the state that replicas share. It implements sso.Logins and saml.Replays, and is safe for concurrent use.
type Shared struct {
	conn    *nats.Conn
	vault   *secrets.Vault
	logins  jetstream.KeyValue
	replays jetstream.KeyValue
	now     func() time.Time
}

var (
	_ sso.Logins   = (*Shared)(nil)
	_ saml.Replays = (*Shared)(nil)
)

// Open connects to NATS and makes the buckets where there are none. The server needs JetStream and version 2.11 or later,
// whose keys can expire one by one. credentials is the file with the credentials of a NATS user; empty for none. All replicas
// need the same vault. now may be nil.
func Open(ctx context.Context, url, credentials string, vault *secrets.Vault, now func() time.Time) (*Shared, error) {
	if now == nil {
		now = time.Now
	}
	options := []nats.Option{nats.Name("assay"), nats.Timeout(connectTimeout), nats.MaxReconnects(-1)}
	if credentials != "" {
		options = append(options, nats.UserCredentials(credentials))
	}
	conn, err := nats.Connect(url, options...)
	if err != nil {
		return nil, fmt.Errorf("sign-on state: connect to NATS at %s: %w", redact(url), err)
	}
	s := &Shared{conn: conn, vault: vault, now: now}
	if err := s.open(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("sign-on state: NATS at %s: %w", redact(url), err)
	}
	return s, nil
}

func (s *Shared) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	stream, err := jetstream.New(s.conn)
	if err != nil {
		return err
	}
	s.logins, err = bucket(ctx, stream, loginsBucket, "logins in progress", sso.LoginLife)
	if err != nil {
		return err
	}
	s.replays, err = bucket(ctx, stream, replaysBucket, "SAML messages that were used", longestReplay)
	return err
}

// bucket opens a bucket whose keys live ttl at most.
func bucket(ctx context.Context, stream jetstream.JetStream, name, text string, ttl time.Duration) (jetstream.KeyValue, error) {
	b, err := stream.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: name, Description: text, History: 1, TTL: ttl, MaxBytes: maxBucket, LimitMarkerTTL: time.Minute,
	})
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", name, err)
	}
	return b, nil
}

// Close ends the connection.
func (s *Shared) Close() { s.conn.Close() }

// Put implements sso.Logins.
func (s *Shared) Put(ctx context.Context, login sso.Login) error {
	plain, err := json.Marshal(login)
	if err != nil {
		return fmt.Errorf("keep login: %w", err)
	}
	sealed, err := s.vault.Seal(ctx, sealedFor, plain)
	if err != nil {
		return fmt.Errorf("keep login: %w", err)
	}
	if _, err := s.logins.Create(ctx, key(login.State), sealed); err != nil {
		return fmt.Errorf("keep login: %w", err)
	}
	return nil
}

// Take implements sso.Logins. Of several callers, on whatever replica, the one whose deletion comes first has the login: a
// deletion counts only while the entry is the one that was read.
func (s *Shared) Take(ctx context.Context, state string) (sso.Login, error) {
	entry, err := s.logins.Get(ctx, key(state))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return sso.Login{}, sso.ErrNoLogin
	}
	if err != nil {
		return sso.Login{}, fmt.Errorf("take login: %w", err)
	}
	err = s.logins.Purge(ctx, entry.Key(), jetstream.LastRevision(entry.Revision()))
	if changed(err) {
		return sso.Login{}, sso.ErrNoLogin
	}
	if err != nil {
		return sso.Login{}, fmt.Errorf("take login: %w", err)
	}
	return s.unseal(ctx, entry.Value(), state)
}

func (s *Shared) unseal(ctx context.Context, sealed []byte, state string) (sso.Login, error) {
	plain, err := s.vault.Unseal(ctx, sealedFor, sealed)
	if err != nil {
		return sso.Login{}, fmt.Errorf("take login: do all replicas have the same keyset? %w", err)
	}
	var login sso.Login
	if err := json.Unmarshal(plain, &login); err != nil {
		return sso.Login{}, fmt.Errorf("take login: %w", err)
	}
	if login.State != state || !s.now().Before(login.Expires) {
		return sso.Login{}, sso.ErrNoLogin
	}
	return login, nil
}

// Seen implements saml.Replays: of several callers, on whatever replica, one is the first.
func (s *Shared) Seen(ctx context.Context, issuer, id string, until time.Time) (first bool, err error) {
	left := until.Sub(s.now())
	if left <= 0 || left > longestReplay {
		return false, fmt.Errorf("a message that is good for %v cannot be remembered", left)
	}
	_, err = s.replays.Create(ctx, key(issuer, id), nil, jetstream.KeyTTL(max(left.Round(time.Second)+time.Second, time.Second)))
	if errors.Is(err, jetstream.ErrKeyExists) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("remember a used message: %w", err)
	}
	return true, nil
}

// changed tells that an entry was no longer the one that was read.
func changed(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence
}

// key is the hash of texts as a key: what a stranger sends may be of any length and hold any character.
func key(texts ...string) string {
	h := sha256.New()
	for _, text := range texts {
		sum := sha256.Sum256([]byte(text))
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
