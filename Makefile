# make demo | test | point-read | conformance | fuzz | tpch | torture | torture-business | torture-ids | install | bench | lint | docs | clean
SHELL := /bin/bash
PREFIX ?= /usr/local
DEMO_DIR ?= .demo
LIBRARIES := libsqlite3-dev libpq-dev pkg-config
# PostgreSQL's server: the tests start clusters of their own.
TEST_LIBRARIES := $(LIBRARIES) gzip postgresql
# Of the fuzzer; make fuzz SEED= takes a new one.
SEED ?= 1
STATEMENTS ?= 100000
# Of make torture-ids, for each of its three ways.
IDENTIFIERS ?= 100000000
# Of make torture.
KILLS ?= 1000
# Of make torture-business, over files and over PostgreSQL.
BUSINESS_KILLS ?= 200

.PHONY: help demo build test optimised point-read conformance conformance-full conformance-postgresql conformance-build fuzz fuzz-build tpch torture torture-postgresql torture-business torture-ids install bench lint format docs clean libraries test-libraries swift-version

help:
	@echo "make demo              build, load a shop into 4 SQLite shards, take a tour"
	@echo "make test              install what the tests need and run all of them"
	@echo "make point-read        count what a read by key costs, against Benchmarks/point-read.thresholds"
	@echo "make optimised         run the tests' scripts with optimised code"
	@echo "make conformance       run the sqllogictest corpus (conformance-full: all of it), write docs/conformance*.md, and fuzz"
	@echo "make fuzz SEED=1       compare 100,000 random statements (STATEMENTS=…) with plain SQLite; SEED= takes a new seed"
	@echo "make tpch              run TPC-H's 22 queries on sharded and on plain SQLite"
	@echo "make torture           kill processes that move money between shards, 1,000 times (KILLS=…), and count what was lost"
	@echo "make torture-postgresql  the same over PostgreSQL servers"
	@echo "make torture-business  kill and stop processes that hold locks, send messages and run sagas (BUSINESS_KILLS=200)"
	@echo "make torture-ids       a hundred million identifiers of each kind from processes that are killed: none twice"
	@echo "make install PREFIX=…  build and install the command shardkit (default /usr/local)"
	@echo "make bench             measure against direct SQLite"
	@echo "make lint              check the formatting; make format mends it"
	@echo "make docs              make docs/refusals.md and the API pages (.build/docs) anew"

swift-version:
	@Scripts/ensure-swift.sh

libraries: swift-version
	@Scripts/ensure-libraries.sh $(LIBRARIES)

test-libraries: swift-version
	@Scripts/ensure-libraries.sh $(TEST_LIBRARIES)

build: libraries
	@swift build -c release --product shardkit

demo: build
	@.build/release/shardkit demo --dir $(DEMO_DIR)

# Few at once: with all tests at once on two cores, one that waits for another's turn waits for minutes.
test: test-libraries
	@swift build --build-tests
	@swift test --skip-build --disable-xctest --experimental-maximum-parallelization-width 4
	@$(MAKE) --no-print-directory optimised
	@$(MAKE) --no-print-directory point-read

# Counts, not times. Without valgrind, and without the rights to install it, only allocations are checked.
point-read: libraries
	@Scripts/ensure-libraries.sh valgrind || true
	@Scripts/check-point-read.sh

# The tests run unoptimised code; this runs their scripts with optimised code, for what the optimiser may break.
optimised: libraries
	@swift build --quiet -c release --package-path Benchmarks --product bench
	@"$$(swift build -c release --package-path Benchmarks --show-bin-path)/bench" run fixtures/logic/*.sql

# Resumable: results are kept by file and forgotten when the build changes.
conformance-build: test-libraries
	@swift build -c release --product shardkit-conformance

conformance: conformance-build fuzz-build
	@.build/release/shardkit-conformance --report docs/conformance.md --show-wrong
	@$(MAKE) --no-print-directory conformance-postgresql
	@$(MAKE) --no-print-directory fuzz

conformance-postgresql: conformance-build
	@.build/release/shardkit-conformance postgresql --report docs/conformance-postgresql.md --show-wrong

conformance-full: conformance-build
	@.build/release/shardkit-conformance --full --report docs/conformance.md --show-wrong

fuzz-build: libraries
	@swift build -c release --product shardkit-fuzz

# Release on purpose: optimised code has been wrong where debug builds were right.
fuzz: fuzz-build
	@.build/release/shardkit-fuzz --statements $(STATEMENTS) $(if $(SEED),--seed $(SEED))

tpch: conformance-build
	@Scripts/make-tpch.sh .build/tpch
	@.build/release/shardkit-conformance tpch --folder .build/tpch

# Kills and wrong clocks are random; SEED= takes a new seed.
# Kills processes that move money between shards: at any moment, and at every step of a commit.
torture: libraries
	@swift build -c release --product shardkit-bank
	@.build/release/shardkit-bank torture --kills $(KILLS) $(if $(SEED),--seed $(SEED))

torture-postgresql: test-libraries
	@swift build -c release --product shardkit-bank
	@.build/release/shardkit-bank torture --postgresql --between 50 --kills $(KILLS) $(if $(SEED),--seed $(SEED))

torture-business: test-libraries
	@swift build -c release --product shardkit-business
	@.build/release/shardkit-business torture --kills $(BUSINESS_KILLS) $(if $(SEED),--seed $(SEED))
	@.build/release/shardkit-business torture --postgresql --kills $(BUSINESS_KILLS) $(if $(SEED),--seed $(SEED))

torture-ids: swift-version
	@swift build -c release --product shardkit-ids
	@for mode in leased fixed segment; do \
		.build/release/shardkit-ids torture --mode $$mode --count $(IDENTIFIERS) $(if $(SEED),--seed $(SEED)) || exit 1; \
	done

install: build
	@install -d "$(DESTDIR)$(PREFIX)/bin"
	@install -m 755 .build/release/shardkit "$(DESTDIR)$(PREFIX)/bin/shardkit"
	@echo "Installed $(DESTDIR)$(PREFIX)/bin/shardkit"

bench: libraries
	@swift run -c release --package-path Benchmarks bench

lint: swift-version
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests

format: swift-version
	@swift format --in-place --recursive --parallel Package.swift Sources Tests

docs: libraries
	@Scripts/make-docs.sh

clean:
	@rm -rf .build $(DEMO_DIR)
