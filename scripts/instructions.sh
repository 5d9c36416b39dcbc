#!/usr/bin/env bash
# Counts the instructions of one 512x512 picture through each codec, with callgrind: the same number on every run,
# whatever else the machine does. Compares with the numbers committed in docs/instructions.txt.
#
#   scripts/instructions.sh            print, and fail where a count is over 2 % above the committed one
#   scripts/instructions.sh --update   write the counts to docs/instructions.txt
set -euo pipefail
cd "$(dirname "$0")/.."

record=docs/instructions.txt
# Without the reference codecs, which need their libraries.
cargo build -q --release -p oracle --no-default-features --bin count_instructions
program=target/release/count_instructions
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Instructions of a whole run.
count() {
    valgrind --tool=callgrind --callgrind-out-file="$scratch/out" "$program" "$@" 2>"$scratch/err" ||
        { cat "$scratch/err" >&2; exit 1; }
    awk '/^summary:|^totals:/ { print $2; exit }' "$scratch/out"
}

table=$(mktemp -p "$scratch")
for codec in $($program); do
    for what in planes call; do
        for level in scalar avx2; do
            # Two runs of different length: start-up and the first picture's allocations fall out.
            short=$(FRAME_COMPRESSION_SIMD=$level count $codec $what 1)
            long=$(FRAME_COMPRESSION_SIMD=$level count $codec $what 2)
            echo "$codec $what $level $((long - short))" | tee -a "$table"
        done
    done
done

if [ "${1:-}" = --update ]; then
    {
        echo "# Instructions of one 512x512 photograph (scripts/instructions.sh): codec, planes (filling them included) or whole u8 RGB call, level, count."
        echo "# $(rustc --version), $(valgrind --version)"
        cat "$table"
    } >$record
    exit
fi
awk 'NR == FNR { if ($0 !~ /^#/) old[$1 " " $2 " " $3] = $4; next }
    { key = $1 " " $2 " " $3
      if (!(key in old)) { print key ": not in the record"; bad = 1 }
      else if ($4 > old[key] * 1.02) { printf "%s: %d, over 2 %% above %d\n", key, $4, old[key]; bad = 1 } }
    END { exit bad }' $record "$table"
