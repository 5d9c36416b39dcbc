#!/usr/bin/env python3
"""JPEG from RGB to RGB against OpenCV's imencode and imdecode, at every sampling factor: not one sample may differ.

    pip install opencv-python-headless numpy pillow
    python crates/oracle/python/opencv_compare.py

Without a sampling factor the picture is also held against Pillow's with 4:2:0.
"""

import io

import cv2
import numpy as np
from PIL import Image
from programs import ROOT
from rgb_filter import Ours

FACTORS = {
    name: getattr(cv2, f"IMWRITE_JPEG_SAMPLING_FACTOR_{name}") for name in ("420", "422", "444", "440", "411")
}
PHOTOGRAPHS = ["astronaut", "chelsea", "coffee", "rocket"]


def opencv(picture, quality, *options):
    wanted = [cv2.IMWRITE_JPEG_QUALITY, quality, *options]
    done, file = cv2.imencode(".jpg", picture[..., ::-1], wanted)
    assert done
    return cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1]


def pillow(picture, quality):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return np.asarray(Image.open(file).convert("RGB"))


def pictures():
    """Pieces of photographs and noise, of every size up to 33x33 in turn, and larger ones."""
    rng = np.random.default_rng(14)
    photographs = [np.asarray(Image.open(ROOT / f"assets/images/{name}.png").convert("RGB")) for name in PHOTOGRAPHS]
    sizes = [(width, height) for width in range(1, 34) for height in range(1, 34)]
    sizes += [tuple(rng.integers(1, 251, 2)) for _ in range(200)]
    for number, (width, height) in enumerate(sizes):
        if number % 3 == 2:
            yield rng.choice(np.array([0, 255], np.uint8), (height, width, 3))
        else:
            photograph = photographs[number % 4]
            top, left = (rng.integers(0, side - own + 1) for side, own in zip(photograph.shape, (height, width)))
            yield np.ascontiguousarray(photograph[top : top + height, left : left + width])
    yield from photographs


def main():
    ours = Ours()
    rng = np.random.default_rng(15)
    for picture in pictures():
        quality = int(rng.integers(1, 101))
        for name, factor in FACTORS.items():
            theirs = opencv(picture, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor)
            ours.check(picture, f"jpeg:quality={quality}:subsampling={name}", theirs)
        default = opencv(picture, quality)
        assert np.array_equal(default, pillow(picture, quality)), "OpenCV's default is not Pillow's 4:2:0"
        ours.check(picture, f"jpeg:quality={quality}", default)
    print(f"OpenCV {cv2.__version__}: {ours.compared} pictures compared, 0 samples differ")


if __name__ == "__main__":
    main()
