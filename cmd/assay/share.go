package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"

	"assay/reference/faults"
)

// shareOut proves faults in several processes, each of which runs this binary on its share: Ginkgo runs
// one tree at a time in a process. done is called with each proof as it comes in, one at a time. The
// proofs are returned in the order of the faults.
func (p *program) shareOut(ctx context.Context, chosen []faults.Fault, processes int, done func(kill)) ([]kill, error) {
	processes = max(1, min(processes, len(chosen)))
	byName := map[string]kill{}
	var mu sync.Mutex
	receive := func(k kill) {
		mu.Lock()
		defer mu.Unlock()
		byName[k.Name] = k
		done(k)
	}
	failures := make([]error, processes)
	var workers sync.WaitGroup
	for i := range processes {
		var share []string
		for j := i; j < len(chosen); j += processes {
			share = append(share, chosen[j].Name)
		}
		workers.Go(func() { failures[i] = p.work(ctx, share, receive) })
	}
	workers.Wait()
	proofs := []kill{}
	for _, fault := range chosen {
		if k, ok := byName[fault.Name]; ok {
			proofs = append(proofs, k)
		}
	}
	return proofs, errors.Join(failures...)
}

// work runs one process on a share of the faults and reads its proofs.
func (p *program) work(ctx context.Context, names []string, receive func(kill)) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "prove", "--worker", "--fault", strings.Join(names, ","))
	cmd.Stderr = p.err
	// The processes live for minutes and hold little: collecting garbage less often is time well saved.
	cmd.Env = append(os.Environ(), "GOGC=400")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start a process: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start a process: %w", err)
	}
	decoder := json.NewDecoder(out)
	for {
		var k kill
		err := decoder.Decode(&k)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(fmt.Errorf("read a proof: %w", err), cmd.Wait())
		}
		receive(k)
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("a process that proves a share of the faults: %w", err)
	}
	return nil
}
