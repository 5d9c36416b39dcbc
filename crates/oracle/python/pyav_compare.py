#!/usr/bin/env python3
"""H.264 and H.265 from RGB to RGB against PyAV 18's whole round trip: not one sample may differ.

    pip install 'av==18.*' numpy pillow
    python crates/oracle/python/pyav_compare.py [--full] [--seed N]

Every preset, tune and profile at several frame rates, on one thread and on several, of which H.264 makes slices. The
example rgb_filter gets the same pictures. `--full` compares 2,000 random pictures a preset instead of 100.
"""

import argparse
import sys
from fractions import Fraction

import av
import numpy as np
from mpeg_compare import photographs, random_picture
from rgb_filter import Ours

PRESETS = "ultrafast superfast veryfast faster fast medium slow slower veryslow placebo".split()
TUNES = {
    "h264": "film animation grain stillimage psnr ssim fastdecode zerolatency".split(),
    "h265": "psnr ssim grain fastdecode zerolatency animation".split(),
}
RATES = "1 10 24000/1001 24 25 30000/1001 30 50 60".split()


def pyav(picture, codec, rate, threads, options):
    """The picture after PyAV's conversion of colours, encoder, decoder and conversion back."""
    height, width, _ = picture.shape
    encoder = av.CodecContext.create({"h264": "libx264", "h265": "libx265"}[codec], "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate = Fraction(rate)
    encoder.time_base = 1 / encoder.framerate
    encoder.thread_count = threads
    encoder.options = options
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
    frame.pts = 0
    stream = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    decoder = av.CodecContext.create({"h264": "h264", "h265": "hevc"}[codec], "r")
    [decoded] = [*decoder.decode(av.Packet(stream)), *decoder.decode(None)]
    return decoded.to_ndarray(format="rgb24")


def case(rng, codec, preset, photos):
    """A random picture with random settings: ours as text, and PyAV's."""
    # Slices of H.264 begin to show at a height of 114; x265 refuses placebo where a side is below 32.
    least, most = {"h264": (2, 180), "h265": (32 if preset == "placebo" else 16, 140)}[codec]
    width, height = (2 * int(side) for side in rng.integers(least // 2, most // 2 + 1, 2))
    crf = float(rng.integers(0, 103)) / 2
    rate = RATES[rng.integers(len(RATES))]
    threads = int(rng.choice([1, 2, 3, 8])) if codec == "h264" else 1
    settings = f"{codec}:crf={crf}:preset={preset}:fps={rate}"
    options = {"crf": str(crf), "preset": preset}
    if codec == "h264":
        settings += f":cores={threads}"
    else:
        options["x265-params"] = "log-level=none"
    if rng.integers(2):
        tune = str(rng.choice(TUNES[codec]))
        settings, options["tune"] = f"{settings}:tune={tune}", tune
    elif codec == "h264" and rng.integers(3) == 0 and crf >= 1:
        profile = str(rng.choice(["baseline", "main", "high"]))
        settings, options["profile"] = f"{settings}:profile={profile}", profile
    return random_picture(rng, width, height, photos), settings, (codec, rate, threads, options)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--seed", type=int, default=12)
    arguments = parser.parse_args()
    av.logging.set_level(av.logging.FATAL)
    ours, photos = Ours(), photographs()
    for codec in TUNES:
        rng = np.random.default_rng(arguments.seed)
        for preset in PRESETS:
            for _ in range(2000 if arguments.full else 100):
                picture, settings, theirs = case(rng, codec, preset, photos)
                ours.check(picture, settings, pyav(picture, *theirs))
        print(f"PyAV {av.__version__}, {codec}: {ours.compared} pictures compared, 0 samples differ", flush=True)
        ours.compared = 0


if __name__ == "__main__":
    sys.exit(main())
