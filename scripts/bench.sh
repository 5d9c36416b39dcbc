#!/usr/bin/env bash
# Measures ours and the peers side by side, and writes docs/performance.md and target/bench/performance.json.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-test-packages.sh
out=target/bench
mkdir -p $out
cargo build --quiet --release -p oracle --bins
cargo build --quiet --release -p frame-compression --example bench_alone

# One core, as libx265 and PyAV hand work to other threads.
pin=()
command -v taskset >/dev/null && pin=(taskset -c 0)
for program in bench_h264 bench_h265 bench_jpeg; do
    echo "=== $program"
    "${pin[@]}" target/release/$program | tee $out/$program.jsonl
done
echo "=== two threads"
target/release/bench_wavefront | tee $out/bench_wavefront.jsonl
echo "=== alone"
target/release/examples/bench_alone | tee $out/bench_alone.jsonl
echo "=== Python's peers"
make -s -C crates/frame-compression-python bench >$out/python.jsonl
python3 scripts/performance.py $out/*.jsonl
