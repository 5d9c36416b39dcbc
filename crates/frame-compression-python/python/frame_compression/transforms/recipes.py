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

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from .._compressor import Backend
from .._settings import facts_of
from ..errors import UnknownNameError
from ._images import degraded
from ._random import NOTHING, Params, compressor_of, drawable, drawn_of
from ._stream import Seed, Stream, Uniform

__all__ = [
    "Coding",
    "Degrade",
    "Recipe",
    "Step",
    "albumentations_image_compression",
    "apisr",
    "cnn_detection",
    "real_esrgan",
    "vcisr",
    "videoseal",
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


class Degrade:
    """Puts the artifacts of a recipe into an image; a callable on NumPy arrays, as ``CompressionArtifacts``.

    Args:
        recipe: what to draw.
        generator: as for ``CompressionArtifacts``, with the same rule for workers.
    """

    def __init__(self, recipe: Recipe, *, backend: Backend | None = None, generator: Seed = None) -> None:
        self.recipe = recipe
        self.backend = backend
        self._stream = Stream(generator)

    def get_params(self, *, image: NDArray[Any] | None = None, key: Any = None) -> list[Params]:
        """Draws the parameters of the next image."""
        return self.recipe.draw(self._stream.of(image, key))

    def set_epoch(self, epoch: int) -> None:
        """Gives the copies that are sent to workers from now on other numbers than those of other epochs."""
        self._stream.set_epoch(epoch)

    def apply(self, image: NDArray[Any], params: Sequence[Params]) -> NDArray[Any]:
        """The image with the artifacts of these parameters, one after another."""
        for one in params:
            image = degraded(image, one, self.backend)
        return image

    def __call__(self, image: NDArray[Any], *, key: Any = None) -> NDArray[Any]:
        """The image with artifacts. With a key they depend on the seed, the epoch and the key alone."""
        return self.apply(image, self.get_params(image=image, key=key))


def _built(name: str, source: str, steps: Sequence[Step], *not_covered: str) -> Recipe:
    """The recipe as far as this build has its codecs and settings; what it has not is said."""
    missing: dict[str, None] = {}
    kept = []
    for step in steps:
        codings = []
        for coding in step.codings:
            facts = facts_of(coding.codec)
            if not facts:
                missing[f"{coding.codec}: this build does not have it; the others are drawn more often instead"] = None
                continue
            lacking = [setting for setting in coding.settings if setting not in facts]
            for setting in lacking:
                missing[f"{setting}={coding.settings[setting]!r} of {coding.codec}: this build has the default alone"] = None
            codings.append(
                dataclasses.replace(coding, settings={k: v for k, v in coding.settings.items() if k not in lacking})
            )
        if not codings:
            raise UnknownNameError(f"{name} is not allowed in this build, which has none of its codecs: {', '.join(missing)}")
        kept.append(dataclasses.replace(step, codings=tuple(codings)))
    return Recipe(name, source, tuple(kept), (*not_covered, *missing))


_FFMPEG = {"fps": 25, "colours": "ffmpeg"}
_PRESETS = {"slow": 0.05, "medium": 0.35, "fast": 0.3, "faster": 0.2, "superfast": 0.1}


def apisr() -> Recipe:
    """APISR (anime super-resolution): an image codec in its first stage, any of six codecs in its second."""
    webp = {"quality": (20, 95), "method": (0, 6)}
    first = Step((Coding("jpeg", 0.4, {"quality": (20, 95)}), Coding("webp", 0.6, webp)))
    second = Step(
        (
            Coding("jpeg", 0.06, {"quality": (20, 95)}),
            Coding("webp", 0.1, webp),
            Coding("mpeg2", 0.12, {"qscale": (8, 31), "colours": "ffmpeg"}),
            Coding("mpeg4", 0.12, {"qscale": (8, 31), "colours": "ffmpeg"}),
            Coding("h264", 0.3, {"crf": (23, 38), "preset": _PRESETS, **_FFMPEG}),
            Coding("h265", 0.2, {"crf": (28, 42), "preset": _PRESETS, **_FFMPEG}),
        )
    )
    return _built(
        "apisr",
        "Kiteretsu77/APISR, 19a3318f: opt.py, degradation/image_compression, degradation/video_compression",
        (first, second),
        "AVIF in the second stage, weight 0.1: the others are drawn more often instead",
        "colours are those of ffmpeg 8 and newer, and x265 is 4.2; with_settings() says others",
    )


def real_esrgan() -> Recipe:
    """Real-ESRGAN: JPEG twice."""
    jpeg = Step((Coding("jpeg", 1.0, {"quality": (30.0, 95.0)}),))
    return _built(
        "real_esrgan",
        "xinntao/Real-ESRGAN, 00116244: options/train_realesrgan_x4plus.yml (jpeg_range, jpeg_range2)",
        (jpeg, jpeg),
        "the pipeline's DiffJPEG, which imitates JPEG: this is libjpeg-turbo's picture of the same quality",
    )


def vcisr() -> Recipe:
    """VCISR, image part: JPEG twice, as in its mode V1."""
    jpeg = Step((Coding("jpeg", 1.0, {"quality": (30.0, 95.0)}),))
    return _built(
        "vcisr",
        "Kiteretsu77/VCISR-official, a2bebc95: opt.py, degradation/degradation_esr_v1.py",
        (jpeg, jpeg),
        "the pipeline's DiffJPEG, which imitates JPEG: this is libjpeg-turbo's picture of the same quality",
        "mode V2's clips of several frames (mpeg2video, libxvid, libx264, libx265): left out",
    )


def videoseal() -> Recipe:
    """Video Seal, image part: Pillow's JPEG."""
    return _built(
        "videoseal",
        "facebookresearch/videoseal, cc0eaa8a: configs/all_augs.yaml",
        (Step((Coding("jpeg", 1.0, {"quality": (40, 80)}),)),),
        "video compression of clips: left out",
        "which augmentation is drawn at all: p is 1 here",
    )


def cnn_detection() -> Recipe:
    """CNNDetection, as its model blur_jpg_prob0.5 was trained: JPEG by OpenCV or Pillow, which give equal pixels."""
    return _built(
        "cnn_detection",
        "PeterWang512/CNNDetection, 1f9a3263: data/datasets.py, options/base_options.py (--jpg_prob 0.5 --jpg_qual 30,100)",
        (Step((Coding("jpeg", 1.0, {"quality": (30, 100)}),), p=0.5),),
    )


def albumentations_image_compression() -> Recipe:
    """``ImageCompression`` of Albumentations with its defaults: JPEG of quality 99 or 100, every second image."""
    return _built(
        "albumentations_image_compression",
        "albumentations 2.0.8: ImageCompression(compression_type='jpeg', quality_range=(99, 100), p=0.5)",
        (Step((Coding("jpeg", 1.0, {"quality": (99, 100)}),), p=0.5),),
    )


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
    return _built(
        "wtp",
        "umzi2/wtp_dataset_destroyer, 003b3844: src/process/compress_degr.py",
        (Step(tuple(codings), probability),),
        "h264 and hevc, which that pipeline codes in 4:4:4, mpeg (MPEG-1) and vp9: refused",
        "its MPEG-2 gets BGR, of which ffmpeg makes planes in another way than of RGB: this is ffmpeg's picture of RGB",
        "its MPEG-2 of pictures that are not square, whose rows it mixes up: those are coded as they are",
    )
