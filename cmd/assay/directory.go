package main

import (
	"os"

	"github.com/spf13/cobra"

	"assay/fakeidp"
	"assay/fakeidp/control"
	"assay/fakeidp/directory"
	"assay/fixtures"
)

// directoryFlags say whom the fake IdP knows.
type directoryFlags struct {
	file   string
	people int
	seed   uint64
	empty  bool

	crowd, seeded bool // --people and --seed were given
}

func (f *directoryFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.file, "directory", "", "YAML file with people, groups and apps, instead of the fixtures")
	flags.IntVar(&f.people, "people", 0, "make up so many people, 1 to 100000, and groups of them, instead of the fixtures")
	flags.Uint64Var(&f.seed, "seed", 1, "what --people makes up: the same seed gives the same people everywhere")
	flags.BoolVar(&f.empty, "empty", false, "start with an empty directory, instead of the fixtures")
}

// check refuses flags that do not go together.
func (f *directoryFlags) check(cmd *cobra.Command) error {
	f.crowd, f.seeded = cmd.Flags().Changed("people"), cmd.Flags().Changed("seed")
	switch {
	case f.file != "" && f.crowd:
		return usage("--directory and --people exclude each other: made-up people can be added to a file's through the control API (POST /crowds)")
	case f.empty && (f.crowd || f.file != ""):
		return usage("--empty goes with neither --directory nor --people")
	case f.seeded && !f.crowd:
		return usage("--seed goes with --people")
	case f.crowd && (f.people < 1 || f.people > fixtures.MaxCrowd):
		return usage("--people %d: want 1 to %d", f.people, fixtures.MaxCrowd)
	}
	return nil
}

// fill returns what fills the directory at the start.
func (f *directoryFlags) fill(getenv func(string) string) fakeidp.Fill {
	return func(d *directory.Directory, prepare func(*control.App) error) error {
		switch {
		case f.empty:
			return nil
		case f.crowd:
			crowd, err := fixtures.NewCrowd(f.seed, f.people)
			if err != nil {
				return err
			}
			_, err = d.AddCrowd(crowd, true, "")
			return err
		case f.file != "":
			data, err := os.ReadFile(f.file)
			if err != nil {
				return err
			}
			return d.AddFile(data, directory.FileOptions{Name: f.file, Getenv: getenv, Prepare: prepare})
		default:
			return d.AddFixtures()
		}
	}
}
