#!/usr/bin/env bash
# Builds and tests the Swift package against the C library of this tree.
#
#   scripts/checks/test-swift.sh                   installs the C library into a folder of its own first (needs cargo)
#   scripts/checks/test-swift.sh PREFIX            takes the C library that is installed below PREFIX
#
# Needs Swift 5.9 or later: Xcode, swift.org's toolchain, or Debian 13's package swiftlang (with swiftlang-dev, g++ and
# pkg-config).
set -euo pipefail
cd "$(dirname "$0")/../.."

prefix=${1:-$(pwd)/target/test-swift/prefix}
if [ $# -eq 0 ]; then
    rm -rf "$prefix"
    PREFIX=$prefix scripts/build/install-capi.sh
    # A Mac's test runner takes no search path from the environment: there the static library is tested.
    if [ "$(uname -s)" = Darwin ]; then rm "$prefix"/lib/*.dylib; fi
fi
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
swift test --package-path swift --scratch-path target/test-swift/build
swift run --package-path swift --scratch-path target/test-swift/build conditioning-image
