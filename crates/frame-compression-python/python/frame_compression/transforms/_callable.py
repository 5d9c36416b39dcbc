"""The transform that needs NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._compressor import Backend, Subsampling
from ._images import degraded
from ._random import Params, Ranges, Strengths, Weights
from ._stream import Seed, Stream, seeded


class CompressionArtifacts:
    """Puts the artifacts of a random codec at a random strength into an image; a callable on NumPy arrays.

    The image is (height, width, 3), R, G, B, ``uint8`` or floating-point from 0 to 1, of any size and memory layout. It
    is not changed.

    Args:
        codecs, quality, crf, p, subsampling, backend, settings: what to draw, see ``Ranges``.
        generator: an integer for the same numbers in every run, a ``numpy.random.Generator``, or None. Copies in other
            processes draw other numbers; ``transforms._stream`` and docs/python.md have the rule.
        clips: whether what is given is a clip (frames, height, width, 3), whose frames H.264 predicts from one another.
        bframes: of clips, how many B frames there are at most in a row, 0 to 16; as many as the preset has without it.

    >>> import numpy as np
    >>> degrade = CompressionArtifacts({"jpeg": 2, "h264": 1}, quality=(20, 90), generator=7)
    >>> image = np.zeros((33, 47, 3), np.uint8)
    >>> degrade(image).shape
    (33, 47, 3)
    >>> params = degrade.get_params()           # to be logged, or used again
    >>> again = degrade.apply(image, params)
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
        generator: Seed = None,
        clips: bool = False,
        bframes: int | None = None,
    ) -> None:
        self.ranges = Ranges(
            codecs,
            quality=quality,
            crf=crf,
            p=p,
            subsampling=subsampling,
            backend=backend,
            settings=settings,
            clips=clips,
            bframes=bframes,
        )
        self._stream = Stream(generator)

    def get_params(self, seed: int | None = None, *, image: NDArray[Any] | None = None, key: Any = None) -> Params:
        """Draws the parameters of the next image; with a seed or a key, those of the seed or the key.

        In a worker of a pool pass the image that they are for, or a key: they then do not depend on which worker it is.
        """
        return self.ranges.draw(self._stream.of(image, key) if seed is None else seeded(seed))

    def set_epoch(self, epoch: int) -> None:
        """Gives the copies that are sent to workers from now on other numbers than those of other epochs."""
        self._stream.set_epoch(epoch)

    def apply(self, image: NDArray[Any], params: Params) -> NDArray[Any]:
        """The image with the artifacts of these parameters."""
        if not isinstance(image, np.ndarray):
            raise TypeError(
                f"an image of type {type(image).__qualname__} is not allowed: it has to be a NumPy array "
                "(for tensors see frame_compression.transforms.torchvision)"
            )
        return degraded(image, params, self.ranges.backend, self.ranges.clip)

    def __call__(self, image: NDArray[Any], *, key: Any = None) -> NDArray[Any]:
        """The image with artifacts. With a key they depend on the seed, the epoch and the key alone."""
        return self.apply(image, self.get_params(image=image, key=key))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.ranges!r})"
