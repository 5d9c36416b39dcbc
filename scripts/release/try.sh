#!/usr/bin/env bash
# Installs the artefacts of a folder into fresh environments and runs an example from each.
#
#   scripts/release/try.sh target/dist
set -euo pipefail
dist=$(realpath "${1:?usage: scripts/release/try.sh FOLDER}")
cd "$(dirname "$0")/../.."
picture=$(realpath assets/images/coffee.png)
example=$(realpath crates/frame-compression-capi/examples/c/conditioning_image.c)
version=$(cargo pkgid -p frame-compression | sed 's/.*[#@]//')
host=$(rustc -vV | sed -n 's/^host: //p')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd "$dist" && sha256sum --check --quiet SHA256SUMS)

echo "== command"
tar -C "$work" -xzf "$dist/frame-compression-$version-$host.tar.gz"
folder=$work/frame-compression-$version-$host
"$folder/frame-compression" apply "$picture" -o "$work/command.png" --codec webp --quality 30 --metrics
"$folder/frame-compression" --version
bash -n "$folder/completions/frame-compression.bash"
grep -q '^.TH frame-compression' "$folder/man/frame-compression.1"

echo "== C"
tar -C "$work" -xzf "$dist/frame-compression-c-$version-$host.tar.gz"
folder=$work/frame-compression-c-$version-$host
export PKG_CONFIG_PATH=$folder/lib/pkgconfig
read -ra flags <<<"$(pkg-config --cflags --libs frame-compression)"
"${CC:-cc}" "$example" "${flags[@]}" -lm -o "$work/example"
LD_LIBRARY_PATH=$folder/lib "$work/example"

echo "== Python, wheel and sdist"
for package in "$dist"/*.whl "$dist"/frame_compression-*.tar.gz; do
    python3 -m venv --clear "$work/venv"
    "$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$package"
    (cd "$work" && "$work/venv/bin/python" - <<'PYTHON'
import numpy as np
from frame_compression import WebP, apply_compression_artifacts

image = np.random.default_rng(0).uniform(-1, 1, (1, 64, 96, 3)).astype(np.float32)
degraded = apply_compression_artifacts(image, "h264", crf=29)
assert degraded.shape == image.shape and (degraded != image).any()
assert (apply_compression_artifacts(image, WebP(quality=30)) != degraded).any()
PYTHON
    )
    "$work/venv/bin/python" -m frame_compression apply "$picture" -o "$work/python.png" --overwrite --codec webp --quality 30
    cmp "$work/command.png" "$work/python.png"
    echo "$(basename "$package"): installed, and gives the command's file"
done

echo "== npm"
mkdir "$work/npm"
npm install --silent --no-audit --no-fund --prefix "$work/npm" "$dist/frame-compression-$version.tgz"
cat >"$work/npm/example.mjs" <<'JAVASCRIPT'
import { applyCompressionArtifacts } from "frame-compression";

const image = { data: new Uint8ClampedArray(64 * 48 * 4).map((_, i) => (i * 7919) % 256), width: 64, height: 48 };
const degraded = await applyCompressionArtifacts(image, { codec: "h264", crf: 29 });
if (degraded.data.length !== image.data.length) throw new Error("another size");
JAVASCRIPT
node "$work/npm/example.mjs"

echo "== crate"
tar -C "$work" -xzf "target/package/frame-compression-$version.crate"
mkdir -p "$work/crate/src"
cat >"$work/crate/Cargo.toml" <<TOML
[package]
name = "stranger"
version = "0.0.0"
edition = "2024"

[dependencies]
frame-compression = { path = "../frame-compression-$version" }
TOML
# README's first example.
{
    echo 'fn main() -> Result<(), frame_compression::Error> {'
    awk '/^```rust$/ { on = 1; next } /^```$/ { if (on) exit } on' README.md | sed 's/^# //'
    echo '}'
} >"$work/crate/src/main.rs"
CARGO_TARGET_DIR=$work/crate/target cargo run --quiet --manifest-path "$work/crate/Cargo.toml"
echo "everything works from its package"
