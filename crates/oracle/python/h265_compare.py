#!/usr/bin/env python3
"""H.265 against the libx265 4.2 inside PyAV 18, encoded and decoded: not one sample may differ.

    pip install 'av>=18' numpy pillow
    python crates/oracle/python/h265_compare.py [--full] [--seed N] [--preset NAME] [--random N]

Gives the program h265_planes the pictures that PyAV codes. The photographs of assets/images, generated
pictures and random ones, of every preset and tune at several frame rates; `--full` compares 20,000 random pictures
and every CRF at every size.
"""

import argparse
import subprocess
import sys
from fractions import Fraction
from itertools import islice

import av
import numpy as np
from PIL import Image
from programs import ROOT, program

PRESETS = "ultrafast superfast veryfast faster fast medium slow slower veryslow placebo".split()
TUNES = "psnr ssim grain fastdecode zerolatency animation".split()
RATES = "1 10 24000/1001 24 25 30000/1001 30 50 60".split()
CRFS = [5, 10, 17, 22.5, 28, 33, 40, 46, 51]
SIZES = [(16, 16), (34, 18), (48, 80), (64, 64), (66, 200), (130, 98), (450, 300), (512, 512)]


class Ours:
    """The library, behind a program of its own."""

    def __init__(self):
        planes = program("h265_planes", "-p", "oracle", "--no-default-features", "--bin", "h265_planes")
        self.process = subprocess.Popen([planes], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, samples, width, height, crf, preset, tune, fps):
        """Hands over a picture, on which the program works while others do something else."""
        self.process.stdin.write(f"{width} {height} {crf} {preset} {tune} {fps} 4.2\n".encode() + samples.tobytes())
        self.process.stdin.flush()

    def answer(self, size):
        """The samples of the picture handed over."""
        answer = self.process.stdout.read(size)
        assert len(answer) == size, "the program failed"
        return np.frombuffer(answer, np.uint8)


def reference(samples, width, height, crf, preset, tune="none", fps="1"):
    """The samples after PyAV's encoder and decoder."""
    encoder = av.CodecContext.create("libx265", "w")
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuv420p"
    encoder.framerate = Fraction(fps)
    encoder.time_base = 1 / encoder.framerate
    encoder.options = {"crf": str(crf), "preset": preset, "x265-params": "log-level=none:pools=1"}
    if tune != "none":
        encoder.options |= {"tune": tune}
    frame = av.VideoFrame(width, height, "yuv420p")
    at = 0
    for plane in frame.planes:
        rows = samples[at : at + plane.width * plane.height].reshape(plane.height, plane.width)
        at += rows.size
        padded = np.zeros((plane.height, plane.line_size), np.uint8)
        padded[:, : plane.width] = rows
        plane.update(padded.tobytes())
    frame.pts = 0
    packets = encoder.encode(frame) + encoder.encode(None)
    decoder = av.CodecContext.create("hevc", "r")
    frames = [decoded for packet in packets for decoded in decoder.decode(packet)] + decoder.decode(None)
    assert len(frames) == 1
    planes = []
    for plane in frames[0].planes:
        rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        planes.append(rows[:, : plane.width].ravel())
    return np.concatenate(planes)


def pack(rgb):
    """Some planes of an RGB picture of even sides: any would do, as both sides get the same."""
    rgb = rgb.astype(np.int32)
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    y = (66 * r + 129 * g + 25 * b + 128 >> 8) + 16
    cb = (-38 * r - 74 * g + 112 * b + 128 >> 8) + 128
    cr = (112 * r - 94 * g - 18 * b + 128 >> 8) + 128
    half = lambda plane: plane.reshape(plane.shape[0] // 2, 2, plane.shape[1] // 2, 2).sum((1, 3)) + 2 >> 2
    return np.concatenate([plane.ravel() for plane in (y, half(cb), half(cr))]).astype(np.uint8)


CONTENTS = 20


def contents(width, height):
    """Named pictures of a size, so many."""
    y, x = np.mgrid[0:height, 0:width]
    grey = lambda plane: np.repeat(plane[..., None], 3, 2)
    for path in sorted((ROOT / "assets/images").glob("*.png")):
        photograph = Image.open(path).convert("RGB")
        yield path.stem, np.asarray(photograph.resize((width, height), Image.Resampling.BILINEAR))
        repeat = (-(-height // photograph.height), -(-width // photograph.width), 1)
        yield f"{path.stem}-crop", np.tile(np.asarray(photograph), repeat)[:height, :width]
    rng = np.random.default_rng(42)
    yield "noise", rng.integers(0, 256, (height, width, 3))
    yield "noise-low", rng.integers(120, 130, (height, width, 3))
    yield "flat", np.full((height, width, 3), 127)
    yield "red", np.broadcast_to([255, 0, 0], (height, width, 3))
    yield "gradient", grey(x * 255 // width)
    yield "slope", grey((x * 2 + y * 3) * 255 // (2 * width + 3 * height))
    yield "checker", grey((x + y) % 2 * 255)
    yield "checker-8", grey((x // 8 + y // 8) % 2 * 255)
    yield "stripes", grey(x // 3 % 2 * 200 + 20)
    yield "rings", grey(((x - width / 2) ** 2 + (y - height / 2) ** 2).astype(int) // 16 % 256)
    yield "blocks", np.stack([(x // 13 * 37 + y // 11 * k) % 256 for k in (59, 83, 101)], 2)
    yield "half", np.where((x < width // 2)[..., None], 90, rng.integers(0, 256, (height, width, 3)))


def random_samples(rng, width, height):
    if rng.integers(6) == 0:
        return rng.integers(0, 2, width * height * 3 // 2).astype(np.uint8) * 255
    if rng.integers(4) == 0:
        # Patches of extremes on flat ground: quantisation parameters above 50, far apart.
        planes = []
        for rows, columns, block in ((height, width, 16), (height // 2, width // 2, 8), (height // 2, width // 2, 8)):
            patches = rng.random((-(-rows // block), -(-columns // block))) < rng.uniform(0, 1)
            patches = np.kron(patches, np.ones((block, block)))[:rows, :columns] > 0
            noise = rng.integers(0, 2, (rows, columns)) * 255
            planes.append(np.where(patches, noise, rng.integers(0, 256)).astype(np.uint8).ravel())
        return np.concatenate(planes)
    picture = next(islice(contents(width, height), int(rng.integers(CONTENTS)), None))[1]
    if rng.integers(3) == 0:
        gain, shift = rng.uniform(0, 3), rng.integers(-128, 128)
        picture = np.clip((picture - 128) * gain + 128 + shift, 0, 255)
    if rng.integers(3) == 0:
        noise = rng.integers(1, 100)
        picture = np.clip(picture + rng.integers(-noise, noise + 1, (height, width, 3)), 0, 255)
    return pack(picture.astype(np.int32))


def cases(arguments):
    """(name, samples, width, height, crf, preset, tune, fps)"""
    turn = 0
    presets = [arguments.preset] if arguments.preset else PRESETS
    for width, height in SIZES:
        for name, picture in contents(width, height):
            samples = pack(np.asarray(picture))
            count = len(CRFS) if arguments.full else 2 if width < 400 else 1
            for _ in range(count):
                preset = presets[turn % len(presets)]
                if preset != "placebo" or min(width, height) >= 32:
                    rate = RATES[turn % len(RATES)]
                    yield name, samples, width, height, CRFS[turn * 7 % len(CRFS)], preset, "none", rate
                turn += 1
    rng = np.random.default_rng(arguments.seed)
    for case in range(arguments.random or (20_000 if arguments.full else 500)):
        preset = presets[case % len(presets)]
        least = 32 if preset == "placebo" else 16
        width, height = (int(least + 2 * side) for side in rng.integers(0, 121 if arguments.full else 61, 2))
        crf = int(rng.integers(4400 if rng.integers(4) == 0 else 0, 5101)) / 100
        tune = TUNES[rng.integers(len(TUNES))] if rng.integers(2) else "none"
        fps = RATES[rng.integers(len(RATES))]
        samples = random_samples(rng, width, height)
        yield f"random {case} of seed {arguments.seed}", samples, width, height, crf, preset, tune, fps
    photograph = Image.open(ROOT / "assets/images/coffee.png").convert("RGB")
    samples = pack(np.asarray(photograph.resize((64, 64), Image.Resampling.BILINEAR)))
    # Quantisers half-way between two.
    ties = {"25": 10, "50": 70, "100": 30, "25/2": 50, "25/4": 90, "25/8": 30, "25/16": 70}
    for fps, hundredths in ties.items():
        for whole in range(51):
            crf = (100 * whole + hundredths) / 100
            yield "coffee", samples, 64, 64, crf, "superfast", "none", fps
    samples = pack(np.asarray(photograph.resize((1920, 1080), Image.Resampling.BILINEAR)))
    for crf, preset, fps in ((22, "veryfast", "1"), (28, "veryfast", "1"), (35, "slow", "24")):
        yield "coffee", samples, 1920, 1080, crf, preset, "none", fps


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--preset", choices=PRESETS)
    parser.add_argument("--random", type=int, help="so many random pictures")
    arguments = parser.parse_args()
    ours = Ours()
    count, failures = 0, 0
    for name, samples, *settings in cases(arguments):
        ours.ask(samples, *settings)
        expected = reference(samples, *settings)
        found = ours.answer(samples.size)
        different = int((found != expected).sum())
        count += 1
        if different:
            failures += 1
            print(f"{name}, {settings}: {different} samples differ", flush=True)
    print(f"PyAV {av.__version__}, H.265: {count} pictures, {failures} with differences")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
