"""Recipes: what they draw, and that the pipelines' own encoder calls give the same pixels for what was drawn."""

from __future__ import annotations

import io
import json
import pathlib
import pickle
import shutil
import subprocess
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from pictures import random_picture
from workers import COUNT, images

from frame_compression import errors
from frame_compression.transforms import recipes
from frame_compression.transforms.recipes import Coding, Degrade, Recipe, Step

ALL = {
    "apisr": recipes.apisr,
    "real_esrgan": recipes.real_esrgan,
    "vcisr": recipes.vcisr,
    "videoseal": recipes.videoseal,
    "cnn_detection": recipes.cnn_detection,
    "albumentations_image_compression": recipes.albumentations_image_compression,
    "wtp": recipes.wtp,
}


@pytest.mark.parametrize("name", ALL)
def test_recipes_are_data(name: str) -> None:
    recipe = ALL[name]()
    assert recipe.name == name and recipe.source and recipe == ALL[name]() == pickle.loads(pickle.dumps(recipe))
    assert name in str(recipe) and all(what in str(recipe) for what in recipe.not_covered)
    degrade = Degrade(recipe, generator=3)
    drawn = [degrade.get_params() for _ in range(400)]
    assert json.loads(json.dumps(drawn)) == drawn
    assert drawn == [again.get_params() for again in [Degrade(recipe, generator=3)] for _ in range(400)]
    for number, step in enumerate(recipe.steps):
        chosen = [params[number]["codec"] for params in drawn]
        weights = sum(coding.weight for coding in step.codings)
        for coding in step.codings:
            assert abs(chosen.count(coding.codec) / 400 - step.p * coding.weight / weights) < 0.12  # type: ignore[arg-type]
        assert abs(chosen.count(None) / 400 - (1 - step.p)) < 0.12


def by_opencv(picture: np.ndarray, form: str, setting: str, quality: int) -> np.ndarray:
    """As `cv2.imencode` and `cv2.imdecode`, on RGB."""
    _, file = cv2.imencode(form, np.ascontiguousarray(picture[..., ::-1]), [getattr(cv2, setting), quality])
    return cv2.imdecode(file, 1)[..., ::-1]


def by_pillow(picture: np.ndarray, form: str, **options: Any) -> np.ndarray:
    """As `Image.save` and `Image.open`."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, form, **options)
    return np.asarray(Image.open(file).convert("RGB"))


def by_ffmpeg(picture: np.ndarray, folder: pathlib.Path, *options: str) -> np.ndarray:
    """As APISR calls ffmpeg: a numbered PNG into an mp4, and back into a PNG."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("there is no ffmpeg here")
    Image.fromarray(picture).save(folder / "1.png")
    quiet = ["-loglevel", "error", "-y"]
    encode = ["ffmpeg", *quiet, "-i", f"{folder}/%d.png", "-vcodec", *options, "-pix_fmt", "yuv420p", f"{folder}/a.mp4"]
    subprocess.run(encode, check=True, stdin=subprocess.DEVNULL)
    subprocess.run(["ffmpeg", *quiet, "-i", f"{folder}/a.mp4", f"{folder}/back%d.png"], check=True, stdin=subprocess.DEVNULL)
    return np.asarray(Image.open(folder / "back1.png").convert("RGB"))


def own_call(params: Any, picture: np.ndarray, folder: pathlib.Path) -> np.ndarray | None:
    """What APISR's own encoder call makes of the picture; None for none."""
    settings = params["settings"] or {}
    if params["codec"] is None:
        return picture
    if params["codec"] == "jpeg":
        return by_opencv(picture, ".jpg", "IMWRITE_JPEG_QUALITY", settings["quality"])
    if params["codec"] == "webp":
        return by_pillow(picture, "webp", quality=settings["quality"], method=settings["method"])
    if params["codec"] in ("h264", "h265"):
        codec = {"h264": "libx264", "h265": "libx265"}[params["codec"]]
        return by_ffmpeg(picture, folder, codec, "-crf", str(settings["crf"]), "-preset", settings["preset"])
    codec = {"mpeg2": "mpeg2video", "mpeg4": "mpeg4"}[params["codec"]]
    return by_ffmpeg(picture, folder, codec, "-qscale:v", str(settings["qscale"]))


def installed(recipe: Recipe) -> Recipe:
    """The recipe for the ffmpeg that is installed here: its colours, its x265."""
    version = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True).stdout.split()[2]
    if int(version.split(".")[0].lstrip("n")) < 8:
        with_colours = {coding.codec for step in recipe.steps for coding in step.codings if "colours" in coding.settings}
        recipe = recipe.with_settings(with_colours, colours="ffmpeg-7")
    return recipe.with_settings("h265", release="3.5")


def test_apisr_is_its_own_calls(rng: np.random.Generator, tmp_path: pathlib.Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("there is no ffmpeg here")
    recipe = installed(recipes.apisr())
    exact = {
        coding.codec for step in recipe.steps for coding in step.codings if coding.codec != "h265" or "colours" in coding.settings
    }
    degrade = Degrade(recipe, generator=5)
    seen = set()
    for number in range(40):
        picture = random_picture(rng, 64, 96)
        params = degrade.get_params()
        expected: Any = picture
        for step, one in enumerate(params):
            if one["codec"] is not None and one["codec"] not in exact:
                break
            folder = tmp_path / f"{number}-{step}"
            folder.mkdir()
            expected = own_call(one, expected, folder)
            seen.add(one["codec"])
        else:
            np.testing.assert_array_equal(degrade.apply(picture, params), expected, str(params))
    assert seen >= exact - {None}


def by_pipes(picture: np.ndarray, quantiser: int) -> np.ndarray:
    """As wtp_dataset_destroyer calls ffmpeg, but for RGB instead of BGR: raw into an MPEG program stream, and back."""
    height, width = picture.shape[:2]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    strength = [word for name in ("-qscale:v", "-qmax", "-qmin") for word in (name, str(quantiser))]
    encode = [*raw, "-s", f"{width}x{height}", "-i", "pipe:", "-f", "mpeg", "-vcodec", "mpeg2video", *strength, "pipe:"]
    data = picture.tobytes()
    for options in (encode, ["-f", "mpeg", "-i", "pipe:", *raw, "pipe:"]):
        command = ["ffmpeg", "-loglevel", "fatal", *options]
        data = subprocess.run(command, check=True, input=data, stdout=subprocess.PIPE).stdout
    return np.frombuffer(data, np.uint8)[: picture.size].reshape(picture.shape)


def test_wtp_is_its_own_calls(rng: np.random.Generator) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("there is no ffmpeg here")
    recipe = installed(recipes.wtp(["jpeg", "webp", "mpeg2"], (20, 100), {"mpeg2": (1, 31)}))
    degrade = Degrade(recipe, generator=2)
    seen = set()
    for _ in range(24):
        picture = random_picture(rng, 64, 64)
        params = degrade.get_params()
        settings: Any = params[0]["settings"]
        if params[0]["codec"] == "mpeg2":
            expected = by_pipes(picture, settings["qscale"])
        else:
            name = str(params[0]["codec"])
            form = {"jpeg": ".jpg", "webp": ".webp"}[name]
            expected = by_opencv(picture, form, f"IMWRITE_{name.upper()}_QUALITY", settings["quality"])
        np.testing.assert_array_equal(degrade.apply(picture, params), expected, str(params))
        seen.add(params[0]["codec"])
    assert seen == {"jpeg", "webp", "mpeg2"}


def test_jpeg_is_pillows_and_opencvs(rng: np.random.Generator) -> None:
    for recipe in (recipes.cnn_detection(), recipes.videoseal(), recipes.albumentations_image_compression()):
        degrade = Degrade(recipe, generator=1)
        for _ in range(20):
            picture = random_picture(rng, 33, 47)
            params = degrade.get_params()
            result = degrade.apply(picture, params)
            if params[0]["codec"] is None:
                np.testing.assert_array_equal(result, picture)
                continue
            quality = (params[0]["settings"] or {})["quality"]
            np.testing.assert_array_equal(result, by_pillow(picture, "jpeg", quality=quality))
            np.testing.assert_array_equal(result, by_opencv(picture, ".jpg", "IMWRITE_JPEG_QUALITY", quality))


def test_two_jpegs_are_two_jpegs(rng: np.random.Generator) -> None:
    recipe = recipes.real_esrgan().with_settings("jpeg", quality=(30, 95))
    degrade = Degrade(recipe, generator=1)
    for _ in range(20):
        picture = random_picture(rng, 48, 40)
        params = degrade.get_params()
        first, second = ((one["settings"] or {})["quality"] for one in params)
        expected = by_pillow(by_pillow(picture, "jpeg", quality=first), "jpeg", quality=second)
        np.testing.assert_array_equal(degrade.apply(picture, params), expected)
    assert recipe.only(1).steps == recipe.steps[1:]


def test_keys_and_seeds_repeat() -> None:
    degrade = Degrade(recipes.real_esrgan(), generator=7)
    drawn = [degrade.get_params(key=key) for key in range(COUNT)]
    assert drawn == [degrade.get_params(key=key) for key in range(COUNT)] and len({str(one) for one in drawn}) == COUNT
    degrade.set_epoch(1)
    assert degrade.get_params(key=0) != drawn[0]
    assert degrade(images()[0], key=3).shape == images()[0].shape


def test_bad_recipes_are_refused() -> None:
    with pytest.raises(errors.InvalidQualityError):
        Recipe("mine", "me", (Step((Coding("jpeg", 1, {"quality": (20, 101)}),)),))
    with pytest.raises(errors.UnknownNameError):
        Recipe("mine", "me", (Step((Coding("gif", 1, {"quality": 20}),)),))
    with pytest.raises(errors.UnsupportedSettingError):
        Recipe("mine", "me", (Step((Coding("jpeg", 1, {"preset": "fast"}),)),))
    with pytest.raises(errors.InvalidSettingError, match="qscale 90 is not allowed: a whole number from 1 to 31"):
        recipes.wtp(["mpeg2"])
    with pytest.raises(ValueError, match="h264 is not allowed: jpeg, webp, mpeg2 are covered"):
        recipes.wtp(["h264"])
