#!/usr/bin/env bash
# Type-checks and lints the code for Apple's platforms on a machine that is not a Mac, warnings denied, and links the
# command and the C library as Mach-O against stubs of the frameworks. It shows that types, signatures and names are
# right. Nothing is run: for that, see the macOS jobs of the workflow.
#
#   scripts/apple/check-apple.sh            everything
#   scripts/apple/check-apple.sh --no-link  leave the link out
#
# Needs Debian (or the three targets' standard libraries, by rustup), cargo, and for the link Python with venv. What is
# missing is installed where it may; everything built is kept below target/apple, or in CARGO_TARGET_DIR.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/machine/cross-toolchain.sh

targets=(aarch64-apple-darwin x86_64-apple-darwin aarch64-apple-ios)
zig_version=0.15.2
packages=()
for package in frame-compression frame-compression-cli frame-compression-capi; do
    if [ -d "crates/$package" ]; then packages+=(-p "$package"); fi
done

cross_toolchain "${targets[@]}"
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target/apple}"
export CARGO_TARGET_DIR
# The tests are the same for all: they are linted for the first.
what=(--all-targets)
for target in "${targets[@]}"; do
    echo "== $target"
    "${CARGO_CLIPPY[@]}" --quiet --locked "${BUILD_STD[@]}" --target "$target" "${what[@]}" "${packages[@]}" -- -D warnings
    what=(--lib --bins)
done
[ "${1:-}" != --no-link ] || exit 0

echo "== link for ${targets[0]}"
tools=$(realpath "$CARGO_TARGET_DIR")/link-$zig_version
if ! [ -x "$tools/bin/python" ]; then
    python3 -m venv "$tools" || { debian_packages python3-venv && python3 -m venv "$tools"; }
fi
"$tools/bin/python" -m pip install --quiet --disable-pip-version-check "ziglang==$zig_version"
# Nothing is left outside of the repository, nor hangs on what others left there.
export ZIG_GLOBAL_CACHE_DIR="$tools/cache" ZIG_LOCAL_CACHE_DIR="$tools/cache"
python3 scripts/apple/framework_stubs.py "$tools/sdk"
cat >"$tools/linker" <<LINKER
#!/bin/sh
# zig knows no -exported_symbols_list; the link then exports more, and checks the same.
for argument; do
    shift
    case "\$argument" in
        -Wl,-exported_symbols_list) skip=1 ;;
        *) if [ "\${skip:-}" ]; then skip=; else set -- "\$@" "\$argument"; fi ;;
    esac
done
exec "$tools/bin/python" -m ziglang cc -target aarch64-macos.11.0 \\
    -F "$tools/sdk/System/Library/Frameworks" -L "$tools/sdk/usr/lib" "\$@"
LINKER
chmod +x "$tools/linker"
export SDKROOT="$tools/sdk" CARGO_TARGET_AARCH64_APPLE_DARWIN_LINKER="$tools/linker"
# Without debugging information cargo strips what it links, by a program for Mach-O that not every toolchain brings.
CARGO_PROFILE_DEV_STRIP=none cargo build --quiet --locked "${BUILD_STD[@]}" --target "${targets[0]}" "${packages[@]}"
find "$CARGO_TARGET_DIR/${targets[0]}/debug" -maxdepth 1 \( -name '*.dylib' -o -name frame-compression \) -exec file {} +
