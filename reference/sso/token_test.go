package sso_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// set returns a change of one claim; nil drops it.
func set(name string, value any) func(map[string]any) {
	return func(c map[string]any) {
		if value == nil {
			delete(c, name)
			return
		}
		c[name] = value
	}
}

func TestForgedClaims(t *testing.T) {
	hour := func(n int) int64 { return time.Now().Add(time.Duration(n) * time.Hour).Unix() }
	tests := map[string]struct {
		claims func(map[string]any)
		rules  string
	}{
		"iss of another":           {set("iss", "https://other.example"), "issuer"},
		"iss missing":              {set("iss", nil), "issuer"},
		"iss in a list":            {func(c map[string]any) { c["iss"] = []any{c["iss"]} }, "issuer"},
		"iss with a slash":         {func(c map[string]any) { c["iss"] = c["iss"].(string) + "/" }, "issuer"},
		"iss in capitals":          {func(c map[string]any) { c["iss"] = strings.ToUpper(c["iss"].(string)) }, "issuer"},
		"ISS for iss":              {func(c map[string]any) { c["ISS"] = c["iss"]; delete(c, "iss") }, "issuer"},
		"aud of another":           {set("aud", "another-client"), "audience"},
		"aud missing":              {set("aud", nil), "audience"},
		"aud empty":                {set("aud", []string{}), "audience"},
		"aud longer":               {set("aud", opClient+"-other"), "audience"},
		"aud in capitals":          {set("aud", strings.ToUpper(opClient)), "audience"},
		"aud also a stranger":      {set("aud", []string{opClient, "stranger"}), "audience"},
		"aud with a number":        {set("aud", []any{opClient, 1}), "audience"},
		"aud also, with azp":       {func(c map[string]any) { c["aud"], c["azp"] = []string{opClient, "stranger"}, opClient }, "audience"},
		"azp of another":           {set("azp", "another-client"), "authorized-party"},
		"azp a number":             {set("azp", 1), "authorized-party"},
		"expired":                  {set("exp", hour(-1)), "expiry"},
		"expired beyond the skew":  {set("exp", time.Now().Add(-61*time.Second).Unix()), "expiry"},
		"exp missing":              {set("exp", nil), "expiry"},
		"exp a string":             {set("exp", "9999999999"), "expiry"},
		"exp zero":                 {set("exp", 0), "expiry"},
		"exp beyond years":         {set("exp", 1e300), "expiry"},
		"exp in the year 10000":    {set("exp", 253402300800), "expiry"},
		"iat missing":              {set("iat", nil), "issued-at"},
		"iat last week":            {set("iat", hour(-7*24)), "issued-at"},
		"iat in an hour":           {set("iat", hour(1)), "issued-at"},
		"nbf in an hour":           {set("nbf", hour(1)), "not-before"},
		"nbf a string":             {set("nbf", "1"), "not-before"},
		"nonce of another login":   {set("nonce", "another"), "nonce"},
		"nonce missing":            {set("nonce", nil), "nonce"},
		"nonce in a list":          {func(c map[string]any) { c["nonce"] = []any{c["nonce"]} }, "nonce"},
		"sub missing":              {set("sub", nil), "subject"},
		"sub empty":                {set("sub", ""), "subject"},
		"sub too long":             {set("sub", strings.Repeat("x", 256)), "subject"},
		"sub in a list":            {set("sub", []string{"00u1"}), "subject"},
		"sub a number":             {set("sub", 1), "subject"},
		"at_hash wrong":            {set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), ""},
		"at_hash a number":         {set("at_hash", 1), "access-token"},
		"a logout token":           {set("events", map[string]any{}), "type"},
		"several rules are listed": {func(c map[string]any) { c["aud"], c["exp"] = "x", hour(-1) }, "audience expiry"},
	}
	w := newWorld(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { w.expectRefused(t, test.claims, nil, test.rules) })
	}
	w.expectGood(t)
}

func TestGoodVariants(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(map[string]any){
		"aud a list of one":    func(c map[string]any) { c["aud"] = []string{opClient} },
		"azp is us":            func(c map[string]any) { c["azp"] = opClient },
		"expired within skew":  func(c map[string]any) { c["exp"] = time.Now().Add(-30 * time.Second).Unix() },
		"clock ahead a little": func(c map[string]any) { c["iat"] = time.Now().Add(30 * time.Second).Unix() },
		"dates with fractions": func(c map[string]any) { c["iat"] = float64(time.Now().UnixMilli()) / 1000 },
		"unknown claims":       func(c map[string]any) { c["amr"], c["x"] = []string{"pwd"}, map[string]any{"y": 1} },
	} {
		t.Run(name, func(t *testing.T) {
			w.op.claims = change
			w.expectGood(t)
		})
	}
}

func TestLongestSubject(t *testing.T) {
	w := newWorld(t)
	w.op.claims = set("sub", strings.Repeat("é", 255))
	w.expectGood(t)
}

func TestForgedSignatures(t *testing.T) {
	w := newWorld(t)
	other := newKey(t)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	publicKey, err := x509.MarshalPKIXPublicKey(&w.op.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	kid := map[jose.HeaderKey]any{"kid": "k1"}
	header := func(extra map[jose.HeaderKey]any) map[jose.HeaderKey]any {
		all := maps.Clone(kid)
		maps.Copy(all, extra)
		return all
	}
	none := func(alg string) func(*op, map[string]any) string {
		return func(_ *op, c map[string]any) string {
			head, _ := json.Marshal(map[string]any{"alg": alg, "kid": "k1"})
			body, _ := json.Marshal(c)
			return base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(body) + "."
		}
	}
	with := func(alg jose.SignatureAlgorithm, key any, head map[jose.HeaderKey]any) func(*op, map[string]any) string {
		return func(_ *op, c map[string]any) string { return signWith(t, alg, key, head, c) }
	}
	text := func(change func(good string) string) func(*op, map[string]any) string {
		return func(o *op, c map[string]any) string { return change(o.signed(c)) }
	}
	tests := map[string]struct {
		sign  func(*op, map[string]any) string
		rules string
	}{
		"alg none":                       {none("none"), "algorithm"},
		"alg None":                       {none("None"), "algorithm"},
		"alg empty":                      {none(""), "algorithm"},
		"HMAC with the public key":       {with(jose.HS256, publicKey, kid), "algorithm"},
		"HMAC with the client secret":    {with(jose.HS256, []byte(opSecret+strings.Repeat("0", 32)), kid), "algorithm"},
		"RS512, advertised nowhere":      {with(jose.RS512, w.op.key, kid), "algorithm"},
		"PS256, good but not advertised": {with(jose.PS256, w.op.key, kid), "algorithm"},
		"ES256, key of our own":          {with(jose.ES256, ec, kid), "algorithm"},
		"foreign key, known kid":         {with(jose.RS256, other, kid), "signature"},
		"foreign key, unknown kid":       {with(jose.RS256, other, map[jose.HeaderKey]any{"kid": "k9"}), "signature"},
		"foreign key, no kid":            {with(jose.RS256, other, nil), "signature"},
		"foreign key in the header": {with(jose.RS256, other, header(map[jose.HeaderKey]any{
			"jwk": jose.JSONWebKey{Key: &other.PublicKey}})), "signature"},
		"access token":      {with(jose.RS256, w.op.key, header(map[jose.HeaderKey]any{"typ": "at+jwt"})), "type"},
		"typ a number":      {with(jose.RS256, w.op.key, header(map[jose.HeaderKey]any{"typ": 1})), "type"},
		"payload exchanged": {text(exchangePayload), "signature"},
		"signature cut":     {text(func(s string) string { return s[:strings.LastIndex(s, ".")+1] }), "signature"},
		"two segments":      {text(func(s string) string { return s[:strings.LastIndex(s, ".")] }), "form"},
		"five segments":     {text(func(s string) string { return s + ".x.y" }), "form"},
		"garbage behind":    {text(func(s string) string { return s + "\n" }), "form"},
		"byte order mark":   {text(func(s string) string { return "\ufeff" + s }), "form"},
		"padding":           {text(func(s string) string { return strings.Replace(s, ".", "=.", 1) }), "form"},
		"not a token":       {func(*op, map[string]any) string { return "this is not a token" }, "form"},
		"JSON serialization": {func(o *op, c map[string]any) string {
			parts := strings.Split(o.signed(c), ".")
			return `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`
		}, "form"},
		"a member twice": {func(o *op, c map[string]any) string {
			data, _ := json.Marshal(c)
			return signWith(t, jose.RS256, o.key, kid, `{"sub":"root",`+string(data[1:]))
		}, "form"},
		"payload a list": {func(o *op, c map[string]any) string { return signWith(t, jose.RS256, o.key, kid, `[]`) }, "form"},
		"critical extension": {func(o *op, c map[string]any) string {
			return signWith(t, jose.RS256, o.key, header(map[jose.HeaderKey]any{"crit": []string{"x"}, "x": 1}), c)
		}, "type signature"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { w.expectRefused(t, nil, test.sign, test.rules) })
	}
	w.expectGood(t)
}

// exchangePayload keeps header and signature and says that somebody else signed on.
func exchangePayload(token string) string {
	parts := strings.Split(token, ".")
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), "00u1", "00u2", 1)))
	return strings.Join(parts, ".")
}

// expectRefused signs on with a forged token and expects a refusal for exactly these rules, after a
// good login, so that nothing else can be the reason.
func (w *world) expectRefused(t *testing.T, claims func(map[string]any), sign func(*op, map[string]any) string, rules string) {
	t.Helper()
	w.op.claims, w.op.sign = nil, nil
	w.expectGood(t)
	w.op.claims, w.op.sign = claims, sign
	defer func() { w.op.claims, w.op.sign = nil, nil }()
	b := w.browser()
	b.login()
	if b.last.StatusCode != 403 {
		t.Errorf("status %d", b.last.StatusCode)
	}
	if got := b.who(); got != "" {
		t.Fatalf("signed on as %q", got)
	}
	want := "invalid-id-token"
	if rules != "" {
		want += " (" + rules + ")"
	}
	if got := w.reasons(); len(got) == 0 || got[0] != want {
		t.Fatalf("audit log: %v, want %s", got, want)
	}
}

func (w *world) expectGood(t *testing.T) {
	t.Helper()
	b := w.browser()
	b.login()
	if got := b.who(); got != "ada@example.com" {
		t.Fatalf("a good login ended as %q: %v", got, w.reasons())
	}
}
