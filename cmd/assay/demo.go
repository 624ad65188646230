package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/fakeidp/control"
	"assay/reports"
	"assay/suites"
	"assay/suites/target"
	"assay/suites/wire"
)

func (p *program) demoCommand() *cobra.Command {
	var out string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show everything at once, on this machine, with nothing to configure",
		Long: `Start the reference and the fake identity provider on free loopback ports, provision 40 people and
8 groups as Okta does, sign one of them on, run every check, and write the report. Nothing outside this
machine is touched. The exit code is that of "assay run".`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.demo(cmd.Context(), out, verbose) },
	}
	cmd.Flags().StringVar(&out, "out", "assay-report", "directory for the report")
	cmd.Flags().BoolVar(&verbose, "verbose", false, "show the logs of the reference and the fake IdP")
	return cmd
}

func (p *program) demo(ctx context.Context, dir string, verbose bool) error {
	started := time.Now()
	out, err := openOutput(dir)
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	if verbose {
		log = slog.New(slog.NewTextHandler(p.err, nil))
	}
	s, err := openStand(ctx, log)
	if err != nil {
		return err
	}
	defer s.close()
	p.say("the reference listens at %s, the fake IdP at %s", s.reference.BaseURL, s.idp.PublicURL)
	t, err := s.target(wire.DefaultTimeout)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := p.tour(ctx, s, t); err != nil {
		return defect("the demo: %w", err)
	}
	report, err := p.execute(ctx, suites.Options{Target: t, IdP: s.control})
	if report == nil {
		return err
	}
	err = p.conclude(report, nil, out, err)
	p.say("the demo took %s; a check cost %.2f ms of assay's own time beside the target's answers",
		time.Since(started).Round(time.Millisecond), ownTime(report))
	p.say("Open %s/report.html to see what was asked and answered.", out.dir)
	return err
}

// ownTime is how many milliseconds a check took on average apart from waiting for the target.
func ownTime(report *reports.Report) float64 {
	own := 0.0
	for _, c := range report.Checks {
		own += c.DurationMS
		for _, e := range c.Exchanges {
			own -= e.DurationMS
		}
	}
	return own / float64(max(1, len(report.Checks)))
}

// tour does by hand what the suites will do again with assertions: provision everybody, sign one on.
func (p *program) tour(ctx context.Context, s *stand, t *target.Target) error {
	people, err := s.control.People(ctx)
	if err != nil {
		return err
	}
	groups, err := s.control.Groups(ctx)
	if err != nil {
		return err
	}
	started := time.Now()
	app, err := s.provision(ctx, people, groups, t.File.SSO.OIDC.Callback)
	if err != nil {
		return err
	}
	p.say("provisioned %d people and %d groups as Okta does, in %s", len(people), len(groups),
		time.Since(started).Round(time.Millisecond))
	_, _, err = t.Do(ctx, "connect_oidc", map[string]string{
		"issuer": app.Issuer, "client_id": app.ClientID, "client_secret": app.ClientSecret,
	})
	if err != nil {
		return err
	}
	return p.signOn(ctx, s, t, people[0])
}

// signOn signs a person on in a browser of our own and says who the reference thinks it is.
func (p *program) signOn(ctx context.Context, s *stand, t *target.Target, person control.Person) error {
	browser, err := t.NewBrowser(func(*wire.Response) {})
	if err != nil {
		return err
	}
	authorize, _ := browser.Follow(ctx, t.StartURL(person.Email), func(u *url.URL) bool {
		return strings.HasPrefix(u.String(), s.idp.Issuer)
	})
	request, err := url.Parse(authorize)
	if err != nil {
		return fmt.Errorf("the authorization request: %w", err)
	}
	err = s.control.Grant(ctx, control.Grant{State: request.Query().Get("state"), Person: person.ID})
	if err != nil {
		return err
	}
	browser.Follow(ctx, authorize, func(*url.URL) bool { return false })
	who, err := browser.WhoAmI(ctx)
	if err != nil {
		return err
	}
	if !strings.EqualFold(who, person.Email) {
		return fmt.Errorf("%s signed on, but the reference says that %q is logged in", person.Email, who)
	}
	p.say("signed on %s %s by OpenID Connect; the reference says: %s", person.GivenName, person.FamilyName, who)
	return nil
}
