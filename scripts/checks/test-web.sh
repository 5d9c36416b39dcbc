#!/usr/bin/env bash
# Builds the npm package and the playground, and tests the one in Node and the other in a headless Chromium.
#
# Needs node, and Debian's chromium (installed where that is allowed). SCREENSHOTS=FOLDER keeps pictures of the pages.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/machine/debian-packages.sh
. scripts/machine/programs.sh

debian_packages chromium
checksums=$(built examples/checksums -p frame-compression-capi --example checksums)
command=$(realpath "$(built frame-compression -p frame-compression-cli)")
"$checksums" >target/web-checksums.txt
scripts/build/web.sh
CHECKSUMS=$PWD/target/web-checksums.txt node --test web/tests/package.mjs

mkdir -p target/web-tests
cp web/tests/package.json target/web-tests/
npm install --prefix target/web-tests --no-audit --no-fund --silent
# Imports are looked for from where a file lies.
cp web/tests/{playground,report}.mjs target/web-tests/
sed -i 's#\.\./\.\./target/#../#; s#\.\./\.\./assets/#../../assets/#' target/web-tests/{playground,report}.mjs
NATIVE=$command node --test target/web-tests/{playground,report}.mjs
