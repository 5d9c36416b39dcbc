"""The codec part of published training pipelines, as data that can be printed, changed and logged.

    recipe = recipes.apisr()
    print(recipe)                                     # what it draws, where that is from, and what it does not cover
    degrade = recipes.Degrade(recipe, generator=7)    # a transform like CompressionArtifacts
    params = degrade.get_params()                     # a list: one entry for each step
    image = degrade.apply(image, params)

A recipe covers the codecs alone: blur, noise and scaling, which pipelines do between the steps, stay yours;
``recipe.only(0)`` is its first step. Images are 8-bit RGB; how a pipeline rounds to 8 bits is its own affair.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _native
from .._compressor import Backend
from .._settings import settings_of
from ..errors import UnknownNameError
from ._images import degraded
from ._random import NOTHING, Clip, Params, compressor_of, drawable, drawn_of
from ._stream import Seed, Stream, Uniform

__all__ = [
    "NAMES",
    "Coding",
    "Degrade",
    "Recipe",
    "Step",
    "albumentations_image_compression",
    "animesr_clip",
    "apisr",
    "as_text",
    "cnn_detection",
    "named",
    "real_esrgan",
    "vcisr",
    "vcisr_clip",
    "videoseal",
    "videoseal_clip",
    "wtp",
]


@dataclass(frozen=True)
class Coding:
    """A codec that may be drawn.

    Args:
        codec: its name.
        weight: how often it is drawn, against the others of its step.
        settings: its settings by name, each a value, a list of values, a mapping from values to weights, or the lowest and
            the highest as a tuple: whole numbers give whole numbers, others every number between.
    """

    codec: str
    weight: float
    settings: Mapping[str, Any]

    def draw(self, uniform: Uniform) -> Params:
        """Draws every setting, in the order of their names."""
        drawn = {name: drawable(name, self.settings[name]).at(uniform()) for name in sorted(self.settings)}
        return {**NOTHING, "codec": self.codec, "settings": drawn}  # type: ignore[typeddict-item]


@dataclass(frozen=True)
class Step:
    """One compression: one of some codings, or none at all.

    Args:
        codings: what may be drawn.
        p: the probability that there is any.
    """

    codings: tuple[Coding, ...]
    p: float = 1.0

    def draw(self, uniform: Uniform) -> Params:
        """Draws the parameters of one image."""
        applies, at = uniform(), uniform()
        if applies >= self.p:
            return NOTHING.copy()
        return drawn_of({coding.codec: coding.weight for coding in self.codings}, self.codings, at).draw(uniform)


@dataclass(frozen=True)
class Recipe:
    """The codec part of a pipeline.

    Args:
        name: what the pipeline is called.
        source: repository, commit and files that say so.
        steps: its compressions, one after another.
        not_covered: which of the pipeline's draws are left out, and what is done instead.
    """

    name: str
    source: str
    steps: tuple[Step, ...]
    not_covered: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for step in self.steps:
            for coding in step.codings:
                for name, given in coding.settings.items():
                    for value in drawable(name, given).ends():
                        params: Any = {**NOTHING, "codec": coding.codec, "settings": {name: value}}
                        compressor_of(params)

    def draw(self, uniform: Uniform) -> list[Params]:
        """Draws the parameters of one image: plain values, for a log or to be replayed."""
        return [step.draw(uniform) for step in self.steps]

    def draw_for(self, key: str, seed: int = 0) -> list[Params]:
        """What the command's ``--recipe`` draws with this seed for a picture of this name below its input."""
        most = sum(2 + max(len(coding.settings) for coding in step.codings) for step in self.steps)
        return self.draw(iter(_native.numbers(seed % 2**64, key, most)).__next__)

    def only(self, step: int) -> Recipe:
        """One of the steps by itself."""
        return dataclasses.replace(self, steps=(self.steps[step],))

    def with_settings(self, codecs: str | Iterable[str], **settings: Any) -> Recipe:
        """The recipe with other settings for some codecs, such as ``release="3.5"`` for H.265."""
        names = [codecs] if isinstance(codecs, str) else list(codecs)

        def changed(coding: Coding) -> Coding:
            return dataclasses.replace(coding, settings={**coding.settings, **settings}) if coding.codec in names else coding

        steps = (dataclasses.replace(step, codings=tuple(map(changed, step.codings))) for step in self.steps)
        return dataclasses.replace(self, steps=tuple(steps))

    def __str__(self) -> str:
        lines = [f"{self.name} ({self.source})"]
        for number, step in enumerate(self.steps, 1):
            lines.append(f"  step {number}, p={step.p}:")
            lines += [f"    {coding.weight} {coding.codec} {dict(coding.settings)}" for coding in step.codings]
        return "\n".join([*lines, *(f"  not covered: {what}" for what in self.not_covered)])


def as_text(params: Params) -> str | None:
    """What was drawn as the command says it: ``"mpeg2:qscale=8"``; None for nothing."""
    return None if params["codec"] is None else settings_of(params["codec"], params.get("settings") or {})._native.text()


class Degrade:
    """Puts the artifacts of a recipe into an image or a clip; a callable on NumPy arrays, as ``CompressionArtifacts``.

    Args:
        recipe: what to draw, or the name of a recipe.
        clips: whether what is given is a clip (frames, height, width, 3), as for ``CompressionArtifacts``. For the recipes
            whose names end in ``_clip``, which take an image for a clip of one frame without it.
        generator: as for ``CompressionArtifacts``, with the same rule for workers. With an integer and a text as key the
            draw is the one that the command makes with this ``--seed`` for a picture of this name below its input (epoch 0).
    """

    def __init__(
        self, recipe: Recipe | str, *, clips: bool = False, backend: Backend | None = None, generator: Seed = None
    ) -> None:
        self.recipe = named(recipe) if isinstance(recipe, str) else recipe
        self.clip = Clip() if clips else None
        self.backend = backend
        self._stream = Stream(generator)
        self._seed = int(generator) if isinstance(generator, (int, np.integer)) else None

    def get_params(self, *, image: NDArray[Any] | None = None, key: Any = None) -> list[Params]:
        """Draws the parameters of the next image."""
        if isinstance(key, str) and self._seed is not None:
            epoch = self._stream.epoch
            return self.recipe.draw_for(f"{key} in epoch {epoch}" if epoch else key, self._seed)
        return self.recipe.draw(self._stream.of(image, key))

    def set_epoch(self, epoch: int) -> None:
        """Gives the copies that are sent to workers from now on other numbers than those of other epochs."""
        self._stream.set_epoch(epoch)

    def apply(self, image: NDArray[Any], params: Sequence[Params]) -> NDArray[Any]:
        """The image with the artifacts of these parameters, one after another."""
        for one in params:
            image = degraded(image, one, self.backend, self.clip)
        return image

    def __call__(self, image: NDArray[Any], *, key: Any = None) -> NDArray[Any]:
        """The image with artifacts. With a key they depend on the seed, the epoch and the key alone."""
        return self.apply(image, self.get_params(image=image, key=key))


_ALL = {
    name: Recipe(
        name,
        source,
        tuple(Step(tuple(Coding(*coding) for coding in codings), p) for p, codings in steps),
        tuple(not_covered),
    )
    for name, _, source, steps, not_covered in _native.recipes()
}
NAMES = tuple(_ALL)
"""The names of all recipes."""


def named(name: str) -> Recipe:
    """The recipe of this name, as the command's ``--recipe`` has it."""
    if name not in _ALL:
        raise UnknownNameError(f"recipe {name!r} is not allowed: {', '.join(NAMES)}")
    return copy.deepcopy(_ALL[name])


def apisr() -> Recipe:
    """APISR (anime super-resolution): an image codec in its first stage, any of six codecs in its second."""
    return named("apisr")


def real_esrgan() -> Recipe:
    """Real-ESRGAN: JPEG twice."""
    return named("real_esrgan")


def vcisr() -> Recipe:
    """VCISR, image part: JPEG twice, as in its mode V1."""
    return named("vcisr")


def videoseal() -> Recipe:
    """Video Seal, image part: Pillow's JPEG."""
    return named("videoseal")


def videoseal_clip() -> Recipe:
    """Video Seal, its video compression, of clips: x264 by PyAV."""
    return named("videoseal_clip")


def vcisr_clip() -> Recipe:
    """VCISR, mode V2, the part of x264, of clips: x264 by the command ffmpeg."""
    return named("vcisr_clip")


def animesr_clip() -> Recipe:
    """AnimeSR, its video compression, of clips: x264 by the command ffmpeg."""
    return named("animesr_clip")


def cnn_detection() -> Recipe:
    """CNNDetection, as its model blur_jpg_prob0.5 was trained: JPEG by OpenCV or Pillow, which give equal pixels."""
    return named("cnn_detection")


def albumentations_image_compression() -> Recipe:
    """``ImageCompression`` of Albumentations with its defaults: JPEG of quality 99 or 100, every second image."""
    return named("albumentations_image_compression")


def wtp(
    algorithm: Sequence[str] = ("jpeg", "webp"),
    comp: tuple[int, int] = (90, 100),
    target_compress: Mapping[str, tuple[int, int]] | None = None,
    probability: float = 1.0,
) -> Recipe:
    """wtp_dataset_destroyer's ``compress``, with the arguments of its configuration files.

    Args:
        algorithm: which are drawn, equally often: ``"jpeg"``, ``"webp"``, ``"mpeg2"``.
        comp: lowest and highest quality; of MPEG-2 the quantiser, from 1 to 31.
        target_compress: the same for some of them alone, as ``"mpeg2"`` needs it beside the others: ``{"mpeg2": (2, 20)}``.
        probability: how often at all.
    """
    settings: dict[str, tuple[str, dict[str, Any]]] = {
        "jpeg": ("quality", {}),
        "webp": ("quality", {}),
        "mpeg2": ("qscale", {"colours": "ffmpeg"}),
    }
    unknown = [name for name in algorithm if name not in settings]
    if unknown:
        raise ValueError(f"algorithm {', '.join(unknown)} is not allowed: {', '.join(settings)} are covered")
    ranges = {name: (target_compress or {}).get(name, comp) for name in algorithm}
    codings = [Coding(name, 1.0, {settings[name][0]: tuple(ranges[name]), **settings[name][1]}) for name in algorithm]
    return dataclasses.replace(named("wtp"), steps=(Step(tuple(codings), probability),))
