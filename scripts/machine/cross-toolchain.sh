# shellcheck shell=bash disable=SC2034
# Sourced by other scripts: a Rust toolchain that can build for targets other than this machine's.
#
# `cross_toolchain TARGET...` takes the toolchain on PATH if it has the standard library of every target
# (`rustup target add TARGET`). If it has not, and this is Debian, it takes Debian's rustc-web with the sources of
# the standard library, installing them where it may, and has cargo build the standard library itself. It sets
#   BUILD_STD      arguments for every cargo command that builds
#   CARGO_CLIPPY   the command that runs clippy with that toolchain

. "$(dirname "${BASH_SOURCE[0]}")/debian-packages.sh"

cross_toolchain() {
    local target
    BUILD_STD=()
    CARGO_CLIPPY=(cargo clippy)
    for target in "$@"; do
        if ! [ -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)" ]; then
            debian_packages rustc-web rust-web-src rust-web-clippy
            # rustup's cargo drives Debian's compiler, and may use -Z with it. The standard library has to be that
            # of the compiler, so rustup's own compiler cannot be used with Debian's sources.
            export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1
            BUILD_STD=(-Zbuild-std)
            CARGO_CLIPPY=(/usr/bin/cargo-clippy clippy)
            break
        fi
    done
    echo "$("${RUSTC:-rustc}" --version) for $*"
}
