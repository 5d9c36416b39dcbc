#!/usr/bin/env bash
# Builds the command and the C library for a target, and packs each with its licences: the command with completions and manual
# pages, the library with its header and its pkg-config file. Writes to target/dist.
#
#   scripts/release/binaries.sh            for this machine
#   scripts/release/binaries.sh TARGET     for another one, whose standard library and linker have to be there
set -euo pipefail
cd "$(dirname "$0")/../.."

host=$(rustc -vV | sed -n 's/^host: //p')
target=${1:-$host}
version=$(cargo pkgid -p frame-compression | sed 's/.*[#@]//')
dist=$(mkdir -p target/dist && realpath target/dist)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
build=target/$target/release
cargo build --quiet --release --locked --target "$target" -p frame-compression-cli -p frame-compression-capi

# pack FOLDER: as zip for Windows, else as tar.gz.
pack() {
    cp LICENSE-MIT LICENSE-APACHE CHANGELOG.md "$stage/$1/"
    case $target in
        *windows*) (cd "$stage" && python3 -m zipfile -c "$dist/$1.zip" "$1") ;;
        *) tar -C "$stage" -czf "$dist/$1.tar.gz" "$1" ;;
    esac
    echo "packed $1"
}

# Completions and pages come out of the command itself: of one that runs here.
command=target/$target/release/frame-compression
if [ "$target" != "$host" ]; then
    cargo build --quiet --release --locked -p frame-compression-cli
    command=target/release/frame-compression
fi
name=frame-compression-$version-$target
mkdir -p "$stage/$name/completions" "$stage/$name/man"
cp "$build"/frame-compression{,.exe} "$stage/$name/" 2>/dev/null || [ -n "$(ls "$stage/$name"/frame-compression*)" ]
cp crates/frame-compression-cli/README.md "$stage/$name/"
for shell in bash zsh fish powershell elvish; do
    "$command" completions $shell >"$stage/$name/completions/frame-compression.$shell"
done
"$command" man --dir "$stage/$name/man" >/dev/null
pack "$name"

name=frame-compression-c-$version-$target
mkdir -p "$stage/$name"/{include,lib/pkgconfig}
cp crates/frame-compression-capi/README.md "$stage/$name/"
cp crates/frame-compression-capi/include/frame_compression.h "$stage/$name/include/"
find "$build" -maxdepth 1 -type f \( -name 'libframe_compression_c.a' -o -name 'libframe_compression_c.so' \
    -o -name 'libframe_compression_c.dylib' -o -name 'frame_compression_c.lib' -o -name 'frame_compression_c.dll' \
    -o -name 'frame_compression_c.dll.lib' \) -exec cp {} "$stage/$name/lib/" \;
case $target in
    *linux-gnu)
        # Programs look for the library by its major version.
        mv "$stage/$name/lib/libframe_compression_c.so" "$stage/$name/lib/libframe_compression_c.so.$version"
        ln -s "libframe_compression_c.so.$version" "$stage/$name/lib/libframe_compression_c.so.${version%%.*}"
        ln -s "libframe_compression_c.so.$version" "$stage/$name/lib/libframe_compression_c.so"
        needs="-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc"
        ;;
    *) needs= ;;
esac
# The folder may be put anywhere: pkg-config finds the rest from where the file lies.
sed -e "s|@PREFIX@|\${pcfiledir}/../..|" -e "s|@VERSION@|$version|" -e "s|@LIBS_PRIVATE@|$needs|" \
    crates/frame-compression-capi/frame-compression.pc.in >"$stage/$name/lib/pkgconfig/frame-compression.pc"
pack "$name"
