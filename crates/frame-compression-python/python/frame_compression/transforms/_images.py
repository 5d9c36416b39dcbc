"""Artifacts in one image of any size and memory layout: what all transforms do in the end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._arrays import memory_of
from .._compressor import Backend, Codec
from ..errors import InvalidShapeError
from ._random import Params, compressor_of


def degraded(image: NDArray[Any], params: Params, backend: Backend | None = None) -> NDArray[Any]:
    """A copy of the image (height, width, 3), ``uint8`` or floating-point from 0 to 1, with the artifacts."""
    memory = memory_of(image)
    result = np.empty_like(image, subok=False)
    degrade_memory(memory, memory_of(result), params, backend)
    return result


def degrade_memory(image: NDArray[Any], target: NDArray[Any], params: Params, backend: Backend | None) -> None:
    """Writes the image with the artifacts into the target; both as ``memory_of`` gives them.

    A size that the codec does not take is padded by repetition of the last row and column, and cropped again.
    """
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise InvalidShapeError(
            f"shape {image.shape} is not allowed: it has to be (height, width, 3), height and width at least 1"
        )
    codec = params["codec"]
    if codec is None:
        target[...] = image
        return
    native = compressor_of(params, backend)._native
    height, width = image.shape[:2]
    padding = [padded_side(codec, side) - side for side in (height, width)]
    if any(padding):
        padded = np.pad(image, [(0, padding[0]), (0, padding[1]), (0, 0)], mode="edge")
        native.apply(padded[np.newaxis], padded[np.newaxis])
        target[...] = padded[:height, :width]
        return
    if min(image.strides) < 0 or not image.flags.aligned:
        image = image.copy()
    native.apply(image[np.newaxis], target[np.newaxis])


_LEAST_SIDE = {"h264": 2, "h265": 16}


def padded_side(codec: Codec, side: int) -> int:
    """The least height or width that the codec takes and that holds ``side``."""
    return side if codec not in _LEAST_SIDE else max(side + side % 2, _LEAST_SIDE[codec])
