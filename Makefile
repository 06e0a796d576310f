# AuthX. `make help` lists what there is; .ci/run calls `make lint` and `make test`, .pre-commit-config.yaml `make check`.

PYTHON ?= python3
VENV ?= .venv
PEER_VENV ?= .venv-peer
SUITE_VENV ?= .venv-suite
BENCH_VENV ?= .venv-bench
# The ports of the demo's services: FastAPI's, and axum's.
HOST ?= 127.0.0.1
PORT ?= 8000
AXUM_PORT ?= 8001
# Further arguments for pytest, for example: make test-python ARGS="-k csrf -x"
ARGS ?=

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two builds at once would only wait for each other's lock.
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

BIN := $(VENV)/bin
TARGET := $(or $(CARGO_TARGET_DIR),target)
SDIST := $(TARGET)/sdist
# Not optimised, because that would take too long to build for a short look at the demo.
AXUM_SERVICE := $(TARGET)/debug/authx-demo
TOOLS := .tools
CARGO_DENY_VERSION := 0.20.2
CARGO_FUZZ_VERSION := 0.13.2
INFERNO_VERSION := 0.12.7
UV_VERSION := 0.13.9
# In CI the lock file must not change; on a developer's machine cargo updates it from Cargo.toml.
LOCKED := $(if $(CI),--locked)
# The extension's crate is not linked against Python, so it can't have a test binary; its tests are in tests/python.
RUST_TESTS := --workspace --exclude authx-python --all-features $(LOCKED)

# One interpreter for every build of the extension's crate, so that cargo doesn't rebuild it for another one.
export PYO3_PYTHON := $(abspath $(BIN)/python)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export CARGO_TERM_COLOR ?= auto

PYTHON_SOURCES := $(shell find python -name '*.py' -o -name '*.pyi')
RUST_SOURCES := $(shell find crates Cargo.toml Cargo.lock -name target -prune -o \( -name '*.rs' -o -name '*.md' -o -name 'Cargo.*' \) -print 2>/dev/null)


##@ Start here

.PHONY: demo
demo: $(VENV)/.demo $(VENV)/.extension axum-service ## Serve the demo on http://127.0.0.1:8000 and :8001, after installing all it needs
	@HOST=$(HOST) PORT=$(PORT) AXUM_PORT=$(AXUM_PORT) $(BIN)/python scripts/demo.py $(AXUM_SERVICE)

.PHONY: test
test: browser-packages budget-packages test-rust test-budget test-fuzz test-python test-versions test-peer stubtest test-interoperation test-demo test-browser test-load ## Run every test, after installing all they need

# Takes less than two minutes if everything is built.
.PHONY: check
check: $(VENV)/.dev $(VENV)/.extension rust ## Check the format, the lints and the types, and run the quick tests: before a commit
	cargo fmt --all --check
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/python scripts/documentation.py check
	cargo clippy --workspace --all-targets --all-features $(LOCKED) -- -D warnings
	@if cargo nextest --version >/dev/null 2>&1; then \
		echo cargo nextest run --profile quick $(RUST_TESTS); cargo nextest run --profile quick $(RUST_TESTS); \
	else \
		echo cargo test --lib $(RUST_TESTS); cargo test --lib $(RUST_TESTS); \
	fi
	$(BIN)/python -m pytest tests/python -q -m "not slow" $(ARGS)

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## "; print "make TARGET" } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  \033[36m%-20s\033[0m %s\n", $$1, $$2 }' Makefile


##@ Build

.PHONY: setup
setup: $(VENV)/.dev $(VENV)/.extension ## Prepare .venv with all that development needs, and build

.PHONY: build
build: $(VENV)/.extension ## Build the extension, optimised, into .venv

.PHONY: wheel
wheel: $(VENV)/.demo ## Build the wheel for Python 3.10 and later into dist/
	$(BIN)/maturin build --release $(LOCKED) --out dist

.PHONY: docs
docs: $(VENV)/bin/python rust ## Build the Rust documentation into target/doc; a warning is an error
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features $(LOCKED)


##@ Test

.PHONY: test-rust
test-rust: rust ## Run the Rust tests, those in the documentation too
	@if cargo nextest --version >/dev/null 2>&1; then \
		echo cargo nextest run $(RUST_TESTS); cargo nextest run $(RUST_TESTS); \
		echo cargo test --doc $(RUST_TESTS); cargo test --doc $(RUST_TESTS); \
	else \
		echo cargo test $(RUST_TESTS); cargo test $(RUST_TESTS); \
	fi
	cargo test --package authx --no-default-features --test without_features $(LOCKED)

.PHONY: test-python
test-python: $(VENV)/.dev $(VENV)/.extension ## Run the Python tests
	$(BIN)/python -m pytest tests/python $(ARGS)

.PHONY: test-peer
test-peer: $(VENV)/.dev $(VENV)/.extension ## Compare the answers of the older package and ours, and run a service written for it on both
	@unreachable=; \
	if ! $(MAKE) --no-print-directory $(PEER_VENV)/.peer; then \
		if $(BIN)/python -m pip download --quiet --no-deps --dest "$$(mktemp -d)" pip >/dev/null 2>&1; then \
			echo "authx 1.7.1 can't be installed, though the package registry can be reached"; exit 1; \
		fi; \
		unreachable=1; \
	fi; \
	PEER_UNREACHABLE=$$unreachable PEER_PYTHON=$(abspath $(PEER_VENV)/bin/python) \
		$(BIN)/python -m pytest tests/peer $(ARGS)

.PHONY: test-peer-suite
test-peer-suite: $(VENV)/.extension $(SUITE_VENV)/.suite ## Run the older package's own tests on ours (PEER_TESTS=folder: its folder tests, at 1.7.1)
	$(SUITE_VENV)/bin/python tests/peer/suite.py "$(PEER_TESTS)"

.PHONY: test-versions
test-versions: $(VENV)/.dev $(VENV)/.extension ## Run the Python tests with the oldest and the newest versions of all dependencies, on each CPython found
	wheel=$$(mktemp -d) && trap 'rm -r "$$wheel"' EXIT && \
		$(BIN)/maturin build --release $(LOCKED) --quiet --out "$$wheel" && \
		$(BIN)/python scripts/test_versions.py "$$(echo "$$wheel"/*.whl)" $(ARGS)

FUZZ := tests/fuzz/Cargo.toml
# How many seconds `make fuzz` spends on each target.
FUZZ_SECONDS ?= 60

.PHONY: test-fuzz
test-fuzz: rust ## Replay the fuzzers' corpus, and a few thousand mutations of it
	cargo test --manifest-path $(FUZZ) --package fuzz-targets --target-dir target $(LOCKED) -- --nocapture

.PHONY: fuzz
fuzz: rust $(VENV)/.dev $(VENV)/.extension ## Fuzz each target for FUZZ_SECONDS: with libFuzzer if there is a nightly toolchain
	@if cargo +nightly --version >/dev/null 2>&1; then \
		$(MAKE) --no-print-directory fuzz-libfuzzer; \
	else \
		echo "There is no nightly toolchain, so the corpus is mutated without libFuzzer."; \
		$(MAKE) --no-print-directory fuzz-mutations; \
	fi
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest tests/python/test_against_pyjwt.py -s

.PHONY: fuzz-libfuzzer
fuzz-libfuzzer: cargo-fuzz
	export PATH="$(abspath $(TOOLS))/bin:$$PATH" && for target in $$(ls tests/fuzz/corpus); do \
		echo "== $$target" && mkdir -p target/fuzz/corpus/$$target target/fuzz/artifacts && \
		cargo +nightly fuzz run --fuzz-dir tests/fuzz/libfuzzer --target-dir target/fuzz $$target \
			target/fuzz/corpus/$$target tests/fuzz/corpus/$$target -- -max_total_time=$(FUZZ_SECONDS) \
			-timeout=10 -verbosity=0 -print_final_stats=1 -artifact_prefix=target/fuzz/artifacts/; \
	done

.PHONY: fuzz-mutations
fuzz-mutations: rust
	FUZZ_SECONDS=$(FUZZ_SECONDS) cargo test --release --manifest-path $(FUZZ) --package fuzz-targets \
		--target-dir target $(LOCKED) mutations -- --nocapture

.PHONY: test-budget
test-budget: budget-packages rust $(VENV)/.dev ## Count the instructions of creating and verifying tokens, and compare them with the table
	cargo build --release --package authx-budget $(LOCKED)
	$(BIN)/python -m pytest tests/budget $(ARGS)

.PHONY: budget-table
budget-table: ## Write what was counted into tests/budget/budget.json
	$(MAKE) test-budget ARGS=--write-budget-table

.PHONY: test-interoperation
test-interoperation: $(VENV)/.dev $(VENV)/.extension rust ## Issue tokens in each package, use them in the other
	cargo build --package interoperation $(LOCKED)
	$(BIN)/python -m pytest tests/interoperation $(ARGS)

.PHONY: interoperation-table
interoperation-table: ## Write the answers of both packages into docs/interoperation.md
	$(MAKE) test-interoperation ARGS=--write-interoperation-table

.PHONY: test-load
test-load: axum-service $(VENV)/.dev $(VENV)/.extension ## Load both services of the demo with valid and hostile requests (LOAD_SECONDS=300: longer)
	$(BIN)/python -m pytest tests/load $(ARGS)

.PHONY: conformance-table
conformance-table: rust $(VENV)/.dev $(VENV)/.extension ## Write the results of the test vectors and the hostile requests into docs/conformance.md
	WRITE_CONFORMANCE=1 cargo test --workspace --exclude authx-python --all-features $(LOCKED) --test conformance --test attacks
	WRITE_CONFORMANCE=1 $(BIN)/python -m pytest tests/python/test_attacks.py -q

.PHONY: settings-table
settings-table: rust ## Write the engine's reference of settings into docs/configuration.md
	WRITE_SETTINGS=1 cargo test --package authx --all-features $(LOCKED) --test setting_reference

.PHONY: test-demo
test-demo: axum-service $(VENV)/.dev $(VENV)/.extension ## Start both services of the demo, and compare their answers
	$(BIN)/python -m pytest examples/fastapi tests/demo $(ARGS)

.PHONY: test-browser
test-browser: browser-packages axum-service $(VENV)/.dev $(VENV)/.extension ## Test the pages of both demo services, and WebSockets, in a headless Chromium
	cargo build --package interoperation $(LOCKED)
	$(BIN)/python -m pytest tests/browser $(ARGS)

.PHONY: stubtest
stubtest: $(VENV)/.dev $(VENV)/.extension ## Compare the stub of the private module with the module
	MYPYPATH=python $(BIN)/python -m mypy.stubtest authx._authx

.PHONY: bench
bench: $(BENCH_VENV)/.ours $(PEER_VENV)/.peer rust ## Compare with the peers, side by side, as tables of ratios
	OUR_PYTHON=$(abspath $(BENCH_VENV)/bin/python) PEER_PYTHON=$(abspath $(PEER_VENV)/bin/python) \
		$(BIN)/python -m benchmarks.run $(ARGS)

# Only the frames above the repeated call, because those below it are the same in every program.
.PHONY: flamegraph
flamegraph: flamegraph-tools rust ## Draw where a protected axum call spends its time, into docs/images/flamegraph.svg (Linux)
	cd benchmarks && CARGO_PROFILE_RELEASE_DEBUG=line-tables-only cargo build --release --locked \
		--package authx-axum-benchmarks --target-dir ../target/profile
	perf record --quiet --event cpu-clock --freq 999 --call-graph dwarf,16384 --output target/profile/perf.data \
		target/profile/release/authx-axum-benchmarks repeat authx 5000000
	perf script --input target/profile/perf.data 2>/dev/null | $(TOOLS)/bin/inferno-collapse-perf --quiet \
		| sed -n 's/^.*;repeat;/repeat;/p' | $(TOOLS)/bin/inferno-flamegraph --quiet --width 1200 --minwidth 0.4 --deterministic \
			--title 'A protected axum call with an HS256 token' > docs/images/flamegraph.svg


##@ Lint

.PHONY: lint
lint: lint-rust lint-features lint-dependencies lint-python lint-cycles-rust lint-documentation docs lint-packages ## Check the format, the lints, the types, the dependencies, the documentation, the packages

.PHONY: lint-rust
lint-rust: rust $(VENV)/bin/python
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features $(LOCKED) -- -D warnings
	cargo fmt --manifest-path $(FUZZ) --all --check
	cargo clippy --manifest-path $(FUZZ) --package fuzz-targets --all-targets --target-dir target $(LOCKED) -- -D warnings

.PHONY: lint-features
lint-features: $(VENV)/.dev rust ## Lint and document each published crate with each of its features alone
	$(BIN)/python scripts/packages.py features

# The wheel is built from the source distribution, which shows that both are complete. In a separate folder, because the
# extension's file has the same name in both builds, and cargo would use the wrong one.
.PHONY: lint-packages
lint-packages: $(VENV)/.dev rust ## Pack all that is published, build it as packed, and look at what it holds
	$(BIN)/python scripts/packages.py crates
	rm -rf $(SDIST) && mkdir -p $(SDIST)
	$(BIN)/maturin sdist --out $(SDIST)
	tar -xzm -f $(SDIST)/*.tar.gz -C $(SDIST)
	cd $(SDIST)/*/ && CARGO_TARGET_DIR=$(abspath $(SDIST)-target) $(abspath $(BIN))/maturin build --release --quiet --out ..
	$(BIN)/twine check --strict $(SDIST)/*.tar.gz $(SDIST)/*.whl
	$(BIN)/python scripts/packages.py artefacts $(SDIST)/*.tar.gz $(SDIST)/*.whl

# The advisories need a database from the internet; without it the rest is still checked.
.PHONY: lint-dependencies
lint-dependencies: rust cargo-deny
	@! grep -n '://' requirements/*.txt || { echo "A lock of requirements/ names an address: run make lock"; exit 1; }
	PATH="$(abspath $(TOOLS))/bin:$$PATH" cargo deny --all-features $(LOCKED) check licenses bans sources
	@if PATH="$(abspath $(TOOLS))/bin:$$PATH" timeout 120 cargo deny fetch db >/dev/null 2>&1; then \
		PATH="$(abspath $(TOOLS))/bin:$$PATH" cargo deny --all-features $(LOCKED) check --disable-fetch advisories; \
	else \
		echo "NOT CHECKED: the advisory database of RustSec can't be fetched here, so 'cargo deny check advisories' did not run."; \
	fi

.PHONY: lint-python
lint-python: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/import_cycles.py python/authx

.PHONY: lint-cycles-rust
lint-cycles-rust: $(VENV)/bin/python ## Find modules of a crate that use each other in a cycle
	$(BIN)/python scripts/import_cycles.py $(wildcard crates/*/src)

.PHONY: lint-documentation
lint-documentation: $(VENV)/bin/python
	$(BIN)/python scripts/documentation.py check
	$(BIN)/python scripts/demo_code.py check

.PHONY: fmt
fmt: rust $(VENV)/.dev ## Format everything, and apply the linters' fixes
	cargo fmt --all
	cargo fmt --manifest-path $(FUZZ) --all
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .


##@ Maintain

.PHONY: lock
lock: $(TOOLS)/uv/.installed ## Update the pinned requirements (UPGRADE=1: to the newest versions)
	cd requirements && for name in dev demo peer suite bench oldest newest; do \
		env -u PIP_FIND_LINKS -u UV_FIND_LINKS ../$(TOOLS)/uv/bin/uv pip compile --quiet \
			--universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-emit-find-links \
			--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) \
			$$(case $$name in demo | suite) echo --constraint dev.txt ;; bench) echo --constraint peer.txt ;; esac) \
			--output-file $$name.txt $$name.in; \
	done

.PHONY: release-check
release-check: $(VENV)/bin/python rust ## Check whether this commit can be published as VERSION (RELEASING.md)
	$(BIN)/python scripts/packages.py release $(VERSION)

.PHONY: module-map
module-map: $(VENV)/bin/python ## Write the first sentence of each module into docs/internals/architecture.md
	$(BIN)/python scripts/documentation.py write

.PHONY: demo-code
demo-code: $(VENV)/bin/python ## Write the code of the demo's routes into examples/page/code.json, for the demo's page
	$(BIN)/python scripts/demo_code.py write

.PHONY: clean
clean: ## Delete everything that was built or installed in this folder
	rm -rf target dist build $(VENV) $(PEER_VENV) $(SUITE_VENV) $(BENCH_VENV) $(TOOLS) .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find python examples tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	find python -name '_authx*.so' -delete


# The prerequisites of the targets above. A stamp file's time is that of the last run of its recipe.

.PHONY: rust
rust:
	@scripts/require cc:build-essential
	@command -v cargo >/dev/null || { \
		echo "Rust is missing. Install 1.88 or later, for example with rustup, then run make again."; exit 1; }

.PHONY: axum-service
axum-service: rust
	cargo build --package authx-demo $(LOCKED)

.PHONY: browser-packages
browser-packages:
	@scripts/require chromium:chromium chromedriver:chromium-driver

# Valgrind counts on other systems too, but the table has no numbers for them.
.PHONY: budget-packages
budget-packages:
	@[[ "$$(uname -sm)" != "Linux x86_64" ]] || scripts/require valgrind:valgrind

.PHONY: cargo-deny
cargo-deny: rust
	@PATH="$(abspath $(TOOLS))/bin:$$PATH" cargo deny --version >/dev/null 2>&1 || \
		cargo install cargo-deny --version $(CARGO_DENY_VERSION) --locked --root $(TOOLS) --target-dir target/tools

.PHONY: cargo-fuzz
cargo-fuzz: rust
	@PATH="$(abspath $(TOOLS))/bin:$$PATH" cargo fuzz --version >/dev/null 2>&1 || \
		cargo install cargo-fuzz --version $(CARGO_FUZZ_VERSION) --locked --root $(TOOLS) --target-dir target/tools

.PHONY: flamegraph-tools
flamegraph-tools: rust
	@scripts/require perf:linux-perf
	@test -x $(TOOLS)/bin/inferno-flamegraph || \
		cargo install inferno --version $(INFERNO_VERSION) --locked --root $(TOOLS) --target-dir target/tools

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "Python 3.10 or later is needed, and '$(PYTHON)' is not. Name another: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		scripts/require :python$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: requirements/demo.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes -r $<
	@touch $@

$(VENV)/.dev: requirements/dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes -r $<
	@touch $@ $(VENV)/.demo

$(VENV)/.extension: $(RUST_SOURCES) pyproject.toml | $(VENV)/.demo rust
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/maturin develop --release $(LOCKED)
	@touch $@

$(PEER_VENV)/.peer: requirements/peer.txt | $(VENV)/bin/python
	$(BIN)/python -m venv $(PEER_VENV)
	$(PEER_VENV)/bin/python -m pip install --quiet --require-hashes -r $<
	@touch $@

$(SUITE_VENV)/.suite: requirements/suite.txt | $(VENV)/bin/python
	$(BIN)/python -m venv $(SUITE_VENV)
	$(SUITE_VENV)/bin/python -m pip install --quiet --require-hashes -r $<
	@touch $@

$(BENCH_VENV)/.bench: requirements/bench.txt | $(VENV)/bin/python
	$(BIN)/python -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --require-hashes -r $<
	@touch $@

# Our package from a wheel, because the peer is installed from a wheel too.
$(BENCH_VENV)/.ours: $(RUST_SOURCES) $(PYTHON_SOURCES) pyproject.toml $(BENCH_VENV)/.bench | $(VENV)/.dev rust
	wheel=$$(mktemp -d) && trap 'rm -r "$$wheel"' EXIT && \
		$(BIN)/maturin build --release $(LOCKED) --quiet --out "$$wheel" && \
		$(BENCH_VENV)/bin/python -m pip install --quiet --no-deps --force-reinstall "$$wheel"/*.whl
	@touch $@

$(TOOLS)/uv/.installed: Makefile | $(VENV)/bin/python
	$(BIN)/python -m venv $(TOOLS)/uv
	$(TOOLS)/uv/bin/python -m pip install --quiet uv==$(UV_VERSION)
	@touch $@
