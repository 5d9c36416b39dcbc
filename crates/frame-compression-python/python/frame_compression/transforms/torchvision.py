"""The transform for torchvision's v2 transforms (torchvision 0.21 and newer)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import PIL.Image
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from .._arrays import memory_of
from .._compressor import Backend, Codec, Subsampling
from ..errors import InvalidShapeError
from ._images import degrade_memory, degraded
from ._random import Params, Ranges, Seed, Stream, Weights

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
        codecs, quality, crf, p, subsampling, backend: what to draw, see ``frame_compression.transforms.Ranges``.
        generator: None draws from PyTorch's own generator, as torchvision's transforms do (``torch.manual_seed``, and in
            workers the seed of the ``DataLoader``). An integer or a generator gives numbers of their own, other ones in
            every worker.
    """

    _transformed_types = (_is_pure_tensor, tv_tensors.Image, tv_tensors.Video, PIL.Image.Image)

    def __init__(
        self,
        codecs: Weights[Codec] = ("h264", "h265", "jpeg"),
        *,
        quality: tuple[float, float] | None = None,
        crf: tuple[float, float] | None = None,
        p: float = 1.0,
        subsampling: Weights[Subsampling] | None = None,
        backend: Backend | None = None,
        generator: Seed = None,
    ) -> None:
        super().__init__()
        self.ranges = Ranges(codecs, quality=quality, crf=crf, p=p, subsampling=subsampling, backend=backend)
        self._uniform = _pytorchs_uniform if generator is None else Stream(generator)

    def get_params(self) -> Params:
        """Draws the parameters of one image; ``transform(image, {"compressions": [params]})`` uses them."""
        return self.ranges.draw(self._uniform)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draws for as many images as the largest batch has."""
        images = max(map(_image_count, flat_inputs), default=0)
        return {"compressions": [self.get_params() for _ in range(images)]}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The images with the artifacts of these parameters: of one for all, or of one for each."""
        compressions = params["compressions"]
        if isinstance(inpt, PIL.Image.Image):
            return self._transform_pil(inpt, compressions[0])
        if isinstance(inpt, tv_tensors.Video):
            compressions = compressions[:1]
        images = inpt.as_subclass(torch.Tensor)
        result = _StraightThrough.apply(images, compressions, self.ranges.backend)
        return tv_tensors.wrap(result, like=inpt) if isinstance(inpt, tv_tensors.TVTensor) else result

    def _transform_pil(self, image: PIL.Image.Image, params: Params) -> PIL.Image.Image:
        if image.mode != "RGB":
            raise TypeError(f"a PIL image of mode {image.mode} is not allowed: convert it to RGB")
        return PIL.Image.fromarray(degraded(np.asarray(image), params, self.ranges.backend))

    def extra_repr(self) -> str:
        """The arguments."""
        return repr(self.ranges)


def _pytorchs_uniform() -> float:
    return float(torch.rand((), dtype=torch.float64))


def _image_count(given: Any) -> int:
    if isinstance(given, (PIL.Image.Image, tv_tensors.Video)):
        return 1
    return math.prod(given.shape[:-3])


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: torch.Tensor, compressions: list[Params], backend: Backend | None) -> torch.Tensor:
        if images.ndim < 3:
            raise InvalidShapeError(f"shape {tuple(images.shape)} is not allowed: it has to be (..., 3, height, width)")
        on_cpu = images.detach().cpu()
        result = torch.empty_like(on_cpu)
        memory, target = (memory_of(tensor.movedim(-3, -1)) for tensor in (on_cpu, result))
        for number, place in enumerate(np.ndindex(memory.shape[:-3])):
            degrade_memory(memory[place], target[place], compressions[number % len(compressions)], backend)
        return result.to(images.device)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        return gradients[0], None, None

