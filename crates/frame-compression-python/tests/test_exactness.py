"""Bit for bit what the codecs leave of a picture: PyAV (libx264) and Pillow (libjpeg-turbo) are asked at run time."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from pictures import even_sizes, random_picture
from pyav import round_trip

import frame_compression as fc


@pytest.mark.parametrize("crf", [1, 10, 18, 23.5, 29, 33, 40, 47.25, 51])
def test_h264_of_photographs(one_core: None, photographs: list[np.ndarray], crf: float) -> None:
    for photograph in photographs:
        height, width = (side // 2 * 2 for side in photograph.shape[:2])
        picture = np.ascontiguousarray(photograph[:height, :width])
        result = fc.apply_compression_artifacts(picture[np.newaxis], "h264", crf=crf)[0]
        np.testing.assert_array_equal(result, round_trip(picture, crf))


def test_h264_of_random_pictures(one_core: None, rng: np.random.Generator) -> None:
    for height, width in even_sizes(rng, 150):
        picture, crf = random_picture(rng, height, width), round(float(rng.uniform(0, 51)), 2)
        result = fc.apply_compression_artifacts(picture[np.newaxis], "h264", crf=crf)[0]
        np.testing.assert_array_equal(result, round_trip(picture, crf), f"{height}x{width}, crf {crf}")
