"""The transform that needs NumPy only: what it draws, that it can be repeated, and that workers draw their own."""

from __future__ import annotations

import collections
import copy
import json
import multiprocessing
import os
import pickle
from typing import Any

import numpy as np
import pytest
from pictures import random_picture

import frame_compression as fc
from frame_compression import errors
from frame_compression.transforms import CompressionArtifacts

ANY = {"codecs": ("h264", "jpeg"), "quality": (10, 90)}


def test_codecs_and_strengths_are_drawn_as_asked() -> None:
    degrade = CompressionArtifacts(
        {"h264": 3, "jpeg": 1}, quality=(20, 60), p=0.8, subsampling={"420": 1, "444": 3}, generator=1
    )
    drawn = [degrade.get_params() for _ in range(20_000)]
    codecs = collections.Counter(params["codec"] for params in drawn)
    for codec, expected in {"h264": 0.6, "jpeg": 0.2, None: 0.2}.items():
        assert abs(codecs[codec] / 20_000 - expected) < 0.015
    qualities = np.array([params["quality"] for params in drawn if params["codec"]])
    assert 20 <= qualities.min() < 20.1 and 59.9 < qualities.max() <= 60 and abs(qualities.mean() - 40) < 0.5
    subsamplings = collections.Counter(params["subsampling"] for params in drawn if params["codec"] == "jpeg")
    assert set(subsamplings) == {"420", "444"} and abs(subsamplings["444"] / codecs["jpeg"] - 0.75) < 0.03
    assert {params["subsampling"] for params in drawn if params["codec"] == "h264"} == {None}
    assert all(params["crf"] is None for params in drawn)


def test_the_drawn_picture_is_the_codecs(rng: np.random.Generator) -> None:
    degrade = CompressionArtifacts({"h264": 1, "jpeg": 1}, crf=(20, 45), subsampling=["422", "444"], generator=2)
    for _ in range(20):
        picture = random_picture(rng, 64, 48)
        params = degrade.get_params()
        settings: Any = {name: value for name, value in params.items() if value is not None}
        expected = fc.apply_compression_artifacts(picture[np.newaxis], **settings)[0]
        np.testing.assert_array_equal(degrade.apply(picture, params), expected)


def test_drawn_parameters_can_be_used_again(rng: np.random.Generator) -> None:
    degrade = CompressionArtifacts(**ANY, generator=3)
    picture = random_picture(rng, 64, 48)
    params = degrade.get_params()
    written = json.loads(json.dumps(params))
    np.testing.assert_array_equal(degrade.apply(picture, written), degrade.apply(picture, params))


def test_seeds_repeat() -> None:
    def drawn(generator: Any) -> list[Any]:
        degrade = CompressionArtifacts(**ANY, generator=generator)
        return [degrade.get_params() for _ in range(5)]

    assert drawn(7) == drawn(7) == drawn(np.random.default_rng(7)) != drawn(8)
    assert drawn(None) != drawn(None)
    degrade = CompressionArtifacts(**ANY)
    assert degrade.get_params(seed=5) == degrade.get_params(seed=5) != degrade.get_params(seed=6)


def test_copies_go_on_from_where_the_original_is() -> None:
    degrade = CompressionArtifacts(**ANY, generator=7)
    degrade.get_params()
    copies = [pickle.loads(pickle.dumps(degrade)), copy.deepcopy(degrade)]
    following = [degrade.get_params() for _ in range(3)]
    for other in copies:
        assert [other.get_params() for _ in range(3)] == following


def test_a_number_means_that_number() -> None:
    for given in (50, 50.0, np.float32(50), np.array(50), (50, 50), [50, 50], np.array([50, 50])):
        drawn = [CompressionArtifacts("jpeg", quality=given).get_params()["quality"] for _ in range(3)]
        assert drawn == [50.0] * 3
    assert CompressionArtifacts("h264", crf=31).get_params()["crf"] == 31.0


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float16])
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (33, 1), (17, 21), (16, 33), (48, 64)])
@pytest.mark.parametrize("codec", ["h264", "h265", "jpeg"])
def test_odd_sizes_are_padded_by_repetition(
    rng: np.random.Generator, codec: fc.Codec, size: tuple[int, int], dtype: Any
) -> None:
    picture = random_picture(rng, *size)
    image = picture if dtype == np.uint8 else (picture / 255).astype(dtype)
    before = image.copy()
    result = CompressionArtifacts(codec, crf=(30, 30))(image)
    assert result.shape == image.shape and result.dtype == dtype
    np.testing.assert_array_equal(image, before)

    least, multiple = {"h264": (2, 2), "h265": (16, 2), "jpeg": (1, 1)}[codec]
    height, width = (max(least, -(-side // multiple) * multiple) for side in size)
    padded = np.empty((1, height, width, 3), dtype)
    padded[0, : size[0], : size[1]] = image
    padded[0, size[0] :, : size[1]] = image[-1:]
    padded[0, :, size[1] :] = padded[0, :, size[1] - 1 : size[1]]
    expected = fc.apply_compression_artifacts(padded, codec, crf=30, value_range="unit")
    np.testing.assert_array_equal(result, expected[0, : size[0], : size[1]])


def test_any_memory_layout_is_taken(rng: np.random.Generator) -> None:
    degrade = CompressionArtifacts("h264", crf=(35, 35))
    picture = random_picture(rng, 50, 66)
    for view in (picture[::-1], picture[:, ::-1], picture[..., ::-1], picture.swapaxes(0, 1), picture[1::2, ::3]):
        np.testing.assert_array_equal(degrade(view), degrade(np.ascontiguousarray(view)))
    planar = np.ascontiguousarray(picture.transpose(2, 0, 1)).transpose(1, 2, 0)
    assert degrade(planar).strides == planar.strides


def test_images_that_are_left_alone_are_copied(rng: np.random.Generator) -> None:
    picture = random_picture(rng, 17, 21)
    result = CompressionArtifacts(**ANY, p=0)(picture)
    assert not np.shares_memory(result, picture)
    np.testing.assert_array_equal(result, picture)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"codecs": "gif"}, errors.UnknownNameError),
        ({"codecs": []}, ValueError),
        ({"codecs": {}}, ValueError),
        ({"codecs": {"h264": 0}}, ValueError),
        ({"codecs": {"h264": -1, "jpeg": 2}}, ValueError),
        ({"codecs": {"h264": float("nan")}}, ValueError),
        ({"codecs": {"h264": float("inf")}}, ValueError),
        ({"codecs": None}, TypeError),
        ({"quality": (60, 20)}, ValueError),
        ({"quality": (20, 101)}, errors.InvalidQualityError),
        ({"quality": "30"}, TypeError),
        ({"quality": (20, "30")}, TypeError),
        ({"quality": True}, TypeError),
        ({"crf": np.zeros((2, 2))}, TypeError),
        ({"p": "1"}, TypeError),
        ({"p": None}, TypeError),
        ({"codecs": 3}, TypeError),
        ({"codecs": {"h264": "1"}}, TypeError),
        ({"quality": (1, 2, 3)}, ValueError),
        ({"crf": (-1, 20)}, errors.InvalidCrfError),
        ({"crf": (20, float("nan"))}, ValueError),
        ({"crf": (20, 30), "quality": (20, 30)}, TypeError),
        ({"p": 1.5}, ValueError),
        ({"p": float("nan")}, ValueError),
        ({"subsampling": "410"}, errors.UnknownNameError),
        ({"backend": "cuda"}, errors.UnknownNameError),
        ({"generator": -1}, ValueError),
        ({"generator": 1.5}, TypeError),
        ({"generator": True}, TypeError),
    ],
)
def test_bad_settings_are_refused_at_once(settings: Any, expected: type[Exception]) -> None:
    with pytest.raises(expected) as raised:
        CompressionArtifacts(**settings)
    assert type(raised.value) is expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (None, TypeError),
        ([[[0, 0, 0]]], TypeError),
        (np.zeros((16, 16), np.uint8), errors.InvalidShapeError),
        (np.zeros((16, 16, 1), np.uint8), errors.InvalidShapeError),
        (np.zeros((16, 16, 4), np.uint8), errors.InvalidShapeError),
        (np.zeros((0, 16, 3), np.uint8), errors.InvalidShapeError),
        (np.zeros((2, 16, 16, 3), np.uint8), errors.InvalidShapeError),
        (np.zeros((16, 16, 3), np.int64), errors.InvalidElementTypeError),
        (np.full((15, 16, 3), np.nan, np.float32), errors.NonFiniteSampleError),
    ],
)
def test_bad_images_are_refused(image: Any, expected: type[Exception]) -> None:
    with pytest.raises(expected) as raised:
        CompressionArtifacts(**ANY)(image)
    assert type(raised.value) is expected


@pytest.mark.parametrize("shape", [(1, 33, 47, 3), (3, 33, 47), (33, 47), (0, 47, 3)])
@pytest.mark.parametrize("p", [0, 1])
def test_errors_show_the_shape_that_was_given(shape: tuple[int, ...], p: float) -> None:
    with pytest.raises(errors.InvalidShapeError) as raised:
        CompressionArtifacts(**ANY, p=p)(np.zeros(shape, np.uint8))
    assert str(raised.value).startswith(f"shape {shape} is not allowed: it has to be (height, width, 3)")


def _draw(degrade: CompressionArtifacts) -> tuple[int, list[Any]]:
    return os.getpid(), [degrade.get_params() for _ in range(4)]


def _work(degrade: CompressionArtifacts, barrier: Any, queue: Any) -> None:
    barrier.wait(60)
    queue.put(_draw(degrade))


@pytest.mark.parametrize("generator", [None, 7])
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_every_worker_draws_numbers_of_its_own(method: str, generator: int | None) -> None:
    degrade = CompressionArtifacts(**ANY, generator=generator)
    context: Any = multiprocessing.get_context(method)

    def run() -> list[list[Any]]:
        queue, barrier = context.Queue(), context.Barrier(3)
        workers = [
            context.Process(target=_work, args=(degrade, barrier, queue), name=f"worker {number}") for number in range(3)
        ]
        for worker in workers:
            worker.start()
        drawn = [params for _, params in (queue.get(timeout=60) for _ in workers)]
        for worker in workers:
            worker.join(60)
            assert worker.exitcode == 0
        return sorted(drawn, key=str)

    first = run()
    own = copy.deepcopy(degrade)
    assert len({str(params) for params in [*first, _draw(own)[1]]}) == 4
    assert (run() == first) == (generator is not None)
