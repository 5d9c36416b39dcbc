"""Writes golden vectors of JPEG with Pillow: pieces of the photographs, saved and opened again.

    python crates/oracle/python/golden_pillow.py

The lines have the form of those that the crate oracle's `golden jpeg` writes, so the same test reads both.
"""

import io
import zlib
from pathlib import Path

import PIL
from PIL import Image, features

ROOT = Path(__file__).resolve().parents[3]
PHOTOGRAPHS = ["astronaut", "chelsea", "coffee", "rocket"]
QUALITIES = [1, 5, 25, 43, 75, 95, 100]
SUBSAMPLINGS = {"420": "4:2:0", "422": "4:2:2", "444": "4:4:4", "grey": None}
SIZES = [(1, 1), (2, 3), (5, 4), (16, 16), (31, 33), (250, 187)]


def round_trip(picture: Image.Image, quality: int, subsampling: str | None) -> bytes:
    file = io.BytesIO()
    if subsampling is None:
        picture.convert("L").save(file, "JPEG", quality=quality)
    else:
        picture.save(file, "JPEG", quality=quality, subsampling=subsampling)
    file.seek(0)
    return Image.open(file).convert("RGB").tobytes()


def middle(picture: Image.Image, width: int, height: int) -> Image.Image:
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def main() -> None:
    lines = [
        f"# What Pillow {PIL.__version__} with libjpeg-turbo {features.version('libjpeg_turbo')}"
        " leaves of the photographs of assets/images.",
        "# Made by crates/oracle/python/golden_pillow.py.",
        "# content width height quality subsampling crc32(rgb)",
    ]
    for name in PHOTOGRAPHS:
        photograph = Image.open(ROOT / f"assets/images/{name}.png").convert("RGB")
        for width, height in [*SIZES, photograph.size]:
            picture = middle(photograph, width, height)
            for short, subsampling in SUBSAMPLINGS.items():
                for quality in QUALITIES:
                    crc = zlib.crc32(round_trip(picture, quality, subsampling))
                    lines.append(f"{name} {width} {height} {quality} {short} {crc:08x}")
    path = ROOT / "crates/frame-compression/tests/golden/jpeg-pillow.txt"
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
