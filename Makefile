# Everything that must hold is behind "make test"; it installs what it needs itself.
GO ?= go

.PHONY: test check race fuzz prove demo interop postgres test-postgres crash bench build clean

test: check postgres race demo prove interop
	@echo "everything holds"

build:
	$(GO) build -trimpath -o .bin/assay ./cmd/assay

# Formatting, vet and staticcheck, whose version go.mod pins.
check:
	@unformatted=$$(gofmt -l cmd suites fakeidp reference fixtures reports); \
	if [ -n "$$unformatted" ]; then echo "not gofmt-ed: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

# The race detector watches everything but SQLite, which is C that was translated to Go: it takes its own locks, and
# watching it makes the tests of the store half as slow again.
unwatched = $(foreach package,modernc.org/sqlite/lib modernc.org/libc,'-gcflags=$(package)=-race=false -d=checkptr=0')

race:
	$(GO) test -race $(unwatched) ./...

# The main job, as a user runs it.
demo: build
	.bin/assay demo --out .bin/demo-report

# The harness proves itself: every named fault is caught, the clean reference is all green.
prove: build
	.bin/assay prove

# A target that nobody here wrote; skipped, and said so, where npm or its registry cannot be reached.
interop: build
	suites/interop/run

# Tests that need PostgreSQL start a server of Debian's package on loopback and remove it. Where it cannot be installed
# they are skipped.
postgres:
	@reference/sqlstore/postgrestest/install || echo "PostgreSQL: its tests are skipped"

# Those tests alone: the store, all suites and the crash test on PostgreSQL. Here it must be there.
test-postgres:
	reference/sqlstore/postgrestest/install
	ASSAY_POSTGRES_REQUIRED=1 $(GO) test -count 1 ./reference/sqlstore/... ./reference/scim
	ASSAY_POSTGRES_REQUIRED=1 $(GO) test -count 1 -run 'Postgres|Password|Replicas|TestCrash/postgres' ./reference ./cmd/assay

# Kills the server 200 times during a storm of writes, on SQLite, and 50 times on PostgreSQL.
crash:
	ASSAY_CRASH_ROUNDS=200 $(GO) test -count 1 -v -timeout 30m -run '^TestCrash$$' ./cmd/assay

# A short look for crashes in everything that parses what strangers send.
fuzz:
	@for target in $$(grep -rlE '^func Fuzz' --include=*_test.go . ); do \
	  for name in $$(grep -oE '^func Fuzz[A-Za-z0-9_]*' $$target | cut -c6-); do \
	    $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime 20s ./$$(dirname $$target) || exit 1; done; done

# The speed of the reference against its bars, as a Markdown table. The database of 1,000,000 users is made once and
# kept in .bin/bench; ASSAY_BENCH_USERS=20000 is a quick run. See reference/benchmark.
bench:
	$(GO) build -trimpath -o .bin/benchmark ./reference/benchmark
	.bin/benchmark

clean:
	rm -rf .bin assay-report
