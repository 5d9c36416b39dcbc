#!/usr/bin/env python3
"""WebP from RGB to RGB against Pillow's save and open, at every method, and against OpenCV's imencode and imdecode at
method 4, which is all that OpenCV has: not one sample may differ.

    pip install opencv-python-headless numpy pillow
    python crates/oracle/python/webp_compare.py [--full]

In full: 20,000 small pictures and two large ones.
"""

import io
import sys

import cv2
import numpy as np
from PIL import Image, features
from programs import ROOT
from rgb_filter import Ours

PHOTOGRAPHS = ["astronaut", "chelsea", "coffee", "rocket"]
QUALITIES = [0, 1, 5, 20, 43, 50, 75, 80, 95, 100]


def pillow(picture, quality, method):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "WEBP", quality=quality, method=method)
    return np.asarray(Image.open(file).convert("RGB"))


def opencv(picture, quality):
    done, file = cv2.imencode(".webp", picture[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, quality])
    assert done
    return cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1]


def piece(rng, photographs, width, height):
    """A piece of a photograph, noise of two values, or a gradient with noise."""
    kind = rng.integers(0, 4)
    if kind == 0:
        return rng.choice(np.array([0, 255], np.uint8), (height, width, 3))
    if kind == 1:
        slope = np.linspace(0, 255, width * height * 3).reshape(height, width, 3)
        return np.clip(slope + rng.normal(0, 12, slope.shape), 0, 255).astype(np.uint8)
    photograph = photographs[rng.integers(0, len(photographs))]
    top, left = (rng.integers(0, side - own + 1) for side, own in zip(photograph.shape, (height, width)))
    return np.ascontiguousarray(photograph[top : top + height, left : left + width])


def main():
    full = "--full" in sys.argv
    ours = Ours()
    rng = np.random.default_rng(13)
    photographs = [np.asarray(Image.open(ROOT / f"assets/images/{name}.png").convert("RGB")) for name in PHOTOGRAPHS]

    def check_both(picture, quality, method):
        ours.check(picture, f"webp:quality={quality}:method={method}", pillow(picture, quality, method))
        # OpenCV takes a quality of 0 for 1.
        if method == 4 and quality >= 1 and quality == int(quality):
            ours.check(picture, f"webp:quality={quality}", opencv(picture, int(quality)))

    for number in range(20_000 if full else 1_000):
        width, height = rng.integers(1, 161, 2)
        quality = float(rng.integers(0, 201)) / 2 if number % 2 else int(rng.choice(QUALITIES))
        check_both(piece(rng, photographs, width, height), quality, int(rng.integers(0, 7)))
    for photograph in photographs:
        for quality in QUALITIES if full else (20, 75):
            for method in range(7) if full else (4, 6):
                check_both(photograph, quality, method)
    if full:
        for width, height in [(1920, 1080), (4000, 3000)]:
            large = np.asarray(Image.fromarray(photographs[0]).resize((width, height), Image.Resampling.BICUBIC))
            for method in (0, 4, 6):
                check_both(large, 75, method)
    print(f"Pillow with libwebp {features.version('webp')}, OpenCV {cv2.__version__}: {ours.compared} pictures compared, 0 samples differ")


if __name__ == "__main__":
    main()
