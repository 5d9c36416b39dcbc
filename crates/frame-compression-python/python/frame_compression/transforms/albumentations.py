"""The transform for Albumentations (2.0 and newer)."""

from __future__ import annotations

from typing import Any

from albumentations.core.transforms_interface import ImageOnlyTransform
from numpy.typing import NDArray

from .._compressor import Backend, Codec, Subsampling
from ._images import degraded
from ._random import Params, Ranges, Weights

__all__ = ["CompressionArtifacts"]


class CompressionArtifacts(ImageOnlyTransform):  # type: ignore[misc]
    """Puts the artifacts of a random codec at a random strength into an image.

    Random numbers are those of Albumentations: ``Compose(..., seed=...)`` makes them repeatable, and its
    ``ReplayCompose`` replays them. Images are ``uint8`` or ``float32`` from 0 to 1, with three channels, of any size.

    Args:
        codecs, quality, crf, subsampling, backend: what to draw, see ``frame_compression.transforms.Ranges``.
        p: the probability that an image gets artifacts.
    """

    class InitSchema(ImageOnlyTransform.InitSchema):  # type: ignore[misc]
        """``Ranges`` checks the arguments, as it does for the other libraries."""

        codecs: Any
        quality: Any
        crf: Any
        subsampling: Any
        backend: Any

    def __init__(
        self,
        codecs: Weights[Codec] = ("h264", "h265", "jpeg"),
        *,
        quality: tuple[float, float] | None = None,
        crf: tuple[float, float] | None = None,
        subsampling: Weights[Subsampling] | None = None,
        backend: Backend | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=p)
        self.ranges = Ranges(codecs, quality=quality, crf=crf, subsampling=subsampling, backend=backend)
        self.codecs, self.quality, self.crf = codecs, quality, crf
        self.subsampling, self.backend = subsampling, backend

    def get_params(self) -> dict[str, Any]:
        """Draws the parameters of the next image."""
        return {"compression": self.ranges.draw(self.py_random.random)}

    def apply(self, img: NDArray[Any], compression: Params, **_: Any) -> NDArray[Any]:
        """The image with the artifacts of these parameters."""
        return degraded(img, compression, self.backend)

    def get_transform_init_args_names(self) -> tuple[str, ...]:
        """What ``albumentations.to_dict`` writes down."""
        return "codecs", "quality", "crf", "subsampling", "backend"
