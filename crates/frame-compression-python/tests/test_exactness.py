"""Bit for bit what the codecs leave of a picture: PyAV (libx264, libx265) and Pillow (libjpeg-turbo) are asked at run time."""

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


@pytest.mark.parametrize("crf", [5, 18, 29, 37.5, 51])
def test_h265_of_photographs(one_core: None, photographs: list[np.ndarray], crf: float) -> None:
    for photograph in photographs[:2]:
        height, width = (side // 2 * 2 for side in photograph.shape[:2])
        picture = np.ascontiguousarray(photograph[:height, :width])
        result = fc.apply_compression_artifacts(picture[np.newaxis], "h265", crf=crf)[0]
        np.testing.assert_array_equal(result, round_trip(picture, crf, "libx265"))


def test_h265_of_random_pictures(one_core: None, rng: np.random.Generator) -> None:
    for height, width in even_sizes(rng, 30, least=16):
        picture, crf = random_picture(rng, height, width), round(float(rng.uniform(0, 51)), 2)
        result = fc.apply_compression_artifacts(picture[np.newaxis], "h265", crf=crf)[0]
        np.testing.assert_array_equal(result, round_trip(picture, crf, "libx265"), f"{height}x{width}, crf {crf}")


def pillow_round_trip(picture: np.ndarray, **settings: object) -> np.ndarray:
    with io.BytesIO() as file:
        Image.fromarray(picture).save(file, "JPEG", **settings)
        return np.asarray(Image.open(file).convert("RGB"))


@pytest.mark.parametrize("subsampling", ["420", "422", "444"])
@pytest.mark.parametrize("quality", [1, 10, 43, 50, 75, 90, 95, 100])
def test_jpeg_of_photographs(photographs: list[np.ndarray], quality: int, subsampling: fc.Subsampling) -> None:
    chroma = {"444": 0, "422": 1, "420": 2}[subsampling]
    for photograph in photographs:
        result = fc.apply_compression_artifacts(photograph[np.newaxis], "jpeg", quality, subsampling=subsampling)[0]
        expected = pillow_round_trip(photograph, quality=quality, subsampling=chroma)
        np.testing.assert_array_equal(result, expected)


def test_jpeg_of_random_pictures_of_any_size(rng: np.random.Generator) -> None:
    for height, width in rng.integers(1, 130, (300, 2)).tolist():
        picture, quality, chroma = random_picture(rng, height, width), int(rng.integers(1, 101)), int(rng.integers(3))
        subsampling: fc.Subsampling = ("444", "422", "420")[chroma]  # type: ignore[assignment]
        result = fc.apply_compression_artifacts(picture[np.newaxis], "jpeg", quality, subsampling=subsampling)[0]
        expected = pillow_round_trip(picture, quality=quality, subsampling=chroma)
        np.testing.assert_array_equal(result, expected, f"{height}x{width}, quality {quality}, {subsampling}")


def test_grey_jpeg_is_that_of_the_grey_image(photographs: list[np.ndarray]) -> None:
    grey = np.asarray(Image.fromarray(photographs[0]).convert("L"))
    result = fc.apply_compression_artifacts(np.stack([grey] * 3, -1)[np.newaxis], "jpeg", 60, subsampling="grey")[0]
    expected = pillow_round_trip(grey, quality=60)
    np.testing.assert_array_equal(result, expected)


def test_jpeg_with_tables_of_the_callers(photographs: list[np.ndarray], rng: np.random.Generator) -> None:
    luma, chroma = rng.integers(1, 256, (2, 8, 8))
    for tables in [(luma, chroma), (luma.tolist(), chroma.ravel().tolist())]:
        result = fc.apply_compression_artifacts(photographs[1][np.newaxis], "jpeg", quant_tables=tables)[0]
        # Pillow takes the tables row by row as well.
        expected = pillow_round_trip(photographs[1], qtables=[luma.ravel().tolist(), chroma.ravel().tolist()])
        np.testing.assert_array_equal(result, expected)
