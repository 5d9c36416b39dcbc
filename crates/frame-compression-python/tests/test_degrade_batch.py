"""The function for Ray Data and Hugging Face's datasets, on batches as those give them. With both: heavy/test_scale_out.py."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pictures import random_picture

from frame_compression.ray import degrade_batch
from frame_compression.transforms import CompressionArtifacts

SETTINGS: dict[str, Any] = {"codecs": ("h264", "jpeg"), "quality": (10, 60), "seed": 4}


def png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def opened(file: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file)))


@pytest.fixture
def pictures(rng: np.random.Generator) -> list[np.ndarray]:
    return [random_picture(rng, 33, 47) for _ in range(6)]


@pytest.fixture
def expected(pictures: list[np.ndarray]) -> list[np.ndarray]:
    return [degrade_batch({"image": [picture]}, **SETTINGS)["image"][0] for picture in pictures]


def test_the_result_is_what_was_drawn(pictures: list[np.ndarray], expected: list[np.ndarray]) -> None:
    result = degrade_batch({"image": pictures}, **SETTINGS, params_column="drawn")
    drawn = [json.loads(params) for params in result["drawn"]]
    assert len({params["quality"] for params in drawn}) == len(pictures)
    for picture, params, wanted, got in zip(pictures, drawn, expected, result["image"]):
        np.testing.assert_array_equal(got, wanted)
        np.testing.assert_array_equal(CompressionArtifacts().apply(picture, params), wanted)


def test_every_kind_of_column_gives_the_same(pictures: list[np.ndarray], expected: list[np.ndarray]) -> None:
    array = degrade_batch({"image": np.stack(pictures), "label": [1]}, **SETTINGS)
    assert isinstance(array["image"], np.ndarray) and array["label"] == [1]
    np.testing.assert_array_equal(array["image"], expected)

    ragged = np.empty(6, object)
    for place, picture in enumerate(pictures):
        ragged[place] = picture
    for got, wanted in zip(degrade_batch({"image": ragged}, **SETTINGS)["image"], expected):
        np.testing.assert_array_equal(got, wanted)

    images = degrade_batch({"image": [Image.fromarray(picture) for picture in pictures]}, **SETTINGS)["image"]
    for image, wanted in zip(images, expected):
        assert isinstance(image, Image.Image)
        np.testing.assert_array_equal(np.asarray(image), wanted)

    files = [png(picture) for picture in pictures]
    for got, wanted in zip(degrade_batch({"image": files}, **SETTINGS)["image"], expected):
        np.testing.assert_array_equal(opened(got), wanted)

    rows = [{"bytes": file, "path": f"{place}.png"} for place, file in enumerate(files)]
    for place, row in enumerate(degrade_batch({"image": rows}, **SETTINGS)["image"]):
        assert row["path"] == f"{place}.png"
        np.testing.assert_array_equal(opened(row["bytes"]), expected[place])

    lists = [picture.tolist() for picture in pictures]
    for got, wanted in zip(degrade_batch({"image": lists}, **SETTINGS)["image"], expected):
        np.testing.assert_array_equal(got, wanted)


def test_images_depend_on_their_key_and_the_seed_alone(pictures: list[np.ndarray]) -> None:
    def drawn(places: list[int], **settings: Any) -> dict[int, str]:
        batch = {"image": [pictures[0]] * len(places), "path": [f"{place}.png" for place in places]}
        result = degrade_batch(batch, **{**SETTINGS, **settings}, key_column="path", params_column="drawn")
        return dict(zip(places, result["drawn"]))

    together = drawn([0, 1, 2, 3])
    assert len(set(together.values())) == 4
    for place in (3, 1, 0, 2):
        assert drawn([place])[place] == together[place]
        assert drawn([place], seed=5)[place] != together[place]


def test_batches_are_not_changed(pictures: list[np.ndarray]) -> None:
    batch = {"image": np.stack(pictures)}
    before = batch["image"].copy()
    degrade_batch(batch, **SETTINGS)
    np.testing.assert_array_equal(batch["image"], before)


def test_bad_batches_are_refused(pictures: list[np.ndarray]) -> None:
    with pytest.raises(KeyError):
        degrade_batch({"picture": pictures}, **SETTINGS)
    with pytest.raises(TypeError, match="int"):
        degrade_batch({"image": [3]}, **SETTINGS)
    with pytest.raises(Image.UnidentifiedImageError):
        degrade_batch({"image": [b"no image"]}, **SETTINGS)
    assert degrade_batch({"image": []}, **SETTINGS)["image"] == []
