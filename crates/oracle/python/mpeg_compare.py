#!/usr/bin/env python3
"""MPEG-2, MPEG-4 and MJPEG from RGB to RGB against FFmpeg's: not one sample may differ.

    pip install 'av==18.*' numpy pillow
    python crates/oracle/python/mpeg_compare.py [--full] [--seed N]

Against PyAV, encoding in memory, and against the command `ffmpeg`, through raw pictures, whose release decides between the
colours `ffmpeg` and `ffmpeg-7`. The example rgb_filter gets the same pictures. `--full` compares 20,000
pictures a codec with PyAV.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image
from programs import ROOT
from rgb_filter import Ours

CODECS = {"mpeg2": ("mpeg2video", ["420", "422"]), "mpeg4": ("mpeg4", ["420"]), "mjpeg": ("mjpeg", ["420", "422", "444"])}


def pix_fmt(codec, subsampling):
    return f"yuv{'j' if codec == 'mjpeg' else ''}{subsampling}p"


def pyav(picture, codec, subsampling, qscale, options):
    """The picture after PyAV's conversion of colours, encoder, decoder and conversion back."""
    height, width, _ = picture.shape
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = pix_fmt(codec, subsampling)
    encoder.time_base, encoder.framerate = Fraction(1, 25), 25
    encoder.options = {"qmin": str(qscale), "qmax": str(qscale), **options}
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=encoder.pix_fmt)
    frame.pts = 0
    stream = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    decoder = av.CodecContext.create(codec, "r")
    [decoded] = [*decoder.decode(av.Packet(stream)), *decoder.decode(None)]
    return decoded.to_ndarray(format="rgb24")


def command(picture, codec, subsampling, qscale, options, folder):
    """The picture after two calls of the command, with a file between them."""
    height, width, _ = picture.shape
    file = folder / "picture.mkv"
    quiet = ["ffmpeg", "-v", "error", "-y"]
    more = [text for name, value in options.items() for text in (f"-{name}", value)]
    encode = [*quiet, "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-i", "-", "-pix_fmt",
              pix_fmt(codec, subsampling), "-c:v", codec, "-qscale:v", str(qscale), "-qmin", str(qscale), "-qmax",
              str(qscale), *more, file]
    subprocess.run(encode, input=picture.tobytes(), check=True)
    decode = [*quiet, "-i", file, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    data = subprocess.run(decode, stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(data, np.uint8).reshape(picture.shape)


def colours_of_the_command():
    banner = subprocess.run(["ffmpeg", "-version"], stdout=subprocess.PIPE, check=True, text=True).stdout
    major = re.match(r"ffmpeg version n?(\d+)", banner)
    assert major, f"a release of ffmpeg that can be read: {banner[:40]}"
    return "ffmpeg-7" if int(major[1]) < 8 else "ffmpeg"


def photographs():
    return [np.asarray(Image.open(path).convert("RGB")) for path in sorted((ROOT / "assets/images").glob("*.png"))]


def random_picture(rng, width, height, photos):
    kind = rng.integers(6)
    if kind == 0:
        return rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    if kind == 1:
        return (rng.integers(0, 2, (height, width, 3)) * 255).astype(np.uint8)
    y, x = np.mgrid[0:height, 0:width]
    if kind == 2:
        slope = [x * int(a) + y * int(b) for a, b in rng.integers(-4, 5, (3, 2))]
        return np.clip(np.stack(slope, 2) + rng.integers(0, 256, 3), 0, 255).astype(np.uint8)
    photo = photos[rng.integers(len(photos))]
    top, left = rng.integers(0, photo.shape[0]), rng.integers(0, photo.shape[1])
    picture = np.roll(photo, (-top, -left), (0, 1))
    picture = np.tile(picture, (-(-height // photo.shape[0]), -(-width // photo.shape[1]), 1))[:height, :width]
    if kind == 3:
        noise = int(rng.integers(1, 100))
        picture = np.clip(picture + rng.integers(-noise, noise + 1, picture.shape), 0, 255)
    return np.ascontiguousarray(picture.astype(np.uint8))


def case(rng, name, photos):
    """A random picture with random settings: ours as text, and FFmpeg's."""
    codec, subsamplings = CODECS[name]
    width, height = (int(side) for side in rng.integers(1, 100, 2))
    subsampling = subsamplings[rng.integers(len(subsamplings))]
    qscale = int(rng.integers(1, 32))
    settings, options = f"{name}:qscale={qscale}:subsampling={subsampling}", {}
    if rng.integers(4) == 0:
        settings, options["dct"] = f"{settings}:arithmetic=int", "int"
    if name == "mpeg2" and rng.integers(4) == 0:
        bits = int(rng.integers(4))
        settings, options["dc"] = f"{settings}:dc_precision={8 + bits}", str(bits)
    return random_picture(rng, width, height, photos), settings, (codec, subsampling, qscale, options)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--seed", type=int, default=42)
    arguments = parser.parse_args()
    ours, photos, failures = Ours(), photographs(), 0

    def check(picture, settings, expected):
        different = int((ours(picture, settings) != expected).sum())
        if different:
            height, width, _ = picture.shape
            print(f"{settings} {width}x{height}: {different} samples differ", flush=True)
        return different > 0

    for name in CODECS:
        rng = np.random.default_rng(arguments.seed)
        count = 20000 if arguments.full else 400
        for _ in range(count):
            picture, settings, theirs = case(rng, name, photos)
            failures += check(picture, settings, pyav(picture, *theirs))
        for qscale in (1, 2, 8, 31):
            for picture in photos:
                codec, subsamplings = CODECS[name]
                expected = pyav(picture, codec, subsamplings[0], qscale, {})
                failures += check(picture, f"{name}:qscale={qscale}", expected)
        print(f"PyAV {av.__version__}, {name}: {count + 4 * len(photos)} pictures", flush=True)
    colours = colours_of_the_command()
    with tempfile.TemporaryDirectory() as folder:
        for name in CODECS:
            rng = np.random.default_rng(arguments.seed + 1)
            count = 500 if arguments.full else 25
            compared = 0
            while compared < count:
                picture, settings, theirs = case(rng, name, photos)
                # FFmpeg 7.1 and older read beyond rows of odd widths.
                if colours == "ffmpeg-7" and theirs[1] != "444" and picture.shape[1] % 2:
                    continue
                expected = command(picture, *theirs, Path(folder))
                failures += check(picture, f"{settings}:colours={colours}", expected)
                compared += 1
            print(f"the command ffmpeg ({colours}), {name}: {count} pictures", flush=True)
    print(f"{failures} with differences")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
