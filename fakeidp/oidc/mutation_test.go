package oidc_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay/fakeidp/control"
	"assay/fakeidp/mutation"
	"assay/fakeidp/oidc"
	"assay/fakeidp/persona"
)

var update = flag.Bool("update", false, "write testdata/mutations.golden anew; read what changes")

const golden = "testdata/mutations.golden"

// picture is everything that a relying party sees, flat: "answer.state", "claims.aud", "header.alg", "signature",
// "tokens.id_token", "userinfo.sub", "discovery.issuer". What is random is named or judged.
type picture map[string]string

const (
	pictured   = "state-of-this-login"
	noncePlain = "nonce-of-this-login"
)

// studio takes pictures of one provider, without a network, at one moment.
type studio struct {
	*rig
	now     time.Time
	replace *strings.Replacer // what is random, by what it is called

	key      *rsa.PublicKey // the published one
	kid      string
	demanded map[string]any
	ear      *ear
}

type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

func newStudio(t *testing.T) *studio {
	t.Helper()
	s := &studio{now: time.Now().Truncate(time.Second)}
	s.rig = newRig(t, func(o *oidc.Options) {
		o.PublicURL = "https://idp.example.test"
		o.Now = func() time.Time { return s.now }
		fat := persona.OktaOIN()
		fat.OIDC.ThinIDToken.Value = false
		fat.OIDC.BackChannelLogout.Value = true
		o.Personas = []persona.Persona{fat}
	})
	mux := http.NewServeMux()
	s.provider.Register(mux)
	s.browser.Transport = direct{mux}
	s.ear = newEar(t)
	s.house.apps[0].BackchannelLogoutURI, s.house.apps[0].FrontchannelLogoutURI = s.ear.url, "https://app.example/front?x=1"
	s.replace = strings.NewReplacer(s.issuer, "ISSUER", strings.ToUpper(s.issuer), "CAPITALS")
	return s
}

// TestEachMutationChangesOneThing holds what each mutation changes on the wire, compared with an honest login, to a golden file,
// which is written to be read.
func TestEachMutationChangesOneThing(t *testing.T) {
	s := newStudio(t)
	honest := picture{}
	s.published(honest)
	s.login(honest)
	s.refresh(honest)
	s.logout(honest)
	for key, want := range map[string]string{
		"signature": "RS256 by the published key", "claims.at_hash": "fits", "tokens": "200 application/json", "discovery.issuer": "ISSUER",
		"keys[0]": `{"alg":"RS256","e":"AQAB","kid":"KID","kty":"RSA","n":"published","use":"sig"}`, "userinfo.sub": "00uAda00000000000001",
	} {
		if honest[key] != want {
			t.Fatalf("honest: %s is %q, want %q", key, honest[key], want)
		}
	}
	var out strings.Builder
	for _, m := range s.provider.Mutations() {
		if m.Protocol != "oidc" {
			continue // an outage, which is tested where it works
		}
		changed := difference(honest, s.take(m))
		if len(changed) == 0 && !alreadySo(m.Name) {
			t.Errorf("%s changes nothing", m.Name)
		}
		fmt.Fprintf(&out, "%s (%s)\n", m.Name, m.Stage)
		for _, key := range slices.Sorted(maps.Keys(changed)) {
			fmt.Fprintf(&out, "    %s = %s\n", key, changed[key])
		}
	}
	again := picture{}
	s.published(again)
	s.login(again)
	s.refresh(again)
	s.logout(again)
	if left := difference(honest, again); len(left) != 0 {
		t.Errorf("after the hostile logins an honest one differs: %v", left)
	}
	compare(t, out.String())
}

// alreadySo are mutations that leave out what this persona does not say.
func alreadySo(name string) bool {
	return slices.Contains([]string{"missing-response-issuer", "unsolicited-nonce"}, name)
}

// take pictures the part that a mutation can change. What an app has for good is switched off again.
func (s *studio) take(m control.Mutation) picture {
	s.Helper()
	seen := picture{}
	switch mutation.Stage(m.Stage) {
	case mutation.Discovery, mutation.DiscoveryReply, mutation.Keys, mutation.KeysReply:
	case mutation.Refreshed, mutation.RefreshReply:
		s.refresh(seen, m.Name)
		return seen
	case mutation.LogoutClaims, mutation.LogoutSeal, mutation.LogoutCall:
		s.logout(seen, m.Name)
		return seen
	default:
		s.login(seen, m.Name)
		return seen
	}
	if err := s.provider.SetHabits(clientID, []string{m.Name}); err != nil {
		s.Fatal(err)
	}
	s.published(seen)
	if err := s.provider.SetHabits(clientID, nil); err != nil {
		s.Fatal(err)
	}
	return seen
}

func compare(t *testing.T, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) == got {
		return
	}
	known := map[string]bool{}
	for _, line := range strings.Split(string(want), "\n") {
		known[line] = true
	}
	for _, line := range strings.Split(got, "\n") {
		if !known[line] {
			t.Errorf("not in %s (go test -update writes it): %s", golden, line)
		}
	}
	t.Errorf("the pictures differ from %s, in order or by what is not there any more", golden)
}

// published pictures what the issuer publishes.
func (s *studio) published(seen picture) {
	s.Helper()
	res, body := s.get(s.issuer + "/.well-known/openid-configuration")
	s.document(seen, "discovery", res, body)
	res, body = s.get(s.issuer + "/v1/keys")
	s.document(seen, "keys", res, body)
	set, ok := unmarshal(body)["keys"].([]any)
	if !ok {
		return
	}
	delete(seen, "keys.keys")
	for i, key := range set {
		jwk, _ := key.(map[string]any)
		for _, random := range []string{"x", "y", "x5c", "x5t"} {
			if jwk[random] != nil && jwk["crv"] != "P-9999" {
				jwk[random] = "there"
			}
		}
		if n, _ := jwk["n"].(string); n != "" {
			jwk["n"] = s.nameModulus(n)
		}
		seen[fmt.Sprintf("keys[%d]", i)] = s.name(plain(jwk))
	}
}

func (s *studio) nameModulus(n string) string {
	if n == b64(s.publishedKey().N.Bytes()) {
		return "published"
	}
	raw, _ := base64.RawURLEncoding.DecodeString(n)
	return fmt.Sprintf("another, %d bits", len(raw)*8)
}

func (s *studio) name(text string) string {
	return strings.ReplaceAll(s.replace.Replace(text), s.publishedKeyID(), "KID")
}

// login pictures a login with these mutations.
func (s *studio) login(seen picture, mutations ...string) {
	s.Helper()
	params, verifier := s.request("state", pictured, "nonce", noncePlain)
	if err := s.provider.Grant(control.Grant{State: pictured, Person: "ada@example.test", Mutations: mutations}); err != nil {
		s.Fatal(err)
	}
	res, body := s.get(s.issuer + "/v1/authorize?" + params.Encode())
	target, err := res.Location()
	if err != nil {
		s.Fatalf("authorize: %s %s", res.Status, body)
	}
	answer := target.Query()
	seen["answer"] = "query"
	if target.Fragment != "" {
		answer, _ = url.ParseQuery(target.Fragment)
		seen["answer"] = "fragment"
	}
	code := answer.Get("code")
	for name, values := range answer {
		if name != "tenant" && name != "code" {
			seen["answer."+name] = s.name(strings.Join(values, " and "))
		}
	}
	switch codes := answer["code"]; {
	case len(codes) == 2:
		seen["answer.code"] = "there and " + codes[1]
		return
	case len(code) > 10_000, strings.Contains(code, "another"):
		seen["answer.code"] = clip(code)
		return
	case code == "":
		return
	}
	seen["answer.code"] = "there"
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectURI}, "code_verifier": {verifier}}
	res, body = s.post(s.issuer+"/v1/token", form, "Authorization", basicAuth(clientID, clientSecret))
	s.document(seen, "tokens", res, body)
	tokens := unmarshal(body)
	access := text(tokens, "access_token")
	s.pictureIDToken(seen, text(tokens, "id_token"), access)
	for name := range seen {
		if name != "tokens.access_token" && name != "tokens.id_token" {
			continue
		}
		if strings.HasPrefix(seen[name], "eyJ") {
			seen[name] = "there"
		}
		seen[name] = regexp.MustCompile(`… \d+ bytes`).ReplaceAllString(seen[name], "…")
	}
	if access != "" {
		s.pictureUserInfo(seen, access)
	}
}

// refresh pictures the refresh that follows a login with these mutations.
func (s *studio) refresh(seen picture, mutations ...string) {
	s.Helper()
	params, verifier := s.request("state", pictured, "nonce", noncePlain, "scope", "openid offline_access")
	_, first := s.exchange(s.rig.login(params, "ada@example.test", mutations...).Get("code"), verifier)
	if id := s.part(text(first, "id_token"), 1); id["nonce"] != noncePlain || id["sub"] != "00uAda00000000000001" {
		s.Errorf("%s: the first ID token has %v", mutations, id)
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {text(first, "refresh_token")}}
	res, body := s.post(s.issuer+"/v1/token", form, "Authorization", basicAuth(clientID, clientSecret))
	s.document(seen, "refreshed tokens", res, body)
	tokens := unmarshal(body)
	if token := text(tokens, "id_token"); token != "" {
		s.token(seen, "refreshed", token)
	}
	for key := range seen {
		if slices.Contains([]string{"refreshed tokens.access_token", "refreshed tokens.id_token", "refreshed claims.jti", "refreshed claims.at_hash", "refreshed claims.sid"}, key) {
			seen[key] = "there"
		}
	}
}

func (s *studio) pictureUserInfo(seen picture, access string) {
	s.Helper()
	req, err := http.NewRequest(http.MethodGet, s.issuer+"/v1/userinfo", nil)
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+access)
	res, err := s.browser.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	_, body := s.read(res)
	if res.Header.Get("Content-Type") == "application/jwt" {
		seen["userinfo"] = "200 application/jwt"
		s.token(seen, "userinfo", body)
		return
	}
	s.document(seen, "userinfo", res, body)
}

// document pictures an answer whose body should be a JSON object.
func (s *studio) document(seen picture, name string, res *http.Response, body string) {
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	seen[name] = strconv.Itoa(res.StatusCode) + " " + kind
	for _, header := range []string{"Location", "Retry-After", "WWW-Authenticate"} {
		if value := res.Header.Get(header); value != "" {
			seen[name+" "+header] = value
		}
	}
	if name == "tokens" && res.Header.Get("Cache-Control") != "no-store" {
		seen[name+" Cache-Control"] = res.Header.Get("Cache-Control")
	}
	s.members(seen, name, body)
}

// members pictures the members of a JSON object, those that are there again too; or the text, where it is none.
func (s *studio) members(seen picture, name, body string) {
	decoder := json.NewDecoder(strings.NewReader(body))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		seen[name+" text"] = begin(s.name(body))
		return
	}
	for decoder.More() {
		key, _ := decoder.Token()
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			seen[name+" text"] = err.Error()
			return
		}
		value := string(raw)
		var inside string
		if raw[0] == '"' && json.Unmarshal(raw, &inside) == nil && !json.Valid([]byte(inside)) {
			value = inside // a text that cannot be taken for another value needs no quotes
		}
		label := fmt.Sprintf("%s.%v", name, key)
		if _, there := seen[label]; there {
			label += " (again)"
		}
		seen[label] = clip(s.name(s.moment(value)))
	}
	_, _ = decoder.Token()
	if rest := strings.TrimSpace(body[decoder.InputOffset():]); rest != "" {
		seen[name+" behind"] = rest
	}
}

// moment says a time relative to that of the studio.
func (s *studio) moment(value string) string {
	n, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 64)
	if err != nil || n < s.now.Unix()-1e6 || n > s.now.Unix()+1e6 {
		return value
	}
	moment := fmt.Sprintf("now%+ds", n-s.now.Unix())
	return strings.Replace(value, strconv.FormatInt(n, 10), moment, 1)
}

func clip(value string) string {
	if len(value) > 200 {
		return fmt.Sprintf("%s %d bytes", begin(value), len(value))
	}
	return printable(value)
}

// begin is how a text begins whose length says nothing.
func begin(value string) string {
	if len(value) > 100 {
		return printable(value[:20]) + "…"
	}
	return printable(value)
}

func printable(value string) string {
	quoted := strconv.Quote(value)
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted[1 : len(quoted)-1])
}

func (s *studio) pictureIDToken(seen picture, token, access string) {
	s.Helper()
	if !strings.Contains(token, "eyJ") && !strings.Contains(token, "77u_") { // the base64url of a brace, or of a BOM
		return
	}
	if token == access {
		seen["tokens.id_token"] = "the access token"
		return
	}
	s.token(seen, "", token)
	sum := sha256.Sum256([]byte(access))
	if seen["claims.at_hash"] == b64(sum[:16]) || access == "" && seen["claims.at_hash"] != "" {
		seen["claims.at_hash"] = "fits"
	}
	delete(seen, "claims.jti")
	delete(seen, "claims.sid")
}

// token pictures a JWS in whatever form.
func (s *studio) token(seen picture, prefix, token string) {
	if prefix != "" {
		prefix += " "
	}
	plainForm := regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$`)
	segments := strings.Split(token, ".")
	if !plainForm.MatchString(token) {
		seen[prefix+"form"] = fmt.Sprintf("%d segments, %s", len(segments), shape(token))
	}
	if len(segments) < 2 {
		return
	}
	seen[prefix+"header"], seen[prefix+"claims"] = "there", "there"
	s.members(seen, prefix+"header", decode(segments[0]))
	s.members(seen, prefix+"claims", decode(segments[1]))
	for _, random := range []string{"header.jwk", "header.x5c", "header.x5t"} {
		if seen[prefix+random] != "" {
			seen[prefix+random] = "there"
		}
	}
	if text := seen[prefix+"claims text"]; strings.HasPrefix(text, "eyJ") {
		seen[prefix+"claims text"] = "a token"
	}
	seen[prefix+"signature"] = s.judge(segments)
}

// shape is a token with its base64 left out.
func shape(token string) string {
	if strings.HasSuffix(token, "=") { // how much padding there is depends on the length
		return strconv.Quote(regexp.MustCompile(`[A-Za-z0-9_-]{20,}=*`).ReplaceAllString(token, "…="))
	}
	return strconv.Quote(regexp.MustCompile(`[A-Za-z0-9_-]{20,}`).ReplaceAllString(token, "…"))
}

func decode(segment string) string {
	data, _ := base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(segment), "="))
	return string(data)
}

// judge verifies a signature by hand, in every way that a confused relying party might.
func (s *studio) judge(segments []string) string {
	if len(segments) < 3 {
		return "no segment"
	}
	first, _, _ := strings.Cut(strings.TrimSpace(segments[2]), " ")
	if first == "" {
		return "empty"
	}
	return s.signer([]byte(strings.TrimSpace(segments[0])+"."+segments[1]), []byte(decode(first)))
}

// signer names whose signature it is.
func (s *studio) signer(signed, signature []byte) string {
	key := s.publishedKey()
	short, long := sha256.Sum256(signed), sha512.Sum512(signed)
	switch {
	case rsa.VerifyPKCS1v15(key, crypto.SHA256, short[:], signature) == nil:
		return "RS256 by the published key"
	case rsa.VerifyPKCS1v15(key, crypto.SHA512, long[:], signature) == nil:
		return "RS512 by the published key"
	case rsa.VerifyPSS(key, crypto.SHA256, short[:], signature, nil) == nil:
		return "PS256 by the published key"
	case len(bytes.Trim(signature, "\x00")) == 0:
		return fmt.Sprintf("%d zeros", len(signature))
	}
	for name, secret := range s.secrets() {
		mac := hmac.New(sha256.New, secret)
		mac.Write(signed)
		if hmac.Equal(mac.Sum(nil), signature) {
			return "HS256 by " + name
		}
	}
	if name := s.onDemand(signed, signature); name != "" {
		return name
	}
	return fmt.Sprintf("bad, %d bytes", len(signature))
}

// secrets are what a confused verifier might take for a shared secret.
func (s *studio) secrets() map[string][]byte {
	key := s.publishedKey()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		s.Fatal(err)
	}
	pkcs1 := x509.MarshalPKCS1PublicKey(key)
	inPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	jwk := fmt.Sprintf(`{"alg":"RS256","e":"AQAB","kid":"%s","kty":"RSA","n":"%s","use":"sig"}`, s.publishedKeyID(), b64(key.N.Bytes()))
	return map[string][]byte{
		"the PEM": inPEM, "the PEM without its line end": bytes.TrimSpace(inPEM), "the PEM of PKCS #1": pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}),
		"the DER": der, "the DER of PKCS #1": pkcs1, "the base64 of the DER": []byte(base64.StdEncoding.EncodeToString(der)), "the JWK": []byte(jwk),
		"the modulus": key.N.Bytes(), "the text of the modulus": []byte(b64(key.N.Bytes())), "the client secret": []byte(clientSecret), "the client id": []byte(clientID),
		"nothing": nil, "what the SQL selects": []byte("assay"), "the oct key": s.onDemandKeys()["assay-oct"].([]byte),
	}
}

// onDemand looks for the signature among those of the keys that mutations of the key set publish.
func (s *studio) onDemand(signed, signature []byte) string {
	sum := sha256.Sum256(signed)
	for kid, key := range s.onDemandKeys() {
		holds := false
		switch key := key.(type) {
		case *ecdsa.PublicKey:
			holds = len(signature) == 64 && ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
		case ed25519.PublicKey:
			holds = ed25519.Verify(key, signed, signature)
		case *rsa.PublicKey:
			// The start of the message is what a careless verifier looks at; the whole of it with an honest exponent.
			power := new(big.Int).Exp(new(big.Int).SetBytes(signature), big.NewInt(int64(key.E)), key.N)
			message := power.FillBytes(make([]byte, key.Size()))
			_, rest, _ := bytes.Cut(bytes.TrimLeft(message[2:], "\xff"), []byte{0})
			holds = message[1] == 1 && len(rest) >= 51 && bytes.Equal(rest[19:51], sum[:]) && (len(rest) == 51 || key.E == 3)
		}
		if holds {
			return "right for " + kid
		}
	}
	return ""
}

// onDemandKeys are the keys that the mutations of the key set publish, by id.
func (s *studio) onDemandKeys() map[string]any {
	if s.demanded != nil {
		return s.demanded
	}
	names := []string{"jwks-more-keys", "jwks-oct", "jwks-rsa-512", "jwks-rsa-1024", "jwks-exponent-1", "jwks-exponent-3", "jwks-two-keys"}
	if err := s.provider.SetHabits(clientID, names); err != nil {
		s.Fatal(err)
	}
	_, body := s.get(s.issuer + "/v1/keys")
	if err := s.provider.SetHabits(clientID, nil); err != nil {
		s.Fatal(err)
	}
	set, _ := unmarshal(body)["keys"].([]any)
	s.demanded = map[string]any{}
	for _, key := range set {
		jwk, _ := key.(map[string]any)
		number := func(member string) *big.Int { return new(big.Int).SetBytes([]byte(decode(text(jwk, member)))) }
		switch jwk["kty"] {
		case "RSA":
			s.demanded[text(jwk, "kid")] = &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
		case "EC":
			key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), []byte("\x04"+decode(text(jwk, "x"))+decode(text(jwk, "y"))))
			if err != nil {
				s.Fatal(err)
			}
			s.demanded[text(jwk, "kid")] = key
		case "OKP":
			s.demanded[text(jwk, "kid")] = ed25519.PublicKey(decode(text(jwk, "x")))
		case "oct":
			s.demanded[text(jwk, "kid")] = []byte(decode(text(jwk, "k")))
		}
	}
	delete(s.demanded, s.publishedKeyID())
	return s.demanded
}

func (s *studio) publishedKey() *rsa.PublicKey {
	s.readKey()
	return s.key
}

func (s *studio) publishedKeyID() string {
	s.readKey()
	return s.kid
}

func (s *studio) readKey() {
	s.Helper()
	if s.key != nil {
		return
	}
	_, body := s.get(s.issuer + "/v1/keys")
	var set struct{ Keys []struct{ Kid, N, E string } }
	if err := json.Unmarshal([]byte(body), &set); err != nil || len(set.Keys) != 1 || set.Keys[0].E != "AQAB" {
		s.Fatalf("keys: %v %s", err, body)
	}
	s.key, s.kid = &rsa.PublicKey{N: new(big.Int).SetBytes([]byte(decode(set.Keys[0].N))), E: 65537}, set.Keys[0].Kid
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func unmarshal(body string) map[string]any {
	var object map[string]any
	_ = json.Unmarshal([]byte(body), &object) // what cannot be read has no members
	return object
}

func plain(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	data, _ := json.Marshal(value)
	return string(data)
}

// difference is what is another in the documents that were looked at.
func difference(before, after picture) picture {
	changed := picture{}
	left := map[string]bool{} // documents that have a member left
	for key, now := range after {
		left[document(key)] = left[document(key)] || key != document(key)
		if was, ok := before[key]; !ok || was != now {
			changed[key] = now
		}
	}
	for key := range before {
		_, there := after[key]
		switch _, seen := after[document(key)]; {
		case there, !seen:
		case left[document(key)]:
			changed[key] = "(missing)"
		default:
			changed[document(key)+".…"] = "(missing)"
		}
	}
	return changed
}

func document(key string) string { return regexp.MustCompile(`^[a-z ]+`).FindString(key) }

// A grant's mutations concern its own login only, even while others are under way.
func TestMutationsStayWithTheirLogin(t *testing.T) {
	r := newRig(t)
	hostile, hostileVerifier := r.request()
	good, goodVerifier := r.request()
	hostileCode := r.login(hostile, "ada@example.test", "wrong-nonce", "bad-signature").Get("code")
	goodCode := r.login(good, "grace@example.test").Get("code")
	_, tokens := r.exchange(hostileCode, hostileVerifier)
	if id := r.part(text(tokens, "id_token"), 1); id["nonce"] == hostile.Get("nonce") || id["sub"] != "00uAda00000000000001" {
		t.Errorf("hostile ID token %v", id)
	}
	_, tokens = r.exchange(goodCode, goodVerifier)
	id := text(tokens, "id_token")
	if claims := r.part(id, 1); claims["nonce"] != good.Get("nonce") || claims["sub"] != "00uGrace0000000000002" {
		t.Errorf("good ID token %v", claims)
	}
	s := &studio{rig: r}
	if got := s.judge(strings.Split(id, ".")); got != "RS256 by the published key" {
		t.Errorf("good ID token's signature: %s", got)
	}
}

// What Okta's answer does not have, the plain persona's has: iss. And a nonce where none was sent is one.
func TestMutationsOfWhatOktaDoesNotSay(t *testing.T) {
	r := newRig(t, func(o *oidc.Options) { o.Personas = []persona.Persona{persona.Generic()} })
	r.house.apps[0].Persona = "generic"
	answerOf := func(mutations ...string) (url.Values, string) {
		params, verifier := r.request("nonce", "")
		if err := r.provider.Grant(control.Grant{State: params.Get("state"), Person: "ada@example.test", Mutations: mutations}); err != nil {
			t.Fatal(err)
		}
		res, body := r.get(r.issuer + "/authorize?" + params.Encode())
		target, err := res.Location()
		if err != nil {
			t.Fatalf("authorize: %s %s", res.Status, body)
		}
		return target.Query(), verifier
	}
	if honest, _ := answerOf(); honest.Get("iss") != r.issuer {
		t.Errorf("honest: %v", honest)
	}
	for name, want := range map[string]string{"missing-response-issuer": "", "wrong-response-issuer=https://b.example": "https://b.example", "response-issuer-slash": r.issuer + "/"} {
		if got, _ := answerOf(name); got.Get("iss") != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	got, verifier := answerOf("unsolicited-nonce")
	form := url.Values{"grant_type": {"authorization_code"}, "code": {got.Get("code")}, "redirect_uri": {redirectURI}, "code_verifier": {verifier}}
	_, body := r.post(r.issuer+"/token", form, "Authorization", basicAuth(clientID, clientSecret))
	if claims := r.part(text(r.object(body), "id_token"), 1); claims["nonce"] != "nonce-of-another-login" || claims["sid"] == nil {
		t.Errorf("claims %v", claims)
	}
	_, body = r.get(r.issuer + "/.well-known/openid-configuration")
	for _, member := range []string{"backchannel_logout_supported", "backchannel_logout_session_supported", "frontchannel_logout_supported", "frontchannel_logout_session_supported"} {
		if r.object(body)[member] != true {
			t.Errorf("discovery: %s is %v", member, r.object(body)[member])
		}
	}
}

// What an app has for good works on all its logins, with their own, and on no login of another app.
func TestHabits(t *testing.T) {
	r := newRig(t)
	if err := r.provider.SetHabits(clientID, []string{"wrong-audience=somebody", "token-type-lower"}); err != nil {
		t.Fatal(err)
	}
	params, verifier := r.request()
	_, tokens := r.exchange(r.login(params, "ada@example.test", "missing-nonce").Get("code"), verifier)
	claims := r.part(text(tokens, "id_token"), 1)
	if claims["aud"] != "somebody" || claims["nonce"] != nil || tokens["token_type"] != "bearer" {
		t.Errorf("claims %v, type %v", claims, tokens["token_type"])
	}
	if got := r.provider.Habits(clientID); !slices.Equal(got, []string{"wrong-audience=somebody", "token-type-lower"}) {
		t.Errorf("habits %v", got)
	}
	app, _ := r.house.AppByClient(clientID)
	if _, err := r.provider.AddOutage(app, control.Outage{Kind: "reset"}); err != nil {
		t.Fatal(err)
	}
	r.provider.ForgetClient(clientID)
	if left := r.provider.Outages(); len(r.provider.Habits(clientID)) != 0 || len(left) != 0 || len(r.provider.Sessions(clientID)) != 0 {
		t.Errorf("after the end: %v, %v", r.provider.Habits(clientID), left)
	}
	params, verifier = r.request()
	_, tokens = r.exchange(r.login(params, "ada@example.test").Get("code"), verifier)
	if claims := r.part(text(tokens, "id_token"), 1); claims["aud"] != clientID {
		t.Errorf("after the end: claims %v", claims)
	}
}

// A grant answers one request: the second with the same state meets the login page.
func TestGrantIsUsedOnce(t *testing.T) {
	r := newRig(t)
	params, _ := r.request()
	if answer := r.login(params, "ada@example.test"); answer.Get("code") == "" {
		t.Fatalf("first answer %v", answer)
	}
	res, _ := r.get(r.issuer + "/v1/authorize?" + params.Encode())
	target, err := url.Parse(res.Header.Get("Location"))
	if err != nil || !strings.HasSuffix(target.Path, "/login") {
		t.Errorf("second answer goes to %s", res.Header.Get("Location"))
	}
}
