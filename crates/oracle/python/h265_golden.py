#!/usr/bin/env python3
"""Golden vectors of H.265 from the libx265 inside PyAV: the release that is the default.

    pip install 'av==18.*' numpy pillow
    cargo run --release -p oracle --bin golden -- h265-sources | python crates/oracle/python/h265_golden.py

Writes crates/frame-compression/tests/golden/h265-4.2.txt: the vectors of h265.txt, coded and decoded by PyAV.
"""

import sys
import zlib
from pathlib import Path

import av
import numpy as np

from h265_compare import reference

GOLDEN = Path(__file__).resolve().parents[2] / "frame-compression/tests/golden/h265-4.2.txt"
HEADER = f"""\
# Checksums of the pictures that libx265 4.2 leaves of generated ones.
# Made by crates/oracle/python/h265_golden.py from the sources of `golden h265-sources`.
# Library: the libx265 inside PyAV {av.__version__}, decoded by the same PyAV
# Settings: CRF, one IDR frame
# content width height crf preset tune fps release crc32(Y) crc32(Cb) crc32(Cr)
"""


def main():
    lines = []
    while line := sys.stdin.buffer.readline().decode().strip():
        _, width, height, crf, preset, tune, fps = line.split()
        width, height = int(width), int(height)
        samples = np.frombuffer(sys.stdin.buffer.read(width * height * 3 // 2), np.uint8)
        decoded = reference(samples, width, height, crf, preset, tune, fps).tobytes()
        luma, chroma = width * height, width * height // 4
        planes = decoded[:luma], decoded[luma : luma + chroma], decoded[luma + chroma :]
        lines.append(" ".join([line, "4.2", *(f"{zlib.crc32(plane):08x}" for plane in planes)]))
    GOLDEN.write_text(HEADER + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
