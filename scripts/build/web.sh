#!/usr/bin/env bash
# Builds the npm package (target/npm/frame-compression) and the playground (target/web), which any static host serves.
#
#   scripts/build/web.sh          build both
#   scripts/build/web.sh serve    build both and serve the playground on this machine (PORT, default 8000)
#
# Needs the target wasm32-unknown-unknown (by rustup, or Debian), and Python to serve.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/machine/cross-toolchain.sh

target=wasm32-unknown-unknown
linker=$(find "$(rustc --print sysroot)/lib/rustlib" -name rust-lld -print -quit)
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="${linker:-rust-lld}"
cross_toolchain $target
# A target without unwinding.
if [ ${#BUILD_STD[@]} -gt 0 ]; then BUILD_STD=(-Zbuild-std=std,panic_abort); fi

package=target/npm/frame-compression
rm -rf target/npm target/web
mkdir -p $package target/web

# The module with vectors and the one without, in folders of their own so that neither is built anew for the other.
build() {
    cargo rustc --quiet --locked --release "${BUILD_STD[@]}" --target $target --target-dir "target/wasm/$1" \
        -p frame-compression-wasm --crate-type cdylib
    cp "target/wasm/$1/$target/release/frame_compression_wasm.wasm" "$package/$2"
}
build plain frame_compression.wasm
RUSTFLAGS="-C target-feature=+simd128" build simd128 frame_compression_simd.wasm

cp web/package/{index.js,index.d.ts,package.json,README.md} LICENSE-MIT LICENSE-APACHE $package/
cp web/playground/* target/web/
cp -r crates/frame-compression-cli/viewer $package target/web/
mv target/web/frame-compression target/web/package
mkdir target/web/images
cp assets/images/*.png target/web/images/

# The goal is a megabyte as it travels.
limit=1000000
for module in $package/*.wasm; do
    size=$(gzip -9c "$module" | wc -c)
    echo "$(basename "$module"): $(wc -c <"$module") bytes, $size compressed"
    if [ "$size" -gt $limit ]; then
        echo "$(basename "$module") is over $limit bytes compressed" >&2
        exit 1
    fi
done
echo "built $package and target/web"

if [ "${1:-}" = serve ]; then
    echo "http://127.0.0.1:${PORT:-8000}/ shows the playground"
    exec python3 -m http.server --bind 127.0.0.1 --directory target/web "${PORT:-8000}"
fi
