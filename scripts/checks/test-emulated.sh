#!/usr/bin/env bash
# Runs the library's tests as the code of another machine, under qemu's user emulation: 64-bit ARM proves the NEON kernels
# on a machine that is not one, s390x the order of bytes, i686 and i586 (which has no SSE2) words of 32 bits.
#
#   scripts/checks/test-emulated.sh aarch64                            cargo test -p frame-compression
#   scripts/checks/test-emulated.sh s390x -p frame-compression tensor  those arguments of `cargo test` in their place
#
# Debian only; the packages it needs are installed where it may. The standard library is built the first time (about
# four minutes of CPU), then kept below target/MACHINE, or in CARGO_TARGET_DIR.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/machine/cross-toolchain.sh

machine=${1:-}
case $machine in
    aarch64) libraries=arm64 gcc=aarch64 qemu=aarch64 ;;
    s390x) libraries=s390x gcc=s390x qemu=s390x ;;
    i686 | i586) libraries=i386 gcc=i686 qemu=i386 ;;
    *) echo "$0: machine '$machine' is not known: aarch64, s390x, i686 or i586" >&2 && exit 2 ;;
esac
shift
target=$machine-unknown-linux-gnu
debian_packages "gcc-$gcc-linux-gnu" "libc6-dev-$libraries-cross" qemu-user
cross_toolchain "$target"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target/$machine}"
name=${target^^}
name=CARGO_TARGET_${name//-/_}
export "${name}_LINKER=$gcc-linux-gnu-gcc" "${name}_RUNNER=qemu-$qemu -L /usr/$gcc-linux-gnu"
[ $# -gt 0 ] || set -- -p frame-compression
# Assertions and checks of overflow are those of the machine at hand; without them this builds in half the time.
export CARGO_PROFILE_TEST_DEBUG_ASSERTIONS=false CARGO_PROFILE_TEST_OVERFLOW_CHECKS=false
cargo test "${BUILD_STD[@]}" --target "$target" "$@"
