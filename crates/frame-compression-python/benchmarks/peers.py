"""Whole calls timed beside the libraries that Python has for the same picture. Writes JSON to standard output.

    python benchmarks/peers.py [--repeats 15] [--sizes 512x512 1280x720 1920x1080]

Pinned to one core, but for the batches over two threads. Every pair takes turns, so that both see the same machine; the
medians count. Where OpenCV or PyTurboJPEG are not installed they are left out.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import io
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from PIL import Image

import frame_compression as fc
from frame_compression import ltx

HERE = pathlib.Path(__file__).resolve()
IMAGES = HERE.parents[3] / "assets" / "images"
PHOTOGRAPHS = ["astronaut", "chelsea", "coffee", "rocket"]
sys.path.insert(0, str(HERE.parents[1] / "tests"))
from pyav import clip_round_trip, round_trip  # noqa: E402

Calls = dict[str, Callable[[], Any]]


def medians(calls_of_pictures: Iterable[Calls], repeats: int) -> dict[str, float]:
    """Milliseconds of every call, in turns: the mean over the pictures of the median of each."""
    found: dict[str, list[float]] = {}
    for calls in calls_of_pictures:
        times: dict[str, list[float]] = {name: [] for name in calls}
        for call in calls.values():
            call()
        for _ in range(repeats):
            for name, call in calls.items():
                start = time.perf_counter()
                call()
                times[name].append((time.perf_counter() - start) * 1000)
        for name, taken in times.items():
            found.setdefault(name, []).append(statistics.median(taken))
    return {name: round(statistics.mean(taken), 3) for name, taken in found.items()}


def h264(picture: np.ndarray) -> Calls:
    """LTX-Video's step: uint8 to uint8 at its CRF."""
    compressor = fc.FrameCompressor("h264", crf=29)
    return {
        "frame_compression.ltx.preprocess": lambda: ltx.preprocess(picture, 29),
        "FrameCompressor, kept": lambda: compressor.apply(picture[np.newaxis]),
        "PyAV round trip": lambda: round_trip(picture, 29),
    }


def h265(picture: np.ndarray) -> Calls:
    """The same with x265, at the CRF that is its default."""
    return {
        "frame_compression": lambda: fc.apply_compression_artifacts(picture[np.newaxis], "h265", crf=28),
        "PyAV round trip": lambda: round_trip(picture, 28, "libx265"),
    }


MPEG = {"mpeg2": "mpeg2video", "mpeg4": "mpeg4", "mjpeg": "mjpeg"}


def mpeg(codec: str) -> Callable[[np.ndarray], Calls]:
    """FFmpeg's own encoders at the quantiser scale 8, in 4:2:0."""
    planes = "yuvj420p" if codec == "mjpeg" else "yuv420p"

    def calls(picture: np.ndarray) -> Calls:
        return {
            "frame_compression": lambda: fc.apply_compression_artifacts(picture[np.newaxis], codec, qscale=8),
            "PyAV round trip": lambda: round_trip(picture, 0, MPEG[codec], planes=planes, qmin="8", qmax="8"),
        }

    return calls


FRAMES = 60
CLIP_SIZE = "1280x720"


def clip(preset: str) -> Callable[[np.ndarray], Calls]:
    """A window that moves over a photograph, as an H.264 clip."""

    def calls(picture: np.ndarray) -> Calls:
        height, width = picture.shape[0] - FRAMES, picture.shape[1] - 3 * FRAMES
        frames = np.stack([picture[t : t + height, 3 * t : 3 * t + width] for t in range(FRAMES)])
        return {
            "frame_compression": lambda: fc.apply_clip(frames, "h264", crf=29, preset=preset, fps=25),
            "PyAV round trip": lambda: clip_round_trip(frames, 29, 25, preset=preset),
        }

    return calls


def jpeg(picture: np.ndarray) -> Calls:
    """JPEG at quality 43, 4:2:0."""
    calls: Calls = {
        "frame_compression": lambda: fc.apply_compression_artifacts(picture[np.newaxis], "jpeg", 43),
        "Pillow": lambda: _pillow(picture),
    }
    with contextlib.suppress(ImportError):
        import cv2

        cv2.setNumThreads(1)
        settings = [cv2.IMWRITE_JPEG_QUALITY, 43]
        calls["OpenCV"] = lambda: cv2.imdecode(cv2.imencode(".jpg", picture, settings)[1], cv2.IMREAD_COLOR)
    with contextlib.suppress(ImportError, RuntimeError):
        import turbojpeg

        turbo = turbojpeg.TurboJPEG()
        options = {"quality": 43, "jpeg_subsample": turbojpeg.TJSAMP_420, "pixel_format": turbojpeg.TJPF_RGB}
        calls["TurboJPEG"] = lambda: turbo.decode(turbo.encode(picture, **options), pixel_format=turbojpeg.TJPF_RGB)
    return calls


def _pillow(picture: np.ndarray) -> np.ndarray:
    with io.BytesIO() as file:
        Image.fromarray(picture).save(file, "JPEG", quality=43, subsampling=2)
        return np.asarray(Image.open(file))


def from_float(picture: np.ndarray) -> Calls:
    """float32 in [-1, 1] to float32: our whole call beside NumPy's conversion alone, there and back."""
    samples = (picture / 127.5 - 1).astype(np.float32)[np.newaxis]

    def there_and_back() -> np.ndarray:
        as_bytes = ((samples.clip(-1, 1) + 1) * 127.5 + 0.5).astype(np.uint8)
        return as_bytes * np.float32(2 / 255) - np.float32(1)

    return {
        "frame_compression h264": lambda: fc.apply_compression_artifacts(samples, crf=33),
        "frame_compression jpeg": lambda: fc.apply_compression_artifacts(samples, "jpeg", 43),
        "NumPy conversion alone": there_and_back,
    }


def batch(pictures: list[np.ndarray]) -> Calls:
    """Eight images, H.264: on one thread and on two."""
    images = np.stack([*pictures, *(picture[:, ::-1] for picture in pictures)])
    return {
        "1 thread": lambda: fc.apply_batch(images, crf=29, threads=1),
        "2 threads": lambda: fc.apply_batch(images, crf=29, threads=2),
    }


def first_call() -> dict[str, float]:
    """Milliseconds of the import, of a process's first call, and of its later ones."""
    program = """
import json, time
import numpy as np
start = time.perf_counter()
import frame_compression as fc
imported = time.perf_counter() - start
image = np.zeros((1, 512, 512, 3), np.float32)
image[...] = np.sin(np.arange(512) / 9)[:, None, None]
times = []
for _ in range(15):
    start = time.perf_counter()
    fc.apply_compression_artifacts(image, crf=33)
    times.append(time.perf_counter() - start)
print(json.dumps({"import": imported, "first call": times[0], "later calls": sorted(times[1:])[7]}))
"""
    runs = [json.loads(subprocess.check_output([sys.executable, "-c", program])) for _ in range(5)]
    return {name: round(1000 * statistics.median(run[name] for run in runs), 3) for name in runs[0]}


def photographs(width: int, height: int) -> list[np.ndarray]:
    """All of them at a size."""
    size = (width, height)
    names = [IMAGES / f"{name}.png" for name in PHOTOGRAPHS]
    return [np.array(Image.open(name).convert("RGB").resize(size, Image.Resampling.BICUBIC)) for name in names]


def versions() -> dict[str, str]:
    """What was timed."""
    names = ["frame-compression", "av", "numpy", "Pillow", "opencv-python-headless", "PyTurboJPEG"]
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def main() -> None:
    """Times everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--sizes", nargs="+", default=["512x512", "1280x720", "1920x1080"])
    given = parser.parse_args()
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else set()
    if cores:
        os.sched_setaffinity(0, {min(cores)})
    report: dict[str, Any] = {"unit": "milliseconds, median of whole calls", "versions": versions(), "sizes": {}}
    videos = {codec: mpeg(codec) for codec in MPEG}
    for size in given.sizes:
        width, height = map(int, size.split("x"))
        pictures = photographs(width, height)
        report["sizes"][size] = timed = {}
        for name, calls in {"h264": h264, "h265": h265, "jpeg": jpeg, "float32": from_float, **videos}.items():
            repeats = max(3, given.repeats // 5) if name == "h265" else given.repeats
            timed[name] = medians([calls(picture) for picture in pictures], repeats)
        if size == CLIP_SIZE:
            worlds = photographs(width + 3 * FRAMES, height + FRAMES)
            for preset in ["veryfast", "medium"]:
                # A generator, so that one clip at a time is in memory.
                timed[f"clip h264 {preset}"] = medians(map(clip(preset), worlds), 3)
        if cores:
            os.sched_setaffinity(0, cores)
        timed["batch of 8, h264"] = medians([batch(pictures)], given.repeats)
        if cores:
            os.sched_setaffinity(0, {min(cores)})
    report["process"] = first_call()
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
