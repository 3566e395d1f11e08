# `make` alone lists the targets. Each target installs what it needs and is quick when nothing has changed.
# Needed beforehand: Rust, Node.js 20 or later, Python 3; on Debian, apt-get for the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help

# The sources of the library for JavaScript. Changes in the rooms left out, such as src/cli, do not build it again.
library := $(shell find src data build.rs Cargo.toml Cargo.lock idna_adapter xtask \
	\( -path src/alert -o -path src/bundle -o -path src/catch -o -path src/cli -o -path src/client -o -path src/export -o -path src/milter -o -path src/gateway -o -path src/lint -o -path src/scan -o -path src/server \
	-o -path src/store -o -path src/twins -o -path src/mail.rs -o -path src/net.rs -o -path src/main.rs \) -prune -o -type f -print)
program := $(shell find src -type f)
pages := $(shell find www -type f)

web := dist/checker/web/milguard.js
script := dist/checker/script/milguard.js
icons := dist/outlook/icons/icon-128.png
launchevent := dist/outlook/launchevent.js
lesson := dist/learn/index.html
www := dist/www/index.html
pages_zip := dist/packed/.done
thunderbird := dist/thunderbird/milguard.xpi
packages := node_modules/.package-lock.json
lint := target/tools/lint

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: target/release/milguard ## build, then serve everything on https://localhost:8443, with its data in var/
	target/release/milguard serve --state var

.PHONY: build
build: target/release/milguard $(web) $(script) $(www) ## build the program, the checker for JavaScript and the pages

.PHONY: check
check: $(www) $(packages) ## check what a change may break: format, lints, types, unit tests, corpora
	scripts/check

.PHONY: test
test: ## build, and run every test: Rust, JavaScript, browser, Thunderbird (installs both, and PostgreSQL)
	scripts/prepare-tests
	node scripts/run-tests.js

.PHONY: e2e
e2e: build ## run the tests in a browser, in mail servers and in Thunderbird alone
	scripts/install-chromium
	scripts/install-officejs
	scripts/install-thunderbird
	scripts/install-mail-servers
	node scripts/run-tests.js e2e e2e-outlook gateway thunderbird-newest thunderbird-previous

# The program to pack. PROGRAM=target/release/milguard packs the one from `make build` and saves minutes of optimising.
PROGRAM ?= target/dist/milguard
.PHONY: dist
dist: $(PROGRAM) $(thunderbird) $(packages) ## make a release's packages in dist/release
	scripts/install-package-tools
	scripts/dist $(PROGRAM)

.PHONY: lint
lint: $(www) $(packages) $(lint) ## check format, lints, types, licences, spelling, prose
	cargo fmt --all --check
	cargo clippy --locked --release --workspace --all-targets -- -D warnings
	cargo clippy --locked --release --lib --target wasm32-unknown-unknown -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --release --no-deps --lib
	node_modules/.bin/tsc --project jsconfig.json
	node_modules/.bin/tsc --project jsconfig.www.json
	node_modules/.bin/eslint --max-warnings=0 .
	target/tools/bin/cargo-deny --locked check bans licenses sources
	target/tools/bin/typos
	scripts/lint-prose

.PHONY: bench
bench: build ## measure: native, next to other checkers, false alarms on npm's lists, at Send in Outlook
	scripts/install-domain-lists
	cargo bench --locked --bench detect --bench policy
	node benches/compare/main.js
	node benches/compare/internet.js
	node benches/outlook/main.js

.PHONY: bench-backend
bench-backend: build ## measure the backend next to its database and to nginx (installs PostgreSQL, nginx, wrk)
	scripts/install-postgresql
	scripts/install-bench-tools
	cargo bench --locked --bench backend

.PHONY: bench-thunderbird
bench-thunderbird: build ## measure Thunderbird with the add-in, next to one without it
	scripts/install-thunderbird
	node benches/thunderbird/main.js

.PHONY: bench-gateway
bench-gateway: target/release/milguard ## measure the milter in Postfix, and milguard catch (installs mail servers)
	scripts/install-mail-servers
	node benches/gateway/main.js

.PHONY: bench-scan
bench-scan: target/release/milguard ## measure milguard scan on a log of 1 GB, next to ripgrep (installs it)
	scripts/install-ripgrep
	scripts/bench-scan

.PHONY: bench-spark
bench-spark: target/release/milguard ## measure shards of a scan in Apache Spark, on one worker and two (installs it)
	scripts/install-spark
	scripts/bench-spark

.PHONY: bench-twins
bench-twins: target/release/milguard ## measure the look-alikes beside dnstwist and twistrs (installs both)
	scripts/install-twins-tools
	node benches/twins/main.js

.PHONY: fuzz
fuzz: ## fuzz the parser, the domain code and whole checks, 5 minutes each
	scripts/fuzz

.PHONY: clean
clean: ## remove everything that was built or installed here
	rm -rf target dist node_modules

# ---- building -----------------------------------------------------------------------------------

# The program contains the pages.
target/release/milguard: $(program) $(library) $(pages_zip)
	cargo build --locked --release --bin milguard
	@touch $@

target/dist/milguard: $(program) $(library) $(pages_zip) scripts/build-program
	scripts/build-program
	@touch $@

$(web): $(library) $(packages) scripts/build-checker target/wasm-toolchain
	scripts/build-checker web

# After $(web): two linkers side by side need twice the memory and are no faster.
$(script): $(library) $(packages) scripts/build-checker scripts/bundle-script.js target/wasm-toolchain | $(web)
	scripts/build-checker script

$(thunderbird): $(web) $(pages) data/policy/default.json scripts/build-thunderbird
	scripts/build-thunderbird
	@touch $@

# One run draws all sizes; make compares the time of the largest only.
$(icons): www/shared/milguard.svg scripts/draw-icons.js $(packages)
	node scripts/draw-icons.js
	@touch $@

$(launchevent): $(script) $(pages) data/policy/default.json scripts/build-outlook.js
	node scripts/build-outlook.js

# One run writes all languages; make compares the time of the English file only.
$(lesson): $(script) $(pages) scripts/build-learn.js
	node scripts/build-learn.js

$(www): $(web) $(thunderbird) $(pages) $(icons) $(launchevent) $(lesson) scripts/assemble
	scripts/assemble
	@touch $@

# scripts/pack-pages does not touch an archive whose content is the same, so .done records when this last ran.
$(pages_zip): $(www) scripts/compress-pages.js scripts/pack-pages
	node scripts/compress-pages.js
	scripts/pack-pages
	@touch $@

# ---- installing ---------------------------------------------------------------------------------

$(packages): package.json package-lock.json .npmrc
	npm ci
	@touch $@

# Checked every time, since a new compiler may lack what the old one had; the file is written only when it changes.
target/wasm-toolchain: force
	@scripts/wasm-toolchain $@

$(lint): scripts/install-lint-tools
	scripts/install-lint-tools
	@touch $@

.PHONY: force
force:
