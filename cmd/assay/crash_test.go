package main

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"assay/reference/sqlstore/postgrestest"
)

const (
	crashRounds  = "ASSAY_CRASH_ROUNDS" // how often the server is killed
	crashSeed    = "ASSAY_CRASH_SEED"   // repeats the choices of a run
	stormWorkers = 6
)

// TestCrash starts "assay serve" as a process, kills it at a random moment of a storm of writes, starts
// it again on the same data, and so on. Each time, every write that was answered must be there, and
// no PATCH half: each of them changes several things to one number. Where the kill falls in the
// storm depends on the machine too, the writes and the number of them before it on the seed alone.
func TestCrash(t *testing.T) {
	rounds := int(number(t, crashRounds, 20))
	if testing.Short() {
		rounds = min(rounds, 3)
	}
	seed := uint64(number(t, crashSeed, time.Now().UnixNano()))
	t.Logf("%s=%d", crashSeed, seed)
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "crash.db")
		crash(t, path, rounds, seed)
		checkIntegrity(t, path)
	})
	t.Run("postgres", func(t *testing.T) {
		source, err := postgrestest.New(t).Database(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		crash(t, source, max(1, rounds/4), seed) // less, because what could go wrong there is mostly not ours
	})
}

func number(t *testing.T, variable string, otherwise int64) int64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

func crash(t *testing.T, data string, rounds int, seed uint64) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	keyset := filepath.Join(t.TempDir(), "keyset.json")
	workers := make([]*stormWorker, stormWorkers)
	for i := range workers {
		workers[i] = newStormWorker(i, seed)
	}
	token, answered := "", 0
	for round := range rounds {
		server := startServe(t, data, keyset)
		if round == 0 {
			token = server.Token
		}
		client := newStormClient(server.SCIM, token)
		for _, w := range workers {
			w.verify(t, client)
		}
		if t.Failed() {
			t.Fatalf("after %d kills", round)
		}
		answered += storm(t, server, client, workers, 20+random.IntN(150), time.Duration(random.IntN(4000))*time.Microsecond)
	}
	server := startServe(t, data, keyset)
	client := newStormClient(server.SCIM, token)
	for _, w := range workers {
		w.verifyAll(t, client)
	}
	server.kill()
	t.Logf("%d kills, %d answered writes", rounds, answered)
	if answered < 20*rounds {
		t.Errorf("only %d writes were answered in %d rounds", answered, rounds)
	}
}

// storm lets the workers write until so many writes were answered, waits a little, and kills the server.
func storm(t *testing.T, server *serving, client *stormClient, workers []*stormWorker, writes int, delay time.Duration) int {
	t.Helper()
	var wg sync.WaitGroup
	for _, w := range workers {
		wg.Go(func() {
			for w.write(t, client) {
			}
		})
	}
	deadline := time.After(time.Minute)
	for client.answered.Load() < int64(writes) {
		select {
		case <-deadline:
			t.Errorf("%d writes were answered within a minute, not %d", client.answered.Load(), writes)
			server.kill()
			wg.Wait()
			t.FailNow()
		case <-time.After(200 * time.Microsecond):
		}
	}
	time.Sleep(delay)
	client.killing.Store(true)
	server.kill()
	wg.Wait()
	return int(client.answered.Load())
}

// checkIntegrity lets SQLite look at the file.
func checkIntegrity(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity: %q, %v", verdict, err)
	}
	rows, err := db.Query("PRAGMA foreign_key_check")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if rows.Next() {
		t.Error("a row refers to one that does not exist")
	}
}
