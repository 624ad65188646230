package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Save writes r to path as report.json and creates the directory if it is missing.
//
// The file appears whole or not at all: it is written beside path and renamed, so that an interrupt
// or a full disk never leaves half a report, and an older report survives a failed save.
func Save(path string, r *Report) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("create the report directory: %w", err)
	}
	file, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("create the report: %w", err)
	}
	if err := fill(file, r); err != nil {
		_ = os.Remove(file.Name()) // the first error is the one to tell
		return fmt.Errorf("write the report %s: %w", path, err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("put the report in place: %w", err)
	}
	return nil
}

// fill writes and closes file.
func fill(file *os.File, r *Report) error {
	err := Write(file, r)
	if err == nil {
		err = file.Chmod(0o644) // CreateTemp makes it private; CI collects it as another user
	}
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

// Write encodes r as an indented JSON document that satisfies JSONSchema: lists are never null.
func Write(w io.Writer, r *Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // quotes and bodies stay readable; nothing here is pasted into a page
	enc.SetIndent("", "  ")
	if err := enc.Encode(r.listed()); err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	return nil
}

// listed returns a copy of r in which every list that the schema requires is there, though empty.
func (r *Report) listed() *Report {
	out := *r
	out.Profiles = make([]Profile, len(r.Profiles))
	for i, p := range r.Profiles {
		if p.Counts == nil {
			p.Counts = map[Outcome]int{}
		}
		out.Profiles[i] = p
	}
	out.Capabilities = present(r.Capabilities)
	selection := &out.Run.Selection
	selection.Only = present(selection.Only)
	selection.Exclude = present(selection.Exclude)
	selection.Levels = present(selection.Levels)
	selection.Profiles = present(selection.Profiles)
	out.Checks = make([]Check, len(r.Checks))
	for i, c := range r.Checks {
		c.Profiles = present(c.Profiles)
		c.Hurts = present(c.Hurts)
		c.Refs = present(c.Refs)
		out.Checks[i] = c
	}
	return &out
}

func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
