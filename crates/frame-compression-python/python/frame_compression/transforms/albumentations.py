"""The transform for Albumentations (2.0 and newer) and for AlbumentationsX (2.5 and newer), which has the same import name."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from albumentations.core.transforms_interface import ImageOnlyTransform
from numpy.typing import NDArray

from .._compressor import Backend, Subsampling
from ._images import degraded
from ._random import Params, Ranges, Strengths, Weights
from ._stream import Stream, Uniform, digest_of

__all__ = ["CompressionArtifacts"]


class _Albumentations(Stream):
    """Albumentations' generator where the transform was made; elsewhere its state, as it arrived, is the seed."""

    _arrived: int | None = None

    def numbers(self, source: random.Random, image: NDArray[Any] | None) -> Uniform:
        if not self._worker_of() and not self._is_away():
            return source.random
        if self._arrived is None:
            self._arrived = digest_of(source.getstate())
        return self.of(image)

    def _forget(self) -> None:
        super()._forget()
        self._arrived = None

    def _is_seeded(self) -> bool:
        return True

    def _seed_now(self) -> int:
        assert self._arrived is not None
        return self._arrived

    def _uniform_of(self, worker: tuple[int, ...]) -> Uniform:
        return self._numbers(*worker)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_arrived": None}


class CompressionArtifacts(ImageOnlyTransform):  # type: ignore[misc]
    """Puts the artifacts of a random codec at a random strength into an image.

    Random numbers are those of Albumentations: ``Compose(..., seed=...)`` makes them repeatable, and its
    ``ReplayCompose`` replays them. In other processes, where Albumentations would give every copy the same numbers, they
    follow the rule of ``transforms._stream``, with the state of Albumentations' generator as the seed. Images are ``uint8`` or ``float32`` from 0 to 1, with three channels, of any size.

    Args:
        codecs, quality, crf, subsampling, backend, settings: what to draw, see ``frame_compression.transforms.Ranges``.
        p: the probability that an image gets artifacts.
    """

    class InitSchema(ImageOnlyTransform.InitSchema):  # type: ignore[misc]
        """``Ranges`` checks the arguments, as it does for the other libraries."""

        codecs: Any
        quality: Any
        crf: Any
        subsampling: Any
        backend: Any
        settings: Any

    def __init__(
        self,
        codecs: Any = ("h264", "h265", "jpeg"),
        *,
        quality: Strengths | None = None,
        crf: Strengths | None = None,
        subsampling: Weights[Subsampling] | None = None,
        backend: Backend | None = None,
        settings: Mapping[str, Any] | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=p)
        self.ranges = Ranges(codecs, quality=quality, crf=crf, subsampling=subsampling, backend=backend, settings=settings)
        self._stream = _Albumentations()
        self.codecs, self.quality, self.crf = codecs, quality, crf
        self.subsampling, self.backend, self.settings = subsampling, backend, settings

    if hasattr(ImageOnlyTransform, "sample_parameters"):  # AlbumentationsX

        def sample_parameters(self, params: Any, data: dict[str, Any], targets: Any, sampling: Any) -> Any:
            """Draws the parameters of the next image."""
            from albumentations.core.transforms_interface import SampledParams

            return SampledParams(self._draw(sampling.py_random, data))

    else:

        def get_params_dependent_on_data(self, params: Any, data: dict[str, Any]) -> dict[str, Any]:
            """Draws the parameters of the next image."""
            return self._draw(self.py_random, data)

    def _draw(self, source: random.Random, data: dict[str, Any]) -> dict[str, Any]:
        return {"compression": self.ranges.draw(self._stream.numbers(source, data.get("image")))}

    def apply(self, img: NDArray[Any], compression: Params, **_: Any) -> NDArray[Any]:
        """The image with the artifacts of these parameters."""
        return degraded(img, compression, self.backend)

    def get_transform_init_args_names(self) -> tuple[str, ...]:
        """What ``albumentations.to_dict`` writes down."""
        return "codecs", "quality", "crf", "subsampling", "backend", "settings"
