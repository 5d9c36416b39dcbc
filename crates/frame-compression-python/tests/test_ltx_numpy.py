"""`frame_compression.ltx` on NumPy arrays, held against PyAV. Beside LTX's own functions: heavy/test_ltx.py."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import random_picture
from pyav import round_trip

from frame_compression import errors, ltx


@pytest.mark.parametrize("crf", [1, 18, 33, 51, 60, 100])
def test_preprocess_is_the_round_trip(one_core: None, rng: np.random.Generator, crf: int) -> None:
    for height, width in [(64, 64), (97, 131), (8, 40), (200, 33)]:
        picture = random_picture(rng, height, width)
        even = np.ascontiguousarray(picture[: height // 2 * 2, : width // 2 * 2])
        np.testing.assert_array_equal(ltx.preprocess(picture, crf), round_trip(even, crf))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compress_cuts_fractions_off(one_core: None, rng: np.random.Generator, dtype: type) -> None:
    image = (random_picture(rng, 67, 90) / 255 + rng.uniform(-0.3, 0.3, (67, 90, 3))).astype(dtype)
    # What a byte cast does: the fraction is cut off, and the lowest eight bits are left.
    as_bytes = np.array([int(value) % 256 for value in (image[:66] * dtype(255)).ravel()], np.uint8).reshape(66, 90, 3)
    result = ltx.compress(image, 29)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, round_trip(as_bytes, 29).astype(dtype) / dtype(255))


def test_crf_0_gives_the_image_back(rng: np.random.Generator) -> None:
    image = rng.uniform(0, 1, (33, 47, 3))
    assert ltx.compress(image, crf=0) is image
    picture = random_picture(rng, 33, 47)
    assert ltx.preprocess(picture, 0) is picture


@pytest.mark.parametrize("shape", [(1, 40, 3), (40, 1, 3), (1, 1, 3), (0, 40, 3)])
def test_what_is_too_small_comes_back_from_preprocess(shape: tuple[int, int, int]) -> None:
    image = np.zeros(shape, np.uint8)
    assert ltx.preprocess(image, 33) is image


@pytest.mark.parametrize("shape", [(1, 64, 96, 3), (64, 96), (3, 64, 96), (64, 96, 4), (1, 33, 47, 3)])
@pytest.mark.parametrize("crf", [0, 33])
def test_the_shape_is_checked_first_and_shown(shape: tuple[int, ...], crf: int) -> None:
    for call, image in ((ltx.preprocess, np.zeros(shape, np.uint8)), (ltx.compress, np.zeros(shape, np.float32))):
        with pytest.raises(errors.InvalidShapeError) as raised:
            call(image, crf)
        assert str(raised.value) == f"shape {shape} is not allowed: it has to be (height, width, 3)"


@pytest.mark.parametrize("crf", ["29", None, [29], True, np.zeros(2)])
def test_a_crf_has_to_be_a_number(crf: object) -> None:
    for call, image in ((ltx.preprocess, np.zeros((8, 8, 3), np.uint8)), (ltx.compress, np.zeros((8, 8, 3), np.float32))):
        with pytest.raises(TypeError, match="is not allowed: it has to be a number"):
            call(image, crf)


def test_bad_calls_are_refused() -> None:
    with pytest.raises(errors.InvalidShapeError):
        ltx.preprocess(np.zeros((40, 40, 4), np.uint8), 33)
    with pytest.raises(errors.InvalidShapeError):
        ltx.compress(np.zeros((1, 40, 3), np.float32))
    with pytest.raises(errors.InvalidElementTypeError):
        ltx.preprocess(np.zeros((40, 40, 3), np.float32), 33)  # type: ignore[arg-type]
    for crf in (-1, float("nan")):
        with pytest.raises(errors.InvalidCrfError):
            ltx.preprocess(np.zeros((40, 40, 3), np.uint8), crf)
    with pytest.raises(TypeError):
        ltx.compress([[0.5]])  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        ltx.preprocess([[0]], 33)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ltx.preprocess(np.zeros((40, 40, 3), np.uint8))  # type: ignore[call-arg]
