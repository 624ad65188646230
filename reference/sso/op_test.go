package sso_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	opClient = "the-client"
	opSecret = "s3cret:with %+ special"
)

// op is a small OpenID provider whose every answer a test can spoil. It checks what a strict one would:
// client authentication, redirect URI, PKCE, and that a code is used once.
type op struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	key      *rsa.PrivateKey
	kid      string
	codes    map[string]url.Values // code -> authorization request
	requests map[string]int        // path -> how often

	// The person who signs on.
	sub, email string
	thin       bool // e-mail only at the userinfo endpoint

	// What a test spoils; nil leaves it good.
	claims    func(map[string]any)
	sign      func(o *op, claims map[string]any) string
	answer    func(url.Values)            // authorization response
	discovery func(map[string]any)        // discovery document
	userinfo  func(map[string]any)        // userinfo answer
	token     func(map[string]any)        // token response
	keys      func([]any) []any           // key set
	broken    map[string]http.HandlerFunc // path -> instead
	now       func() time.Time
}

func newOP(t *testing.T) *op {
	t.Helper()
	o := &op{
		t: t, key: firstKey(), kid: "k1", codes: map[string]url.Values{}, requests: map[string]int{},
		sub: "00u1", email: "ada@example.com", broken: map[string]http.HandlerFunc{}, now: time.Now,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /tenant/.well-known/openid-configuration", o.serveDiscovery)
	mux.HandleFunc("GET /tenant/authorize", o.serveAuthorize)
	mux.HandleFunc("POST /tenant/token", o.serveToken)
	mux.HandleFunc("GET /tenant/keys", o.serveKeys)
	mux.HandleFunc("GET /tenant/userinfo", o.serveUserinfo)
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.requests[r.URL.Path]++
		broken := o.broken[r.URL.Path]
		o.mu.Unlock()
		if broken != nil {
			broken(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

// firstKey is the key that every op begins with; making one takes long under the race detector.
var firstKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (o *op) issuer() string { return o.URL + "/tenant" }

func (o *op) count(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.requests["/tenant/"+path]
}

func (o *op) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	doc := map[string]any{
		"issuer":                                o.issuer(),
		"authorization_endpoint":                o.issuer() + "/authorize",
		"token_endpoint":                        o.issuer() + "/token",
		"userinfo_endpoint":                     o.issuer() + "/userinfo",
		"jwks_uri":                              o.issuer() + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256"},
	}
	if o.discovery != nil {
		o.discovery(doc)
	}
	reply(w, http.StatusOK, doc)
}

func (o *op) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	request := r.URL.Query()
	code := rand.Text()
	o.mu.Lock()
	o.codes[code] = request
	o.mu.Unlock()
	response := url.Values{"code": {code}, "state": {request.Get("state")}}
	if o.answer != nil {
		o.answer(response)
	}
	http.Redirect(w, r, request.Get("redirect_uri")+"?"+response.Encode(), http.StatusFound)
}

func (o *op) serveToken(w http.ResponseWriter, r *http.Request) {
	user, pass, _ := r.BasicAuth()
	id, _ := url.QueryUnescape(user)
	secret, _ := url.QueryUnescape(pass)
	if id != opClient || secret != opSecret {
		reply(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	code := r.PostFormValue("code")
	o.mu.Lock()
	request, ok := o.codes[code]
	delete(o.codes, code)
	o.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	if !ok || request.Get("code_challenge") != challenge || request.Get("code_challenge_method") != "S256" ||
		request.Get("redirect_uri") != r.PostFormValue("redirect_uri") {
		reply(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	answer := map[string]any{
		"access_token": "access-" + o.sub, "token_type": "bearer", "id_token": o.idToken(request.Get("nonce")),
		"something_new": map[string]any{"x": 1},
	}
	if o.token != nil {
		o.token(answer)
	}
	reply(w, http.StatusOK, answer)
}

func (o *op) idToken(nonce string) string {
	now := o.now()
	claims := map[string]any{
		"iss": o.issuer(), "aud": opClient, "sub": o.sub, "nonce": nonce,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	if !o.thin {
		claims["email"], claims["email_verified"] = o.email, true
	}
	if o.claims != nil {
		o.claims(claims)
	}
	if o.sign != nil {
		return o.sign(o, claims)
	}
	return o.signed(claims)
}

// signed signs as a good provider does.
func (o *op) signed(claims map[string]any) string {
	return signWith(o.t, jose.RS256, o.key, map[jose.HeaderKey]any{"kid": o.kid}, claims)
}

func signWith(t *testing.T, alg jose.SignatureAlgorithm, key any, header map[jose.HeaderKey]any, claims any) string {
	t.Helper()
	options := &jose.SignerOptions{ExtraHeaders: header}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		t.Error(err)
		return ""
	}
	payload, err := json.Marshal(claims)
	if raw, ok := claims.(string); ok {
		payload, err = []byte(raw), nil
	}
	if err != nil {
		t.Error(err)
		return ""
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Error(err)
		return ""
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	return text
}

func (o *op) serveKeys(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	key, kid := o.key, o.kid
	o.mu.Unlock()
	set := []any{jose.JSONWebKey{Key: &key.PublicKey, KeyID: kid, Use: "sig", Algorithm: "RS256"}}
	if o.keys != nil {
		set = o.keys(set)
	}
	reply(w, http.StatusOK, map[string]any{"keys": set})
}

func (o *op) serveUserinfo(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer access-"+o.sub {
		reply(w, http.StatusUnauthorized, map[string]any{"error": "invalid_token"})
		return
	}
	answer := map[string]any{"sub": o.sub, "email": o.email, "email_verified": true, "name": "Ada"}
	if o.userinfo != nil {
		o.userinfo(answer)
	}
	reply(w, http.StatusOK, answer)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
