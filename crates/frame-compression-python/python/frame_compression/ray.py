"""Artifacts in data sets: one function for Ray Data's ``map_batches`` and for ``map`` of Hugging Face's datasets.

    ds.map_batches(degrade_batch, batch_format="numpy", fn_kwargs={"codecs": "jpeg", "quality": (20, 90)})
    dataset.map(degrade_batch, batched=True, fn_kwargs={"codecs": "jpeg", "quality": (20, 90)})

What an image gets depends on the seed and on the image alone: not on the batch, the worker, the order, or how often a
task is tried again.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._compressor import Backend, Codec, Subsampling
from .transforms import CompressionArtifacts, Params
from .transforms._random import Weights

__all__ = ["degrade_batch"]


def degrade_batch(
    batch: Mapping[str, Any],
    *,
    column: str = "image",
    codecs: Weights[Codec] = ("h264", "h265", "jpeg"),
    quality: tuple[float, float] | None = None,
    crf: tuple[float, float] | None = None,
    p: float = 1.0,
    subsampling: Weights[Subsampling] | None = None,
    backend: Backend | None = None,
    seed: int = 0,
    key_column: str | None = None,
    params_column: str | None = None,
) -> dict[str, Any]:
    """The batch with artifacts in its images.

    Args:
        batch: columns by name. Images are arrays (height, width, 3), ``uint8`` or floating-point from 0 to 1, of one size
            or of many; PIL images; encoded files (``bytes``, or ``{"bytes": ..., "path": ...}`` as Hugging Face's data
            sets hold them undecoded), which come back as PNG. PIL images and files need Pillow.
        column: the name of the column that holds the images.
        codecs, quality, crf, p, subsampling, backend: what to draw, see ``frame_compression.transforms.Ranges``.
        seed: other seeds give other codecs and strengths.
        key_column: a column whose values tell the images apart (a path, an identifier). Without it the image's own
            samples do.
        params_column: the name of a column to add that holds what was drawn, as JSON.
    """
    degrade = CompressionArtifacts(
        codecs, quality=quality, crf=crf, p=p, subsampling=subsampling, backend=backend, generator=seed
    )
    images = batch[column]
    keys = None if key_column is None else batch[key_column]
    results, drawn = [], []
    for place, image in enumerate(images):
        pixels, restore = _opened(image)
        key = pixels if keys is None else keys[place]
        params = degrade.get_params(_seed_of(seed, key))
        results.append(restore(degrade.apply(pixels, params)))
        drawn.append(json.dumps(params))
    output = {**batch, column: _column_like(images, results)}
    if params_column is not None:
        output[params_column] = _column_like(images, drawn)
    return output


def _opened(image: Any) -> tuple[NDArray[Any], Callable[[NDArray[Any]], Any]]:
    """The samples of an image, and what makes samples an image of its kind."""
    if isinstance(image, np.ndarray) and image.dtype != object:
        return image, lambda pixels: pixels
    if isinstance(image, np.ndarray):  # rows of rows, as some readers give images of many sizes
        return np.array(image.tolist()), lambda pixels: pixels
    if isinstance(image, (bytes, bytearray, memoryview)):
        return _decoded(image), _png
    if isinstance(image, Mapping) and image.get("bytes") is not None:
        return _decoded(image["bytes"]), lambda pixels: {**image, "bytes": _png(pixels)}
    if hasattr(image, "convert"):
        from PIL import Image

        return np.asarray(image.convert("RGB")), Image.fromarray
    if isinstance(image, list):
        pixels = np.array(image)
        is_bytes = pixels.dtype.kind in "iu" and pixels.size > 0 and 0 <= pixels.min() and pixels.max() <= 255
        return (pixels.astype(np.uint8) if is_bytes else pixels), lambda pixels: pixels
    given = type(image).__qualname__
    raise TypeError(f"an image of type {given} is not allowed: an array, a PIL image, or the bytes of an image file")


def _decoded(file: bytes | bytearray | memoryview) -> NDArray[np.uint8]:
    from PIL import Image

    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image.convert("RGB"))


def _png(pixels: NDArray[Any]) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _seed_of(seed: int, key: Any) -> int:
    digest = hashlib.blake2b(str(seed).encode(), digest_size=8)
    if isinstance(key, np.ndarray):
        digest.update(f"{key.dtype.str}{key.shape}".encode())
        digest.update(np.ascontiguousarray(key).data)
    else:
        digest.update(f"{type(key).__name__} {key}".encode())
    return int.from_bytes(digest.digest(), "little")


def _column_like(images: Any, values: list[Any]) -> Any:
    """The values as a column of the kind of the batch: a list, or an array as Ray Data has them."""
    if not isinstance(images, np.ndarray):
        return values
    if images.dtype != object:
        return np.array(values)
    column = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        column[place] = value
    return column
