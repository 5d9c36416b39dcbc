#!/usr/bin/env bash
# Runs the library's tests as AArch64 code under qemu's user emulation: what proves the NEON kernels on a machine
# that is not one.
#
#   scripts/checks/test-aarch64.sh                            cargo test -p frame-compression
#   scripts/checks/test-aarch64.sh -p frame-compression neon  those arguments of `cargo test` in their place
#
# Debian only; the packages it needs are installed where it may. The standard library is built the first time (about
# four minutes of CPU), then kept below target/aarch64, or in CARGO_TARGET_DIR.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/machine/cross-toolchain.sh

target=aarch64-unknown-linux-gnu
debian_packages gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
cross_toolchain "$target"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target/aarch64}"
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
[ $# -gt 0 ] || set -- -p frame-compression
# Assertions and checks of overflow are those of the machine at hand; without them this builds in half the time.
export CARGO_PROFILE_TEST_DEBUG_ASSERTIONS=false CARGO_PROFILE_TEST_OVERFLOW_CHECKS=false
cargo test "${BUILD_STD[@]}" --target "$target" "$@"
