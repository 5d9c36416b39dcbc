"""The front doors: one call, a compressor for many calls, and many images at once."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, Literal, SupportsIndex, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from . import _native
from ._arrays import Array, memory_of, output_memory_of, packed_like
from ._numbers import is_sequence, listed
from ._settings import CodecSettings, settings_of
from .errors import InvalidOutputError, InvalidShapeError

Codec: TypeAlias = Literal["h264", "h265", "jpeg", "webp", "mpeg2", "mpeg4", "mjpeg"]
CodecOrSettings: TypeAlias = "Codec | CodecSettings"
Backend: TypeAlias = Literal["native", "videotoolbox"]
Subsampling: TypeAlias = Literal["420", "422", "444", "440", "411", "grey"]
QuantTables: TypeAlias = Sequence[Sequence[int] | Sequence[Sequence[int]] | NDArray[Any]]
Preset: TypeAlias = str
X265Version: TypeAlias = Literal["4.2", "3.5"]
ValueRange: TypeAlias = Literal["signed_unit", "unit"]


class FrameCompressor:
    """A codec with its settings and its memory, for many images.

    It may be used from any number of threads at once, in forked processes, and pickled.

    Args:
        codec: ``"h264"`` (x264), ``"h265"`` (x265), ``"jpeg"`` (libjpeg-turbo), ``"webp"`` (libwebp), ``"mpeg2"``,
            ``"mpeg4"`` or ``"mjpeg"`` (FFmpeg), or settings of one of them, such as
            ``H264(crf=23, fps=25, preset="medium")``, in place of the keywords.
        quality: 0 (worst) to 100 (best), the same scale for every codec.
        crf: 0 (best) to 51 (worst), fractions allowed; codecs other than H.264 and H.265 take the quality that it
            stands for. Give ``quality`` or ``crf``; without either it is CRF 29, which is LTX-Video's.
        backend: ``"native"`` (this library, the same picture on every machine) or ``"videotoolbox"`` (Apple's
            codecs, on Apple's systems).
        subsampling: chroma subsampling of JPEG, ``"420"`` without it.
        quant_tables: quantisation steps of JPEG in place of those of its quality: 8x8 for luma and 8x8 for chroma,
            each row by row with the horizontal frequency rising along a row, from 1 to 255.
        preset: the encoder's preset, ``"veryfast"`` without it.
        x265_version: ``"4.2"`` (default, PyAV 18 has it) or ``"3.5"``: the release of x265 whose picture it is.
        value_range: which numbers of floating-point samples stand for black and white: ``"signed_unit"``, -1 to 1,
            or ``"unit"``, 0 to 1. Nothing to ``uint8``.
        settings: whatever else the codec has, such as ``fps``; ``help(frame_compression.H265)`` lists it.

    Raises:
        InvalidQualityError, InvalidCrfError, UnknownNameError, InvalidSettingError: for a value that does not exist.
        UnsupportedSettingError: for a setting that the codec does not have.
        TypeError: where both ``quality`` and ``crf`` are given, or a setting is of another type.
    """

    __slots__ = ("_native", "_settings", "_value_range")

    def __init__(
        self,
        codec: CodecOrSettings = "h264",
        *,
        quality: float | None = None,
        crf: float | None = None,
        backend: Backend | None = None,
        subsampling: Subsampling | None = None,
        quant_tables: QuantTables | None = None,
        preset: Preset | None = None,
        x265_version: X265Version | None = None,
        value_range: ValueRange = "signed_unit",
        **settings: Any,
    ) -> None:
        given = {
            "quality": quality,
            "crf": crf,
            "backend": backend,
            "subsampling": subsampling,
            "quant_tables": quant_tables,
            "preset": preset,
            "release": x265_version,
            **settings,
        }
        self._settings = settings_of(codec, given)
        self._value_range = value_range
        self._native = _native.Compressor(self._settings._native, value_range)

    @property
    def settings(self) -> CodecSettings:
        """The codec and its settings."""
        return self._settings

    def apply(self, x: Array, out: Array | None = None, *, threads: int = 1) -> Array:
        """Puts the artifacts of the codec into a copy of an image.

        Args:
            x: NHWC, shape (1, height, width, 3), R, G, B; a NumPy array or a PyTorch tensor on the CPU, of float16,
                bfloat16, float32, float64 or uint8. It is not copied. Values outside the range are clamped.
            out: where to write the result: same shape; its elements may be of another type; may be ``x``.
            threads: how many threads work on an image of H.264 or H.265; the result does not depend on it. They are started
                for the call, so that this is for large images.

        Returns:
            ``out``, or a new array or tensor of the kind and the element type of ``x``, without gradient.

        Raises:
            FrameCompressionError: see ``frame_compression.errors``. The output is then as it was.
            TypeError: for anything but an array or a tensor.
        """
        memory = memory_of(x)
        if threads != 1:
            threads = _threads(threads)
        if out is not None:
            self._native.apply(memory, output_memory_of(out), threads)
            return out
        _native.check_image(memory)
        result = packed_like(x)
        self._native.apply(memory, memory_of(result), threads)
        return result

    def apply_in_place(self, x: Array) -> Array:
        """Puts the artifacts into the image itself, and returns it."""
        return self.apply(x, out=x)

    def apply_batch(self, x: Any, *, threads: int = 1, out: Any = None) -> Any:
        """Puts the artifacts into N images, (N, height, width, 3), or a list of images; see ``apply_batch``."""
        if isinstance(x, (list, tuple)):
            return _apply_list([self._native], x, threads, out, None)
        return _apply_batch([self._native], x, threads, out)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._settings, self._value_range)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FrameCompressor) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[CodecSettings, str]:
        return self._settings, self._value_range

    def __repr__(self) -> str:
        given = {**self._settings.given, "value_range": self._value_range}
        return f"FrameCompressor({', '.join([repr(self._settings.codec), *(f'{name}={given[name]!r}' for name in given)])})"


def _restored(settings: CodecSettings, value_range: ValueRange) -> FrameCompressor:
    return FrameCompressor(settings, value_range=value_range)


def apply_compression_artifacts(
    x: Array,
    codec: CodecOrSettings = "h264",
    quality: float | None = None,
    *,
    crf: float | None = None,
    out: Array | None = None,
    threads: int = 1,
    value_range: ValueRange = "signed_unit",
    **settings: Any,
) -> Array:
    """Puts the artifacts of a codec into an image: the pixels you get by encoding and decoding again.

    The same input gives the same output on every machine. The image is NHWC, shape (1, height, width, 3), R, G, B:
    floating-point samples from -1 to 1 (see ``value_range``), or ``uint8``. The GIL is released meanwhile.

    The arguments and the errors are those of ``FrameCompressor`` and its ``apply``.

    >>> import numpy as np
    >>> from frame_compression import H265
    >>> image = np.zeros((1, 64, 96, 3), np.float32)
    >>> apply_compression_artifacts(image, "h264", quality=43.1).shape
    (1, 64, 96, 3)
    >>> apply_compression_artifacts(image, H265(crf=28, preset="medium")).shape
    (1, 64, 96, 3)
    """
    compressor = FrameCompressor(codec, quality=quality, crf=crf, value_range=value_range, **settings)
    return compressor.apply(x, out, threads=threads)


@overload
def apply_batch(
    x: Array,
    codec: CodecOrSettings | Sequence[CodecOrSettings] = "h264",
    quality: float | Sequence[float] | NDArray[Any] | None = None,
    *,
    crf: float | Sequence[float] | NDArray[Any] | None = None,
    threads: int = 1,
    out: Array | None = None,
    value_range: ValueRange = "signed_unit",
    **settings: Any,
) -> Array: ...
@overload
def apply_batch(
    x: Sequence[Array],
    codec: CodecOrSettings | Sequence[CodecOrSettings] = "h264",
    quality: float | Sequence[float] | NDArray[Any] | None = None,
    *,
    crf: float | Sequence[float] | NDArray[Any] | None = None,
    threads: int = 1,
    out: Sequence[Array] | None = None,
    value_range: ValueRange = "signed_unit",
    **settings: Any,
) -> list[Array]: ...
def apply_batch(
    x: Any,
    codec: Any = "h264",
    quality: Any = None,
    *,
    crf: Any = None,
    threads: int = 1,
    out: Any = None,
    value_range: ValueRange = "signed_unit",
    **settings: Any,
) -> Any:
    """Puts the artifacts of codecs into N images at once.

    Args:
        x: (N, height, width, 3), otherwise as for ``apply_compression_artifacts``: N images, or the frames of a clip, each
            coded by itself (of H.264 and H.265 this is an all-intra clip). Or a list of arrays of different sizes, each an
            image (height, width, 3) or a clip (frames, height, width, 3) that shares its settings.
        codec: one for all images, or N of them: names, or settings such as ``H264(crf=23)`` and ``Jpeg(quality=40)``.
        quality: one for all images, or N of them: a list, an array, a tensor of one dimension.
        crf: one for all images, or N of them.
        threads: how many threads work, the caller's among them. They live as long as the call. The result does not
            depend on their number.
        out: where to write the result, as for ``FrameCompressor.apply``; for a list, a list.
        settings: as for ``FrameCompressor``, for all images.

    Returns:
        ``out``, or what ``x`` is: a new array, or a list of new arrays.

    Raises:
        FrameCompressionError: with the number of the first image that is refused. Images of the output may have been
            written by then.
        ValueError: where the settings are for another number of images, or ``threads`` is below 1.
    """
    count = _per_image({"codec": codec, "quality": quality, "crf": crf})
    codecs, qualities, crfs = (_listed(setting) for setting in (codec, quality, crf))
    compressors = [
        FrameCompressor(
            _one_of(codecs, image),
            quality=_one_of(qualities, image),
            crf=_one_of(crfs, image),
            value_range=value_range,
            **settings,
        )._native
        for image in range(1 if count is None else count)
    ]
    if isinstance(x, (list, tuple)):
        return _apply_list(compressors, x, threads, out, count)
    return _apply_batch(compressors, x, threads, out, count)


def apply_clip(
    x: Array,
    codec: CodecOrSettings = "h264",
    quality: float | None = None,
    *,
    crf: float | None = None,
    keyint: int = 250,
    bframes: int | None = None,
    threads: int = 1,
    value_range: ValueRange = "signed_unit",
    **settings: Any,
) -> Array:
    """Puts the artifacts of a codec into a clip whose frames it predicts from one another.

    H.264 is exact for presets ultrafast to medium and any tune, but fastdecode, which is taken up to faster; its other
    presets and H.265 are refused so far. JPEG, MJPEG, WebP and MPEG treat each frame by itself. PyAV codes a clip in as
    many slices as the machine has cores: say how many with ``cores``.

    Args:
        x: (frames, height, width, 3), otherwise as for ``apply_compression_artifacts``.
        codec: a name, or settings such as ``H264(crf=28, fps=25, preset="ultrafast")``.
        keyint: how many frames there are at most from one that stands for itself to the next, at least 1.
        bframes: how many B frames, which are predicted from both sides, there are at most in a row, up to 16; as many as the
            preset has by default.
        threads: how many threads work on the clip; the result does not depend on it. They live as long as the call.
        settings: as for ``FrameCompressor``. ``fps`` is the clip's frame rate, and counts.

    Returns:
        A new array or tensor of the kind and the element type of ``x``, without gradient.

    Raises:
        FrameCompressionError: see ``frame_compression.errors``.

    >>> import numpy as np
    >>> from frame_compression import H264
    >>> clip = np.zeros((5, 64, 96, 3), np.uint8)
    >>> apply_clip(clip, H264(crf=28, fps=25, preset="ultrafast")).shape
    (5, 64, 96, 3)
    """
    compressor = FrameCompressor(codec, quality=quality, crf=crf, value_range=value_range, **settings)
    memory = memory_of(x)
    _native.check_images(memory)
    keyint, bframes, threads = _keyint(keyint), _bframes(bframes), _threads(threads)
    result = packed_like(x)
    _native.apply_clip(compressor._native, memory, memory_of(result), keyint, bframes, threads)
    return result


def _keyint(given: SupportsIndex) -> int:
    keyint = _whole("keyint", given)
    if not 1 <= keyint < 2**32:
        raise ValueError(f"keyint={keyint} is not allowed: at least 1")
    return keyint


def _bframes(given: SupportsIndex | None) -> int | None:
    if given is None:
        return None
    bframes = _whole("bframes", given)
    if not 0 <= bframes <= 16:
        raise ValueError(f"bframes={bframes} is not allowed: 0 to 16")
    return bframes


def _apply_batch(
    compressors: list[_native.Compressor],
    x: Array,
    threads: SupportsIndex,
    out: Array | None,
    count: int | None = None,
) -> Array:
    threads = _threads(threads)
    memory = memory_of(x)
    images = _native.check_images(memory)
    _check_count(count, images)
    result = packed_like(x) if out is None else out
    target = memory_of(result) if out is None else output_memory_of(out)
    _native.apply_batch(compressors, memory, target, min(threads, images))
    return result


def _apply_list(
    compressors: list[_native.Compressor], x: Sequence[Any], threads: SupportsIndex, out: Any, count: int | None
) -> Any:
    threads = _threads(threads)
    _check_count(count, len(x))
    inputs = [_clip(memory_of(image, f"image {place}"), place) for place, image in enumerate(x)]
    results = [packed_like(image) for image in x] if out is None else out
    if not isinstance(results, (list, tuple)) or len(results) != len(x):
        raise InvalidOutputError(f"an output for a list of {len(x)} images has to be a list of as many arrays")
    targets = [_clip(output_memory_of(result), place) for place, result in enumerate(results)]
    each = compressors * len(x) if count is None else compressors
    if x:
        _native.apply_list(each, inputs, targets, threads)
    return results


def _clip(memory: NDArray[Any], place: int) -> NDArray[Any]:
    """An image, or a clip, of a list as (frames, height, width, 3)."""
    if memory.ndim not in (3, 4) or memory.shape[-1] != 3 or 0 in memory.shape:
        raise InvalidShapeError(
            f"image {place}: shape {memory.shape} is not allowed: it has to be (height, width, 3) or "
            "(frames, height, width, 3), each at least 1"
        )
    return memory[np.newaxis] if memory.ndim == 3 else memory


def _threads(given: SupportsIndex) -> int:
    threads = _whole("threads", given)
    if threads < 1:
        raise ValueError(f"{threads} threads are not allowed: at least 1")
    return threads


def _whole(name: str, given: SupportsIndex) -> int:
    if not hasattr(given, "__index__") or isinstance(given, bool):
        raise TypeError(f"{name}={given!r} is not allowed: it has to be a whole number, at least 1")
    return operator.index(given)


def _check_count(settings: int | None, images: int) -> None:
    if settings is not None and settings != images:
        raise ValueError(f"settings for {settings} images are not allowed: there are {images}")


def _per_image(settings: dict[str, Any]) -> int | None:
    """How many images the settings are for, if any is given image by image."""
    counts = {name: len(setting) for name, setting in settings.items() if is_sequence(setting)}
    if len(set(counts.values())) > 1:
        raise ValueError(f"settings for different numbers of images are not allowed: {counts}")
    return next(iter(counts.values()), None)


def _listed(setting: Any) -> Any:
    return listed(setting) if is_sequence(setting) else setting


def _one_of(setting: Any, image: int) -> Any:
    return setting[image] if isinstance(setting, list) else setting
