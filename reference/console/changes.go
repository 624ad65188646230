package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"assay/reference/directory"
)

const (
	changesShown = 50
	namesShown   = 5 // ids of a list that are spelled out
	refreshEvery = 3 // seconds
	// refreshes is how often the page of changes loads itself anew, ten minutes in all: for ever would keep the
	// session of somebody alive who has gone home.
	refreshes = 200
)

// changed is an entry of the change feed as the page shows it.
type changed struct {
	directory.Change
	Bad    bool
	Detail string
}

// changes shows the newest changes. Our pages have no script and the policy lets none run, so the page
// keeps itself up to date by the Refresh header.
func (c *console) changes(w http.ResponseWriter, r *http.Request, f frame) {
	newest, _, err := c.Store.NewestChanges(r.Context(), f.Tenant.ID, changesShown)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	slices.Reverse(newest)
	shown := make([]changed, 0, len(newest))
	for _, change := range newest {
		shown = append(shown, changed{
			Change: change, Detail: changeDetail(change),
			Bad: slices.Contains([]directory.ChangeAction{directory.Deactivated, directory.Archived, directory.Deleted}, change.Action),
		})
	}
	left := refreshesLeft(r)
	if left > 0 {
		again := url.Values{"tenant": {f.Tenant.ID}, "live": {strconv.Itoa(left - 1)}}
		w.Header().Set("Refresh", fmt.Sprintf("%d; url=/console/changes?%s", refreshEvery, again.Encode()))
	}
	c.write(w, r, http.StatusOK, "changes", map[string]any{"Frame": f, "Changes": shown, "Most": changesShown, "Live": left > 0, "Every": refreshEvery})
}

// refreshesLeft is how many more times the page is to load itself.
func refreshesLeft(r *http.Request) int {
	if !r.URL.Query().Has("live") {
		return refreshes
	}
	left, err := strconv.Atoi(r.URL.Query().Get("live"))
	if err != nil {
		return 0
	}
	return min(max(left, 0), refreshes)
}

func changeDetail(c directory.Change) string {
	var parts []string
	if len(c.Attributes) > 0 {
		parts = append(parts, strings.Join(c.Attributes, ", "))
	}
	if len(c.Removed) > 0 {
		parts = append(parts, "removed "+some(c.Removed))
	}
	if len(c.Added) > 0 {
		parts = append(parts, "added "+some(c.Added))
	}
	return strings.Join(parts, " · ")
}

func some(ids []string) string {
	if len(ids) <= namesShown {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:namesShown], ", "), len(ids)-namesShown)
}
