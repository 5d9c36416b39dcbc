#!/usr/bin/env python3
"""Writes golden vectors of libswscale's conversions of colours: PyAV's and the ffmpeg command's, limited and full range,
4:2:0, 4:2:2 and 4:4:4, at even and odd sizes, as x86-64 and as other machines have them.

    python colour_ffmpeg_golden.py ../../frame-compression/tests/golden/colour-ffmpeg.txt

Needs PyAV 18, NumPy and Debian 12's ffmpeg on an x86-64 machine with AVX2. What other machines give is had by hiding the
CPU's features from FFmpeg.
"""

import ctypes
import glob
import os
import subprocess
import sys

import av
import numpy as np

from colour_golden import crcs, rgb, splitmix

# Width x height.
EVEN = [(2, 2), (4, 4), (6, 6), (8, 8), (16, 10), (34, 12), (18, 14), (34, 18), (48, 32), (66, 70), (130, 98)]
ODD = [(1, 1), (3, 1), (1, 3), (2, 3), (3, 2), (5, 5), (4, 5), (7, 7), (8, 7), (9, 9), (6, 9), (11, 11), (35, 13), (34, 15),
       (35, 16), (33, 17), (35, 33), (70, 67), (67, 70), (101, 131)]
FORMATS = {"420": "yuv420p", "422": "yuv422p", "444": "yuv444p"}
FACTORS = {"420": (2, 2), "422": (2, 1), "444": (1, 1)}


def sizes_of_planes(width, height, subsampling):
    across, down = FACTORS[subsampling]
    return [(width, height)] + 2 * [(-(-width // across), -(-height // down))]


def pix_fmt(subsampling, full):
    return FORMATS[subsampling].replace("yuv", "yuvj") if full else FORMATS[subsampling]


def split(data, sizes):
    planes, at = [], 0
    for width, height in sizes:
        planes.append(np.frombuffer(data, np.uint8, width * height, at).reshape(height, width))
        at += width * height
    return planes


class PyAv:
    """Conversions by PyAV; bicubic, they are those of an ffmpeg command of the same release."""

    def __init__(self, interpolation):
        self.interpolation = interpolation

    def forward(self, picture, subsampling, full):
        height, width, _ = picture.shape
        frame = av.VideoFrame(width, height, "rgb24")
        fill(frame.planes[0], picture.reshape(height, 3 * width))
        frame = frame.reformat(format=pix_fmt(subsampling, full), interpolation=self.interpolation)
        return [taken(plane, *size) for plane, size in zip(frame.planes, sizes_of_planes(width, height, subsampling))]

    def back(self, planes, subsampling, full):
        height, width = planes[0].shape
        frame = av.VideoFrame(width, height, pix_fmt(subsampling, full))
        for plane, samples in zip(frame.planes, planes):
            fill(plane, samples)
        frame = frame.reformat(format="rgb24", interpolation=self.interpolation)
        return taken(frame.planes[0], 3 * width, height)


def fill(plane, samples):
    rows = np.zeros((plane.buffer_size // plane.line_size, plane.line_size), np.uint8)
    rows[:samples.shape[0], :samples.shape[1]] = samples
    plane.update(rows.tobytes())


def taken(plane, width, height):
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return np.ascontiguousarray(rows[:height, :width])


class Command:
    """Conversions by the ffmpeg command."""

    def __init__(self, features):
        self.features = features

    def run(self, data, width, height, given, wanted):
        size = ["-f", "rawvideo", "-s", f"{width}x{height}"]
        command = ["ffmpeg", "-v", "error", *self.features, *size, "-pix_fmt", given, "-i", "-", "-f", "rawvideo",
                   "-pix_fmt", wanted, "-"]
        return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout

    def forward(self, picture, subsampling, full):
        height, width, _ = picture.shape
        data = self.run(picture.tobytes(), width, height, "rgb24", pix_fmt(subsampling, full))
        return split(data, sizes_of_planes(width, height, subsampling))

    def back(self, planes, subsampling, full):
        height, width = planes[0].shape
        data = b"".join(np.ascontiguousarray(plane).tobytes() for plane in planes)
        return np.frombuffer(self.run(data, width, height, pix_fmt(subsampling, full), "rgb24"), np.uint8)


def hide_features_of_the_cpu():
    """FFmpeg's code for any machine: in both directions what 64-bit ARM gives where it has no code of its own."""
    library = os.path.join(os.path.dirname(os.path.dirname(av.__file__)), "av.libs", "libavutil-*.so*")
    ctypes.CDLL(glob.glob(library)[0]).av_force_cpu_flags(0)


def is_specified(colours, width, subsampling):
    """FFmpeg 7.1 and older read beyond rows of an odd width."""
    return colours != "ffmpeg-7" or width % 2 == 0 or subsampling == "444"


def lines_of(colours, machine, oracle, sizes):
    for width, height in sizes:
        for subsampling in FORMATS:
            for full in (False, True):
                if not is_specified(colours, width, subsampling):
                    continue
                name = f"{colours} {machine} {subsampling} {'full' if full else 'limited'}"
                for kind in ("noise", "steps") if (width, height) == (35, 33) else ("noise",):
                    planes = oracle.forward(rgb(kind, height, width), subsampling, full)
                    yield f"to {name} {kind} {width} {height} {crcs(planes)}"
                sizes_of = sizes_of_planes(width, height, subsampling)
                data = splitmix(height * 131072 + width, sum(w * h for w, h in sizes_of)).tobytes()
                yield f"back {name} noise {width} {height} {crcs([oracle.back(split(data, sizes_of), subsampling, full)])}"


def main(path, hidden=False):
    if hidden:
        hide_features_of_the_cpu()
        lines = [*lines_of("pyav-17", "arm64", PyAv("BILINEAR"), EVEN)]
    else:
        lines = [
            "# Conversions of colours as libswscale does them. Made by crates/oracle/python/colour_ffmpeg_golden.py with",
            f"# PyAV {av.__version__}, libswscale {'.'.join(map(str, av.library_versions['libswscale']))}, and ffmpeg 5.1.9 of Debian 12.",
            "# to: whose machine subsampling range kind width height crc32(Y) crc32(Cb) crc32(Cr)",
            "# back: whose machine subsampling range kind width height crc32(RGB) of random planes.",
            *lines_of("pyav", "x86-64", PyAv("BILINEAR"), EVEN + ODD),
            *lines_of("ffmpeg", "x86-64", PyAv("BICUBIC"), EVEN + ODD),
            *lines_of("ffmpeg-7", "x86-64", Command([]), EVEN + ODD),
            *lines_of("ffmpeg-7", "arm64", Command(["-cpuflags", "0"]), EVEN),
        ]
        hidden_part = subprocess.run([sys.executable, __file__, "-"], stdout=subprocess.PIPE, check=True, text=True)
        lines += hidden_part.stdout.splitlines()
    text = "\n".join(lines) + "\n"
    if hidden:
        sys.stdout.write(text)
    else:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main(sys.argv[1], hidden=sys.argv[1] == "-")
