#!/usr/bin/env bash
# How much longer than for a photograph an engine can take: counts, with callgrind, the instructions for photographs and for
# pictures made to be hard, all of one size, and prints for each row the median photograph, the worst picture, and the ratio.
#
#   scripts/worst_pictures.sh [side] [how the settings begin]
set -euo pipefail
cd "$(dirname "$0")/.."

# Without the reference codecs, which need their libraries.
[ -n "${WORST_PICTURES:-}" ] || cargo build -q --release -p oracle --no-default-features --bin worst_pictures
program=${WORST_PICTURES:-target/release/worst_pictures}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# SSE2, since Valgrind 3.19 lacks an instruction of AVX. It writes a file each time the function `measured` is done.
FRAME_COMPRESSION_SIMD=sse2 valgrind --tool=callgrind --callgrind-out-file="$scratch/count" \
    --toggle-collect=worst_pictures::measured --dump-after=worst_pictures::measured \
    "$program" "$@" >"$scratch/rows" 2>"$scratch/log" || { cat "$scratch/log" >&2; exit 1; }

echo "| settings | median photograph | worst picture | its instructions | ratio |"
echo "|---|---|---|---|---|"
number=0
while read -r row; do
    number=$((number + 1))
    printf '%s\t%s\n' "$row" "$(awk '/^summary:|^totals:/ { print $2; exit }' "$scratch/count.$number")"
done <"$scratch/rows" >"$scratch/counted"
sort -t "$(printf '\t')" -k1,1 -k3,3n "$scratch/counted" | awk -F '\t' '
    function finish() {
        if (settings == "") return
        median = (of[int((photographs + 1) / 2)] + of[int(photographs / 2) + 1]) / 2
        printf "| `%s` | %d | %s | %d | %.2f |\n", settings, median, worst, most, most / median
        if (!(median > 0) || most > 4 * median) bad = 1
    }
    $1 != settings { finish(); settings = $1; photographs = 0 }
    $2 ~ /^photograph / { of[++photographs] = $3 }
    { worst = $2; most = $3 }
    END { finish(); exit bad }'
