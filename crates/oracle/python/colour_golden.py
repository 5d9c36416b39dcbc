#!/usr/bin/env python3
"""Writes golden vectors of the video codecs' colour conversion, as PyAV (libswscale) does it.

    python colour_golden.py ../../frame-compression/tests/golden/colour.txt

Needs PyAV 18 and NumPy on an x86-64 machine with AVX2: libswscale rounds differently elsewhere.
"""

import platform
import sys
import zlib

import av
import numpy as np

# Height x width; heights below 8 use other vertical weights in libswscale and are left out (docs/fidelity.md).
SIZES = [(8, 18), (10, 16), (18, 34), (34, 18), (64, 64), (66, 70), (98, 130), (100, 6), (300, 450), (512, 512),
         (768, 2), (768, 4), (720, 1280), (1080, 1920)]
KINDS = ["noise", "steps", "ramp"]


def splitmix(seed, count):
    """The first `count` bytes of SplitMix64, one a number, as test_pictures::Rng::byte gives them."""
    with np.errstate(over="ignore"):
        state = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(56)).astype(np.uint8)


def rgb(kind, height, width):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    if kind == "noise":
        return splitmix(height * 65536 + width, height * width * 3).reshape(height, width, 3)
    if kind == "steps":
        return np.where((x // 3 + y // 2 + c) % 3 == 0, 255, 0).astype(np.uint8)
    return ((x * 3 + y * 5 + c * 85) % 256).astype(np.uint8)


def crcs(planes):
    return " ".join(f"{zlib.crc32(np.ascontiguousarray(plane).tobytes()):08x}" for plane in planes)


def planes_of(frame):
    height, width = frame.height, frame.width
    yuv = frame.to_ndarray()
    flat = yuv.reshape(-1)
    luma, chroma = height * width, height * width // 4
    return flat[:luma], flat[luma:luma + chroma], flat[luma + chroma:luma + 2 * chroma]


def yuv_noise(height, width):
    """A frame of random luma and chroma, also outside the limited range."""
    data = splitmix(height * 131072 + width, height * width * 3 // 2)
    return av.VideoFrame.from_ndarray(data.reshape(height * 3 // 2, width), format="yuv420p"), data


def main(path):
    lines = [
        "# Colour conversion of the video codecs. Made by crates/oracle/python/colour_golden.py with",
        f"# PyAV {av.__version__}, libswscale {'.'.join(map(str, av.library_versions['libswscale']))}, {platform.machine()}.",
        "# to: kind height width crc32(Y) crc32(Cb) crc32(Cr); back: height width crc32(RGB) of random planes.",
    ]
    for height, width in SIZES:
        for kind in KINDS:
            frame = av.VideoFrame.from_ndarray(rgb(kind, height, width), format="rgb24").reformat(format="yuv420p")
            lines.append(f"to {kind} {height} {width} {crcs(planes_of(frame))}")
        frame, _ = yuv_noise(height, width)
        lines.append(f"back {height} {width} {crcs([frame.to_ndarray(format='rgb24')])}")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
