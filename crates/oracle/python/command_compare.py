#!/usr/bin/env python3
"""H.264 and H.265 as the command `ffmpeg` makes them of a picture, through PNG files: not one sample may differ.

    pip install numpy pillow
    python crates/oracle/python/command_compare.py

`ffmpeg -i in.png -pix_fmt yuv420p -c:v libx264 -crf 23 out.mkv && ffmpeg -i out.mkv back.png` against
`frame-compression apply in.png -o ours.png --codec h264 --crf 23 --like ffmpeg`; the same for libx265, whose release the
encoder says.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
ENCODERS = {"h264": "libx264", "h265": "libx265"}
CRFS = ("5", "17.5", "23", "28", "35", "51")
SIZES = ((16, 16), (64, 34), (130, 98), (600, 400))


def run(*arguments):
    return subprocess.run(arguments, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


def build():
    subprocess.run(["cargo", "build", "--quiet", "--release", "-p", "frame-compression-cli"], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/frame-compression"


def settings(codec):
    """What `--like ffmpeg` leaves to be said: the release of the libx265 that this ffmpeg has."""
    if codec == "h264":
        return []
    said = run("ffmpeg", "-hide_banner", "-f", "lavfi", "-i", "color=s=64x64:d=0.04", "-c:v", "libx265", "-f", "null", "-")
    [version] = [line.split("version", 1)[1].split()[0] for line in said.splitlines() if "HEVC encoder version" in line]
    release = "3.5" if version.startswith("3.") else "4.2"
    assert version.startswith(release), f"a picture of x265 {version} is not offered"
    return ["--release", release]


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"), np.int16)


def main():
    command, failures, count = build(), 0, 0
    photos = sorted((ROOT / "assets/images").glob("*.png"))
    with tempfile.TemporaryDirectory() as folder:
        source, video, theirs, ours = (Path(folder) / name for name in ("in.png", "x.mkv", "back.png", "ours.png"))
        for codec, encoder in ENCODERS.items():
            more = settings(codec)
            for number, photo in enumerate(photos):
                width, height = SIZES[number % len(SIZES)]
                image = Image.open(photo).convert("RGB")
                image.crop((40, 60, 40 + width, 60 + height) if height < 300 else (0, 0, width, height)).save(source)
                for crf in CRFS:
                    quiet = ("ffmpeg", "-v", "error", "-y", "-i")
                    run(*quiet, source, "-pix_fmt", "yuv420p", "-c:v", encoder, "-crf", crf, video)
                    run(*quiet, video, theirs)
                    like = ("--codec", codec, "--crf", crf, "--like", "ffmpeg", *more)
                    run(command, "apply", source, "-o", ours, "--overwrite", *like)
                    different = int((pixels(theirs) != pixels(ours)).sum())
                    if different:
                        print(f"{' '.join(like)}, {photo.name} {width}x{height}: {different} samples differ", flush=True)
                    failures += different > 0
                    count += 1
            print(f"the command ffmpeg, {encoder}: {len(photos) * len(CRFS)} pictures {' '.join(more)}", flush=True)
    print(f"{failures} of {count} with differences")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
