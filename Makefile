# `make` alone lists the targets. Each installs what it needs and is quick when nothing has changed.
# Needed beforehand: Rust, Node.js 20 or later, Python 3; on Debian, apt-get for the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help

# What the library for JavaScript is made of; a change of the command line leaves it alone.
library := $(shell find src data build.rs Cargo.toml Cargo.lock xtask \
	\( -path src/cli -o -path src/server -o -path src/main.rs \) -prune -o -type f -print 2>/dev/null)
program := $(shell find src -type f)

web := dist/checker/web/milguard.js
script := dist/checker/script/milguard.js
packages := node_modules/.package-lock.json

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

.PHONY: build
build: target/release/milguard $(web) $(script) ## build the program, both checkers for JavaScript and the page

.PHONY: clean
clean: ## remove everything that was built or installed here
	rm -rf target dist node_modules

# ---- building -----------------------------------------------------------------------------------

target/release/milguard: $(program) $(library)
	cargo build --locked --release --bin milguard
	@touch $@

$(web): $(library) $(packages) scripts/build-checker target/wasm-toolchain
	scripts/build-checker web

# After the other one: two linkers side by side would double the memory and win nothing.
$(script): $(library) $(packages) scripts/build-checker scripts/bundle-script.js target/wasm-toolchain | $(web)
	scripts/build-checker script

# ---- installing ---------------------------------------------------------------------------------

$(packages): package.json package-lock.json .npmrc
	npm ci
	@touch $@

# Looked at every time, since a new compiler may lack what the old one had; written when it changes.
target/wasm-toolchain: force
	@scripts/wasm-toolchain $@

.PHONY: force
force:
