"""Careful reading of image files and PIL images: orientation, alpha, profiles, depths and modes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps
from pictures import random_picture

from frame_compression import errors
from frame_compression.ray import degrade_batch
from frame_compression.transforms import CompressionArtifacts

SETTINGS: dict[str, Any] = {"codecs": "jpeg", "quality": 30}
ORIENTATION = 0x0112


def degraded(image: Any) -> Any:
    """What `degrade_batch` makes of one image."""
    return degrade_batch({"image": [image]}, **SETTINGS)["image"][0]


def of_pixels(pixels: np.ndarray) -> np.ndarray:
    """The artifacts in (height, width, 3)."""
    return CompressionArtifacts(**SETTINGS)(np.ascontiguousarray(pixels))


def file_of(image: Image.Image, form: str, **options: Any) -> bytes:
    """The image as a file."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def opened(file: bytes) -> Image.Image:
    return Image.open(io.BytesIO(file))


@pytest.fixture
def picture(rng: np.random.Generator) -> Image.Image:
    return Image.fromarray(random_picture(rng, 33, 47))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_orientation_is_applied(picture: Image.Image, form: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options = {"lossless": True} if form == "WEBP" else {}
    file = file_of(picture, form, exif=exif, **options)
    upright = ImageOps.exif_transpose(opened(file))
    expected = of_pixels(np.asarray(upright.convert("RGB")))
    results = [opened(degraded(file)), degraded(opened(file))]
    for result in results:
        assert result.getexif().get(ORIENTATION, 1) == 1
        np.testing.assert_array_equal(np.asarray(result), expected)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_kept(picture: Image.Image, rng: np.random.Generator, form: str) -> None:
    alpha = Image.fromarray(rng.integers(0, 256, (33, 47), np.uint8))
    picture.putalpha(alpha)
    file = file_of(picture, form, **({"lossless": True, "exact": True} if form == "WEBP" else {}))
    for result in (opened(degraded(file)), degraded(opened(file))):
        assert result.mode == "RGBA"
        np.testing.assert_array_equal(np.asarray(result)[..., 3], np.asarray(alpha))
        np.testing.assert_array_equal(np.asarray(result)[..., :3], of_pixels(np.asarray(picture)[..., :3]))


def test_profiles_are_kept(picture: Image.Image) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for form in ("PNG", "JPEG", "WEBP", "TIFF"):
        file = file_of(picture, form, icc_profile=profile)
        assert opened(degraded(file)).info["icc_profile"] == profile
        assert degraded(opened(file)).info["icc_profile"] == profile


def as_rgba(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGBA"))


def test_every_mode_of_pillow(picture: Image.Image) -> None:
    rgb = np.asarray(picture)
    grey = picture.convert("L")
    palette = picture.quantize(64)
    see_through = palette.copy()
    see_through.info["transparency"] = 5
    keyed = picture.copy()
    keyed.info["transparency"] = tuple(int(sample) for sample in rgb[3, 4])
    rgba = picture.copy()
    rgba.putalpha(grey)
    cases = {
        "RGB": (picture, rgb),
        "RGBX": (picture.convert("RGBX"), rgb),
        "L": (grey, np.asarray(grey.convert("RGB"))),
        "1": (picture.convert("1"), np.asarray(picture.convert("1").convert("RGB"))),
        "P": (palette, np.asarray(palette.convert("RGB"))),
        "P with transparency": (see_through, as_rgba(see_through)),
        "RGB with a transparent colour": (keyed, as_rgba(keyed)),
        "RGBA": (rgba, as_rgba(rgba)),
        "RGBa": (rgba.convert("RGBa"), as_rgba(rgba.convert("RGBa"))),
        "LA": (rgba.convert("LA"), as_rgba(rgba.convert("LA"))),
        "La": (rgba.convert("LA").convert("La"), as_rgba(rgba.convert("LA").convert("La").convert("LA"))),
        "PA": (palette.convert("PA"), as_rgba(palette.convert("PA"))),
        "CMYK": (picture.convert("CMYK"), np.asarray(picture.convert("CMYK").convert("RGB"))),
        "YCbCr": (picture.convert("YCbCr"), np.asarray(picture.convert("YCbCr").convert("RGB"))),
        "HSV": (picture.convert("HSV"), np.asarray(picture.convert("HSV").convert("RGB"))),
    }
    for name, (image, samples) in cases.items():
        result = degraded(image)
        assert result.mode == {3: "RGB", 4: "RGBA"}[samples.shape[2]], name
        np.testing.assert_array_equal(np.asarray(result)[..., :3], of_pixels(samples[..., :3]), name)
        if samples.shape[2] == 4:
            np.testing.assert_array_equal(np.asarray(result)[..., 3], samples[..., 3], name)


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B"])
def test_sixteen_bits_are_rounded_to_eight(rng: np.random.Generator, mode: str) -> None:
    samples = rng.integers(0, 65536, (33, 47)).astype(np.uint16)
    image = Image.frombytes(mode, (47, 33), samples.astype(">u2" if mode == "I;16B" else "<u2").tobytes())
    eight = np.round(samples / 257).astype(np.uint8)
    expected = of_pixels(np.repeat(eight[..., np.newaxis], 3, 2))
    np.testing.assert_array_equal(np.asarray(degraded(image)), expected)
    if mode == "I;16":
        np.testing.assert_array_equal(np.asarray(opened(degraded(file_of(image, "PNG")))), expected)
        np.testing.assert_array_equal(np.asarray(opened(degraded(file_of(image, "TIFF")))), expected)


@pytest.mark.parametrize("mode", ["I", "F", "LAB"])
def test_modes_that_do_not_say_what_is_white_are_refused(mode: str) -> None:
    with pytest.raises(errors.RowError, match=f"a PIL image of mode {mode} is not allowed"):
        degraded(Image.new(mode, (16, 16)))


def test_files_that_the_command_refuses_are_refused(picture: Image.Image) -> None:
    float_tiff = file_of(Image.fromarray(np.zeros((16, 16), np.float32)), "TIFF")
    for file in (float_tiff, file_of(picture, "GIF"), file_of(picture, "PNG")[:500], file_of(picture, "JPEG")[:640]):
        with pytest.raises(errors.RowError) as raised:
            degraded(file)
        assert isinstance(raised.value.__cause__, errors.UnreadablePictureError)
