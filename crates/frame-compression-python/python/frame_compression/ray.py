"""Artifacts in data sets: one function for Ray Data's ``map_batches`` and for ``map`` of Hugging Face's datasets.

    ds.map_batches(degrade_batch, batch_format="numpy", fn_kwargs={"codecs": "jpeg", "quality": (20, 90)})
    dataset.map(degrade_batch, batched=True, fn_kwargs={"codecs": "jpeg", "quality": (20, 90)})

What an image gets depends on the seed and on the image alone: not on the batch, the worker, the order, or how often a
task is tried again.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from ._compressor import Backend, Subsampling
from ._pictures import opened
from .errors import RowError
from .transforms import CompressionArtifacts
from .transforms._random import Strengths, Weights
from .transforms.recipes import Degrade, Recipe

__all__ = ["degrade_batch"]

OnError = Literal["raise", "keep", "drop"]


def degrade_batch(
    batch: Mapping[str, Any],
    *,
    column: str = "image",
    codecs: Any = ("h264", "h265", "jpeg"),
    quality: Strengths | None = None,
    crf: Strengths | None = None,
    p: float = 1.0,
    subsampling: Weights[Subsampling] | None = None,
    backend: Backend | None = None,
    settings: Mapping[str, Any] | None = None,
    recipe: Recipe | str | None = None,
    seed: int = 0,
    key_column: str | None = None,
    params_column: str | None = None,
    on_error: OnError = "raise",
    error_column: str | None = None,
) -> dict[str, Any]:
    """The batch with artifacts in its images.

    Args:
        batch: columns by name. Images are arrays (height, width, 3), ``uint8`` or floating-point from 0 to 1, of one size
            or of many; PIL images of every mode that says what its values mean; image files, as the command reads them
            (PNG, JPEG, WebP, TIFF, BMP): their bytes, their path, or ``{"bytes": ..., "path": ...}`` as Hugging Face's
            data sets hold them undecoded. Files come back as PNG. Files and PIL images are turned as their orientation
            tag says, and keep their alpha and their colour profile.
        column: the name of the column that holds the images.
        codecs, quality, crf, p, subsampling, backend, settings: what to draw, see ``frame_compression.transforms.Ranges``.
        recipe: a recipe of ``frame_compression.transforms.recipes``, or its name, in place of the above but for backend.
            With a key column of texts, the draw is the command's with this ``--seed`` for a picture of this name.
        seed: other seeds give other codecs and strengths.
        key_column: a column whose values tell the images apart (a path, an identifier). Without it the image's own
            samples do.
        params_column: the name of a column to add that holds what was drawn, as JSON.
        on_error: what an image that cannot be read or coded does: ``"raise"`` ends the call, ``"keep"`` leaves the image as
            it is, ``"drop"`` leaves its row out of every column.
        error_column: the name of a column to add that says what was wrong with the image, and is empty where nothing was.

    Raises:
        RowError: which names the row and its key, and has the error itself as ``__cause__``.
        KeyError: where a column does not exist.
    """
    if on_error not in ("raise", "keep", "drop"):
        raise ValueError(f"on_error={on_error!r} is not allowed: it has to be raise, keep or drop")
    draws: dict[str, Any] = {"codecs": codecs, "quality": quality, "crf": crf, "p": p}
    draws |= {"subsampling": subsampling, "settings": settings}
    degrade = _transform(recipe, draws, backend, seed)
    images = _column(batch, column)
    keys = None if key_column is None else _column(batch, key_column)
    results, drawn, errors = [], [], []
    for row, image in enumerate(images):
        key = None if keys is None else keys[row]
        try:
            result, params = _degraded(image, key, degrade, seed)
            error = ""
        except Exception as cause:  # whatever a decoder says of a file
            error = f"row {row}{_named(image, key)}: {cause}"
            if on_error == "raise":
                raise RowError(error, row, key) from cause
            result, params = image, None
        results.append(result)
        drawn.append(json.dumps(params))
        errors.append(error)
    output = {**batch, column: _column_like(images, results)}
    if params_column is not None:
        output[params_column] = _column_like(images, drawn)
    if error_column is not None:
        output[error_column] = _column_like(images, errors)
    if on_error == "drop" and any(errors):
        kept = [row for row, error in enumerate(errors) if not error]
        output = {name: _rows(values, kept) for name, values in output.items()}
    return output


def _transform(
    recipe: Recipe | str | None, draws: dict[str, Any], backend: Backend | None, seed: int
) -> CompressionArtifacts | Degrade:
    if recipe is None:
        return CompressionArtifacts(**draws, backend=backend, generator=seed)
    defaults = {name: parameter.default for name, parameter in inspect.signature(degrade_batch).parameters.items()}
    beside = [name for name, value in draws.items() if value is not defaults[name] and value != defaults[name]]
    if beside:
        raise TypeError(f"{', '.join(beside)} beside recipe is not allowed: a recipe says what is drawn")
    return Degrade(recipe, backend=backend, generator=seed)


def _column(batch: Mapping[str, Any], name: str) -> Any:
    if name not in batch:
        raise KeyError(f"a column {name!r} does not exist: there are {', '.join(map(repr, batch))}")
    return batch[name]


def _degraded(image: Any, key: Any, degrade: CompressionArtifacts | Degrade, seed: int) -> tuple[Any, Any]:
    picture = opened(image)
    if isinstance(degrade, Degrade):
        drawn = degrade.get_params(key=str(_seed_of(seed, picture.pixels) if key is None else key))
        return picture.back(degrade.apply(picture.pixels, drawn)), drawn
    params = degrade.get_params(_seed_of(seed, picture.pixels if key is None else key))
    return picture.back(degrade.apply(picture.pixels, params)), params


def _named(image: Any, key: Any) -> str:
    """What tells people which image it is, where there is something."""
    if key is None and isinstance(image, Mapping):
        key = image.get("path")
    if key is None and isinstance(image, str):
        key = image
    return "" if key is None else f" ({key})"


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


def _rows(values: Any, kept: list[int]) -> Any:
    return values[kept] if isinstance(values, np.ndarray) else [values[row] for row in kept]
