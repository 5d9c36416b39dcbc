#!/usr/bin/env bash
# Measures ours and the peers side by side, and writes docs/performance.md, and target/bench/performance.json and goals.md.
# BENCH_HEAVY=1 has the loading workers be PyTorch's, and Real-ESRGAN's own JPEG beside ours (6 GB of downloads).
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/machine/install-test-packages.sh
out=target/bench
mkdir -p $out
rm -f $out/*.json*
cargo build --quiet --release -p oracle --bins
venv=target/bench-venv
[ -x $venv/bin/python ] || python3 -m venv $venv
$venv/bin/python -m pip install --quiet --disable-pip-version-check numpy pillow opencv-python-headless
# What Python measures is the wheel.
make -s -C crates/frame-compression-python wheel >/dev/null

# Single-threaded work on one core, as libx265 and PyAV hand theirs to other threads.
pin=()
command -v taskset >/dev/null && pin=(taskset -c 0)
measure() {
    echo "=== $1"
    "${@:2}" | tee "$out/$1"
}
measure h264.jsonl "${pin[@]}" target/release/bench_h264
for preset in ultrafast superfast faster medium slow veryslow; do
    measure h264-$preset.jsonl "${pin[@]}" target/release/bench_h264 --preset $preset --size 512x512 --rounds 7
done
measure clips.jsonl "${pin[@]}" target/release/bench_clips
measure clips-threads.jsonl target/release/bench_clips --threads
measure h264-threads.jsonl target/release/bench_h264 --threads
measure h265.jsonl "${pin[@]}" target/release/bench_h265
measure h265-threads.jsonl target/release/bench_h265 5 threads
measure jpeg.jsonl "${pin[@]}" $venv/bin/python crates/oracle/python/bench_jpeg.py target/release/bench_jpeg
measure webp.jsonl "${pin[@]}" $venv/bin/python crates/oracle/python/bench_webp.py target/release/bench_webp
measure alone.jsonl "${pin[@]}" target/release/bench_alone
measure python.json make -s -C crates/frame-compression-python bench
measure loader.jsonl make -s -C crates/frame-compression-python "bench-loader${BENCH_HEAVY:+-heavy}"
python3 scripts/performance.py $out/*.json*
