package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/url"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"os"

	"github.com/spf13/cobra"

	"assay/reference"
	"assay/reference/access"
	"assay/reference/faults"
	"assay/reference/scim/schema"
	"assay/reference/sqlstore"
	"assay/reference/sso/saml"
)

// shutdownTimeout is how long requests may take to finish once the process is asked to stop.
const shutdownTimeout = 10 * time.Second

type serveFlags struct {
	addr, data, publicURL, tenant string
	keyset, kms, state            string
	issuer, clientID              string
	faults, schemas               []string
	proxies                       []string
	quiet                         bool
	strict                        bool
	setStrict                     bool // whether --strict was given
	rate                          float64
	burst                         int
	keepChanges                   int
	samlSkew                      time.Duration
}

func (p *program) serveCommand() *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the reference application: SCIM 2.0 and sign-on as they should be",
		Long: `Run the reference: a SCIM 2.0 server with sign-on by OpenID Connect, an administration API and a
console. Without --data everything is kept in memory and gone when it stops. With PostgreSQL, leave the
password out of the URL and set PGPASSWORD. Several processes can serve one database; they need the
same --keyset or --kms, and the same --state, without which a sign-on has to end where it began.

With --schema, users or groups have the attributes of a custom extension too: they are published,
validated, stored, and can be filtered by, sorted by and patched like any other. The file says what the
schema extends, and holds the schema as RFC 7643 section 7 defines it:

  {"extends": [{"resourceType": "User", "required": false}],
   "schema": {"id": "urn:example:params:scim:schemas:extension:acme:2.0:User", "name": "Acme User",
              "attributes": [{"name": "badge", "type": "string", "uniqueness": "server"}]}}

The SCIM token and the administration token are made at the start and shown once. When ready, one JSON
line on standard output has what a script needs; the log and the words for people go to standard error.`,
		Example: `  assay serve --addr 127.0.0.1:8080
  PGPASSWORD=… assay serve --data postgres://assay@db.example/assay --keyset acme.keyset.json
  assay serve --schema acme-user.json --schema acme-group.json
  assay serve --data acme.db --issuer http://127.0.0.1:9000/oauth2/default --client-id 0oa…`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags.setStrict = cmd.Flags().Changed("strict")
			return p.serve(cmd.Context(), flags)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&flags.strict, "strict", false, "forgive SCIM clients nothing: refuse what only reference/docs/leniency.md makes acceptable")
	f.Float64Var(&flags.rate, "rate", 0, "SCIM requests a second that one token may make; beyond it 429 (0: no limit)")
	f.IntVar(&flags.burst, "burst", 0, "SCIM requests that one token may make at once (default: those of one second)")
	f.IntVar(&flags.keepChanges, "keep-changes", sqlstore.DefaultKeepChanges, "how many of its newest changes each tenant keeps in the change feed")
	f.DurationVar(&flags.samlSkew, "saml-skew", saml.DefaultSkew, "how far the clocks of SAML identity providers may differ, up to 5m")
	f.StringVar(&flags.addr, "addr", loopback, "address to listen on, host:port; port 0 is any free one")
	f.StringVar(&flags.data, "data", "", "SQLite file or postgres:// URL to keep the data in (default: memory)")
	f.StringVar(&flags.keyset, "keyset", "", "file with the key that seals secrets, made where there is none (default: beside the SQLite file; assay.keyset.json with PostgreSQL)")
	f.StringVar(&flags.kms, "kms", "", "key in the Transit engine of Vault or OpenBao that seals secrets, in place of --keyset: hcvault://HOST:PORT/transit/keys/NAME; token and certificates from VAULT_TOKEN, VAULT_CACERT …")
	f.StringVar(&flags.state, "state", "", "NATS server (nats://HOST:PORT, with JetStream) that keeps the state of sign-on for all replicas (default: this process); a file with its user's credentials is named by NATS_CREDS")
	f.StringVar(&flags.publicURL, "public-url", "", "URL under which people and identity providers reach it (default: http:// and the address)")
	f.StringVar(&flags.tenant, "tenant", "Acme", "name of the tenant that a new store is seeded with")
	f.StringVar(&flags.issuer, "issuer", "", "issuer of the OpenID Connect identity provider to connect")
	f.StringVar(&flags.clientID, "client-id", "", "client ID at that identity provider (its secret in ASSAY_CLIENT_SECRET)")
	f.StringArrayVar(&flags.schemas, "schema", nil, "`FILE` with a custom schema that extends users or groups, see reference/docs/schemas.md (may be repeated)")
	f.StringSliceVar(&flags.faults, "fault", nil, "switch on a named defect, to see what the checks say (\"assay prove --list\" names them)")
	f.StringSliceVar(&flags.proxies, "trusted-proxy", nil, "`ADDRESS` or CIDR range of a proxy whose X-Forwarded-For says where people come from (may be repeated)")
	f.BoolVar(&flags.quiet, "quiet", false, "do not log requests")
	return cmd
}

// options turns the flags into options of the reference.
func (f serveFlags) options(getenv func(string) string, log io.Writer) (reference.Options, error) {
	o := reference.Options{
		Addr: f.addr, Data: f.data, Keyset: f.keyset, PublicURL: strings.TrimRight(f.publicURL, "/"), TenantName: f.tenant,
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	}
	if f.kms != "" && f.keyset != "" {
		return o, usage("--kms and --keyset exclude each other")
	}
	o.KMS, o.State, o.StateCredentials = f.kms, f.state, getenv("NATS_CREDS")
	if u, err := url.Parse(f.state); f.state != "" && (err != nil || u.Host == "" || u.User != nil) {
		return o, usage("--state has to be like nats://nats.example:4222; credentials belong into a file that NATS_CREDS names")
	}
	if f.quiet {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := checkPublicURL(f.publicURL); err != nil {
		return o, err
	}
	if err := f.limit(&o); err != nil {
		return o, err
	}
	if f.keepChanges < 0 {
		return o, usage("--keep-changes %d is not a number of changes", f.keepChanges)
	}
	o.KeepChanges = f.keepChanges
	if f.samlSkew <= 0 || f.samlSkew > saml.MaxSkew {
		return o, usage("--saml-skew %s: give a duration above 0s and up to %s, such as 3m", f.samlSkew, saml.MaxSkew)
	}
	o.SAMLSkew = f.samlSkew
	if f.setStrict {
		o.Strict = &f.strict
	}
	proxies, err := access.ParseNetworks(f.proxies)
	if err != nil {
		return o, usage("--trusted-proxy: %w", err)
	}
	o.Proxies = proxies
	for _, name := range f.faults {
		fault, ok := faults.Find(name)
		if !ok {
			return o, usage("there is no fault %q; \"assay prove --list\" names them", name)
		}
		o.Faults = append(o.Faults, fault)
	}
	if err := f.extend(&o); err != nil {
		return o, err
	}
	if (f.issuer == "") != (f.clientID == "") {
		return o, usage("--issuer and --client-id belong together")
	}
	if f.issuer != "" {
		secret := getenv("ASSAY_CLIENT_SECRET")
		if secret == "" {
			return o, usage("--client-id needs the client secret in the environment variable ASSAY_CLIENT_SECRET")
		}
		o.SSO = &reference.SSO{Issuer: f.issuer, ClientID: f.clientID, ClientSecret: secret}
	}
	return o, nil
}

// extend reads the files with custom schemas.
func (f serveFlags) extend(o *reference.Options) error {
	for _, name := range f.schemas {
		extension, err := readSchema(name)
		if err != nil {
			return usage("--schema %w", err)
		}
		o.Schemas = append(o.Schemas, extension)
	}
	return nil
}

func readSchema(name string) (schema.Extension, error) {
	file, err := os.Open(name)
	if err != nil {
		return schema.Extension{}, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, schema.MaxFile+1))
	if err != nil {
		return schema.Extension{}, err
	}
	return schema.ParseFile(name, data)
}

// limit sets how often one token may be used. Rates below one in a thousand seconds are taken for slips.
func (f serveFlags) limit(o *reference.Options) error {
	if f.rate != 0 && !(f.rate >= 0.001 && f.rate <= 1e6) {
		return usage("--rate %v is not between 0.001 and 1000000", f.rate)
	}
	if f.burst < 0 || f.burst > 0 && f.rate == 0 {
		return usage("--burst belongs to --rate and is a positive number")
	}
	o.Rate, o.Burst = f.rate, f.burst
	if f.burst == 0 {
		o.Burst = int(math.Ceil(f.rate))
	}
	return nil
}

func checkPublicURL(raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return usage("--public-url %q is not a base URL such as https://acme.example", raw)
	}
	return nil
}

func (p *program) serve(ctx context.Context, flags serveFlags) error {
	o, err := flags.options(p.getenv, p.err)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	server, err := reference.Start(ctx, o)
	if err != nil {
		return usage("the reference cannot start: %w", err)
	}
	p.sayServing(server, flags)
	if err := p.ready(readyReference(server)); err != nil {
		return err
	}
	<-ctx.Done()
	p.say("stopping")
	return shutDown(server.Close)
}

// sayServing tells a person what to do next.
func (p *program) sayServing(s *reference.Server, flags serveFlags) {
	p.say("The reference is ready. Stop it with Ctrl-C.\n")
	p.say("  SCIM base URL  %s", s.SCIM)
	if s.Token != "" {
		p.say("  SCIM token     %s   (shown this once)", s.Token)
	} else {
		p.say("  SCIM token     as issued before; a new one: POST %s/tenants/default/scim-token", s.Admin)
	}
	p.say("  sign on at     %s", s.Login)
	p.say("  console        %s", s.Console)
	p.say("  admin API      %s", s.Admin)
	p.say("  admin token    %s   (for the console and the admin API; new at each start)", s.AdminToken)
	for _, name := range flags.faults {
		p.say("  fault          %s is switched on: this server is broken on purpose", name)
	}
	p.say("\nTry it:\n  ASSAY_TOKEN='%s' assay run --target %s\n", orPlaceholder(s.Token), s.SCIM)
}

func orPlaceholder(token string) string {
	if token == "" {
		return "…"
	}
	return token
}

// readyLine is the JSON line that a server command prints when it is ready.
type readyLine struct {
	SCIM         string `json:"scim,omitempty"`
	Token        string `json:"token,omitempty"`
	Login        string `json:"login,omitempty"`
	Admin        string `json:"admin,omitempty"`
	AdminToken   string `json:"admin_token,omitempty"`
	Console      string `json:"console,omitempty"`
	Issuer       string `json:"issuer,omitempty"`
	Control      string `json:"control,omitempty"`
	ControlToken string `json:"control_token,omitempty"`
}

func readyReference(s *reference.Server) readyLine {
	return readyLine{
		SCIM: s.SCIM, Token: s.Token, Login: s.Login,
		Admin: s.Admin, AdminToken: s.AdminToken, Console: s.Console,
	}
}

func (p *program) ready(line readyLine) error {
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(line); err != nil {
		return defect("print that the server is ready: %w", err)
	}
	return nil
}

func shutDown(stop func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := stop(ctx); err != nil {
		return defect("stop: %w", err)
	}
	return nil
}
