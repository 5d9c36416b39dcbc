"""Drop-in replacements for the step of LTX that compresses start images with H.264.

LTX-Video, LTX-2, diffusers, vLLM-Omni and ComfyUI write the image into an mp4 with x264 and read it back. These functions
give the same pixels without the mp4, FFmpeg or PyAV. What those programs get depends on the machine: on the number of its
cores, as PyAV lets x264 cut the picture into slices, and on its kind. ``cores`` and ``machine`` say which machine's pixels
you want; the default is one core of an x86-64 machine, which gives the same everywhere.

Replace an import (``from frame_compression.ltx import preprocess``), or let ``install()`` replace the functions in
whichever of those programs is imported.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from . import _native
from ._arrays import is_tensor
from ._compressor import FrameCompressor
from ._numbers import number
from .errors import InvalidElementTypeError, InvalidShapeError

if TYPE_CHECKING:
    import torch

__all__ = [
    "MODELS",
    "apply_image_conditioning_crf",
    "compress",
    "default_crf",
    "install",
    "preprocess",
    "resolve_crf",
    "resolve_default_image_crf",
    "uninstall",
]

Cores: TypeAlias = "int | Literal['this', 'server']"
Machine: TypeAlias = Literal["x86-64", "arm64"]
Conditioning = TypeVar("Conditioning")

MODELS: dict[str, tuple[int, str]] = {name: (crf, source) for name, crf, source in _native.ltx_models()}
"""The CRF of each model that is known, and who says so."""

_X264_MAX_CRF = 51.0
_CRF = "a number, 0 (best) to 51 (worst)"


def default_crf(model: str) -> int:
    """The CRF that a model's start images are compressed with, by the model's name; ``MODELS`` has the sources.

    >>> default_crf("LTX-Video"), default_crf("Lightricks/LTX-2"), default_crf("LTX-2.5"), default_crf("unknown")
    (29, 33, 18, 33)
    """
    return _native.ltx_default_crf(model)


@overload
def compress(image: torch.Tensor, crf: float = 29, *, cores: Cores = 1, machine: Machine = "x86-64", threads: int = 1) -> torch.Tensor: ...
@overload
def compress(  # type: ignore[overload-cannot-match, unused-ignore]  # where PyTorch is not installed
    image: NDArray[Any], crf: float = 29, *, cores: Cores = 1, machine: Machine = "x86-64", threads: int = 1
) -> NDArray[Any]: ...
def compress(image: Any, crf: float = 29, *, cores: Cores = 1, machine: Machine = "x86-64", threads: int = 1) -> Any:
    """``crf_compressor.compress`` of LTX-Video, which ComfyUI's ``LTXVPreprocess`` has as well.

    Args:
        image: (height, width, 3), R, G, B, floating-point, 0 to 1: a PyTorch tensor on any device, as LTX takes it, or
            a NumPy array. Samples become 8 bits by cutting off the fraction, as LTX does it: of values outside 0 to 1
            only the lowest 8 bits are left.
        crf: as x264 takes it: 0 (or anything below 1) is lossless, and above 51 is as 51. The image comes back as it
            is for exactly 0.
        cores: how many cores the machine has whose pixels are wanted: a number; ``"this"``, what LTX's own code gives
            where and when it is called; ``"server"``, any machine with enough cores for the picture (8 up to a height of
            560, 16 up to 1072). 1 without it, as this alone is the same on every machine.
        machine: ``"x86-64"``, or ``"arm64"`` (Macs, Graviton, Grace), whose x264 and colour conversion differ.
        threads: how many threads do the work here; the pixels do not depend on it.

    Returns:
        A new image of the same type on the same device, 0 to 1. Odd heights and widths lose their last row or column.
    """
    _check(image, is_tensor(image) or isinstance(image, np.ndarray), "a PyTorch tensor or a NumPy array")
    crf = number("crf", crf, _CRF)
    compressor = _compressor(crf, cores, machine)
    if crf == 0:
        return image
    if min(image.shape[:2]) < 2:
        raise InvalidShapeError(f"shape {tuple(image.shape)} is not allowed: height and width have to be at least 2")
    if is_tensor(image):
        import torch

        samples = (_even(image.detach()) * 255.0).byte().cpu()
        return torch.from_numpy(_compressed(samples.numpy(), compressor, threads)).to(image.device, image.dtype) / 255.0
    scaled = _even(image) * image.dtype.type(255)
    # By way of a wide integer: NumPy leaves open what a negative number or one above 255 gives as a byte.
    compressed = _compressed(scaled.astype(np.int64).astype(np.uint8), compressor, threads)
    return compressed.astype(image.dtype) / image.dtype.type(255)


def preprocess(
    image: NDArray[np.uint8], crf: float, *, cores: Cores = 1, machine: Machine = "x86-64", threads: int = 1
) -> NDArray[np.uint8]:
    """``media_io.preprocess`` of LTX-2.

    Args:
        image: (height, width, 3), R, G, B, ``uint8``.
        crf: what the model was trained with, see ``default_crf``. Otherwise as ``compress``.
        cores, machine, threads: as ``compress``.

    Returns:
        A new array; odd heights and widths lose their last row or column. The input itself for a crf of 0, and where
        a side is shorter than 2.
    """
    _check(image, isinstance(image, np.ndarray), "a NumPy array")
    if image.dtype != np.uint8:
        raise InvalidElementTypeError(f"element type {image.dtype} is not allowed: it has to be uint8")
    crf = number("crf", crf, _CRF)
    compressor = _compressor(crf, cores, machine)
    if crf == 0 or min(image.shape[:2]) < 2:
        return image
    return _compressed(_even(image), compressor, threads)


def apply_image_conditioning_crf(
    image: NDArray[np.uint8], crf: int, *, cores: Cores = 1, machine: Machine = "x86-64"
) -> NDArray[np.uint8]:
    """``pipelines.ltx2.utils.apply_image_conditioning_crf`` of diffusers, and vLLM-Omni's copy: see ``preprocess``.

    Raises:
        ValueError: where ``crf`` is None, as diffusers' own; say it, or take it from ``resolve_default_image_crf``.
    """
    if crf is None:
        raise ValueError("crf=None is not allowed: take it from resolve_default_image_crf(text_encoder), or say it")
    return preprocess(image, crf, cores=cores, machine=machine)


def resolve_default_image_crf(text_encoder: Any) -> int:
    """``pipelines.ltx2.utils.resolve_default_image_crf`` of diffusers: 18 beside a text encoder of Gemma 4, 33 otherwise."""
    kind = getattr(getattr(text_encoder, "config", None), "model_type", None)
    return default_crf("ltx-2.5" if kind in ("gemma4", "gemma4_unified") else "ltx-2")


def resolve_crf(images: Iterable[Conditioning], model: str) -> list[Conditioning]:
    """``ImageConditioner.resolve_crf`` of LTX-2: the conditionings, with the model's CRF in those that have None.

    Args:
        images: named tuples or data classes with a field ``crf``, as LTX-2's ``ImageConditioningInput``.
        model: the model's name, for ``default_crf``. LTX-2 reads it from the checkpoint.
    """
    crf = default_crf(model)
    return [_with_crf(image, crf) if getattr(image, "crf") is None else image for image in images]  # noqa: B009


def _with_crf(image: Any, crf: int) -> Any:
    if hasattr(image, "_replace"):
        return image._replace(crf=crf)
    import dataclasses

    return dataclasses.replace(image, crf=crf)


_REPLACEABLE: dict[tuple[str, str], Callable[..., Any]] = {
    ("ltx_video.pipelines.crf_compressor", "compress"): compress,
    ("ltx_pipelines.utils.media_io", "preprocess"): preprocess,
    ("ltx_pipelines.utils.media_io.decode", "preprocess"): preprocess,
    ("diffusers.pipelines.ltx2.utils", "apply_image_conditioning_crf"): apply_image_conditioning_crf,
    ("vllm_omni.diffusion.models.ltx2.ltx2_conditioning", "_apply_image_conditioning_crf"): apply_image_conditioning_crf,
    ("comfy_extras.nodes_lt", "preprocess"): compress,
}
_installed: list[tuple[dict[str, Any], str, str, Any]] = []


def install(*, cores: Cores = 1, machine: Machine = "x86-64") -> list[str]:
    """Replaces the functions of LTX-Video, LTX-2, diffusers, vLLM-Omni and ComfyUI that call x264, where they are imported.

    Import the program first. Its other modules that have imported the function get the new one, too.

    Args:
        cores, machine: as ``compress``.

    Returns:
        What was replaced, as ``module.function``: nothing where none of the programs is imported.
    """
    _compressor(33.0, cores, machine)  # which refuses what is not allowed
    uninstall()
    for (module, name), function in _REPLACEABLE.items():
        original = vars(sys.modules[module]).get(name) if module in sys.modules else None
        if original is None:
            continue
        replacement = functools.wraps(function)(functools.partial(function, cores=cores, machine=machine))
        package = module.partition(".")[0]
        for place, other in list(sys.modules.items()):
            if other is None or place.partition(".")[0] != package:
                continue
            for attribute, value in list(vars(other).items()):
                if value is original:
                    vars(other)[attribute] = replacement
                    _installed.append((vars(other), place, attribute, original))
    return [f"{place}.{attribute}" for _, place, attribute, _ in _installed]


def uninstall() -> list[str]:
    """Puts back what ``install`` has replaced, and returns it."""
    put_back = []
    while _installed:
        variables, place, attribute, original = _installed.pop()
        variables[attribute] = original
        put_back.append(f"{place}.{attribute}")
    return put_back[::-1]


def _check(image: Any, is_known: bool, allowed: str) -> None:
    """Refuses what is no image, in the terms of the caller."""
    if not is_known:
        raise TypeError(f"an image of type {type(image).__qualname__} is not allowed: it has to be {allowed}")
    if len(image.shape) != 3 or image.shape[2] != 3:
        raise InvalidShapeError(f"shape {tuple(image.shape)} is not allowed: it has to be (height, width, 3)")


def _compressor(crf: float, cores: Cores, machine: Machine) -> FrameCompressor:
    return FrameCompressor("h264", crf=min(crf, _X264_MAX_CRF), cores=cores, machine=machine)


def _even(image: Any) -> Any:
    height, width = image.shape[:2]
    return image[: height // 2 * 2, : width // 2 * 2]


def _compressed(image: NDArray[np.uint8], compressor: FrameCompressor, threads: int) -> NDArray[np.uint8]:
    return compressor.apply(np.ascontiguousarray(image)[np.newaxis], threads=threads)[0]
