"""What a transform draws for an image. Where its random numbers come from: `_stream`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict, TypeVar

from .._compressor import Backend, Codec, FrameCompressor, Subsampling
from .._numbers import is_sequence, listed, number

Name = TypeVar("Name", bound=str)
Weights: TypeAlias = "Name | Sequence[Name] | Mapping[Name, float]"
Strengths: TypeAlias = "float | tuple[float, float]"


class Params(TypedDict):
    """What was drawn for one image: plain values, for a log or to be replayed."""

    codec: Codec | None
    """None where the image is left as it is."""
    quality: float | None
    crf: float | None
    subsampling: Subsampling | None


class Ranges:
    """What may be drawn: codecs with their weights, a range of strengths, subsamplings, and how often at all.

    Args:
        codecs: a codec, several that are equally frequent, or a mapping from codecs to weights.
        quality: lowest and highest quality, 0 to 100; every number between is equally frequent. One number is that quality.
        crf: lowest and highest CRF, 0 to 51, or one number; instead of ``quality``. Without either the quality is 20 to 95.
        p: the probability that an image gets artifacts.
        subsampling: chroma subsamplings of JPEG, in the same way as ``codecs``; 4:2:0 without it. The other codecs have
            4:2:0 only.
        backend: as for ``FrameCompressor``.
    """

    def __init__(
        self,
        codecs: Weights[Codec] = ("h264", "h265", "jpeg"),
        *,
        quality: Strengths | None = None,
        crf: Strengths | None = None,
        p: float = 1.0,
        subsampling: Weights[Subsampling] | None = None,
        backend: Backend | None = None,
    ) -> None:
        if quality is not None and crf is not None:
            raise TypeError("quality and crf are both given: give one")
        self.p = number("p", p, "a number from 0 to 1")
        if not 0.0 <= self.p <= 1.0:
            raise ValueError(f"p={p} is not allowed: it has to be a number from 0 to 1")
        self.codecs = _weights("codecs", codecs)
        self.subsampling = None if subsampling is None else _weights("subsampling", subsampling)
        self.backend = backend
        self.quality = None if crf is not None else _range("quality", (20.0, 95.0) if quality is None else quality)
        self.crf = None if crf is None else _range("crf", crf)
        self._check_every_setting()

    def _check_every_setting(self) -> None:
        """Lets the library say at once what it would say in the middle of an epoch."""
        subsamplings = [None] if self.subsampling is None else list(self.subsampling)
        for codec, subsampling, at in itertools.product(self.codecs, subsamplings, (0.0, 1.0)):
            quality, crf = _between(self.quality, at), _between(self.crf, at)
            FrameCompressor(codec, quality=quality, crf=crf, subsampling=subsampling, backend=self.backend)

    def draw(self, uniform: Callable[[], float]) -> Params:
        """Draws the parameters of one image with four numbers of ``uniform``, which gives numbers in [0, 1)."""
        applies, codec_at, strength_at, subsampling_at = (uniform() for _ in range(4))
        if applies >= self.p:
            return {"codec": None, "quality": None, "crf": None, "subsampling": None}
        codec = _choice(self.codecs, codec_at)
        has_subsampling = codec == "jpeg" and self.subsampling is not None
        return {
            "codec": codec,
            "quality": _between(self.quality, strength_at),
            "crf": _between(self.crf, strength_at),
            "subsampling": _choice(self.subsampling, subsampling_at) if has_subsampling else None,  # type: ignore[type-var, arg-type, unused-ignore]
        }

    def __repr__(self) -> str:
        given = (f"{name}={value!r}" for name, value in vars(self).items() if value is not None)
        return ", ".join(given)


def _weights(name: str, given: Any) -> dict[Any, float]:
    if isinstance(given, str):
        given = [given]
    if isinstance(given, Mapping):
        weights = {choice: number(f"the weight of {choice!r}", weight, "a number") for choice, weight in given.items()}
    elif is_sequence(given):
        weights = dict.fromkeys(listed(given), 1.0)
    else:
        allowed = "a name, several names, or a mapping from names to weights"
        raise TypeError(f"{name}={given!r} is not allowed: it has to be {allowed}")
    total = sum(weights.values())
    if not weights or min(weights.values()) < 0 or not 0 < total < float("inf"):
        raise ValueError(f"{name}={given!r} is not allowed: weights have to be at least 0, and one above 0")
    return weights


def _range(name: str, given: Any) -> tuple[float, float]:
    """The lowest and the highest: of a pair both, of a number twice itself."""
    allowed = "a number, or the lowest and the highest, in this order"
    ends = listed(given) if is_sequence(given) else [given, given]
    if len(ends) != 2:
        raise ValueError(f"{name}={given!r} is not allowed: it has to be {allowed}")
    low, high = (number(name, end, allowed) for end in ends)
    if not low <= high:
        raise ValueError(f"{name}={given!r} is not allowed: it has to be {allowed}")
    return low, high


def _choice(weights: dict[Name, float], at: float) -> Name:
    at *= sum(weights.values())
    for choice, end in zip(weights, itertools.accumulate(weights.values())):
        if at < end:
            return choice
    return max(weights, key=weights.__getitem__)


def _between(ends: tuple[float, float] | None, at: float) -> float | None:
    return None if ends is None else ends[0] + (ends[1] - ends[0]) * at
