#!/usr/bin/env bash
# Makes the golden vectors anew from the reference codecs (provenance stands in each file). All but
# h264-machines.txt, which needs other machines and says which.
set -euo pipefail
cd "$(dirname "$0")/.."

for codec in h264 h264-presets h265 jpeg jpeg-sampling webp; do
    cargo run --quiet --release -p oracle --bin golden -- $codec
done

venv=target/golden-venv
[ -x $venv/bin/python ] || python3 -m venv $venv
$venv/bin/pip install --quiet 'av==18.*' numpy pillow
$venv/bin/python crates/oracle/python/colour_golden.py crates/frame-compression/tests/golden/colour.txt
cargo run --quiet --release -p oracle --bin golden -- h265-sources | $venv/bin/python crates/oracle/python/h265_golden.py
# ffmpeg has to be Debian 12's, whose conversions differ from PyAV's.
$venv/bin/python crates/oracle/python/colour_ffmpeg_golden.py crates/frame-compression/tests/golden/colour-ffmpeg.txt
$venv/bin/python crates/oracle/python/mpeg_golden.py crates/frame-compression/tests/golden

$venv/bin/pip install --quiet pillow opencv-python-headless
$venv/bin/python crates/oracle/python/golden_pillow.py
$venv/bin/python crates/oracle/python/golden_pillow_webp.py
