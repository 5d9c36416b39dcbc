"""Artifacts in one image or clip of any size and memory layout: what all transforms do in the end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .._arrays import memory_of
from .._compressor import Backend, Codec
from ..errors import InvalidShapeError
from ._random import Clip, Params, compressor_of


def degraded(
    image: NDArray[Any], params: Params, backend: Backend | None = None, clip: Clip | None = None
) -> NDArray[Any]:
    """A copy of the image (height, width, 3), ``uint8`` or floating-point from 0 to 1, with the artifacts.

    Where it is a clip, (frames, height, width, 3), its frames are predicted from one another.
    """
    memory = memory_of(image)
    result = np.empty_like(image, subok=False)
    degrade_memory(memory, memory_of(result), params, backend, clip)
    return result


def degrade_memory(
    image: NDArray[Any], target: NDArray[Any], params: Params, backend: Backend | None, clip: Clip | None = None
) -> None:
    """Writes the image or clip with the artifacts into the target; both as ``memory_of`` gives them.

    A size that the codec does not take is padded by repetition of the last row and column, and cropped again.
    """
    if image.ndim != (4 if clip else 3) or image.shape[-1] != 3 or 0 in image.shape:
        allowed = "(frames, height, width, 3), each" if clip else "(height, width, 3), height and width"
        raise InvalidShapeError(f"shape {image.shape} is not allowed: it has to be {allowed} at least 1")
    codec = params["codec"]
    if codec is None:
        target[...] = image
        return
    native = compressor_of(params, backend)._native
    if not clip:
        image, target = image[np.newaxis], target[np.newaxis]
    height, width = image.shape[1:3]
    padding = [padded_side(codec, side) - side for side in (height, width)]
    if any(padding):
        padded = np.pad(image, [(0, 0), (0, padding[0]), (0, padding[1]), (0, 0)], mode="edge")
        coded = np.empty_like(padded)
        _code(native, padded, coded, clip)
        target[...] = coded[:, :height, :width]
        return
    if min(image.strides) < 0 or not image.flags.aligned:
        image = image.copy()
    _code(native, image, target, clip)


def _code(native: _native.Compressor, frames: NDArray[Any], target: NDArray[Any], clip: Clip | None) -> None:
    if clip:
        clip.apply(native, frames, target)
    else:
        native.apply(frames, target)


_LEAST_SIDE = {"h264": 2, "h265": 16}


def padded_side(codec: Codec, side: int) -> int:
    """The least height or width that the codec takes and that holds ``side``."""
    return side if codec not in _LEAST_SIDE else max(side + side % 2, _LEAST_SIDE[codec])
