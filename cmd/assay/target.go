package main

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay/suites/target"
)

// targetFlags are the flags that say what is under test.
type targetFlags struct {
	target, tokenFile string
	timeout           time.Duration
}

func (f *targetFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.target, "target", "", "base URL of the SCIM endpoint, or the path of a target file (.yaml)")
	flags.StringVar(&f.tokenFile, "token-file", "", "file that holds the bearer token (default: the environment variable ASSAY_TOKEN)")
	flags.DurationVar(&f.timeout, "timeout", 10*time.Second, "how long to wait for one answer")
}

// open makes the target. A token is never taken from the command line, where other users can read it.
func (f *targetFlags) open(getenv func(string) string) (*target.Target, error) {
	if f.target == "" {
		return nil, usage("--target is missing: the base URL of a SCIM endpoint, such as https://acme.example/scim/v2, or a target file")
	}
	if f.timeout <= 0 {
		return nil, usage("--timeout must be more than zero, not %s", f.timeout)
	}
	file, err := f.file(getenv)
	if err != nil {
		return nil, err
	}
	if f.tokenFile != "" {
		token, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return nil, usage("--token-file: %w", err)
		}
		file.SCIM.Token = strings.TrimSpace(string(token))
	}
	if file.SCIM.Token == "" {
		file.SCIM.Token = getenv("ASSAY_TOKEN")
	}
	return target.New(file, f.timeout), nil
}

func (f *targetFlags) file(getenv func(string) string) (*target.File, error) {
	if !strings.Contains(f.target, "://") {
		return loadTarget(f.target, getenv)
	}
	u, err := url.Parse(f.target)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, usage("--target %q is not an http or https URL", f.target)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, usage("--target must be a base URL without credentials, query or fragment (RFC 7644 section 1.3)")
	}
	return &target.File{SCIM: target.SCIM{URL: f.target}}, nil
}

func loadTarget(path string, getenv func(string) string) (*target.File, error) {
	file, err := target.Load(path, getenv)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, usage("--target %q is neither a URL (it has no ://) nor a file that exists", path)
	case err != nil:
		return nil, &exitError{exitUsage, err}
	}
	return file, nil
}
