# The project's commands. `make` lists them.

.DEFAULT_GOAL := help
.PHONY: soak web npm serve test-web help demo test test-full test-rust test-oracle test-heavy bench instructions docs golden site release-dry-run wheel install-capi check-apple check-wasm test-swift test-aarch64

help: ## list the commands
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## put H.264's artifacts into a photograph of this repository
	cargo run --release --quiet -p frame-compression-cli -- apply assets/images/coffee.png -o coffee-h264.png --overwrite --metrics

test: ## install what the tests need (Debian: as root or with sudo) and run everything
	scripts/test.sh

test-full: ## the same with every exactness suite at its full size (hours)
	FRAME_COMPRESSION_FULL=1 scripts/test.sh

test-rust: ## what needs nothing but Rust
	scripts/test.sh rust

test-oracle: ## the exactness suites against the reference codecs alone
	scripts/test.sh oracle

test-heavy: ## the Python package beside PyTorch, Ray, LTX's own code and others (6 GB of downloads)
	scripts/test.sh heavy

bench: ## measure against the peers side by side; writes docs/performance.md and target/bench/*.json
	scripts/bench.sh

instructions: ## count instructions with callgrind and compare them with docs/instructions.txt: repeatable on any machine
	scripts/instructions.sh

docs: ## the library's documentation with all features
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --all-features -p frame-compression

site: ## build the documentation as a site (target/site); scripts/build/site.sh serve shows it
	scripts/build/site.sh

release-dry-run: ## make every artefact of a release that this machine can make (target/dist), and try each
	scripts/release/dry-run.sh

golden: ## make the golden vectors anew from the reference codecs
	scripts/golden.sh

wheel: ## build the Python wheel
	$(MAKE) -C crates/frame-compression-python wheel

install-capi: ## install the C library, header and pkg-config file below PREFIX (default /usr/local)
	scripts/build/install-capi.sh

check-apple: ## check, lint and link for Apple's targets (Debian: as root or with sudo)
	scripts/apple/check-apple.sh

check-wasm: ## check and lint for WebAssembly
	scripts/checks/check-wasm.sh

test-swift: ## build and test the Swift package (needs Swift 5.9 or later)
	scripts/checks/test-swift.sh

test-aarch64: ## run the library's tests as 64-bit ARM code under qemu
	scripts/checks/test-emulated.sh aarch64

soak: ## compare random pictures with the reference codecs for SOAK_HOURS hours (default 1), SOAK_CODEC all or one; goes on where it stopped
	scripts/soak.sh

web: ## build the playground (target/web, for any static host) and the npm package
	scripts/build/web.sh

npm: web ## build the npm package (target/npm/frame-compression)

serve: ## build the playground and show it at http://127.0.0.1:8000
	scripts/build/web.sh serve

test-web: ## test the npm package in Node and the playground in a headless Chromium
	scripts/checks/test-web.sh
