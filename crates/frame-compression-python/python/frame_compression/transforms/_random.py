"""What a transform draws for an image. Where its random numbers come from: `_stream`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .._compressor import Backend, Codec, FrameCompressor, Subsampling
from .._numbers import is_sequence, listed, number
from .._settings import CodecSettings, facts_of, settings_of, strengths_of
from ..errors import UnsupportedSettingError

if TYPE_CHECKING:
    from typing_extensions import NotRequired

Name = TypeVar("Name")
Chosen = TypeVar("Chosen")
Weights: TypeAlias = "Name | Sequence[Name] | Mapping[Name, float]"
Strengths: TypeAlias = "float | tuple[float, float]"


@dataclass(frozen=True)
class Clip:
    """How the frames of a clip are predicted from one another."""

    bframes: int | None = None

    def apply(self, native: _native.Compressor, frames: NDArray[Any], target: NDArray[Any]) -> None:
        """Codes a clip (frames, height, width, 3); x264's own 250 frames at most from one that stands for itself to the next."""
        _native.apply_clip(native, frames, target, 250, self.bframes)


class Params(TypedDict):
    """What was drawn for one image: plain values, for a log or to be replayed."""

    codec: Codec | None
    """None where the image is left as it is."""
    quality: float | None
    crf: float | None
    subsampling: Subsampling | None
    settings: NotRequired[dict[str, Any] | None]
    """What else was drawn, or belongs to the settings object that was drawn."""


NOTHING: Params = {"codec": None, "quality": None, "crf": None, "subsampling": None, "settings": None}


class Ranges:
    """What may be drawn: codecs with their weights, a range of strengths, other settings, and how often at all.

    Args:
        codecs: a codec, several that are equally frequent, or a mapping from codecs to weights. A codec is a name or
            settings such as ``H264(fps=25, preset="medium")``; a strength that it has is drawn only where neither
            ``quality`` nor ``crf`` is given.
        quality: lowest and highest quality, 0 to 100; every number between is equally frequent. One number is that quality.
        crf: lowest and highest CRF, 0 to 51, or one number; instead of ``quality``. Without either the quality is 20 to 95.
        p: the probability that an image gets artifacts.
        subsampling: chroma subsamplings of JPEG, in the same way as ``codecs``; 4:2:0 without it.
        backend: as for ``FrameCompressor``.
        settings: other settings by name, for those of the codecs that have them: several values that are equally frequent
            (a list), a mapping from values to weights, one value, or the lowest and the highest of a number (a tuple):
            ``{"preset": {"medium": 2, "veryfast": 1}, "fps": [24, 25, 30]}``.
        clips: whether it is clips that are drawn for, whose frames H.264 predicts from one another: what ``apply_clip``
            refuses is then refused here.
        bframes: of clips, how many B frames there are at most in a row; as many as the preset has without it.
    """

    def __init__(
        self,
        codecs: Any = ("h264", "h265", "jpeg"),
        *,
        quality: Strengths | None = None,
        crf: Strengths | None = None,
        p: float = 1.0,
        subsampling: Weights[Subsampling] | None = None,
        backend: Backend | None = None,
        settings: Mapping[str, Any] | None = None,
        clips: bool = False,
        bframes: int | None = None,
    ) -> None:
        if bframes is not None and not (clips and 0 <= bframes <= 16):
            raise ValueError(f"bframes={bframes} is not allowed: 0 to 16, and of clips only (clips=True)")
        self.clip = Clip(bframes) if clips else None
        if quality is not None and crf is not None:
            raise TypeError("quality and crf are both given: give one")
        self.p = number("p", p, "a number from 0 to 1")
        if not 0.0 <= self.p <= 1.0:
            raise ValueError(f"p={p} is not allowed: it has to be a number from 0 to 1")
        self.codecs = _weights("codecs", [codecs] if isinstance(codecs, CodecSettings) else codecs)
        self.subsampling = None if subsampling is None else _weights("subsampling", subsampling)
        self.backend = backend
        self.has_own_strength = quality is None and crf is None
        self.quality = None if crf is not None else _range("quality", (20.0, 95.0) if quality is None else quality)
        self.crf = None if crf is None else _range("crf", crf)
        self.settings = None if settings is None else {name: drawable(name, given) for name, given in settings.items()}
        self._check_every_setting()

    def _check_every_setting(self) -> None:
        """Lets the library say at once what it would say in the middle of an epoch."""
        codecs = [settings_of(codec, {}).codec for codec in self.codecs]
        for name in self.settings or {}:
            if not any(name in facts_of(codec) for codec in codecs):
                has = ", ".join(dict.fromkeys(name for codec in codecs for name in facts_of(codec)))
                raise UnsupportedSettingError(f"{name} is no setting of {', '.join(codecs)}: they have {has}")
        subsamplings = [None] if self.subsampling is None else list(self.subsampling)
        for codec, subsampling, at in itertools.product(self.codecs, subsamplings, (0.0, 1.0)):
            params = self._params(codec, at, subsampling, {})
            self._try(params)
            for name, drawable in self._settings_of(params).items():
                for value in drawable.ends():
                    self._try({**params, "settings": {**(params.get("settings") or {}), name: value}})

    def _try(self, params: Params) -> None:
        native = compressor_of(params, self.backend)._native
        if self.clip:
            frames = np.zeros((1, 32, 32, 3), np.uint8)
            self.clip.apply(native, frames, np.empty_like(frames))

    def draw(self, uniform: Callable[[], float]) -> Params:
        """Draws the parameters of one image with numbers of ``uniform``, which gives numbers in [0, 1)."""
        applies, codec_at, strength_at, subsampling_at = (uniform() for _ in range(4))
        if applies >= self.p:
            return NOTHING.copy()
        subsampling = None if self.subsampling is None else _choice(self.subsampling, subsampling_at)
        params = self._params(_choice(self.codecs, codec_at), strength_at, subsampling, {})
        drawn = {name: drawable.at(uniform()) for name, drawable in self._settings_of(params).items()}
        if drawn:
            params["settings"] = {**(params["settings"] or {}), **drawn}
        return params

    def _settings_of(self, params: Params) -> dict[str, Drawable]:
        facts = facts_of(params["codec"] or "")
        return {name: drawable for name, drawable in (self.settings or {}).items() if name in facts}

    def _params(self, chosen: Any, at: float, subsampling: Any, drawn: dict[str, Any]) -> Params:
        """The parameters for a codec, or settings of one, and what was drawn."""
        codec = settings_of(chosen, {})
        own = dict(codec.given)
        strengths = strengths_of(codec.codec)
        keeps_own = self.has_own_strength and any(name in strengths for name in own)
        if not keeps_own:
            own = {name: value for name, value in own.items() if name not in strengths}
        return {
            "codec": codec.codec,  # type: ignore[typeddict-item]
            "quality": None if keeps_own else _between(self.quality, at),
            "crf": None if keeps_own else _between(self.crf, at),
            "subsampling": subsampling if codec.codec == "jpeg" and "subsampling" not in own else None,
            "settings": {**own, **drawn} or None,
        }

    def __repr__(self) -> str:
        shown = {name: value for name, value in vars(self).items() if name != "has_own_strength" and value is not None}
        return ", ".join(f"{name}={value!r}" for name, value in shown.items())


def compressor_of(params: Params, backend: Backend | None = None) -> FrameCompressor:
    """The compressor for what was drawn, for samples from 0 to 1."""
    assert params["codec"] is not None
    given = _without_none({name: params[name] for name in ("quality", "crf", "subsampling")})  # type: ignore[literal-required]
    given |= {"backend": backend, **(params.get("settings") or {})}
    return FrameCompressor(params["codec"], value_range="unit", **given)


def _without_none(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True)
class Drawable:
    """The values that a setting may get: with weights, or all between two numbers."""

    weights: dict[Any, float] | None = None
    between: tuple[float, float] | None = None

    def at(self, at: float) -> Any:
        """The value for a number in [0, 1)."""
        if self.weights is not None:
            return _choice(self.weights, at)
        assert self.between is not None
        low, high = self.between
        if isinstance(low, int) and isinstance(high, int):
            return min(low + int(at * (high - low + 1)), high)
        return low + (high - low) * at

    def ends(self) -> list[Any]:
        """Values that are all allowed only if everything is."""
        return list(self.weights) if self.weights is not None else list(self.between or ())


def drawable(name: str, given: Any) -> Drawable:
    if isinstance(given, Drawable):
        return given
    if isinstance(given, tuple):
        _range(name, given)
        return Drawable(between=given)  # type: ignore[arg-type]
    if isinstance(given, Mapping) or (is_sequence(given) and not isinstance(given, str)):
        return Drawable(weights=_weights(name, given))
    return Drawable(weights={given: 1.0})


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
    ends = list(itertools.accumulate(weights.values()))  # not sum(), which rounds in another way from Python 3.12 on
    at *= ends[-1]
    for choice, end in zip(weights, ends):
        if at < end:
            return choice
    return max(weights, key=weights.__getitem__)


def drawn_of(weights: Mapping[Any, float], of: Sequence[Chosen], at: float) -> Chosen:
    """One of several, by the weights of their places."""
    return of[list(weights).index(_choice(dict(weights), at))]


def _between(ends: tuple[float, float] | None, at: float) -> float | None:
    return None if ends is None else ends[0] + (ends[1] - ends[0]) * at
