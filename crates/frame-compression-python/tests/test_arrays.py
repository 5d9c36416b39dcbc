"""What goes in and what comes out: element types, memory layouts, outputs, and every refusal."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from pictures import random_picture

import frame_compression as fc
from frame_compression import errors


@pytest.fixture
def picture(rng: np.random.Generator) -> np.ndarray:
    return random_picture(rng, 48, 70)[np.newaxis]


def bytes_of(samples: np.ndarray, unit: bool = False) -> np.ndarray:
    """The 8-bit samples that floating-point samples stand for."""
    scaled = samples.astype(np.float64) * 255 if unit else (samples.astype(np.float64) + 1) * 127.5
    assert np.abs(scaled - scaled.round()).max() < (0.2 if samples.dtype == np.float16 else 1e-3)
    return scaled.round().astype(np.uint8)


@pytest.mark.parametrize("unit", [False, True])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_every_element_type_gives_the_same_picture(picture: np.ndarray, dtype: Any, unit: bool) -> None:
    expected = fc.apply_compression_artifacts(picture, crf=33)
    assert expected.dtype == np.uint8 and (expected != picture).any()
    samples = (picture / 255 if unit else picture / 127.5 - 1).astype(dtype)
    before = samples.copy()
    value_range: fc.ValueRange = "unit" if unit else "signed_unit"
    result = fc.apply_compression_artifacts(samples, crf=33, value_range=value_range)
    assert type(result) is np.ndarray and result.dtype == dtype and result.shape == picture.shape
    np.testing.assert_array_equal(bytes_of(result, unit), expected)
    np.testing.assert_array_equal(samples, before)


def layouts(picture: np.ndarray) -> dict[str, np.ndarray]:
    _, height, width, _ = picture.shape
    wide = np.zeros((1, height + 3, width + 5, 4), picture.dtype)
    window = wide[:, 2 : 2 + height, 1 : 1 + width, :3]
    window[...] = picture
    return {
        "packed": picture.copy(),
        "planar": np.ascontiguousarray(picture.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1),
        "fortran": np.asfortranarray(picture),
        "window": window,
        "transposed": np.ascontiguousarray(picture.swapaxes(1, 2)).swapaxes(1, 2),
    }


@pytest.mark.parametrize("layout", list(layouts(np.zeros((1, 2, 2, 3)))))
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_memory_layouts_do_not_matter(picture: np.ndarray, dtype: Any, layout: str) -> None:
    samples = picture if dtype == np.uint8 else (picture / 127.5 - 1).astype(dtype)
    expected = fc.apply_compression_artifacts(samples, crf=30)
    given = layouts(samples)[layout]
    np.testing.assert_array_equal(fc.apply_compression_artifacts(given, crf=30), expected)

    out = layouts(np.zeros_like(samples))[layout]
    assert fc.apply_compression_artifacts(samples, crf=30, out=out) is out
    np.testing.assert_array_equal(out, expected)

    assert fc.FrameCompressor(crf=30).apply_in_place(given) is given
    np.testing.assert_array_equal(given, expected)


def test_broadcast_and_read_only_inputs_are_read(picture: np.ndarray) -> None:
    grey = np.broadcast_to(np.float32(0.25), (1, 32, 32, 3))
    expected = fc.apply_compression_artifacts(np.ascontiguousarray(grey))
    np.testing.assert_array_equal(fc.apply_compression_artifacts(grey), expected)

    expected = fc.apply_compression_artifacts(picture)
    picture.flags.writeable = False
    np.testing.assert_array_equal(fc.apply_compression_artifacts(picture), expected)


def test_outputs_may_have_another_element_type(picture: np.ndarray) -> None:
    expected = fc.apply_compression_artifacts(picture, crf=40)
    out = np.empty(picture.shape, np.float32)
    fc.apply_compression_artifacts(picture, crf=40, out=out)
    np.testing.assert_array_equal(bytes_of(out), expected)


def test_outputs_may_overlap_the_input(picture: np.ndarray) -> None:
    memory = np.concatenate([picture[0], picture[0]])
    expected = fc.apply_compression_artifacts(memory[np.newaxis, 2:50], crf=40)
    fc.apply_compression_artifacts(memory[np.newaxis, 2:50], crf=40, out=memory[np.newaxis, :48])
    np.testing.assert_array_equal(memory[:48], expected[0])


def test_the_default_is_crf_29(picture: np.ndarray) -> None:
    expected = fc.apply_compression_artifacts(picture, "h264", crf=29)
    np.testing.assert_array_equal(fc.apply_compression_artifacts(picture), expected)
    np.testing.assert_array_equal(fc.apply_compression_artifacts(picture, "h264", 43.1), expected)
    assert (fc.apply_compression_artifacts(picture, quality=10) != expected).any()


def test_a_compressor_gives_what_the_function_gives(rng: np.random.Generator) -> None:
    compressor = fc.FrameCompressor("h264", crf=35)
    for height, width in [(64, 64), (16, 130), (200, 96), (64, 64)]:
        picture = random_picture(rng, height, width)[np.newaxis]
        expected = fc.apply_compression_artifacts(picture, crf=35)
        np.testing.assert_array_equal(compressor.apply(picture), expected)


def test_every_preset_and_version_of_x265_has_its_picture(rng: np.random.Generator) -> None:
    picture = random_picture(rng, 128, 128)[np.newaxis]
    presets: list[fc.Preset] = ["ultrafast", "superfast", "veryfast", "medium"]
    results = {preset: fc.apply_compression_artifacts(picture, "h265", crf=40, preset=preset) for preset in presets}
    assert len({result.tobytes() for result in results.values()}) == 4
    default = fc.apply_compression_artifacts(picture, "h265", crf=40)
    np.testing.assert_array_equal(default, results["veryfast"])
    versions: list[fc.X265Version] = ["4.2", "3.5"]
    results = {v: fc.apply_compression_artifacts(picture, "h265", crf=40, x265_version=v) for v in versions}
    np.testing.assert_array_equal(default, results["4.2"])
    assert (results["3.5"] != default).any()


def test_compressors_are_values() -> None:
    compressor = fc.FrameCompressor("jpeg", quality=40, subsampling="444", quant_tables=[[9] * 64, [8] * 64])
    again = pickle.loads(pickle.dumps(compressor))
    assert again == compressor == copy.deepcopy(compressor) and hash(again) == hash(compressor)
    assert compressor != fc.FrameCompressor("jpeg", quality=41, subsampling="444")
    assert eval(repr(compressor), {"FrameCompressor": fc.FrameCompressor}) == compressor


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "a list": ([[[[0, 0, 0]]]], TypeError, "list is not allowed"),
    "None": (None, TypeError, "NoneType is not allowed"),
    "a number": (3.5, TypeError, "float is not allowed"),
    "bytes": (b"123", TypeError, "bytes is not allowed"),
    "a scalar of NumPy": (np.float32(1), TypeError, "numpy.float32 is not allowed"),
    "a masked array": (np.ma.zeros((1, 16, 16, 3), "f4"), TypeError, "MaskedArray is not allowed"),
    "no dimension": (np.zeros((), "f4"), errors.InvalidShapeError, "[]"),
    "rank 3": (np.zeros((16, 16, 3), "f4"), errors.InvalidShapeError, "[16, 16, 3]"),
    "rank 5": (np.zeros((1, 1, 16, 16, 3), "f4"), errors.InvalidShapeError, "[1, 1, 16, 16, 3]"),
    "NCHW": (np.zeros((1, 3, 16, 16), "f4"), errors.InvalidShapeError, "[1, 3, 16, 16]"),
    "RGBA": (np.zeros((1, 16, 16, 4), "f4"), errors.InvalidShapeError, "[1, 16, 16, 4]"),
    "no rows": (np.zeros((1, 0, 16, 3), "f4"), errors.InvalidShapeError, "[1, 0, 16, 3]"),
    "no columns": (np.zeros((1, 16, 0, 3), "u1"), errors.InvalidShapeError, "[1, 16, 0, 3]"),
    "no images": (np.zeros((0, 16, 16, 3), "u1"), errors.InvalidShapeError, "[0, 16, 16, 3]"),
    "odd height": (np.zeros((1, 15, 16, 3), "f4"), errors.OddSizeError, "16x15"),
    "odd width": (np.zeros((1, 16, 15, 3), "u1"), errors.OddSizeError, "15x16"),
    "too wide": (np.broadcast_to(np.uint8(0), (1, 2, 16386, 3)), errors.TooLargeError, "16386x2"),
    "endless": (np.broadcast_to(np.uint8(0), (1, 2**40, 2, 3)), errors.TooLargeError, f"2x{2**40}"),
    "int64": (np.zeros((1, 16, 16, 3), "i8"), errors.InvalidElementTypeError, "int64"),
    "int8": (np.zeros((1, 16, 16, 3), "i1"), errors.InvalidElementTypeError, "int8"),
    "uint16": (np.zeros((1, 16, 16, 3), "u2"), errors.InvalidElementTypeError, "uint16"),
    "bool": (np.zeros((1, 16, 16, 3), "?"), errors.InvalidElementTypeError, "bool"),
    "complex": (np.zeros((1, 16, 16, 3), "c8"), errors.InvalidElementTypeError, "complex64"),
    "objects": (np.zeros((1, 16, 16, 3), "O"), errors.InvalidElementTypeError, "object"),
    "strings": (np.zeros((1, 16, 16, 3), "U3"), errors.InvalidElementTypeError, "U3"),
    "records": (np.zeros((1, 16, 16, 3), [("r", "u1")]), errors.InvalidElementTypeError, "'r'"),
    "times": (np.zeros((1, 16, 16, 3), "M8[s]"), errors.InvalidElementTypeError, "datetime64"),
    "the other byte order": (np.zeros((1, 16, 16, 3), ">f4"), errors.InvalidElementTypeError, ">f4"),
    "too small for H.265": (np.zeros((1, 14, 16, 3), "u1"), errors.TooSmallError, "16x14"),
    "NaN": (np.full((1, 16, 16, 3), np.nan, "f4"), errors.NonFiniteSampleError, "NaN at row 0, column 0, channel 0"),
    "infinity": (np.full((1, 16, 16, 3), np.inf, "f8"), errors.NonFiniteSampleError, "inf at row 0"),
    "bottom up": (np.zeros((1, 16, 16, 3), "u1")[:, ::-1], errors.InvalidStridesError, "negative"),
    "BGR seen as RGB": (np.zeros((1, 16, 16, 3), "f4")[..., ::-1], errors.InvalidStridesError, "ascontiguousarray"),
    "uneven strides": (
        np.zeros(16 * 16 * 3, [("x", "f4"), ("y", "u1")])["x"].reshape(1, 16, 16, 3),
        errors.InvalidStridesError,
        "multiple of the element",
    ),
    "not aligned": (
        np.zeros(16 * 16 * 3 * 4 + 1, "u1")[1:].view("f4").reshape(1, 16, 16, 3),
        errors.InvalidStridesError,
        "not aligned",
    ),
}


@pytest.mark.parametrize("door", ["function", "compressor", "in place", "batch"])
@pytest.mark.parametrize("name", REFUSED)
def test_bad_inputs_are_refused_by_every_door(name: str, door: str) -> None:
    x, expected, text = REFUSED[name]
    codec: fc.Codec = "h265" if "H.265" in name else "h264"
    call: Any = {
        "function": lambda x: fc.apply_compression_artifacts(x, codec),
        "compressor": fc.FrameCompressor(codec).apply,
        "in place": fc.FrameCompressor(codec).apply_in_place,
        "batch": lambda x: fc.apply_batch(x, codec),
    }[door]
    with pytest.raises(expected) as raised:
        call(x)
    assert type(raised.value) is expected
    assert text in str(raised.value) or door == "batch"


def test_two_images_are_a_batch() -> None:
    images = np.zeros((2, 16, 16, 3), np.float32)
    with pytest.raises(errors.InvalidShapeError, match=r"\[2, 16, 16, 3\] is not allowed: it has to be \(1, height"):
        fc.apply_compression_artifacts(images)
    assert fc.apply_batch(images).shape == images.shape


def test_the_place_of_a_sample_that_is_not_finite_is_named(picture: np.ndarray) -> None:
    samples = (picture / 127.5 - 1).astype(np.float16)
    samples[0, 17, 33, 2] = -np.inf
    with pytest.raises(errors.NonFiniteSampleError, match="-inf at row 17, column 33, channel 2"):
        fc.apply_compression_artifacts(samples)


def read_only(shape: tuple[int, ...]) -> np.ndarray:
    array = np.zeros(shape, np.uint8)
    array.flags.writeable = False
    return array


REFUSED_OUTPUTS: dict[str, tuple[Any, type[Exception], str]] = {
    "read-only": (read_only((1, 48, 70, 3)), errors.InvalidOutputError, "read-only"),
    "another size": (np.zeros((1, 48, 72, 3), "u1"), errors.OutputSizeError, "(48, 72)"),
    "another rank": (np.zeros((48, 70, 3), "u1"), errors.InvalidShapeError, "[48, 70, 3]"),
    "another type": (np.zeros((1, 48, 70, 3), "i4"), errors.InvalidElementTypeError, "int32"),
    "a list": ([0], TypeError, "out of type list"),
    "places shared": (
        np.lib.stride_tricks.as_strided(np.zeros(48 * 210, "u1"), (1, 48, 70, 3), (0, 210, 2, 1)),
        errors.InvalidStridesError,
        "place of its own",
    ),
    "one place": (
        np.lib.stride_tricks.as_strided(np.zeros(1, "u1"), (1, 48, 70, 3), (0, 0, 0, 0)),
        errors.InvalidStridesError,
        "place of its own",
    ),
    "bottom up": (np.zeros((1, 48, 70, 3), "u1")[:, ::-1], errors.InvalidStridesError, "negative"),
}


@pytest.mark.parametrize("name", REFUSED_OUTPUTS)
def test_bad_outputs_are_refused_and_left_alone(picture: np.ndarray, name: str) -> None:
    out, expected, text = REFUSED_OUTPUTS[name]
    with pytest.raises(expected) as raised:
        fc.apply_compression_artifacts(picture, out=out)
    assert type(raised.value) is expected and text in str(raised.value)
    assert not np.any(out)


def test_nothing_is_written_when_a_call_fails(picture: np.ndarray) -> None:
    samples = (picture / 127.5 - 1).astype(np.float32)
    samples[0, -1, -1, -1] = np.nan
    out = np.full_like(samples, 7)
    with pytest.raises(errors.NonFiniteSampleError):
        fc.apply_compression_artifacts(samples, out=out)
    assert (out == 7).all()
    before = samples.copy()
    with pytest.raises(errors.NonFiniteSampleError):
        fc.FrameCompressor().apply_in_place(samples)
    np.testing.assert_array_equal(samples, before)


@pytest.mark.parametrize(
    ("settings", "expected", "text"),
    [
        ({"quality": -1}, errors.InvalidQualityError, "quality -1"),
        ({"quality": 100.5}, errors.InvalidQualityError, "quality 100.5"),
        ({"quality": float("nan")}, errors.InvalidQualityError, "NaN"),
        ({"quality": float("inf")}, errors.InvalidQualityError, "inf"),
        ({"crf": 52}, errors.InvalidCrfError, "crf 52"),
        ({"crf": -0.5}, errors.InvalidCrfError, "crf -0.5"),
        ({"crf": float("nan")}, errors.InvalidCrfError, "NaN"),
        ({"crf": 10**400}, OverflowError, "too large"),
        ({"crf": "29"}, TypeError, ""),
        ({"crf": [29]}, TypeError, ""),
        ({"crf": 29, "quality": 43}, TypeError, "give one"),
        ({"codec": "gif"}, errors.UnknownNameError, "h264, h265, jpeg"),
        ({"codec": "H264"}, errors.UnknownNameError, "h264, h265, jpeg"),
        ({"codec": None}, TypeError, ""),
        ({"backend": "cuda"}, errors.UnknownNameError, "native or videotoolbox"),
        ({"codec": "jpeg", "subsampling": "311"}, errors.UnknownNameError, "420, 422"),
        ({"value_range": "0..255"}, errors.UnknownNameError, "signed_unit"),
        ({"colour": 1}, TypeError, "colour"),
        ({"codec": "jpeg", "quant_tables": ([16] * 64,)}, errors.InvalidSettingError, "64 numbers is not allowed"),
        ({"codec": "jpeg", "quant_tables": ([16] * 64, [16] * 63)}, errors.InvalidSettingError, "of 127 numbers"),
        ({"codec": "jpeg", "quant_tables": ([16] * 64, [16] * 60 + [0] * 4)}, errors.InvalidQuantTableError, "step 0 at index 60"),
        ({"codec": "jpeg", "quant_tables": ([-3] + [16] * 63, [16] * 64)}, errors.InvalidSettingError, "-3 at index 0"),
        ({"codec": "jpeg", "quant_tables": ([0.5] * 64, [16] * 64)}, TypeError, "0.5 at index 0"),
        ({"codec": "jpeg", "quant_tables": 16}, errors.InvalidSettingError, "of 1 numbers"),
        ({"codec": "h265", "preset": "fastest"}, errors.UnknownNameError, "veryfast"),
        ({"codec": "h265", "preset": 3}, TypeError, "preset=3 is not allowed: it has to be"),
        ({"codec": "h265", "fps": "x"}, errors.InvalidSettingError, "fps x"),
        ({"codec": fc.Jpeg(), "quality": 3}, TypeError, "give it to Jpeg"),
        ({"codec": 3}, TypeError, "H264(crf=23)"),
        ({"codec": "h265", "x265_version": "4.1"}, errors.UnknownNameError, "4.2 or 3.5"),
        ({"codec": "jpeg", "preset": "medium"}, errors.UnsupportedSettingError, "preset"),
        ({"codec": "jpeg", "x265_version": "3.5"}, errors.UnsupportedSettingError, "release"),
        ({"subsampling": "444"}, errors.UnsupportedSettingError, "no setting subsampling: it has crf"),
    ],
)
def test_bad_settings_are_refused(picture: np.ndarray, settings: Any, expected: Any, text: str) -> None:
    with pytest.raises(expected) as raised:
        fc.apply_compression_artifacts(picture, **settings)
    assert type(raised.value) is expected and text in str(raised.value)


@pytest.mark.skipif(sys.platform == "darwin", reason="Apple's systems have it")
def test_a_backend_of_another_system_is_refused(picture: np.ndarray) -> None:
    with pytest.raises(errors.BackendUnavailableError, match="Apple"):
        fc.apply_compression_artifacts(picture, backend="videotoolbox")


def test_errors_have_the_numbers_of_the_library() -> None:
    kinds = [getattr(errors, name) for name in errors.__all__]
    assert all(issubclass(kind, errors.FrameCompressionError) and issubclass(kind, ValueError) for kind in kinds)
    assert sorted(kind.code for kind in kinds if kind.code) == [*range(1, 10), *range(11, 20)]
    assert type(errors.from_code(13, "odd")) is errors.OddSizeError
    assert type(errors.from_code(999, "new")) is errors.FrameCompressionError


def test_only_numpy_is_imported() -> None:
    program = """
import importlib.metadata
import sys
import numpy
before = set(sys.modules)
import frame_compression, frame_compression.ltx, frame_compression.ray, frame_compression.transforms
frame_compression.apply_compression_artifacts(numpy.zeros((1, 16, 16, 3), "f4"))
frame_compression.transforms.CompressionArtifacts("h264", crf=(20, 40))(numpy.zeros((16, 16, 3), "f4"))
names = {name.split(".")[0] for name in set(sys.modules) - before}
print(*names & set(importlib.metadata.packages_distributions()))
"""
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert set(printed.split()) <= {"numpy", "frame_compression"}
