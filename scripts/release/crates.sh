#!/usr/bin/env bash
# Packs the crates in the order in which they are published, builds each out of its package as a stranger would, and checks what is
# in them.
#
#   scripts/release/crates.sh             pack, build and check; nothing leaves this machine
#   scripts/release/crates.sh --publish   then publish them (needs CARGO_REGISTRY_TOKEN)
set -euo pipefail
cd "$(dirname "$0")/../.."

crates=(frame-compression frame-compression-cli frame-compression-capi)
limit=1000000
packages=()
for crate in "${crates[@]}"; do packages+=(-p "$crate"); done

# A package lists less than the folder has, on purpose; cargo says so for each test.
cargo package --locked --quiet "${packages[@]}"

version=$(cargo pkgid -p frame-compression | sed 's/.*[#@]//')
folder=$(cargo metadata --format-version=1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/package
for crate in "${crates[@]}"; do
    package=$folder/$crate-$version.crate
    files=$(tar -tzf "$package")
    for needed in LICENSE-MIT LICENSE-APACHE README.md Cargo.toml src/lib.rs; do
        grep -qx "$crate-$version/$needed" <<<"$files" || { echo "$package has no $needed" >&2 && exit 1; }
    done
    size=$(wc -c <"$package")
    echo "$crate $version: $(wc -l <<<"$files") files, $size bytes"
    [ "$size" -le $limit ] || { echo "$package is over $limit bytes" >&2 && exit 1; }
done

if [ "${1:-}" = --publish ]; then
    # What depends on another waits until the registry has it: cargo does so.
    for crate in "${crates[@]}"; do cargo publish --locked -p "$crate"; done
fi
