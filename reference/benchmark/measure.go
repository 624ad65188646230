package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// row is a line of the table.
type row struct {
	operation  string
	hard, easy string // what was measured, and what it is compared with
	value      float64
	bar        float64 // the greatest value that is good, 0 when there is none
	atLeast    bool    // the bar is the least value that is good
	unit       string  // of value and bar; "" is a ratio
}

func (r row) met() bool {
	if r.bar == 0 {
		return true
	}
	if r.atLeast {
		return r.value >= r.bar
	}
	return r.value <= r.bar
}

// bench measures row by row.
type bench struct {
	settings
	ctx  context.Context
	rows []row
}

// measureAll measures everything and prints the table. Bars that are missed are an error.
func measureAll(ctx context.Context, s settings) error {
	b := &bench{settings: s, ctx: ctx}
	for _, part := range []struct {
		name    string
		measure func() error
	}{
		{"floor: POST and GET", b.againstFloor}, {"small: PATCH", b.patches}, {"large: lookups, members, pages, memory", b.large},
	} {
		if !strings.Contains(part.name, s.only) {
			continue
		}
		began := time.Now()
		if err := part.measure(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", part.name, time.Since(began).Round(time.Second))
	}
	printTable(os.Stdout, b)
	for _, r := range b.rows {
		if !r.met() {
			return fmt.Errorf("%s: the bar is missed", r.operation)
		}
	}
	return nil
}

// add makes a row of the rounds of a comparison.
func (b *bench) add(r row, show func(float64) string, hard, easy []float64) {
	ratios := make([]float64, len(hard))
	for i := range hard {
		ratios[i] = hard[i] / easy[i]
	}
	r.hard, r.easy, r.value = show(median(hard)), show(median(easy)), median(ratios)
	b.rows = append(b.rows, r)
	fmt.Fprintf(os.Stderr, "  %s: %s against %s, %.2f\n", r.operation, r.hard, r.easy, r.value)
}

func perSecond(f float64) string { return fmt.Sprintf("%.0f/s", f) }

func seconds(f float64) string {
	return time.Duration(f * float64(time.Second)).Round(10 * time.Microsecond).String()
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// step is one request of a comparison; work that prepares or undoes it is done outside the time.
type step struct {
	before func(i int) error // may be nil
	timed  func(i int) error
}

// p50s compares the times of two steps that take turns, a round of n each. The first round is not counted.
func (b *bench) p50s(n int, hard, easy step) (hards, easies []float64, err error) {
	for round := range b.rounds + 1 {
		took := [2][]float64{}
		for i := range n {
			for which, s := range []step{hard, easy} {
				at := round*n + i
				if s.before != nil {
					if err := s.before(at); err != nil {
						return nil, nil, err
					}
				}
				began := time.Now()
				if err := s.timed(at); err != nil {
					return nil, nil, err
				}
				took[which] = append(took[which], time.Since(began).Seconds())
			}
		}
		if round > 0 {
			hards, easies = append(hards, median(took[0])), append(easies, median(took[1]))
		}
	}
	return hards, easies, nil
}

// rates compares the rates of work that takes turns, a round of n each. The first round is not counted.
func (b *bench) rates(clients, n int, ours, floors func(i int) error) (our, floor []float64, err error) {
	for round := range b.rounds + 1 {
		var got [2]float64
		for which, work := range []func(int) error{ours, floors} {
			if got[which], err = rate(clients, n, func(i int) error { return work(round*n + i) }); err != nil {
				return nil, nil, err
			}
		}
		if round > 0 {
			our, floor = append(our, got[0]), append(floor, got[1])
		}
	}
	return our, floor, nil
}
