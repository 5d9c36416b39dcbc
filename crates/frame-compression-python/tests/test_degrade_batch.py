"""The function for Ray Data and Hugging Face's datasets, on batches as those give them. With both: heavy/test_scale_out.py."""

from __future__ import annotations

import io
import json
import pathlib
import pickle
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pictures import random_picture

from frame_compression import errors
from frame_compression.ray import degrade_batch
from frame_compression.transforms import CompressionArtifacts, recipes

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


def test_bad_calls_are_refused(pictures: list[np.ndarray]) -> None:
    with pytest.raises(KeyError, match="'image' does not exist: there are 'picture'"):
        degrade_batch({"picture": pictures}, **SETTINGS)
    with pytest.raises(KeyError, match="'key' does not exist"):
        degrade_batch({"image": pictures}, **SETTINGS, key_column="key")
    with pytest.raises(ValueError, match="on_error='skip' is not allowed"):
        degrade_batch({"image": pictures}, **SETTINGS, on_error="skip")  # type: ignore[arg-type]
    assert degrade_batch({"image": []}, **SETTINGS)["image"] == []


NAN = np.full((16, 16, 3), np.nan, np.float32)
BROKEN = [
    (None, "an image of type NoneType is not allowed"),
    (3, "an image of type int is not allowed"),
    (b"no picture", "is no picture of a known format"),
    (b"", "is no picture of a known format"),
    ({"bytes": None, "path": None}, r"an image with the fields \['bytes', 'path'\] is not allowed"),
    ({"bytes": None, "path": "nowhere.png"}, r"\(nowhere.png\): .*No such file"),
    ("nowhere.png", r"\(nowhere.png\): .*No such file"),
    ({"url": "x"}, r"an image with the fields \['url'\] is not allowed"),
    (np.zeros((16, 16), np.uint8), r"shape \(16, 16\) is not allowed"),
    (np.zeros((16, 16, 3), np.int32), "int32"),
    (NAN, "sample NaN at row 0"),
    ([[1, 2], [3]], "inhomogeneous"),
    (Image.new("F", (16, 16)), "mode F is not allowed"),
]


@pytest.mark.parametrize(("image", "said"), BROKEN, ids=range(len(BROKEN)))
def test_errors_name_the_row_and_the_key(pictures: list[np.ndarray], image: Any, said: str) -> None:
    batch = {"image": [pictures[0], image, pictures[1]], "name": ["first", "second", "third"]}
    with pytest.raises(errors.RowError, match=rf"^row 1 \(second\): .*") as raised:
        degrade_batch(batch, **SETTINGS, key_column="name")
    assert (raised.value.row, raised.value.key) == (1, "second") and raised.value.__cause__ is not None
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), again.row, again.key) == (str(raised.value), 1, "second")
    with pytest.raises(errors.RowError, match=said):
        degrade_batch(batch, **SETTINGS)

    settings = {**SETTINGS, "key_column": "name", "error_column": "error", "params_column": "drawn"}
    kept = degrade_batch(batch, **settings, on_error="keep")
    assert kept["image"][1] is image and [bool(error) for error in kept["error"]] == [False, True, False]
    assert kept["error"][1].startswith("row 1 (second): ") and kept["drawn"][1] == "null"
    dropped = degrade_batch(batch, **settings, on_error="drop")
    assert dropped["name"] == ["first", "third"] and dropped["error"] == ["", ""] and len(dropped["drawn"]) == 2
    whole = degrade_batch({"image": pictures[:2], "name": ["first", "third"]}, **settings)
    for result in (kept["image"][::2], dropped["image"]):
        for got, wanted in zip(result, whole["image"]):
            np.testing.assert_array_equal(got, wanted)


def test_rows_of_arrays_are_dropped(pictures: list[np.ndarray]) -> None:
    images = np.stack([picture / np.float32(255) for picture in pictures])
    images[2, 5, 5, 1] = np.inf
    batch = {"image": images, "id": np.arange(6), "text": list("abcdef")}
    result = degrade_batch(batch, **SETTINGS, on_error="drop")
    assert result["id"].tolist() == [0, 1, 3, 4, 5] and result["text"] == list("abdef") and len(result["image"]) == 5


def test_paths_are_opened(pictures: list[np.ndarray], expected: list[np.ndarray], tmp_path: pathlib.Path) -> None:
    paths = [tmp_path / f"{place}.png" for place in range(6)]
    for path, picture in zip(paths, pictures):
        path.write_bytes(png(picture))
    undecoded = [{"bytes": None, "path": str(path)} for path in paths]
    for column in (undecoded, paths, [str(path) for path in paths]):
        for given, result, wanted in zip(column, degrade_batch({"image": column}, **SETTINGS)["image"], expected):
            if isinstance(given, dict):
                assert result["path"] == given["path"]
                result = result["bytes"]
            np.testing.assert_array_equal(opened(result), wanted)


def test_recipes_draw_by_key_and_by_image(pictures: list[np.ndarray]) -> None:
    names = [f"{number}.png" for number in range(len(pictures))]
    batch = {"image": pictures, "name": names}
    given: Any = {"recipe": "real_esrgan", "seed": 4, "params_column": "drawn"}
    keyed = degrade_batch(batch, key_column="name", **given)
    degrade = recipes.Degrade("real_esrgan", generator=4)
    for row, name in enumerate(names):
        params = degrade.get_params(key=name)
        assert json.loads(keyed["drawn"][row]) == params
        np.testing.assert_array_equal(keyed["image"][row], degrade.apply(pictures[row], params))
    whole = degrade_batch(batch, **given)
    alone = [degrade_batch({"image": [picture]}, **given) for picture in pictures]
    assert whole["drawn"] == [one["drawn"][0] for one in alone] and len(set(whole["drawn"])) == len(pictures)
    with pytest.raises(TypeError, match="quality, p beside recipe is not allowed"):
        degrade_batch(batch, recipe="apisr", quality=(20, 30), p=0.5)
    with pytest.raises(errors.UnknownNameError):
        degrade_batch(batch, recipe="none")
