// Benchmark measures the reference SCIM server against bars: how it compares with a bare handler that does
// the same work in the database, and how its times grow with the number of users and members. It prints a
// Markdown table. "make bench" runs it.
//
// Every server is a process of its own, this program on another subcommand, and is asked over HTTP on
// loopback by one client. What is compared is measured in turns, so that whatever else the machine does
// slows both down alike; a row is the median of the ratios of several rounds.
//
// Environment: ASSAY_BENCH_USERS is the number of users in the large directory (1,000,000), ASSAY_BENCH_DIR
// where databases are kept (.bin/bench; the large one is used again by the next run), ASSAY_BENCH_ROUNDS how
// many rounds are measured (7), ASSAY_BENCH_ONLY a part of the name of the rows to measure.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 2 && args[0] == "reference" {
		return serveReference(ctx, args[1])
	}
	if len(args) == 2 && args[0] == "floor" {
		return serveFloor(ctx, args[1])
	}
	if len(args) > 0 {
		return fmt.Errorf("arguments %q are not known: it takes none, see the environment variables in its documentation", args)
	}
	s, err := settingsFromEnvironment()
	if err != nil {
		return err
	}
	return measureAll(ctx, s)
}

// settings say what to measure.
type settings struct {
	users  int // in the large directory
	rounds int
	dir    string
	only   string
}

// least is the smallest large directory: it must have a last page, and users to be members.
const least = 2_000

func settingsFromEnvironment() (settings, error) {
	s := settings{dir: filepath.Join(".bin", "bench"), only: os.Getenv("ASSAY_BENCH_ONLY")}
	var err error
	if s.users, err = number("ASSAY_BENCH_USERS", 1_000_000, least); err != nil {
		return s, err
	}
	if s.rounds, err = number("ASSAY_BENCH_ROUNDS", 7, 1); err != nil {
		return s, err
	}
	if dir := os.Getenv("ASSAY_BENCH_DIR"); dir != "" {
		s.dir = dir
	}
	return s, os.MkdirAll(s.dir, 0o700)
}

func number(name string, usual, least int) (int, error) {
	text := os.Getenv(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least {
		return 0, fmt.Errorf("%s is %q: a whole number of at least %d is wanted", name, text, least)
	}
	return n, nil
}
