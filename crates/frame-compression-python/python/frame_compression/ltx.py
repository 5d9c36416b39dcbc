"""Drop-in replacements for the step of LTX that compresses start images with H.264.

LTX-Video, LTX-2 and ComfyUI write the image into an mp4 with x264 and read it back. These functions give the same
pixels without the mp4: bit for bit what LTX's own code gives on one core of an x86-64 machine with PyAV 18, for
heights of 8 and more. On several cores LTX's own result is another one for every number of cores, and on other
processor families it is another one again; this one is the same everywhere.

Replace ``from ltx_video.pipelines.crf_compressor import compress`` by ``from frame_compression.ltx import compress``,
and ``from ltx_pipelines.utils.media_io import preprocess`` by ``from frame_compression.ltx import preprocess``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from ._arrays import is_tensor
from ._compressor import FrameCompressor
from ._numbers import number
from .errors import InvalidElementTypeError, InvalidShapeError

if TYPE_CHECKING:
    import torch

__all__ = ["compress", "preprocess"]

_X264_MAX_CRF = 51.0
_CRF = "a number, 0 (best) to 51 (worst)"


@overload
def compress(image: torch.Tensor, crf: float = 29) -> torch.Tensor: ...
@overload
def compress(  # type: ignore[overload-cannot-match, unused-ignore]  # where PyTorch is not installed
    image: NDArray[Any], crf: float = 29
) -> NDArray[Any]: ...
def compress(image: Any, crf: float = 29) -> Any:
    """``crf_compressor.compress`` of LTX-Video, which ComfyUI's ``LTXVPreprocess`` has as well.

    Args:
        image: (height, width, 3), R, G, B, floating-point, 0 to 1: a PyTorch tensor on any device, as LTX takes it, or
            a NumPy array. Samples become 8 bits by cutting off the fraction, as LTX does it: of values outside 0 to 1
            only the lowest 8 bits are left.
        crf: as x264 takes it: 0 (or anything below 1) is lossless, and above 51 is as 51. The image comes back as it
            is for exactly 0.

    Returns:
        A new image of the same type on the same device, 0 to 1. Odd heights and widths lose their last row or column.
    """
    _check(image, is_tensor(image) or isinstance(image, np.ndarray), "a PyTorch tensor or a NumPy array")
    crf = number("crf", crf, _CRF)
    if crf == 0:
        return image
    if min(image.shape[:2]) < 2:
        raise InvalidShapeError(f"shape {tuple(image.shape)} is not allowed: height and width have to be at least 2")
    if is_tensor(image):
        import torch

        samples = (_even(image.detach()) * 255.0).byte().cpu()
        return torch.from_numpy(_compressed(samples.numpy(), crf)).to(image.device, image.dtype) / 255.0
    scaled = _even(image) * image.dtype.type(255)
    # By way of a wide integer: NumPy leaves open what a negative number or one above 255 gives as a byte.
    compressed = _compressed(scaled.astype(np.int64).astype(np.uint8), crf)
    return compressed.astype(image.dtype) / image.dtype.type(255)


def preprocess(image: NDArray[np.uint8], crf: float) -> NDArray[np.uint8]:
    """``media_io.preprocess`` of LTX-2.

    Args:
        image: (height, width, 3), R, G, B, ``uint8``.
        crf: what the model was trained with: 33 for LTX-2 and LTX-2.3, 18 from LTX-2.4 on. Otherwise as ``compress``.

    Returns:
        A new array; odd heights and widths lose their last row or column. The input itself for a crf of 0, and where
        a side is shorter than 2.
    """
    _check(image, isinstance(image, np.ndarray), "a NumPy array")
    if image.dtype != np.uint8:
        raise InvalidElementTypeError(f"element type {image.dtype} is not allowed: it has to be uint8")
    crf = number("crf", crf, _CRF)
    if crf == 0 or min(image.shape[:2]) < 2:
        return image
    return _compressed(_even(image), crf)


def _check(image: Any, is_known: bool, allowed: str) -> None:
    """Refuses what is no image, in the terms of the caller."""
    if not is_known:
        raise TypeError(f"an image of type {type(image).__qualname__} is not allowed: it has to be {allowed}")
    if len(image.shape) != 3 or image.shape[2] != 3:
        raise InvalidShapeError(f"shape {tuple(image.shape)} is not allowed: it has to be (height, width, 3)")


def _even(image: Any) -> Any:
    height, width = image.shape[:2]
    return image[: height // 2 * 2, : width // 2 * 2]


def _compressed(image: NDArray[np.uint8], crf: float) -> NDArray[np.uint8]:
    return FrameCompressor("h264", crf=min(crf, _X264_MAX_CRF)).apply(np.ascontiguousarray(image)[np.newaxis])[0]
