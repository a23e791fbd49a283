.POSIX:
.PHONY: help verify fix test demo kills merges fleet sim wire views guide test-python teardown test-node teardown-node test-swift parity packages leaks record matrix bench soak mutants clean

CARGO = cargo
# What `demo` and `packages` are given: make demo ARGS=--live, make packages ARGS=--release
ARGS =
# SIGKILLs of the demo, each followed by a run to its end.
ROUNDS ?= 40
# How often each reader of the benchmarks is run.
BENCH_ROUNDS ?= 5
# Sessions of the real Claude Code that run at once; for `leaks`, scripted ones of each language.
SESSIONS ?= 20
# Seeded histories compared with the reference model.
SEEDS ?= 2000
# Releases of Claude Code whose table is made.
VERSIONS ?= 2.1.197 2.1.220 2.1.250 2.1.280 2.1.310 2.1.331

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r name what; do \
	  printf '  %-12s %s\n' "$$name" "$$what"; done

verify: ## formatting, lints, documentation, dependencies; writes no source
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --locked --workspace --all-features --no-deps
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny --locked check; \
	else echo 'verify: cargo-deny is not installed, so licences and advisories were not checked'; fi

fix: ## format, and apply what clippy can
	$(CARGO) fmt
	$(CARGO) clippy --fix --allow-dirty --allow-staged --workspace --all-targets --all-features
	$(CARGO) fmt

# A step that ends with 3 was skipped, and said why. Steps start with SIGINT as by default, also where the caller ignores it, as a shell does for
# what it runs in its background. What tests leave in the directory of temporary files goes with it.
test: ## everything that CI runs; the summary says how long each step took
	@TMPDIR=$$(mktemp -d); export TMPDIR; trap 'rm -rf -- "$$TMPDIR"' EXIT; trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; \
	heeding='env --default-signal=INT,QUIT'; $$heeding true 2>/dev/null || heeding=env; \
	passed=0; failed=0; skipped=0; summary=; begun=$$(date +%s); \
	step() { \
	  echo "==> $$*"; code=0; since=$$(date +%s); $$heeding "$$@" || code=$$?; took=$$(($$(date +%s) - since)); \
	  case $$code in \
	    0) passed=$$((passed + 1)); how=passed; what="$$*" ;; \
	    3) skipped=$$((skipped + 1)); how=skipped; what="$$* (it said why)" ;; \
	    *) failed=$$((failed + 1)); how=failed; what="$$* (exit $$code)" ;; \
	  esac; \
	  echo "==> $$how: $$what"; summary="$$summary$$(printf '  %-8s %5d s  %s' "$$how" "$$took" "$$what")|"; }; \
	step examples/fetch-claude.sh; \
	step examples/fetch-claude.sh 2.1.197; \
	step maestro-core/embedders.sh; \
	step $(CARGO) test --workspace --all-features --no-fail-fast; \
	step $(MAKE) --no-print-directory test-python; \
	step bindings-node/test.sh; \
	step bindings-swift/test.sh; \
	step $(MAKE) --no-print-directory kills ROUNDS=2; \
	echo; printf '%s' "$$summary" | tr '|' '\n'; \
	echo "steps: $$passed passed, $$failed failed, $$skipped skipped, in $$(($$(date +%s) - begun)) s"; \
	[ $$failed -eq 0 ]

demo: ## three agents on a scratch repository; no account needed
	@$(CARGO) run -q -p maestro-cli -- demo $(ARGS)

kills: ## the demo under SIGKILL, ROUNDS times
	@$(CARGO) build -q -p maestro-cli -p kills
	@$(CARGO) run -q -p kills -- --rounds $(ROUNDS)

# Nodes that are killed while they merge into a checkout.
MERGES ?= 500
merges: ## MERGES nodes killed in a merge into a checkout, each followed by the next merge
	@ROUNDS=$(MERGES) $(CARGO) test -q -p maestro-core --all-features --test workspace many_nodes_that_are_killed -- --ignored --nocapture

fleet: ## SESSIONS sessions at once: do all complete, what does Maestro add, what is left behind
	@$(CARGO) build -q --release -p fleet -p scripted-model
	@claude=$$(examples/fetch-claude.sh); failed=0; \
	fleet() { target/release/fleet --claude "$$claude" "$$@" || failed=1; }; \
	fleet complete --sessions $(SESSIONS); \
	fleet leftovers --sessions 5; \
	if unshare --pid --fork --mount-proc true 2>/dev/null; then \
	  echo 'the same in a process namespace of its own:'; \
	  unshare --pid --fork --mount-proc target/release/fleet --claude "$$claude" leftovers --sessions 5 || failed=1; \
	else echo 'no right to make a process namespace: not counted in one'; fi; \
	exit $$failed

sim: ## seeded simulation against the reference model, SEEDS times
	@$(CARGO) test -q --release -p maestro-core --test sim -- --seeds $(SEEDS)

test-python: ## the Python package: build, types, tests; makes its own environment below target/
	@bindings-python/test.sh

test-swift: ## the Swift package: build, tests, quickstart; makes itself a Swift below .cache/
	@code=0; bindings-swift/test.sh || code=$$?; \
	if [ $$code -eq 3 ]; then echo 'test-swift: SKIPPED, for the reason above'; else exit $$code; fi

teardown: ## 200 interpreters that end with work in flight
	@MAESTRO_TEARDOWNS=200 bindings-python/test.sh -k teardown

test-node: ## the Node package: build, types, tests; installs what it needs below bindings-node
	@bindings-node/test.sh

teardown-node: ## 200 processes and 200 workers of Node that end with work in flight
	@TEARDOWN_COUNT=200 bindings-node/test.sh teardown

parity: ## what Rust, Python, Node and Swift do, case by case, compared with docs/parity
	@examples/parity/run.sh

PACKAGES = maestro-core bindings-python bindings-node bindings-swift
# Runs one script of each package. 3 means that a language is not here, and the script said why.
EACH = failed=0; for package in $(PACKAGES); do \
	  echo "==> $$package/$$script"; code=0; $$package/$$script $$arguments || code=$$?; \
	  case $$code in 0) ;; 3) echo "==> skipped: $$package" ;; *) echo "==> failed: $$package (exit $$code)"; failed=1 ;; esac; \
	done; [ $$failed -eq 0 ]

packages: ## each package packed, installed outside of the repository and used there; ARGS=--release as it is published
	@code=0; maestro-core/embedders.sh || code=$$?; case $$code in 0|3) ;; *) exit $$code ;; esac
	@script=pack.sh; arguments='$(ARGS)'; $(EACH)

leaks: SESSIONS = 10000
leaks: ## SESSIONS sessions in one process of each language: what does memory grow by
	@script=leaks.sh; arguments=; SESSIONS=$(SESSIONS); export SESSIONS; $(EACH)

wire: ## write docs/wire again: what stands on the wire, for other languages
	@$(CARGO) test -q -p maestro-core --all-features --test wire write -- --ignored

views: ## write docs/views again: sessions and how they look, for other languages
	@$(CARGO) test -q -p maestro-core --all-features --test view shared::write -- --ignored

guide: ## write docs/guide again: its code is that of the examples and tests
	@$(CARGO) test -q -p embed --test pages write -- --ignored

record: ## make the recordings of the real claude again that its driver is tested with
	@$(CARGO) test -q -p maestro-core --all-features --test claude_real record::record -- --ignored --nocapture

matrix: ## VERSIONS of the real claude through every case of its driver; the table is in docs
	@$(CARGO) run -q -p matrix -- $(VERSIONS)

bench: ## events to readers in Rust, Python, Node and Swift beside the SDKs of Claude Code, in one run of BENCH_ROUNDS rounds
	@benches/build.sh
	@python3 benches/bench.py --rounds $(BENCH_ROUNDS)

soak: ## what is too long for CI; its log stays in docs/soak
	@mkdir -p docs/soak; log=docs/soak/$$(date -u +%Y-%m-%dT%H%MZ).log; echo "soak: writing $$log"; \
	failed=0; { \
	  echo "commit $$(git describe --always --dirty), $$(uname -sm), $$(rustc --version)"; \
	  $(MAKE) --no-print-directory kills ROUNDS=40 || failed=1; \
	  $(MAKE) --no-print-directory merges MERGES=500 || failed=1; \
	  $(MAKE) --no-print-directory fleet || failed=1; \
	  $(MAKE) --no-print-directory sim SEEDS=2000 || failed=1; \
	  MAESTRO_FUZZ=1000000 $(CARGO) test -q --release -p maestro-core --all-features --test fuzz || failed=1; \
	  $(MAKE) --no-print-directory mutants || failed=1; \
	  $(CARGO) test -q -p maestro-core --test approval_rules a_million_times -- --ignored --nocapture || failed=1; \
	  echo "soak: exit $$failed"; } >$$log 2>&1; \
	tail -n 5 $$log; exit $$failed

mutants: ## change what decides, one change at a time: which changes does no test notice? SHARD=1/8 does a part, FAMILIES=rules one family
	@code=0; SHARD='$(SHARD)' maestro-core/mutants.sh $(FAMILIES) || code=$$?; \
	if [ $$code -eq 3 ]; then echo 'mutants: SKIPPED, for the reason above'; else exit $$code; fi

clean: ## remove build output and the cached agent; demo directories stay
	$(CARGO) clean
	rm -rf .cache
