# shellcheck shell=bash
# Sourced by other scripts: the programs of this tree that they need.
#
# `built FILE PACKAGE...` prints where a file is: below BUILT, a folder in which `cargo test` has built this state of the tree, or
# in that of a release build, which it makes then. FILE is relative to either, PACKAGE what names it to `cargo build`.

built() {
    local file=$1
    shift
    if [ -n "${BUILT:-}" ]; then
        echo "$BUILT/$file"
    else
        cargo build --quiet --locked --release "$@"
        echo "${CARGO_TARGET_DIR:-target}/release/$file"
    fi
}
