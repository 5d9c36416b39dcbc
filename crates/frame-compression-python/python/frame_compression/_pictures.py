"""Pictures in whatever form data sets hold them: their samples, and the way back to the same form.

Encoded files are read by the code of the command ``frame-compression``; Pillow is needed for its own images only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _native

Back = Callable[[NDArray[Any]], Any]


@dataclass(frozen=True)
class Picture:
    """The samples (height, width, 3), and what makes changed samples a picture of the form it was given in."""

    pixels: NDArray[Any]
    back: Back


def opened(picture: Any) -> Picture:
    """The samples of a picture: an array, rows of rows, a PIL image, or an encoded file (its bytes, its path, or both)."""
    if isinstance(picture, np.ndarray):
        # Rows of rows are how some readers give images of many sizes.
        return Picture(np.array(picture.tolist()) if picture.dtype == object else picture, _same)
    if isinstance(picture, list):
        return Picture(_of_lists(picture), _same)
    if isinstance(picture, (bytes, bytearray, memoryview)):
        return _decoded(bytes(picture), lambda file: file)
    if isinstance(picture, (str, os.PathLike)):
        return _decoded(_content_of(picture), lambda file: file)
    if isinstance(picture, Mapping):
        return _decoded(_file_of(picture), lambda file: {**picture, "bytes": file})
    if hasattr(picture, "getbands") and hasattr(picture, "convert"):
        return _of_pillow(picture)
    allowed = "an array, a PIL image, or an image file (its bytes or its path)"
    raise TypeError(f"an image of type {type(picture).__qualname__} is not allowed: it has to be {allowed}")


def _same(pixels: NDArray[Any]) -> NDArray[Any]:
    return pixels


def _of_lists(picture: list[Any]) -> NDArray[Any]:
    pixels = np.array(picture)
    is_bytes = pixels.dtype.kind in "iu" and pixels.size > 0 and 0 <= pixels.min() and pixels.max() <= 255
    return pixels.astype(np.uint8) if is_bytes else pixels


def _file_of(picture: Mapping[str, Any]) -> bytes:
    """The file of ``{"bytes": ..., "path": ...}``, as Hugging Face's data sets hold images undecoded: bytes or a path."""
    if picture.get("bytes") is not None:
        return bytes(picture["bytes"])
    if picture.get("path") is not None:
        return _content_of(picture["path"])
    raise TypeError(f"an image with the fields {sorted(picture)} is not allowed: it has to have bytes or a path")


def _content_of(path: str | os.PathLike[str]) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _decoded(file: bytes, form: Callable[[bytes], Any]) -> Picture:
    decoded = _native.Picture(file)
    return Picture(decoded.pixels(), lambda pixels: form(decoded.png(pixels)))


_SIXTEEN_BITS = {"I;16": "<u2", "I;16L": "<u2", "I;16B": ">u2", "I;16N": "=u2"}
_WITHOUT_RANGE = {"I", "F", "LAB"}


def _of_pillow(image: Any) -> Picture:
    """A PIL image the right way up. It comes back as RGB, or as RGBA where it has transparency, with its profile."""
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode in _WITHOUT_RANGE:
        raise TypeError(
            f"a PIL image of mode {image.mode} is not allowed: it does not say which values are black and white; "
            "convert it to RGB"
        )
    alpha = None
    if image.mode in _SIXTEEN_BITS:
        samples = np.asarray(image).astype(np.uint32)
        pixels = np.repeat(((samples + 128) // 257).astype(np.uint8)[..., np.newaxis], 3, axis=2)
    elif image.has_transparency_data or image.mode in ("La", "RGBa"):
        image = image.convert("LA") if image.mode == "La" else image
        pixels = np.asarray(image.convert("RGBA"))
        pixels, alpha = pixels[..., :3], pixels[..., 3:]
    else:
        pixels = np.asarray(image.convert("RGB"))

    def back(degraded: NDArray[Any]) -> Any:
        samples = degraded if alpha is None else np.concatenate([degraded, alpha], 2)
        result = Image.fromarray(samples)
        result.info = {name: value for name, value in image.info.items() if name in ("dpi", "exif")}
        profile = image.info.get("icc_profile")
        if profile and profile[16:20] == b"RGB ":  # one of CMYK or grey says nothing about RGB (ICC.1 7.2.6)
            result.info["icc_profile"] = profile
        return result

    return Picture(pixels, back)
