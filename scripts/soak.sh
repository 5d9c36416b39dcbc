#!/usr/bin/env bash
# Compares random pictures with the reference encoders, hour after hour, at every SIMD level in turn.
#
#   SOAK_HOURS=2 SOAK_CODEC=jpeg scripts/soak.sh
#
# SOAK_CODEC is one of h264-veryfast, h264, h265, jpeg, webp, mpeg2, mpeg4, mjpeg, or `all` (the default), SOAK_HOURS how
# long (default 1), SOAK_CHUNK how many cases at a time (of MPEG a case is 32 pictures, otherwise one). How far each engine is stands in target/soak/*.next: a run that was stopped
# goes on there.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/machine/levels.sh

scripts/machine/install-test-packages.sh
cargo build --quiet --release -p oracle --bin soak
mkdir -p target/soak
seed=${SOAK_SEED:-1}
chunk=${SOAK_CHUNK:-1000}
codecs=(h264-veryfast h264 h265 jpeg webp mpeg2 mpeg4 mjpeg)
[ "${SOAK_CODEC:-all}" = all ] || codecs=("$SOAK_CODEC")
read -ra levels < <(levels)
end=$(($(date +%s) + $(awk "BEGIN { print int(3600 * ${SOAK_HOURS:-1}) }")))

status=0
while [ "$(date +%s)" -lt "$end" ]; do
    for codec in "${codecs[@]}"; do
        state=target/soak/$codec-$seed.next
        next=$(cat "$state" 2>/dev/null || echo 0)
        level=${levels[next / chunk % ${#levels[@]}]}
        FRAME_COMPRESSION_SIMD=$level target/release/soak "$codec" "$seed" "$next" "$chunk" || status=1
        echo $((next + chunk)) >"$state"
    done
done
for codec in "${codecs[@]}"; do
    echo "$codec: $(cat "target/soak/$codec-$seed.next") cases of seed $seed so far"
done
exit $status
