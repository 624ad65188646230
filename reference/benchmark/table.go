package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// printTable prints the rows as Markdown, with the command and the machine.
func printTable(w io.Writer, b *bench) {
	fmt.Fprintf(w, "%s, %s, %s/%s, %d CPUs (%s); %d users; medians of %d rounds.\n\n", time.Now().Format(time.DateOnly),
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor(), b.users, b.rounds)
	fmt.Fprintln(w, "| operation | measured | compared with | result | bar | |")
	fmt.Fprintln(w, "|---|---:|---:|---:|---:|---|")
	for _, r := range b.rows {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", r.operation, r.hard, r.easy, r.number(r.value), r.limit(), r.verdict())
	}
}

func (r row) number(f float64) string {
	if r.unit != "" {
		return fmt.Sprintf("%.0f %s", f, r.unit)
	}
	return fmt.Sprintf("%.2f", f)
}

func (r row) limit() string {
	switch {
	case r.bar == 0:
		return ""
	case r.atLeast:
		return "≥ " + r.number(r.bar)
	}
	return "≤ " + r.number(r.bar)
}

func (r row) verdict() string {
	switch {
	case r.bar == 0:
		return ""
	case r.met():
		return "met"
	}
	return "missed"
}

// processor is the name that Linux has for it.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		if strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
