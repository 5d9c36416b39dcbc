"""The caller's arrays and tensors as NumPy arrays of the same memory.

PyTorch and numpy.ma are never imported here: their arrays can only come from a caller who has done so.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import _native
from .errors import InvalidOutputError

if TYPE_CHECKING:
    import torch

    Array = TypeVar("Array", NDArray[Any], torch.Tensor)
else:
    Array = TypeVar("Array")


_ELEMENTS = "Befd"
"""NumPy's letters for ``uint8``, ``float16``, ``float32`` and ``float64``: a look at one letter is quick."""


def _is_a(x: object, module: str, name: str) -> bool:
    """Whether ``x`` is of a class of a module that somebody may have imported."""
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(x, kind)


def is_tensor(x: object) -> TypeGuard[torch.Tensor]:
    """Whether ``x`` is a tensor of PyTorch."""
    return _is_a(x, "torch", "Tensor")


def memory_of(x: object, name: str = "x") -> NDArray[Any]:
    """The memory of an array or tensor; bfloat16 as ``uint16``."""
    if type(x) is np.ndarray and x.dtype.char in _ELEMENTS:
        return x
    if is_tensor(x):
        return _memory_of_tensor(x)
    if _is_a(x, "numpy.ma", "MaskedArray") or not isinstance(x, np.ndarray):
        given = type(x).__module__ + "." + type(x).__qualname__
        raise TypeError(
            f"{name} of type {given.removeprefix('builtins.')} is not allowed: "
            "it has to be a NumPy array or a PyTorch tensor"
        )
    if x.dtype == np.uint16:
        raise _native.element_type_error("uint16")
    if x.dtype.name == "bfloat16":
        return x.view(np.uint16)
    return x


def _memory_of_tensor(x: torch.Tensor) -> NDArray[Any]:
    import torch

    if x.device.type != "cpu":
        raise _native.not_on_cpu_error(str(x.device))
    if x.layout != torch.strided:
        raise TypeError(f"a tensor of layout {x.layout} is not allowed: it has to be dense (torch.strided)")
    x = x.detach().as_subclass(torch.Tensor)
    if x.dtype == torch.bfloat16:
        return x.view(torch.int16).numpy().view(np.uint16)
    if x.dtype not in (torch.float16, torch.float32, torch.float64, torch.uint8):
        raise _native.element_type_error(str(x.dtype).removeprefix("torch."))
    return x.numpy()


def output_memory_of(out: object) -> NDArray[Any]:
    """The memory of the caller's output."""
    if type(out) is not np.ndarray and is_tensor(out) and out.requires_grad:
        raise InvalidOutputError("an output that requires grad is not allowed: pass out.detach()")
    return memory_of(out, "out")


def packed_like(x: Array) -> Array:
    """A new packed array or tensor of the kind, the shape and the element type of ``x``."""
    if type(x) is not np.ndarray and is_tensor(x):
        import torch

        tensor: Any = torch.empty(x.shape, dtype=x.dtype)
        return tensor
    array: Any = np.empty(x.shape, dtype=x.dtype)
    return array
