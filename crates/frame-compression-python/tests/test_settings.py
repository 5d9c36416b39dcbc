"""Settings as objects: made from the library's table, accepted wherever a codec's name is; lists of images; clips."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from pictures import random_picture
from pyav import round_trip

import frame_compression as fc
from frame_compression import H264, H265, Jpeg, _native, errors
from frame_compression.transforms import CompressionArtifacts, Ranges


def test_every_codec_has_a_class_and_every_setting_its_help() -> None:
    for name, description, facts in _native.codecs():
        classes = [made for made in vars(fc).values() if inspect.isclass(made) and getattr(made, "codec", None) == name]
        assert len(classes) == 1, name
        made = classes[0]
        assert description in made.__doc__ and list(made.facts) == [fact["name"] for fact in facts]
        assert list(inspect.signature(made).parameters) == [fact["name"] for fact in facts]
        for fact in facts:
            assert f"{fact['name']}: {fact['help']}" in made.__doc__
            if fact["default"] is not None:
                assert made() == made(**{fact["name"]: getattr(made(), fact["name"])}), fact["name"]


def test_settings_are_values() -> None:
    one = H265(crf=23, preset="medium", fps=25)
    assert one == H265(fps=25.0, preset="medium", crf=23.0) and hash(one) == hash(H265(crf=23.0, preset="medium", fps="25"))
    assert one != H265(crf=24, preset="medium", fps=25) and one != H264(crf=23, preset="medium", fps=25)
    for again in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one), eval(repr(one), {"H265": H265})):
        assert again == one and type(again) is H265
    assert (one.crf, one.preset, one.fps) == (23.0, "medium", "25")
    assert H265(fps=Fraction(24000, 1001)).fps == "24000/1001" == H265(fps=23.976).fps
    tables = [[9] * 64, [8] * 64]
    assert Jpeg(quant_tables=tables) == Jpeg(quant_tables=np.reshape(tables, (2, 8, 8))) == Jpeg(quant_tables=[9] * 64 + [8] * 64)
    assert one.replace(crf=30) == H265(crf=30, preset="medium", fps=25)
    assert one.replace(quality=50) == H265(quality=50, preset="medium", fps=25)
    assert json.loads(json.dumps(H265(fps=Fraction(24000, 1001)).given)) == {"fps": "24000/1001"}
    with pytest.raises(AttributeError, match="H265 has no setting 'subsampling': it has crf"):
        one.subsampling
    with pytest.raises(errors.UnsupportedSettingError):
        Jpeg(preset="medium")
    with pytest.raises(TypeError, match="crf and quality are both given"):
        H264(crf=3, quality=4)


def test_settings_go_where_names_go(rng: np.random.Generator) -> None:
    picture = random_picture(rng, 64, 48)[np.newaxis]
    settings = H264(crf=23, preset="medium", fps=25)
    expected = fc.apply_compression_artifacts(picture, "h264", crf=23, preset="medium", fps=25)
    np.testing.assert_array_equal(expected[0], round_trip(picture[0], 23, rate=25, preset="medium", threads=1))
    np.testing.assert_array_equal(fc.apply_compression_artifacts(picture, settings), expected)
    np.testing.assert_array_equal(fc.FrameCompressor(settings).apply(picture), expected)
    np.testing.assert_array_equal(fc.apply_batch(picture, settings), expected)
    np.testing.assert_array_equal(CompressionArtifacts(settings)(picture[0]), expected[0])
    assert fc.FrameCompressor(settings).settings is settings


MIXED = [H264(crf=30), Jpeg(quality=20, subsampling="444"), "h265", H265(crf=40, preset="ultrafast"), "jpeg"]


@pytest.mark.parametrize("threads", [1, 3])
def test_every_image_may_have_a_codec_of_its_own(rng: np.random.Generator, threads: int) -> None:
    images = np.stack([random_picture(rng, 64, 48) for _ in MIXED])
    result = fc.apply_batch(images, MIXED, threads=threads)
    for image, codec, got in zip(images, MIXED, result):
        np.testing.assert_array_equal(got, fc.apply_compression_artifacts(image[np.newaxis], codec)[0])


@pytest.mark.parametrize("threads", [1, 3])
def test_lists_of_images_of_different_sizes(rng: np.random.Generator, threads: int) -> None:
    images: list[Any] = [random_picture(rng, 32 + 16 * place, 48) for place in range(3)]
    images.append((random_picture(rng, 64, 32) / 127.5 - 1).astype(np.float32))
    images.append(np.stack([random_picture(rng, 32, 32) for _ in range(4)]))  # a clip
    result = fc.apply_batch(images, MIXED, threads=threads)
    assert isinstance(result, list)
    for image, codec, got in zip(images, MIXED, result):
        frames = image if image.ndim == 4 else image[np.newaxis]
        expected = np.concatenate([fc.apply_compression_artifacts(frame[np.newaxis], codec) for frame in frames])
        assert got.dtype == image.dtype and got.shape == image.shape
        np.testing.assert_array_equal(got.reshape(expected.shape), expected)
    for one in (fc.apply_batch(images, "jpeg", 40), fc.FrameCompressor("jpeg", quality=40).apply_batch(images)):
        np.testing.assert_array_equal(one[1], fc.apply_compression_artifacts(images[1][np.newaxis], "jpeg", 40)[0])
    out = [np.empty_like(image) for image in images]
    assert fc.apply_batch(images, MIXED, out=out) is out
    for got, wanted in zip(out, result):
        np.testing.assert_array_equal(got, wanted)
    in_place = [image.copy() for image in images]
    fc.apply_batch(in_place, MIXED, out=in_place)
    for got, wanted in zip(in_place, result):
        np.testing.assert_array_equal(got, wanted)
    assert fc.apply_batch([], "jpeg") == []


def test_bad_lists_are_refused(rng: np.random.Generator) -> None:
    image = random_picture(rng, 32, 32)
    with pytest.raises(errors.InvalidShapeError, match=r"image 1: shape \(3, 32, 32\) is not allowed"):
        fc.apply_batch([image, image.transpose(2, 0, 1)], "jpeg")
    with pytest.raises(TypeError, match="image 1 of type NoneType is not allowed"):
        fc.apply_batch([image, None], "jpeg")
    with pytest.raises(ValueError, match="settings for 3 images are not allowed: there are 2"):
        fc.apply_batch([image, image], ["jpeg"] * 3)
    with pytest.raises(errors.OddSizeError, match="image 1"):
        fc.apply_batch([image, image[:31]], "h264")
    for out in (image, [image], [image.copy(), image.copy()[:16]]):
        with pytest.raises(errors.InvalidOutputError):
            fc.apply_batch([image, image], "jpeg", out=out)
    with pytest.raises(errors.InvalidOutputError, match="share memory"):
        fc.apply_batch([image, image], "jpeg", out=[image, image])


def test_transforms_draw_settings() -> None:
    settings = {"preset": {"medium": 3, "fast": 1}, "fps": [24, 25], "quant_tables": None}
    del settings["quant_tables"]
    degrade = CompressionArtifacts(["h264", "jpeg"], crf=(20, 40), settings=settings, generator=3)
    drawn = [degrade.get_params() for _ in range(400)]
    video = [params["settings"] for params in drawn if params["codec"] == "h264"]
    assert all(params["settings"] is None for params in drawn if params["codec"] == "jpeg")
    presets = [one["preset"] for one in video if one]
    assert set(presets) == {"medium", "fast"} and 0.65 < presets.count("medium") / len(presets) < 0.85
    assert {one["fps"] for one in video if one} == {24, 25}
    json.dumps(drawn)


def test_the_drawn_settings_are_used(rng: np.random.Generator) -> None:
    picture = random_picture(rng, 48, 64)
    degrade = CompressionArtifacts(H264(preset="medium"), crf=(20, 40), settings={"fps": [1, 25]}, generator=3)
    for _ in range(6):
        params = degrade.get_params()
        assert params["settings"] is not None and params["settings"]["preset"] == "medium"
        expected = fc.apply_compression_artifacts(
            picture[np.newaxis], H264(crf=params["crf"], preset="medium", fps=params["settings"]["fps"])
        )
        np.testing.assert_array_equal(degrade.apply(picture, params), expected[0])


def test_a_strength_of_the_settings_stays_where_none_is_drawn() -> None:
    weights = {Jpeg(quality=30, subsampling="444"): 1, H264(crf=20): 1}
    for _ in range(5):
        params = CompressionArtifacts(weights).get_params()
        expected = {"quality": 30, "subsampling": "444"} if params["codec"] == "jpeg" else {"crf": 20}
        assert params["settings"] == expected and params["quality"] is params["crf"] is None
        assert CompressionArtifacts(weights, quality=50).get_params()["quality"] == 50


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"settings": {"preset": "fastest"}}, errors.UnknownNameError),
        ({"settings": {"preset": ["medium", "fastest"]}}, errors.UnknownNameError),
        ({"settings": {"speed": 1}}, errors.UnsupportedSettingError),
        ({"settings": {"slices": (0, 4)}}, errors.InvalidSettingError),
        ({"settings": {"preset": {"medium": -1}}}, ValueError),
        ({"settings": {"fps": (25, 24)}}, ValueError),
    ],
)
def test_bad_ranges_of_settings_are_refused_at_once(settings: Any, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        Ranges("h264", **settings)


def test_whole_numbers_are_drawn_evenly() -> None:
    degrade = CompressionArtifacts("h264", settings={"slices": (1, 4)}, generator=1)
    drawn = [(degrade.get_params()["settings"] or {})["slices"] for _ in range(2000)]
    assert set(drawn) == {1, 2, 3, 4} and all(430 < drawn.count(value) < 570 for value in set(drawn))
