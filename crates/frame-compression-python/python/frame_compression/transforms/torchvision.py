"""The transform for torchvision's v2 transforms (torchvision 0.21 and newer)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import PIL.Image
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from .._arrays import memory_of
from .._compressor import Backend, Subsampling
from ..errors import InvalidShapeError
from ._images import degrade_memory, degraded
from ._random import Clip, Params, Ranges, Strengths, Weights
from ._stream import Seed, Stream, uniform_of

__all__ = ["CompressionArtifacts"]


def _is_pure_tensor(given: Any) -> bool:
    return isinstance(given, torch.Tensor) and not isinstance(given, tv_tensors.TVTensor)


class CompressionArtifacts(v2.Transform):
    """Puts the artifacts of a random codec at a random strength into every image.

    Images are tensors (..., 3, height, width) of any size, ``uint8`` or floating-point from 0 to 1, or PIL images (RGB);
    boxes, masks and labels pass through. Every image of a batch has parameters of its own, the frames of a
    ``tv_tensors.Video`` share theirs. Tensors on other devices go through the CPU and come back. Of a tensor that
    requires grad the gradient is passed straight through: forward the artifacts, backward the identity.

    Args:
        codecs, quality, crf, p, subsampling, backend, settings: what to draw, see ``frame_compression.transforms.Ranges``.
        generator: None draws from PyTorch's own generator, as torchvision's transforms do (``torch.manual_seed``, and in
            workers the seed of the ``DataLoader``). An integer or a generator gives numbers of their own. Copies in other
            processes draw other numbers; ``transforms._stream`` and docs/python.md have the rule.
        clips: whether tensors are clips (..., frames, 3, height, width), each with parameters of its own, whose frames H.264
            predicts from one another, as ``apply_clip``. Without it each frame is coded by itself, of a video too.
        bframes: of clips, how many B frames there are at most in a row, 0 to 16; as many as the preset has without it.
    """

    _transformed_types = (_is_pure_tensor, tv_tensors.Image, tv_tensors.Video, PIL.Image.Image)

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
        super().__init__()
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
        self._stream = _PyTorchs() if generator is None else Stream(generator)

    def get_params(self, *, image: Any = None, key: Any = None) -> Params:
        """Draws the parameters of one image; ``transform(image, {"compressions": [params]})`` uses them.

        In a worker of a pool pass the image that they are for, or a key: they then do not depend on which worker it is.
        """
        return self.ranges.draw(self._stream.of(None if image is None else lambda: _samples_of(image), key))

    def set_epoch(self, epoch: int) -> None:
        """Gives the copies that are sent to workers from now on other numbers than those of other epochs."""
        self._stream.set_epoch(epoch)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draws for as many images as the largest batch has."""
        images = max((_images_of(given, self.ranges.clip is not None) for given in flat_inputs), key=len, default=[])
        return {"compressions": [self.get_params(image=image) for image in images]}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The images with the artifacts of these parameters: of one for all, or of one for each."""
        compressions = params["compressions"]
        if isinstance(inpt, PIL.Image.Image):
            return self._transform_pil(inpt, compressions[0])
        if isinstance(inpt, tv_tensors.Video) and not self.ranges.clip:
            compressions = compressions[:1]
        images = inpt.as_subclass(torch.Tensor)
        result = _StraightThrough.apply(images, compressions, self.ranges.backend, self.ranges.clip)
        return tv_tensors.wrap(result, like=inpt) if isinstance(inpt, tv_tensors.TVTensor) else result

    def _transform_pil(self, image: PIL.Image.Image, params: Params) -> PIL.Image.Image:
        if self.ranges.clip:
            raise TypeError("a PIL image is no clip: it has to be a tensor (..., frames, 3, height, width)")
        if image.mode != "RGB":
            raise TypeError(f"a PIL image of mode {image.mode} is not allowed: convert it to RGB")
        return PIL.Image.fromarray(degraded(np.asarray(image), params, self.ranges.backend))

    def extra_repr(self) -> str:
        """The arguments."""
        return repr(self.ranges)


class _PyTorchs(Stream):
    """PyTorch's own generator; for copies elsewhere, what ``torch.manual_seed`` has set is the seed."""

    _carried: int | None = None

    def _is_seeded(self) -> bool:
        return True

    def _seed_now(self) -> int:
        return torch.initial_seed() if self._carried is None else self._carried

    def _uniform_of(self, worker: tuple[int, ...]) -> Any:
        is_elsewhere = bool(worker) and self._is_away()
        return self._numbers(*worker) if is_elsewhere else uniform_of(torch.default_generator)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_carried": self._seed_now()}


def _images_of(given: Any, clips: bool) -> list[Any]:
    """The images or clips that have parameters of their own."""
    if isinstance(given, PIL.Image.Image) or isinstance(given, tv_tensors.Video) and not clips:
        return [given]
    images = given.as_subclass(torch.Tensor)
    sides = 3 + clips
    return [images] if images.ndim <= sides else list(images.flatten(0, -sides - 1))


def _samples_of(image: Any) -> Any:
    if isinstance(image, PIL.Image.Image):
        return np.asarray(image)
    return memory_of(image.detach().cpu())


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, images: torch.Tensor, compressions: list[Params], backend: Backend | None, clip: Clip | None
    ) -> torch.Tensor:
        dimensions = 4 if clip else 3
        if images.ndim < dimensions or images.shape[-3] != 3:
            allowed = "(..., frames, 3, height, width)" if clip else "(..., 3, height, width)"
            raise InvalidShapeError(f"shape {tuple(images.shape)} is not allowed: it has to be {allowed}")
        on_cpu = images.detach().cpu()
        result = torch.empty_like(on_cpu)
        memory, target = (memory_of(tensor.movedim(-3, -1)) for tensor in (on_cpu, result))
        for number, place in enumerate(np.ndindex(memory.shape[:-dimensions])):
            degrade_memory(memory[place], target[place], compressions[number % len(compressions)], backend, clip)
        return result.to(images.device)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        return gradients[0], None, None, None

