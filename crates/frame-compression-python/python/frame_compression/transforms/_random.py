"""What a transform draws for an image, and where its random numbers come from."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict, TypeVar

import numpy as np

from .._compressor import Backend, Codec, FrameCompressor, Subsampling

Name = TypeVar("Name", bound=str)
Weights: TypeAlias = "Name | Sequence[Name] | Mapping[Name, float]"
Seed: TypeAlias = "int | np.random.Generator | Any | None"


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
        quality: lowest and highest quality, 0 to 100; every number between is equally frequent.
        crf: lowest and highest CRF, 0 to 51; instead of ``quality``. Without either the quality is 20 to 95.
        p: the probability that an image gets artifacts.
        subsampling: chroma subsamplings of JPEG, in the same way as ``codecs``; 4:2:0 without it. The other codecs have
            4:2:0 only.
        backend: as for ``FrameCompressor``.
    """

    def __init__(
        self,
        codecs: Weights[Codec] = ("h264", "h265", "jpeg"),
        *,
        quality: tuple[float, float] | None = None,
        crf: tuple[float, float] | None = None,
        p: float = 1.0,
        subsampling: Weights[Subsampling] | None = None,
        backend: Backend | None = None,
    ) -> None:
        if quality is not None and crf is not None:
            raise TypeError("quality and crf are both given: give one")
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"p={p} is not allowed: it has to be a number from 0 to 1")
        self.p = float(p)
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
    weights = dict(given) if isinstance(given, Mapping) else dict.fromkeys(given, 1.0)
    total = sum(weights.values())
    if not weights or min(weights.values()) < 0 or not 0 < total < float("inf"):
        raise ValueError(f"{name}={given!r} is not allowed: weights have to be at least 0, and one above 0")
    return {choice: float(weight) for choice, weight in weights.items()}


def _range(name: str, given: tuple[float, float]) -> tuple[float, float]:
    low, high = given
    if not low <= high:
        raise ValueError(f"{name}={given!r} is not allowed: the lowest and the highest, in this order")
    return float(low), float(high)


def _choice(weights: dict[Name, float], at: float) -> Name:
    at *= sum(weights.values())
    for choice, end in zip(weights, itertools.accumulate(weights.values())):
        if at < end:
            return choice
    return max(weights, key=weights.__getitem__)


def _between(ends: tuple[float, float] | None, at: float) -> float | None:
    return None if ends is None else ends[0] + (ends[1] - ends[0]) * at


class Stream:
    """A source of random numbers that differs from worker process to worker process.

    Workers start with a copy of their parent's objects, so all of them would draw the same numbers. In a worker the
    numbers therefore come from the generator *and* what is the worker's own: the seed that PyTorch's ``DataLoader``
    gives it (which ``torch.manual_seed`` makes repeatable), or the name of the process in other pools.

    Args:
        generator: an integer (the numbers are the same in every run), a generator of NumPy or PyTorch, or None (the
            numbers are different in every run, but for the workers of a ``DataLoader``).
    """

    def __init__(self, generator: Seed = None) -> None:
        if isinstance(generator, (int, np.integer)) and not isinstance(generator, bool):
            if generator < 0:
                raise ValueError(f"seed {generator} is not allowed: it has to be at least 0")
            generator = np.random.default_rng(int(generator))
        elif generator is not None and not isinstance(generator, np.random.Generator) and not _is_torchs(generator):
            given = type(generator).__qualname__
            raise TypeError(f"a generator of type {given} is not allowed: an int, or a generator of NumPy or PyTorch")
        self.generator = generator
        self._process: tuple[int, ...] | None = None
        self._uniform: Callable[[], float] | None = None

    def __call__(self) -> float:
        """The next number in [0, 1)."""
        process = _process()
        if self._uniform is None or process != self._process:
            self._uniform = self._uniform_of(process)
            self._process = process
        return self._uniform()

    def _uniform_of(self, process: tuple[int, ...]) -> Callable[[], float]:
        if self.generator is None:
            is_loader = process[:1] == (_LOADER,)
            return np.random.default_rng(process if is_loader else None).random
        if process:
            return np.random.default_rng([_integer_of(self.generator), *process]).random
        return _uniform_of(self.generator)

    def __getstate__(self) -> dict[str, Any]:
        return {"generator": self.generator, "_process": None, "_uniform": None}


def seeded(seed: int) -> Callable[[], float]:
    """Numbers in [0, 1) that depend on the seed alone."""
    return np.random.default_rng(seed).random


def _is_torchs(generator: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(generator, torch.Generator)


def _uniform_of(generator: Any) -> Callable[[], float]:
    if isinstance(generator, np.random.Generator):
        return generator.random
    import torch

    return lambda: torch.rand((), dtype=torch.float64, generator=generator, device=generator.device).item()


def _integer_of(generator: Any) -> int:
    if isinstance(generator, np.random.Generator):
        return int(generator.integers(2**63))
    return int(_uniform_of(generator)() * 2**53)


_LOADER, _POOL, _FORK = 1, 2, 3
_forked: int | None = None


def _process() -> tuple[int, ...]:
    """What tells this process from its siblings; nothing in a program's main process."""
    torch = sys.modules.get("torch")
    data = getattr(getattr(torch, "utils", None), "data", None)
    worker = data.get_worker_info() if data is not None else None
    if worker is not None:
        return _LOADER, worker.seed
    if multiprocessing.parent_process() is not None:
        return _POOL, zlib.crc32(multiprocessing.current_process().name.encode())
    return () if _forked is None else (_FORK, _forked)


def _remember_fork() -> None:
    global _forked
    _forked = os.getpid()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_remember_fork)
