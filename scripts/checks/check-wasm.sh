#!/usr/bin/env bash
# Type-checks and lints the library for WebAssembly, warnings denied, then runs the C interface built for
# wasm32-unknown-unknown in node and compares its pictures with those of this machine.
#
#   scripts/checks/check-wasm.sh            everything
#   scripts/checks/check-wasm.sh --no-run   leave the run out
#
# Needs the targets' standard libraries (by rustup, or Debian), and node for the run. Everything built is kept below
# target/wasm/plain, as scripts/build/web.sh has it, or in CARGO_TARGET_DIR.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/machine/cross-toolchain.sh
. scripts/machine/programs.sh

targets=(wasm32-unknown-unknown wasm32-wasip1)
# A linker for WebAssembly comes with the toolchain on PATH.
linker=$(find "$(rustc --print sysroot)/lib/rustlib" -name rust-lld -print -quit)

# What this machine gives, before another toolchain is chosen.
if [ "${1:-}" != --no-run ]; then
    command -v node >/dev/null || { echo "node is not installed; --no-run leaves the run out" >&2 && exit 1; }
    checksums=$(built examples/checksums -p frame-compression-capi --example checksums)
    expected=$("$checksums")
fi
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target/wasm/plain}"
export CARGO_TARGET_DIR CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="${linker:-rust-lld}"

cross_toolchain "${targets[@]}"
# A target without unwinding.
if [ ${#BUILD_STD[@]} -gt 0 ]; then BUILD_STD=(-Zbuild-std=std,panic_abort); fi
for target in "${targets[@]}"; do
    echo "== $target"
    "${CARGO_CLIPPY[@]}" --quiet --locked "${BUILD_STD[@]}" --target "$target" -p frame-compression -p frame-compression-capi -- -D warnings
done
if [ -z "${expected:-}" ]; then
    echo "not run, as was asked for"
    exit 0
fi

echo "== run in node"
# The release profile, as what is compared is what would be shipped.
cargo rustc --quiet --locked --release "${BUILD_STD[@]}" --target "${targets[0]}" -p frame-compression-capi --crate-type cdylib
module=$CARGO_TARGET_DIR/${targets[0]}/release/frame_compression_c.wasm
given=$(node scripts/checks/run-wasm.mjs "$module")
if [ "$given" != "$expected" ]; then
    diff <(echo "$expected") <(echo "$given") >&2 || true
    echo "WebAssembly gives other pictures than this machine" >&2
    exit 1
fi
echo "$(wc -l <<<"$given") pictures of WebAssembly are those of this machine"
