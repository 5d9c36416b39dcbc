"""The front doors: one call, a compressor for many calls, and many images at once."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, Literal, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import _native
from ._arrays import Array, memory_of, output_memory_of, packed_like
from ._numbers import is_sequence, listed, number

Codec: TypeAlias = Literal["h264", "h265", "jpeg"]
Backend: TypeAlias = Literal["native", "videotoolbox"]
Subsampling: TypeAlias = Literal["420", "422", "444", "grey"]
QuantTables: TypeAlias = Sequence[Sequence[int] | Sequence[Sequence[int]] | NDArray[Any]]
Preset: TypeAlias = Literal["ultrafast", "superfast", "veryfast", "medium"]
X265Version: TypeAlias = Literal["4.2", "3.5"]
ValueRange: TypeAlias = Literal["signed_unit", "unit"]


class FrameCompressor:
    """A codec with its settings and its memory, for many images.

    It may be used from any number of threads at once, in forked processes, and pickled.

    Args:
        codec: ``"h264"`` (x264, preset veryfast, one IDR frame), ``"h265"`` (x265) or ``"jpeg"`` (libjpeg-turbo).
        quality: 0 (worst) to 100 (best), the same scale for every codec.
        crf: 0 (best) to 51 (worst), fractions allowed; JPEG takes the quality that it stands for. Give
            ``quality`` or ``crf``; without either it is CRF 29, which is LTX-Video's.
        backend: ``"native"`` (this library, the same picture on every machine) or ``"videotoolbox"`` (Apple's
            codecs, on Apple's systems); the platform's default without it.
        subsampling: chroma subsampling of JPEG: ``"420"`` (default), ``"422"``, ``"444"`` or ``"grey"``. The video
            codecs have ``"420"`` only.
        quant_tables: quantisation steps of JPEG in place of those of its quality: 8x8 for luma and 8x8 for chroma,
            each row by row with the horizontal frequency rising along a row, from 1 to 255.
        preset: x265's preset, ``"veryfast"`` without it; also ``"ultrafast"``, ``"superfast"`` and ``"medium"``.
        x265_version: ``"4.2"`` (default, PyAV 18 has it) or ``"3.5"``: the release of x265 whose picture it is.
        value_range: which numbers of floating-point samples stand for black and white: ``"signed_unit"``, -1 to 1,
            or ``"unit"``, 0 to 1. Nothing to ``uint8``.

    Raises:
        InvalidQualityError, InvalidCrfError, UnknownNameError: for a setting that does not exist.
        TypeError: where both ``quality`` and ``crf`` are given, or a setting is of another type.
    """

    __slots__ = ("_native", "_settings")

    def __init__(
        self,
        codec: Codec = "h264",
        *,
        quality: float | None = None,
        crf: float | None = None,
        backend: Backend | None = None,
        subsampling: Subsampling | None = None,
        quant_tables: QuantTables | None = None,
        preset: Preset | None = None,
        x265_version: X265Version | None = None,
        value_range: ValueRange = "signed_unit",
    ) -> None:
        settings: dict[str, Any] = {
            "codec": codec,
            "quality": None if quality is None else number("quality", quality, "a number from 0 to 100"),
            "crf": None if crf is None else number("crf", crf, "a number from 0 to 51"),
            "backend": backend,
            "subsampling": subsampling,
            "quant_tables": None if quant_tables is None else tuple(_steps(table) for table in quant_tables),
            "preset": preset,
            "x265_version": x265_version,
            "value_range": value_range,
        }
        self._native = _native.Compressor(**settings)
        self._settings = settings

    def apply(self, x: Array, out: Array | None = None) -> Array:
        """Puts the artifacts of the codec into a copy of an image.

        Args:
            x: NHWC, shape (1, height, width, 3), R, G, B; a NumPy array or a PyTorch tensor on the CPU, of float16,
                bfloat16, float32, float64 or uint8. It is not copied. Values outside the range are clamped.
            out: where to write the result: same shape; its elements may be of another type; may be ``x``.

        Returns:
            ``out``, or a new array or tensor of the kind and the element type of ``x``, without gradient.

        Raises:
            FrameCompressionError: see ``frame_compression.errors``. The output is then as it was.
            TypeError: for anything but an array or a tensor.
        """
        memory = memory_of(x)
        _native.check_image(memory)
        result = packed_like(x) if out is None else out
        self._native.apply(memory, memory_of(result) if out is None else output_memory_of(out))
        return result

    def apply_in_place(self, x: Array) -> Array:
        """Puts the artifacts into the image itself, and returns it."""
        return self.apply(x, out=x)

    def apply_batch(self, x: Array, *, threads: int = 1, out: Array | None = None) -> Array:
        """Puts the artifacts into N images, (N, height, width, 3); see ``apply_batch``."""
        return _apply_batch([self._native], x, threads, out)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._settings,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FrameCompressor) and self._settings == other._settings

    def __hash__(self) -> int:
        return hash(tuple(self._settings.items()))

    def __repr__(self) -> str:
        given = (f"{name}={value!r}" for name, value in self._settings.items() if value is not None)
        return f"FrameCompressor({', '.join(given)})"


def _steps(table: Any) -> tuple[int, ...]:
    return tuple(operator.index(step) for step in np.asarray(table).ravel().tolist())


def _restored(settings: dict[str, Any]) -> FrameCompressor:
    return FrameCompressor(**settings)


def apply_compression_artifacts(
    x: Array,
    codec: Codec = "h264",
    quality: float | None = None,
    *,
    crf: float | None = None,
    out: Array | None = None,
    backend: Backend | None = None,
    subsampling: Subsampling | None = None,
    quant_tables: QuantTables | None = None,
    preset: Preset | None = None,
    x265_version: X265Version | None = None,
    value_range: ValueRange = "signed_unit",
) -> Array:
    """Puts the artifacts of a codec into an image: the picture that encoding and decoding would have left of it.

    The same input gives the same output on every machine. The image is NHWC, shape (1, height, width, 3), R, G, B:
    floating-point samples from -1 to 1 (see ``value_range``), or ``uint8``. The GIL is released meanwhile.

    The arguments and the errors are those of ``FrameCompressor`` and its ``apply``.

    >>> import numpy as np
    >>> image = np.zeros((1, 64, 96, 3), np.float32)
    >>> apply_compression_artifacts(image, "h264", quality=43.1).shape
    (1, 64, 96, 3)
    """
    compressor = FrameCompressor(
        codec,
        quality=quality,
        crf=crf,
        backend=backend,
        subsampling=subsampling,
        quant_tables=quant_tables,
        preset=preset,
        x265_version=x265_version,
        value_range=value_range,
    )
    return compressor.apply(x, out)


def apply_batch(
    x: Array,
    codec: Codec | Sequence[Codec] = "h264",
    quality: float | Sequence[float] | NDArray[Any] | None = None,
    *,
    crf: float | Sequence[float] | NDArray[Any] | None = None,
    threads: int = 1,
    out: Array | None = None,
    backend: Backend | None = None,
    subsampling: Subsampling | None = None,
    quant_tables: QuantTables | None = None,
    preset: Preset | None = None,
    x265_version: X265Version | None = None,
    value_range: ValueRange = "signed_unit",
) -> Array:
    """Puts the artifacts of codecs into N images at once.

    Args:
        x: (N, height, width, 3), otherwise as for ``apply_compression_artifacts``.
        codec: one for all images, or N of them: a list, an array, a tensor of one dimension.
        quality: one for all images, or N of them.
        crf: one for all images, or N of them.
        threads: how many threads work, the caller's among them. They live as long as the call. The result does not
            depend on their number.
        out: where to write the result, as for ``FrameCompressor.apply``.

    Raises:
        FrameCompressionError: with the number of the first image that is refused. Images of the output may have been
            written by then.
        ValueError: where the settings are for another number of images, or ``threads`` is below 1.
    """
    count = _per_image({"codec": codec, "quality": quality, "crf": crf})

    def compressor(image: int) -> _native.Compressor:
        return FrameCompressor(
            _setting(codec, image),
            quality=_setting(quality, image),
            crf=_setting(crf, image),
            backend=backend,
            subsampling=subsampling,
            quant_tables=quant_tables,
            preset=preset,
            x265_version=x265_version,
            value_range=value_range,
        )._native

    compressors = [compressor(image) for image in range(1 if count is None else count)]
    return _apply_batch(compressors, x, threads, out, count)


def _apply_batch(
    compressors: list[_native.Compressor],
    x: Array,
    threads: SupportsIndex,
    out: Array | None,
    count: int | None = None,
) -> Array:
    if not hasattr(threads, "__index__") or isinstance(threads, bool):
        raise TypeError(f"threads={threads!r} is not allowed: it has to be a whole number, at least 1")
    threads = operator.index(threads)
    if threads < 1:
        raise ValueError(f"{threads} threads are not allowed: at least 1")
    memory = memory_of(x)
    images = _native.check_images(memory)
    if count is not None and count != images:
        raise ValueError(f"settings for {count} images are not allowed: there are {images}")
    result = packed_like(x) if out is None else out
    target = memory_of(result) if out is None else output_memory_of(out)
    _native.apply_batch(compressors, memory, target, min(threads, images))
    return result


def _per_image(settings: dict[str, Any]) -> int | None:
    """How many images the settings are for, if any is given image by image."""
    counts = {name: len(setting) for name, setting in settings.items() if is_sequence(setting)}
    if len(set(counts.values())) > 1:
        raise ValueError(f"settings for different numbers of images are not allowed: {counts}")
    return next(iter(counts.values()), None)


def _setting(setting: Any, image: int) -> Any:
    return listed(setting)[image] if is_sequence(setting) else setting
