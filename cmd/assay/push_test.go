package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay/reference"
)

func pushInto(t *testing.T, token string, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(append([]string{"idp", "--push", "once"}, args...), &stdout, &stderr, func(name string) string {
		return map[string]string{"ASSAY_TOKEN": token}[name]
	})
	if token != "" && strings.Contains(stdout.String()+stderr.String(), token) {
		t.Errorf("the token is in the output: %s%s", stdout.String(), stderr.String())
	}
	return code, stdout.String(), stderr.String()
}

func TestPushOnce(t *testing.T) {
	s, err := reference.Start(t.Context(), reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	custom := filepath.Join(t.TempDir(), "acme.yaml")
	if err := os.WriteFile(custom, []byte("name: acme\nextends: onelogin\nscim:\n  opCase: capital\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"entra-default", custom} {
		code, out, errOut := pushInto(t, s.Token, "--persona", name, "--target", s.SCIM, "--concurrency", "4")
		var got pushSummary
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitConformant {
			t.Fatalf("%s: exit code %d, %v\n%s%s", name, code, err, out, errOut)
		}
		if got.People != 40 || got.Groups != 8 || got.Failed != 0 || got.Requests < 80 || got.Target != s.SCIM || !strings.Contains(errOut, "pushed 40 people and 8 groups") {
			t.Errorf("%s: %+v\n%s", name, got, errOut)
		}
	}
	code, _, errOut := pushInto(t, "wrong", "--persona", "entra-default", "--target", s.SCIM)
	if code != exitNonconformant || !strings.Contains(errOut, "Entra ID would quarantine here, because a look-up was answered 401") {
		t.Errorf("wrong token: exit code %d\n%s", code, errOut)
	}
}

func TestPushOnceOfMadeUpPeople(t *testing.T) {
	s, err := reference.Start(t.Context(), reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	code, out, errOut := pushInto(t, s.Token, "--persona", "generic", "--people", "120", "--seed", "7", "--target", s.SCIM, "--concurrency", "4")
	var got pushSummary
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitConformant || got.People != 120 || got.Groups < 15 || got.Failed != 0 {
		t.Errorf("exit code %d, %v\n%s%s", code, err, out, errOut)
	}
}

func TestIdPRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "acme.yaml")
	if err := os.WriteFile(file, []byte("people:\n- {lgoin: ada}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--seed 3":                         "--seed goes with --people",
		"--people 0":                       "--people 0: want 1 to 100000",
		"--people 5 --empty":               "--empty goes with neither",
		"--people 5 --directory " + file:   "POST /crowds",
		"--directory none.yaml":            "open none.yaml",
		"--directory " + file:              `acme.yaml: line 2: the file.people[0]: "lgoin" is none of id, login,`,
		"--concurrency 2":                  "--concurrency goes with --push once",
		"--target http://127.0.0.1:1/scim": "--target goes with --push once",
	} {
		var stdout, stderr bytes.Buffer
		code := run(append([]string{"idp"}, strings.Fields(args)...), &stdout, &stderr, func(string) string { return "" })
		if code != exitUsage || !strings.Contains(stderr.String(), want) || stdout.Len() > 0 {
			t.Errorf("%s: exit code %d\n%s", args, code, stderr.String())
		}
	}
}

func TestPushOnceRefuses(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("name: acme\nscim:\n  opCase: UPPER\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		args []string
		code int
		want string
	}{
		"no target":       {nil, exitUsage, "--target is missing"},
		"unknown persona": {[]string{"--persona", "okta"}, exitUsage, `--persona "okta" is neither a file ending in .yaml nor one of okta-oin`},
		"missing file":    {[]string{"--persona", "none.yaml"}, exitUsage, "none.yaml"},
		"broken file":     {[]string{"--persona", broken}, exitUsage, `line 3: scim.opCase: "UPPER" is none of lower, capital`},
		"concurrency":     {[]string{"--concurrency", "0"}, exitUsage, "want 1 to 64"},
		"push":            {[]string{"--push", "twice"}, exitUsage, "the only value is once"},
		"nobody there":    {[]string{"--target", "http://127.0.0.1:1/scim"}, exitIncomplete, "3 failed"},
	}
	for name, test := range tests {
		code, _, errOut := pushInto(t, "t0ken-of-this-test", test.args...)
		if code != test.code || !strings.Contains(errOut, test.want) {
			t.Errorf("%s: exit code %d, want %d\n%s", name, code, test.code, errOut)
		}
	}
}
