#!/usr/bin/env bash
# Counts the instructions of one picture through each codec and preset, with callgrind: the same number on every run,
# whatever else the machine does. Compares with the numbers committed in docs/instructions.txt.
#
#   scripts/instructions.sh            print, and fail where a count is over 2 % above the committed one
#   scripts/instructions.sh --update   write the counts to docs/instructions.txt
set -euo pipefail
cd "$(dirname "$0")/.."

record=docs/instructions.txt
if [ "$(uname -m)" != x86_64 ] || ! grep -qw avx2 /proc/cpuinfo; then
    echo "$record is of x86-64 with AVX2: nothing to compare with here"
    exit
fi
# Without the reference codecs, which need their libraries.
cargo build -q --release -p oracle --no-default-features --bin count_instructions
program=target/release/count_instructions
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Every row at a level, in one run: callgrind counts while the function `measured` is at work, and writes a file each
# time it is done. The program prints the names of the rows in the same order.
count() {
    local level=$1 number=0 row
    # glibc copies memory in another way on each kind of processor; here it is to be the oldest way on all.
    GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM,-SSSE3,-SSE4_1,-SSE4_2 \
        FRAME_COMPRESSION_SIMD=$level valgrind --tool=callgrind --callgrind-out-file="$scratch/$level" \
        --toggle-collect=count_instructions::measured --dump-after=count_instructions::measured \
        "$program" >"$scratch/rows.$level" 2>"$scratch/log.$level" || { cat "$scratch/log.$level" >&2; return 1; }
    while read -r row; do
        number=$((number + 1))
        echo "$row $(awk '/^summary:|^totals:/ { print $2; exit }' "$scratch/$level.$number")"
    done <"$scratch/rows.$level"
}

# Two at a time.
count sse2 >"$scratch/table.sse2" &
count scalar >"$scratch/table.scalar"
count avx2 >"$scratch/table.avx2"
wait $!
table=$scratch/sorted
cat "$scratch"/table.* | sort | tee "$table"

compiler=$(rustc --version)
if [ "${1:-}" = --update ]; then
    {
        echo "# Instructions of one 256x256 piece of a photograph (scripts/instructions.sh): settings, planes or whole u8 RGB call, level, count."
        echo "# $compiler, $(valgrind --version)"
        cat "$table"
    } >$record
    exit
fi
if ! grep -qF "# $compiler," $record; then
    echo "The record is another compiler's ($(sed -n 's/^# \(rustc [^,]*\),.*/\1/p' $record)), this is $compiler: not compared"
    exit
fi
awk 'NR == FNR { if ($0 !~ /^#/) old[$1 " " $2 " " $3] = $4; next }
    { key = $1 " " $2 " " $3; seen[key] = 1
      if (!(key in old)) { print key ": not in the record"; bad = 1 }
      else if (!($4 > 0)) { print key ": nothing was counted"; bad = 1 }
      else if ($4 > old[key] * 1.02) { printf "%s: %d, over 2 %% above %d\n", key, $4, old[key]; bad = 1 } }
    END { for (key in old) if (!(key in seen)) { print key ": in the record alone"; bad = 1 }
          exit bad }' $record "$table"
