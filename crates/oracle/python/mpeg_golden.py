#!/usr/bin/env python3
"""Writes golden vectors of FFmpeg's MPEG-2, MPEG-4 and MJPEG: planes in, planes out, as PyAV gives them.

    python mpeg_golden.py ../../frame-compression/tests/golden

Needs PyAV 18 and NumPy on an x86-64 machine.
"""

import sys
from fractions import Fraction

import av
import numpy as np

from colour_ffmpeg_golden import crcs, fill, pix_fmt, sizes_of_planes, split, taken
from colour_golden import splitmix

SIZES = [(1, 1), (16, 16), (17, 9), (40, 24), (35, 19)]
CODECS = {"mpeg2": ("mpeg2video", ["420", "422"]), "mpeg4": ("mpeg4", ["420"]), "mjpeg": ("mjpeg", ["420", "422", "444"])}
# More options of MPEG-2's encoder, by the name that the lines give them.
OPTIONS = {"default": {}, "int": {"dct": "int"}, "dc9": {"dc": "1"}, "dc11": {"dc": "3"}, "non-linear": {"non_linear_quant": "1"}}


def planes_of(kind, width, height, subsampling):
    """Planes of random samples, of soft slopes under a little noise, or of the extremes."""
    sizes = sizes_of_planes(width, height, subsampling)
    noise = split(splitmix(height * 131072 + width, sum(w * h for w, h in sizes)).tobytes(), sizes)
    if kind == "noise":
        return noise
    if kind == "extremes":
        return [(plane >> 7) * np.uint8(255) for plane in noise]
    slope = lambda height, width: np.add.outer(np.arange(height) * 5, np.arange(width) * 3)
    return [((plane >> 5) + slope(*plane.shape) % 240).astype(np.uint8) for plane in noise]


def through(codec, planes, subsampling, qscale, options):
    """The planes after encoding them with one of FFmpeg's encoders and decoding them."""
    height, width = planes[0].shape
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = pix_fmt(subsampling, codec == "mjpeg")
    encoder.time_base, encoder.framerate = Fraction(1, 25), 25
    encoder.options = {"qmin": str(qscale), "qmax": str(qscale), **options}
    frame = av.VideoFrame(width, height, encoder.pix_fmt)
    for plane, samples in zip(frame.planes, planes):
        fill(plane, samples)
    frame.pts = 0
    stream = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    decoder = av.CodecContext.create(codec, "r")
    [decoded] = [*decoder.decode(av.Packet(stream)), *decoder.decode(None)]
    return [taken(plane, *size) for plane, size in zip(decoded.planes, sizes_of_planes(width, height, subsampling))]


def lines(name, codec, subsamplings):
    for subsampling in subsamplings:
        for option in OPTIONS if name == "mpeg2" and subsampling == "420" else ["default", "int"]:
            for number, qscale in enumerate([*range(1, 32)] if subsampling == "420" else [1, 2, 7, 31]):
                if option == "non-linear" and qscale > 28:
                    continue
                width, height = SIZES[number % len(SIZES)]
                for kind in ["noise", "extremes", "soft"]:
                    planes = planes_of(kind, width, height, subsampling)
                    found = through(codec, planes, subsampling, qscale, OPTIONS[option])
                    yield f"{name} {subsampling} {option} {qscale} {kind} {width} {height} {crcs(found)}"


def main(folder):
    header = [
        "# FFmpeg's MPEG-2, MPEG-4 and MJPEG. Made by crates/oracle/python/mpeg_golden.py with PyAV",
        f"# {av.__version__}, libavcodec {'.'.join(map(str, av.library_versions['libavcodec']))}.",
        "# codec subsampling option qscale kind width height crc32(Y) crc32(Cb) crc32(Cr)",
    ]
    for name, (codec, subsamplings) in CODECS.items():
        with open(f"{folder}/{name}.txt", "w", encoding="utf-8") as file:
            file.write("\n".join([*header, *lines(name, codec, subsamplings)]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
