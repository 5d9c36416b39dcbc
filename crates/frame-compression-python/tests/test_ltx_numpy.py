"""`frame_compression.ltx` on NumPy arrays, held against PyAV. Beside LTX's own functions: heavy/test_ltx.py."""

from __future__ import annotations

import dataclasses
import sys
import types
import zlib
from typing import NamedTuple

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


@pytest.mark.parametrize("cores", [1, 2, 3, 8, 200])
def test_cores_are_those_of_the_encoder(rng: np.random.Generator, cores: int) -> None:
    for height, width in [(112, 48), (114, 48), (200, 33), (531, 64), (1030, 32)]:
        picture = random_picture(rng, height, width)
        even = np.ascontiguousarray(picture[: height // 2 * 2, : width // 2 * 2])
        expected = round_trip(even, 33, threads=cores)
        np.testing.assert_array_equal(ltx.preprocess(picture, 33, cores=cores), expected)
        if cores == 200:
            np.testing.assert_array_equal(ltx.preprocess(picture, 33, cores="server"), expected)


def test_threads_do_not_matter(rng: np.random.Generator) -> None:
    picture = random_picture(rng, 300, 48)
    for cores in (1, 4):
        expected = ltx.preprocess(picture, 33, cores=cores)  # type: ignore[arg-type]
        np.testing.assert_array_equal(ltx.preprocess(picture, 33, cores=cores, threads=3), expected)  # type: ignore[arg-type]
        unit = picture / np.float32(255)
        np.testing.assert_array_equal(ltx.compress(unit, 33, threads=2), ltx.compress(unit, 33))


def test_this_machine_is_this_machine(rng: np.random.Generator) -> None:
    picture = random_picture(rng, 300, 48)
    np.testing.assert_array_equal(ltx.preprocess(picture, 29, cores="this"), round_trip(picture, 29))


def test_a_pinned_thread_is_one_core(one_core: None, rng: np.random.Generator) -> None:
    picture = random_picture(rng, 300, 48)
    np.testing.assert_array_equal(ltx.preprocess(picture, 29, cores="this"), ltx.preprocess(picture, 29, cores=1))


def picture_f(height: int, width: int) -> np.ndarray:
    """Input F of docs/spec/ltx-on-real-machines.md, section 8.2."""
    y, x = np.mgrid[0:height, 0:width]
    red = (5 * x + 3 * y + x * y // 4) & 255
    green = (x * x + y * y) // 8 & 255
    blue = (200 + 11 * (x // 9) - 7 * (y // 5) + ((3 * x + 5 * y) & 7)) & 255
    return np.stack([red, green, blue], 2).astype(np.uint8)


GOLDEN = """
270x64 x86-64 18 1:e4851732 2:e9dbb81a 4:0fe32e64
270x64 arm64 18 1:ec6c4ad6 2:c9a9c461 4:e091f196
270x64 x86-64 33 1:92c9ba38 2:3571e75d 4:d0b72524
270x64 arm64 33 1:ec4eae21 2:60eacfe3 4:989fcfe1
270x66 x86-64 18 1:34d15a33 2:8ad74d6a 4:3fe2f1c7
270x66 arm64 18 1:7c2e19e1 2:82028f7f 4:03c7466c
1030x48 x86-64 33 1:6f07f324 2:bbb4c232 4:481288c8 8:8c49b1f4 16:10fc5340
1030x48 arm64 33 1:02388e27 2:28230ab1 4:c1ba53ce 8:4d1cbbce 16:e96f9703
1030x50 arm64 18 1:9ba921a2 2:34d75f88 4:1f433c1f 8:6608884d 16:40cd0627
2x16 x86-64 33 1:dce0a268
2x16 arm64 33 1:bf8ca5d6
4x18 x86-64 18 1:a9ad5811
4x18 arm64 18 1:9d9bdb40
6x34 x86-64 33 1:6567bf49
6x34 arm64 33 1:6581bbc0
"""


@pytest.mark.parametrize("line", GOLDEN.strip().splitlines())
def test_whole_calls_of_other_machines(line: str) -> None:
    """What LTX's call gave on those machines: section 8.3."""
    size, machine, crf, *results = line.split()
    height, width = map(int, size.split("x"))
    for result in results:
        cores, checksum = result.split(":")
        degraded = ltx.preprocess(picture_f(height, width), int(crf), cores=int(cores), machine=machine)  # type: ignore[arg-type]
        assert f"{zlib.crc32(degraded.tobytes()):08x}" == checksum, (line, cores)


def test_bad_machines_are_refused() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    for settings in ({"cores": 0}, {"cores": "all"}, {"cores": -1}, {"machine": "sparc"}):
        for crf in (0, 33):
            with pytest.raises(errors.FrameCompressionError):
                ltx.preprocess(image, crf, **settings)  # type: ignore[arg-type]


class Condition(NamedTuple):
    """As LTX-2's ImageConditioningInput."""

    path: str
    crf: int | None = None


@dataclasses.dataclass(frozen=True)
class DataCondition:
    """The same as a data class."""

    crf: int | None = None


def test_crfs_come_from_the_model() -> None:
    assert [ltx.default_crf(model) for model in ("LTX-Video", "LTX-2", "LTX-2.3", "LTX-2.4", "LTX-2.5", "ComfyUI", "?")] == [
        29, 33, 18, 18, 18, 35, 33,
    ]  # fmt: skip
    assert all(ltx.default_crf(model) == crf and source for model, (crf, source) in ltx.MODELS.items())
    given = [Condition("a"), Condition("b", 0), DataCondition(), DataCondition(7)]
    assert ltx.resolve_crf(given, "LTX-2.5") == [Condition("a", 18), Condition("b", 0), DataCondition(18), DataCondition(7)]
    for kind, crf in (("gemma4", 18), ("gemma4_unified", 18), ("gemma3", 33), (None, 33)):
        encoder = types.SimpleNamespace(config=types.SimpleNamespace(model_type=kind))
        assert ltx.resolve_default_image_crf(encoder) == crf
    with pytest.raises(ValueError, match="crf=None"):
        ltx.apply_image_conditioning_crf(np.zeros((8, 8, 3), np.uint8), None)  # type: ignore[arg-type]


def test_install_replaces_what_is_imported(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    def original(image: np.ndarray, crf: int) -> np.ndarray:
        raise AssertionError("the original was called")

    utils, pipeline, other = (types.ModuleType(name) for name in ("utils", "pipeline", "other"))
    utils.apply_image_conditioning_crf = pipeline.imported = other.kept = original  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "diffusers.pipelines.ltx2.utils", utils)
    monkeypatch.setitem(sys.modules, "diffusers.pipelines.ltx2.pipeline_ltx2", pipeline)
    monkeypatch.setitem(sys.modules, "elsewhere", other)
    names = ["diffusers.pipelines.ltx2.pipeline_ltx2.imported", "diffusers.pipelines.ltx2.utils.apply_image_conditioning_crf"]
    assert sorted(ltx.install(cores=2)) == names
    assert sorted(ltx.install(cores="server")) == names
    picture = random_picture(rng, 300, 32)
    result = pipeline.imported(picture, 33)
    np.testing.assert_array_equal(result, ltx.preprocess(picture, 33, cores="server"))
    assert other.kept is original
    with pytest.raises(errors.FrameCompressionError):
        ltx.install(cores=0)
    assert sorted(ltx.uninstall()) == names and ltx.uninstall() == []
    assert utils.apply_image_conditioning_crf is original and pipeline.imported is original
    assert sorted(ltx.install()) == names and sorted(ltx.uninstall()) == names
