"""Times JPEG beside OpenCV, Pillow and TurboJPEG, and the float conversions beside NumPy's, on photographs, one thread.

    cargo build --release -p oracle --bin bench_jpeg
    python crates/oracle/python/bench_jpeg.py [target/release/bench_jpeg]

Our side and TurboJPEG's are timed by that program, which this one runs between its own rounds. Prints, for each size, ratios (peer's
time over ours, medians) and then milliseconds a picture; the last line is the same as JSON.
"""

import io
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
PHOTOGRAPHS = ["astronaut", "chelsea", "coffee", "rocket"]
SIZES = [(512, 512), (1280, 720), (1920, 1080)]
QUALITY = 43
ROUNDS = 3
# Our time that each peer is held against.
OURS = {"numpy_f32_to_u8": "f32_to_u8", "numpy_u8_to_f32": "u8_to_f32"}


def crop(photograph: np.ndarray, width: int, height: int) -> np.ndarray:
    """The middle of the photograph, mirrored outwards where it is too small: as the crate test-pictures has it."""

    def places(size: int, whole: int) -> np.ndarray:
        at = (np.arange(size) + max(whole - size, 0) // 2) % (2 * whole)
        return np.where(at < whole, at, 2 * whole - 1 - at)

    rows, columns = places(height, photograph.shape[0]), places(width, photograph.shape[1])
    return np.ascontiguousarray(photograph[rows][:, columns])


def opencv(picture: np.ndarray) -> None:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    cv2.imdecode(data, cv2.IMREAD_COLOR)


def pillow(picture: np.ndarray) -> None:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=QUALITY, subsampling="4:2:0")
    np.asarray(Image.open(file))


def peers() -> dict[str, Callable[[np.ndarray, np.ndarray], object]]:
    """Functions of a picture and the same in [0, 1]."""
    return {
        "opencv": lambda picture, _: opencv(picture),
        "pillow": lambda picture, _: pillow(picture),
        "numpy_f32_to_u8": lambda _, floats: (floats * 255).astype(np.uint8),
        "numpy_u8_to_f32": lambda picture, _: picture.astype(np.float32) / 255,
    }


def median_time(function: Callable, pictures: list, repeats: int) -> float:
    """Milliseconds a picture."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        for arguments in pictures:
            function(*arguments)
        times.append((time.perf_counter() - start) * 1000 / len(pictures))
    return statistics.median(times[1:])


def main() -> None:
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "target/release/bench_jpeg")
    cv2.setNumThreads(1)
    photographs = [np.asarray(Image.open(ROOT / f"assets/images/{name}.png").convert("RGB")) for name in PHOTOGRAPHS]
    rounds: dict[str, dict[str, list[float]]] = {}
    for _ in range(ROUNDS):
        for line in subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines():
            ours = json.loads(line)
            times = rounds.setdefault(ours.pop("size"), {})
            for name, value in ours.items():
                times.setdefault(name, []).append(value)
        for width, height in SIZES:
            pictures = [crop(photograph, width, height) for photograph in photographs]
            pictures = [(picture, picture.astype(np.float32) / 255) for picture in pictures]
            for name, function in peers().items():
                value = median_time(function, pictures, max(3, 10_000_000 // (width * height)))
                rounds[f"{width}x{height}"].setdefault(name, []).append(value)
    result = {}
    for size, times in rounds.items():
        medians = {name: statistics.median(values) for name, values in times.items()}
        ratios = {}
        for peer in ["turbojpeg", *peers()]:
            ratios[peer] = medians[peer] / medians[OURS.get(peer, "jpeg_u8")]
        ratios["our f32 call to our u8 call"] = medians["jpeg_f32"] / medians["jpeg_u8"]
        print(size)
        for name, value in ratios.items():
            print(f"  {value:6.2f} x  {name}")
        for name, value in medians.items():
            print(f"  {value:8.3f} ms  {name}")
        result[size] = {"ratios": ratios, "milliseconds": medians}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
