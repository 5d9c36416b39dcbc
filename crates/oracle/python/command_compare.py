#!/usr/bin/env python3
"""H.264 and H.265 as the command `ffmpeg` makes them of a picture, through PNG files: not one sample may differ.

    pip install numpy pillow
    python crates/oracle/python/command_compare.py

`ffmpeg -i in.png -pix_fmt yuv420p -c:v libx264 -crf 23 out.mkv && ffmpeg -i out.mkv back.png` against
`frame-compression apply in.png -o ours.png --codec h264 --crf 23 --like ffmpeg`; the same for libx265, whose release the
encoder says.

Clips go through pipes and YUV4MPEG2 files, `ffmpeg -i in.y4m -c:v libx264 -threads 1` against `frame-compression clip`. The
command's own default is frame threads, which keep vectors from pointing far down (docs/spec/h264-clips.md, section 17).
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from programs import ROOT, program

ENCODERS = {"h264": "libx264", "h265": "libx265"}
CRFS = ("5", "17.5", "23", "28", "35", "51")
SIZES = ((16, 16), (64, 34), (130, 98), (600, 400))


def run(*arguments):
    return subprocess.run(arguments, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


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


def moving(photo, width, height, count):
    """Frames in Y, Cb, Cr of a window that moves over a photograph, as one YUV4MPEG2 stream's frames."""
    whole = np.asarray(Image.open(photo).convert("YCbCr"))
    frames = []
    for t in range(count):
        window = whole[20 + t:20 + t + height, 30 + 3 * t:30 + 3 * t + width]
        chroma = window[::2, ::2]
        frames.append(b"FRAME\n" + window[..., 0].tobytes() + chroma[..., 1].tobytes() + chroma[..., 2].tobytes())
    return b"".join(frames)


def piped(stream, *arguments):
    return subprocess.run(arguments, check=True, input=stream, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def samples(stream):
    """What follows the first line, which each side writes in its own words."""
    return np.frombuffer(stream[stream.index(b"\n") + 1:], np.uint8)


def clips(command, photos, folder):
    """How many clips were compared, and how many differ."""
    failures, count = 0, 0
    source, video = (Path(folder) / name for name in ("in.y4m", "clip.mkv"))
    for number, photo in enumerate(photos):
        width, height = ((64, 48), (130, 98), (176, 144))[number % 3]
        for crf, rate, keyint, preset, bframes in (
            ("23", "25:1", 250, "ultrafast", 0), ("35", "30000:1001", 7, "ultrafast", 0), ("17.5", "60:1", 250, "superfast", 0),
            ("28", "24:1", 250, "superfast", 3), ("26", "25:1", 250, "veryfast", 3), ("32", "24000:1001", 250, "veryfast", 8),
        ):
            header = f"YUV4MPEG2 W{width} H{height} F{rate} Ip A1:1 C420jpeg\n".encode()
            source.write_bytes(header + moving(photo, width, height, 12))
            quiet = ("ffmpeg", "-v", "error", "-y")
            same = ("-preset", preset, "-crf", crf, "-g", str(keyint), "-bf", str(bframes), "-threads", "1")
            # With AVX-512, libx264's own macroblock tree depends on what the process did before.
            same += ("-x264-params", "asm=AVX2,FMA3,BMI2,LZCNT")
            x264 = ("-c:v", "libx264", *same)
            run(*quiet, "-i", source, *x264, video)
            theirs = piped(b"", *quiet, "-i", video, "-f", "yuv4mpegpipe", "-pix_fmt", "yuv420p", "-")
            like = ("--preset", preset, "--crf", crf, "--keyint", str(keyint), "--bframes", str(bframes), "--quiet")
            ours = piped(source.read_bytes(), command, "clip", "-", "-o", "-", *like)
            one, other = samples(theirs), samples(ours)
            if one.shape != other.shape or (one != other).any():
                print(f"{' '.join(like)}, {photo.name} {width}x{height} at {rate}: clips differ", flush=True)
                failures += 1
            count += 1
    print(f"the command ffmpeg, libx264: {count} clips through pipes", flush=True)
    return failures, count


def main():
    command, failures, count = program("frame-compression", "-p", "frame-compression-cli"), 0, 0
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
        found = clips(command, photos, folder)
        failures, count = failures + found[0], count + found[1]
    print(f"{failures} of {count} with differences")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
