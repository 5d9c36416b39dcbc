"""Recipes: what they draw, and that the pipelines' own encoder calls give the same pixels for what was drawn."""

from __future__ import annotations

import json
import pathlib
import pickle
import shutil
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pictures import random_picture
from pipelines import by_opencv, by_pillow, by_pipes, installed, own_call
from workers import COUNT, images

from frame_compression import _native, errors
from frame_compression.transforms import recipes
from frame_compression.transforms.recipes import Coding, Degrade, Recipe, Step

ALL = {
    "apisr": recipes.apisr,
    "real_esrgan": recipes.real_esrgan,
    "vcisr": recipes.vcisr,
    "vcisr_clip": recipes.vcisr_clip,
    "videoseal": recipes.videoseal,
    "videoseal_clip": recipes.videoseal_clip,
    "animesr_clip": recipes.animesr_clip,
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


def test_the_command_draws_the_same(rng: np.random.Generator, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    keys = [f"{number}.png" for number in range(24)] + ["sub/ü 写真.png"]
    pictures = {key: random_picture(rng, 32, 48) for key in keys}
    for key, picture in pictures.items():
        Image.fromarray(picture).save(folder / key)
    for name in recipes.NAMES:
        out = tmp_path / name
        command = [sys.executable, "-m", "frame_compression", "apply", folder, "-o", out, "--recipe", name]
        done = subprocess.run([*command, "--seed", "11", "--json"], capture_output=True, check=True)
        report = json.loads(done.stdout)
        drawn = {pathlib.Path(file["input"]).relative_to(folder).as_posix(): file["drawn"] for file in report["files"]}
        assert sorted(drawn) == sorted(keys)
        degrade = Degrade(name, generator=11)
        for key in keys:
            params = degrade.get_params(key=key)
            assert params == recipes.named(name).draw_for(key, 11)
            assert [recipes.as_text(one) for one in params] == drawn[key]
            expected = degrade.apply(pictures[key], params)
            np.testing.assert_array_equal(np.asarray(Image.open(out / key)), expected)


def test_numbers_are_as_the_docs_define_them() -> None:
    most = (1 << 64) - 1

    def mixed(state: int) -> int:
        state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & most
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB & most
        return state ^ (state >> 31)

    for seed, key in [(0, ""), (7, "a.png"), (2**64 - 1, "sub/ü.png")]:
        state = 0xCBF29CE484222325
        for byte in seed.to_bytes(8, "little") + key.encode():
            state = (state ^ byte) * 0x100000001B3 & most
        state = mixed(state)
        expected = []
        for _ in range(5):
            state = state + 0x9E3779B97F4A7C15 & most
            expected.append((mixed(state) >> 11) / 2**53)
        assert _native.numbers(seed, key, 5) == expected


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
    with pytest.raises(errors.UnknownNameError, match="'none' is not allowed: apisr, wtp"):
        Degrade("none")
    with pytest.raises(errors.UnknownNameError):
        Recipe("mine", "me", (Step((Coding("gif", 1, {"quality": 20}),)),))
    with pytest.raises(errors.UnsupportedSettingError):
        Recipe("mine", "me", (Step((Coding("jpeg", 1, {"preset": "fast"}),)),))
    with pytest.raises(errors.InvalidSettingError, match="qscale 90 is not allowed: a whole number from 1 to 31"):
        recipes.wtp(["mpeg2"])
    with pytest.raises(ValueError, match="h264 is not allowed: jpeg, webp, mpeg2 are covered"):
        recipes.wtp(["h264"])
