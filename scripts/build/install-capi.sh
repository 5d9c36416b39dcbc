#!/usr/bin/env bash
# Builds the C library and installs it with its header and its pkg-config file.
#
#   scripts/build/install-capi.sh                       below /usr/local
#   PREFIX=$HOME/.local scripts/build/install-capi.sh   below another folder
#   DESTDIR=stage scripts/build/install-capi.sh         the same layout inside `stage`, for packages
set -euo pipefail
cd "$(dirname "$0")/../.."

prefix=${PREFIX:-/usr/local}
root=${DESTDIR:-}$prefix
crate=crates/frame-compression-capi
name=libframe_compression_c
target=$(cargo metadata --format-version=1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

# rustc tells which system libraries a program needs that links the static library.
needs=$(cargo rustc --release --locked -p frame-compression-capi --lib -- --print native-static-libs 2>&1 |
    tee /dev/stderr | sed -n 's/.*native-static-libs: //p' | tail -1)
version=$(cargo pkgid -p frame-compression-capi | sed 's/.*[#@]//')

install -d "$root/include" "$root/lib/pkgconfig"
install -m 644 "$crate/include/frame_compression.h" "$root/include/"
install -m 644 "$target/release/$name.a" "$root/lib/"
if [ "$(uname -s)" = Darwin ]; then
    install -m 755 "$target/release/$name.dylib" "$root/lib/$name.$version.dylib"
    ln -sf "$name.$version.dylib" "$root/lib/$name.${version%%.*}.dylib"
    ln -sf "$name.$version.dylib" "$root/lib/$name.dylib"
else
    install -m 755 "$target/release/$name.so" "$root/lib/$name.so.$version"
    ln -sf "$name.so.$version" "$root/lib/$name.so.${version%%.*}"
    ln -sf "$name.so.$version" "$root/lib/$name.so"
fi
sed -e "s|@PREFIX@|$prefix|" -e "s|@VERSION@|$version|" -e "s|@LIBS_PRIVATE@|$needs|" \
    "$crate/frame-compression.pc.in" >"$root/lib/pkgconfig/frame-compression.pc"
echo "installed frame-compression $version below $root"
