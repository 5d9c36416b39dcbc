"""Where the random numbers of a transform come from, in the process that made it and in workers.

The rule:

1. In the process that made the transform, the numbers of the *n*-th image are the *n*-th of the seed.
2. In a worker of PyTorch's ``DataLoader`` they are the *n*-th of the seed together with the worker's own seed, which
   ``torch.manual_seed`` makes repeatable and which is another one in every epoch.
3. In every other process that a copy comes to (by a fork, a pickle, a task of a pool, joblib, Ray, Dask or Spark), the
   numbers depend on the seed, the epoch and the image's samples, and on how often this copy has seen these samples before.
   Which worker gets which image, in which order and in batches of which size, changes nothing. ``set_epoch`` in the
   process that sends copies gives the images of the next epoch other numbers.
4. With ``key`` they depend on the seed, the epoch and the key alone, everywhere.

Without a seed the numbers are other ones in every run and every copy; in a ``DataLoader`` rule 2 holds for its seed alone.
"""

from __future__ import annotations

import collections
import copy
import hashlib
import json
import multiprocessing
import multiprocessing.context
import os
import sys
import zlib
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

Seed: TypeAlias = "int | np.random.Generator | Any | None"
Uniform: TypeAlias = Callable[[], float]


class Stream:
    """The random numbers of one transform; the module's text has the rule.

    Args:
        generator: an integer (the numbers are the same in every run), a generator of NumPy or PyTorch (what it would give
            next is the seed), or None (no seed).
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
        self.epoch = 0
        self._seed = int.from_bytes(os.urandom(8), "little") if generator is None else digest_of(_state_of(generator))
        self._home = _process.token
        self._copy: tuple[int, ...] = ()
        self._copies = 0
        self._forget()

    def _forget(self) -> None:
        """What a copy does not take with it."""
        self._worker: tuple[int, ...] | None = None
        self._uniform: Uniform | None = None
        self._seen: collections.Counter[int] = collections.Counter()

    def set_epoch(self, epoch: int) -> None:
        """Gives images other numbers than in other epochs, in workers and for keys."""
        self.epoch = int(epoch)
        self._seen.clear()

    def of(self, image: Any = None, key: Any = None) -> Uniform:
        """The numbers in [0, 1) for one image: an array, or a function that gives one, which is called only where needed."""
        if key is not None:
            return self._numbers(_KEY, digest_of(key))
        if image is None or not self._is_seeded() or not self._is_away():
            return self
        seen = digest_of(image() if callable(image) else image)
        self._seen[seen] += 1
        return self._numbers(_IMAGE, seen, self._seen[seen])

    def __call__(self) -> float:
        """The next number in [0, 1), where nothing is known of the image; in a worker one of the worker's own."""
        worker = self._worker_of()
        if self._uniform is None or worker != self._worker:
            self._uniform, self._worker = self._uniform_of(worker), worker
        return self._uniform()

    def _numbers(self, *what: int) -> Uniform:
        return np.random.default_rng([self._seed_now(), self.epoch, *what]).random

    def _seed_now(self) -> int:
        return self._seed

    def _is_seeded(self) -> bool:
        return self.generator is not None

    def _is_away(self) -> bool:
        """Whether this is a copy in another process, and not in a worker of a ``DataLoader``, which has a seed."""
        return self._home != _process.token and _loader_seed() is None

    def _worker_of(self) -> tuple[int, ...]:
        """What tells this copy from others; nothing in a program's main process."""
        loader = _loader_seed()
        if loader is not None:
            return _LOADER, loader
        name = _process.name()
        if self._copy and self._is_away():
            return (_TASK, *self._copy) if name[:1] == (_POOL,) else (_TASK, *self._copy, *name, os.getpid())
        return name or ((_FORK, os.getpid()) if self._is_away() else ())

    def _uniform_of(self, worker: tuple[int, ...]) -> Uniform:
        if self.generator is None:
            return np.random.default_rng(worker if worker[:1] == (_LOADER,) else None).random
        if worker:
            return self._numbers(*worker)
        return uniform_of(self.generator)

    def __getstate__(self) -> dict[str, Any]:
        state = {**vars(self), "_worker": None, "_uniform": None, "_seen": collections.Counter()}
        # What a process is started with is told by the process's name; what a pool's task brings, by its number.
        if multiprocessing.context.get_spawning_popen() is None:  # type: ignore[attr-defined, unused-ignore]
            state["_copy"] = (*self._copy, self._copies)
            self._copies += 1
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if self._copy:
            which = (self._seed, self._copy)
            again = _process.unpickled[which]
            _process.unpickled[which] += 1
            if again:  # the same bytes once more: of tasks that share them
                self._copy = (*self._copy, again, *_process.name())

    def __deepcopy__(self, memo: dict[int, Any]) -> Stream:
        other = type(self).__new__(type(self))
        vars(other).update(vars(self))
        other.generator = copy_of(self.generator)
        other._forget()
        return other


def seeded(seed: int) -> Uniform:
    """Numbers in [0, 1) that depend on the seed alone."""
    return np.random.default_rng(seed).random


def uniform_of(generator: Any) -> Uniform:
    """Numbers in [0, 1) out of a generator of NumPy or PyTorch."""
    if isinstance(generator, np.random.Generator):
        return generator.random
    import torch

    return lambda: torch.rand((), dtype=torch.float64, generator=generator, device=generator.device).item()


def copy_of(generator: Any) -> Any:
    """A generator that goes on from where this one is."""
    if generator is None or isinstance(generator, np.random.Generator):
        return copy.deepcopy(generator)
    import torch

    return torch.Generator(device=generator.device).set_state(generator.get_state())


def _is_torchs(generator: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(generator, torch.Generator)


def _state_of(generator: Any) -> Any:
    if isinstance(generator, np.random.Generator):
        return json.dumps(generator.bit_generator.state, default=lambda array: array.tolist())
    return generator.get_state().numpy()


def digest_of(what: Any) -> int:
    """A number for an image's samples, or for anything else by its text."""
    digest = hashlib.blake2b(digest_size=8)
    if isinstance(what, np.ndarray) and what.dtype != object:
        digest.update(f"{what.dtype.str}{what.shape}".encode())
        digest.update(np.ascontiguousarray(what).view(np.uint8).data)
    else:
        digest.update(f"{type(what).__name__} {what!r}".encode())
    return int.from_bytes(digest.digest(), "little")


_LOADER, _POOL, _FORK, _TASK, _IMAGE, _KEY = 1, 2, 3, 4, 5, 6


def _loader_seed() -> int | None:
    """The seed of this worker, where it is one of PyTorch's ``DataLoader``."""
    torch = sys.modules.get("torch")
    data = getattr(getattr(torch, "utils", None), "data", None)
    worker = data.get_worker_info() if data is not None else None
    return None if worker is None else int(worker.seed)


class _Process:
    """What tells this process from all others."""

    def __init__(self) -> None:
        self._forked: int | None = None
        self._begin()

    def _begin(self) -> None:
        self.token = os.urandom(8)
        self.unpickled: collections.Counter[Any] = collections.Counter()

    def fork(self) -> None:
        """In the child of a fork."""
        self._begin()
        self._forked = os.getpid()

    def name(self) -> tuple[int, ...]:
        """The same for the same worker of the next run where workers have names; nothing in a main process."""
        if multiprocessing.parent_process() is not None:
            return _POOL, zlib.crc32(multiprocessing.current_process().name.encode())
        return () if self._forked is None else (_FORK, self._forked)


_process = _Process()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_process.fork)
