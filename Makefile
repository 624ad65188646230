# Everything that must hold is behind "make test"; it installs what it needs itself.
GO ?= go

.PHONY: test check race fuzz prove demo interop build clean

test: check race demo prove interop
	@echo "everything holds"

build:
	$(GO) build -trimpath -o .bin/assay ./cmd/assay

# Formatting, vet and staticcheck, whose version go.mod pins.
check:
	@unformatted=$$(gofmt -l cmd suites fakeidp reference fixtures reports); \
	if [ -n "$$unformatted" ]; then echo "not gofmt-ed: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

race:
	$(GO) test -race ./...

# The main job, as a user runs it.
demo: build
	.bin/assay demo --out .bin/demo-report

# The harness proves itself: every named fault is caught, the clean reference is all green.
prove: build
	.bin/assay prove

# A target that nobody here wrote; skipped, and said so, where npm or its registry cannot be reached.
interop: build
	suites/interop/run

# A short look for crashes in everything that parses what strangers send.
fuzz:
	@for target in $$(grep -rlE '^func Fuzz' --include=*_test.go . ); do \
	  for name in $$(grep -oE '^func Fuzz[A-Za-z0-9_]*' $$target | cut -c6-); do \
	    $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime 20s ./$$(dirname $$target) || exit 1; done; done

clean:
	rm -rf .bin assay-report
