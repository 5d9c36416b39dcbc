"""Writes golden vectors of WebP with Pillow: pieces of the photographs, saved and opened again. At method 4, OpenCV has to
give the same pixels.

    python crates/oracle/python/golden_pillow_webp.py

The lines have the form of those that the crate oracle's `golden webp` writes, so the same test reads both.
"""

import io
import zlib
from pathlib import Path

import cv2
import numpy as np
import PIL
from PIL import Image, features

ROOT = Path(__file__).resolve().parents[3]
PHOTOGRAPHS = ["astronaut", "chelsea", "coffee", "rocket"]
QUALITIES = [0, 5, 20.5, 43, 75, 95, 100]
SIZES = [(2, 3), (16, 16), (31, 33), (250, 187)]


def round_trip(picture: Image.Image, quality: float, method: int) -> np.ndarray:
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=quality, method=method)
    file.seek(0)
    return np.asarray(Image.open(file).convert("RGB"))


def with_opencv(picture: Image.Image, quality: int) -> np.ndarray:
    _, file = cv2.imencode(".webp", np.asarray(picture)[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, quality])
    return cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1]


def middle(picture: Image.Image, width: int, height: int) -> Image.Image:
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def main() -> None:
    lines = [
        f"# What Pillow {PIL.__version__} with libwebp {features.version('webp')}"
        f" leaves of the photographs of assets/images; at method 4, OpenCV {cv2.__version__}, too.",
        "# Made by crates/oracle/python/golden_pillow_webp.py.",
        "# content width height quality method crc32(rgb)",
    ]
    for name in PHOTOGRAPHS:
        photograph = Image.open(ROOT / f"assets/images/{name}.png").convert("RGB")
        for width, height in SIZES:
            picture = middle(photograph, width, height)
            for method in range(7):
                for quality in QUALITIES:
                    rgb = round_trip(picture, quality, method)
                    if method == 4 and quality >= 1 and quality == int(quality):
                        assert np.array_equal(rgb, with_opencv(picture, int(quality))), (name, width, quality)
                    lines.append(f"{name} {width} {height} {quality} {method} {zlib.crc32(rgb.tobytes()):08x}")
    path = ROOT / "crates/frame-compression/tests/golden/webp-pillow.txt"
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
