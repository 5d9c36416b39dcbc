#!/usr/bin/env bash
# Makes every artefact of a release that this machine can make, in target/dist, with checksums, and tries each in an environment
# of its own, as a stranger would. Publishes nothing.
#
# Needs Rust, Python with venv, node with npm, a C compiler and pkg-config.
set -euo pipefail
cd "$(dirname "$0")/../.."

rm -rf target/dist
mkdir -p target/dist
dist=$(realpath target/dist)
scripts/release/crates.sh
scripts/release/binaries.sh
make -s -C crates/frame-compression-python wheel >/dev/null
cp target/python/dist/* "$dist/"
scripts/build/web.sh
npm pack --silent --pack-destination "$dist" ./target/npm/frame-compression
scripts/release/notes.sh Unreleased >"$dist/NOTES.md"
(cd "$dist" && sha256sum -- * >SHA256SUMS)
scripts/release/try.sh "$dist"
cat "$dist/SHA256SUMS"
