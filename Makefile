# `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help test ci fmt clippy doc floor-plan file-sizes links scripts fuzz fuzz-corpus deny bench clean-test-data

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile

test: ## Install what the tests need and run all of them, doc tests included
	@scripts/install-test-dependencies
	cargo test --workspace --no-fail-fast

ci: ## Everything that a change must pass, in one run
	@.ci/run

fmt: ## Format the code
	cargo fmt --all

clippy: ## Lint everything, warnings are errors
	cargo clippy --workspace --all-targets -- -D warnings

doc: ## Build the documentation, warnings are errors
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

floor-plan: ## Check that every arrow between the crates goes down as floor-plan.txt says
	@scripts/check-floor-plan

file-sizes: ## Check that the source files stay within the size limits
	@scripts/check-file-sizes

links: ## Check that no link in the documents leads nowhere
	@scripts/check-links

scripts: ## Test the checks themselves
	@python3 -B -m unittest discover --start-directory scripts/tests

fuzz: ## Look for inputs that break a target, FUZZ_SECONDS (60) each; ARGS="TARGET ..." for some only
	@scripts/fuzz $(ARGS)

fuzz-corpus: ## Run every fuzz target over its corpus
	cargo test --manifest-path fuzz/Cargo.toml --target-dir target

deny: ## Check licences, sources and banned crates of the dependencies (needs cargo-deny)
	@cargo deny --version >/dev/null 2>&1 || { echo "cargo-deny is missing: cargo install cargo-deny --locked"; exit 1; }
	cargo deny check bans licenses sources

bench: ## Measure against the references, print the table, write target/bench.json; ARGS="--quick" or "--only NAME"
	@scripts/install-bench-dependencies
	cargo run --release --manifest-path bench/Cargo.toml -- $(ARGS)

clean-test-data: ## Remove what test runs left behind (not the compiled code, not quash-data)
	rm -rf target/tmp target/test-data
