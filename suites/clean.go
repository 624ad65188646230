package suites

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"assay/suites/target"
	"assay/suites/wire"
)

// CleanOptions say what to remove.
type CleanOptions struct {
	Target     *target.Target
	RunID      string // only what this run made; "" for every run
	DryRun     bool
	OnResource func(path, name string)
}

// maxCleanPages bounds how far a target that never stops listing is followed.
const maxCleanPages = 10_000

// Clean removes the users and groups that interrupted runs left behind and returns how many. It lists
// everything and looks at the names itself, because a server that ignores filters must not cost
// anybody their users. Resources that cannot be deleted are reported together at the end.
func Clean(ctx context.Context, o CleanOptions) (int, error) {
	removed := 0
	var failures []error
	for _, kind := range []struct{ endpoint, name string }{{"/Groups", "displayName"}, {"/Users", "userName"}} {
		left, err := leftovers(ctx, o, kind.endpoint, kind.name)
		if err != nil {
			failures = append(failures, err)
		}
		for _, one := range left {
			if err := remove(ctx, o, one.path); err != nil {
				failures = append(failures, err)
				continue
			}
			removed++
			o.OnResource(one.path, one.name)
		}
	}
	return removed, errors.Join(failures...)
}

type leftover struct{ path, name string }

// leftovers pages through an endpoint and returns what runs made there.
func leftovers(ctx context.Context, o CleanOptions, endpoint, attribute string) ([]leftover, error) {
	pattern := regexp.MustCompile(RunIDPattern)
	var found []leftover
	seen := map[string]bool{}
	for start, page := 1, 0; page < maxCleanPages; page++ {
		res := o.Target.SCIM.Do(ctx, "GET", fmt.Sprintf("%s?startIndex=%d&count=100", endpoint, start), nil)
		if res.Status == 404 && page == 0 {
			return nil, nil // the target has no such endpoint
		}
		if !res.OK() {
			return found, fmt.Errorf("list %s: %s", endpoint, res.Summary())
		}
		value, _ := res.At("/Resources")
		resources, _ := value.([]any)
		fresh := false
		for _, resource := range resources {
			id, name := text(resource, "/id"), text(resource, "/"+attribute)
			if seen[id] || id == "" {
				continue
			}
			seen[id], fresh = true, true
			match := pattern.FindStringSubmatch(name)
			if match != nil && (o.RunID == "" || match[1] == o.RunID) {
				found = append(found, leftover{endpoint + "/" + url.PathEscape(id), name})
			}
		}
		if !fresh {
			return found, nil
		}
		start += len(resources)
	}
	return found, fmt.Errorf("list %s: more than %d pages", endpoint, maxCleanPages)
}

func text(resource any, pointer string) string {
	value, _ := wire.At(resource, pointer)
	s, _ := value.(string)
	return s
}

func remove(ctx context.Context, o CleanOptions, path string) error {
	if o.DryRun {
		return nil
	}
	res := o.Target.SCIM.Do(ctx, "DELETE", path, nil)
	if !res.OK() && res.Status != 404 {
		return fmt.Errorf("delete %s: %s", path, res.Summary())
	}
	return nil
}
