#!/usr/bin/env bash
# Builds the npm package and the playground, and tests the one in Node and the other in a headless Chromium.
#
# Needs node, and Debian's chromium (installed where that is allowed). SCREENSHOTS=FOLDER keeps pictures of the pages.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/machine/debian-packages.sh

debian_packages chromium
checksums=$PWD/target/web-checksums.txt
cargo run --quiet --locked --release -p frame-compression-capi --example checksums >"$checksums"
cargo build --quiet --locked --release -p frame-compression-cli
scripts/build/web.sh
CHECKSUMS=$checksums node --test web/tests/package.mjs

mkdir -p target/web-tests
cp web/tests/package.json target/web-tests/
npm install --prefix target/web-tests --no-audit --no-fund --silent
# Imports are looked for from where a file lies.
cp web/tests/{playground,report}.mjs target/web-tests/
sed -i 's#\.\./\.\./target/#../#; s#\.\./\.\./assets/#../../assets/#' target/web-tests/{playground,report}.mjs
NATIVE=$PWD/target/release/frame-compression node --test target/web-tests/{playground,report}.mjs
