package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"

	"assay/reports"
)

// progress narrates a run: one line that renews itself on a terminal, otherwise a line a check.
type progress struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	colour   bool
	total    int
	done     int
	failed   int
}

func (p *program) newProgress() *progress {
	file, isFile := p.err.(*os.File)
	terminal := isFile && term.IsTerminal(int(file.Fd()))
	return &progress{w: p.err, terminal: terminal, colour: terminal && p.getenv("NO_COLOR") == ""}
}

func (p *progress) start(total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = total
}

// mark is how an outcome is shown: a word and a sign, so that colour is never needed.
func mark(o reports.Outcome) (sign, colour string) {
	switch o {
	case reports.Pass:
		return "✓", "\x1b[32m"
	case reports.Fail:
		return "✗", "\x1b[31m"
	case reports.Warn:
		return "!", "\x1b[33m"
	case reports.Error:
		return "E", "\x1b[35m"
	default:
		return "-", "\x1b[90m"
	}
}

func (p *progress) result(c reports.Check) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	bad := c.Outcome == reports.Fail || c.Outcome == reports.Error
	if bad {
		p.failed++
	}
	sign, colour := mark(c.Outcome)
	if !p.terminal {
		fmt.Fprintf(p.w, "%s %-14s %s%s\n", sign, c.Outcome, c.ID, because(c))
		return
	}
	if bad {
		line := fmt.Sprintf("%s %s%s", sign, c.ID, because(c))
		if p.colour {
			line = colour + sign + "\x1b[0m" + strings.TrimPrefix(line, sign)
		}
		fmt.Fprintf(p.w, "\r\x1b[K%s\n", line)
	}
	fmt.Fprintf(p.w, "\r\x1b[K%d/%d checks, %d failed  %s", p.done, p.total, p.failed, shorten(c.ID, 50))
}

// finish clears the progress line.
func (p *progress) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// because is the reason of an outcome, on one line.
func because(c reports.Check) string {
	if c.Reason == "" || c.Outcome == reports.NotApplicable {
		return ""
	}
	first, _, _ := strings.Cut(c.Reason, "\n")
	return ": " + shorten(first, 240)
}

func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
