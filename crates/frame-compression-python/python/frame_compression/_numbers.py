"""Numbers and sequences as callers give them: Python's, NumPy's, PyTorch's, and those of anything that counts as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_sequence(given: object) -> bool:
    """Whether something is like a sequence of one dimension: a list, a range, an array, a tensor, a column."""
    if isinstance(given, (str, bytes, bytearray, Mapping)):
        return False
    dimensions = getattr(given, "ndim", None)
    if dimensions is not None:
        return bool(dimensions == 1)
    return hasattr(given, "__len__") and hasattr(given, "__getitem__")


def listed(given: Any) -> list[Any]:
    """The elements of such a sequence, as Python's own values."""
    return given.tolist() if hasattr(given, "tolist") else list(given)


def number(name: str, given: Any, allowed: str) -> float:
    """A number, of whatever library; nothing else that Python could make one of, such as text."""
    is_number = hasattr(given, "__float__") or hasattr(given, "__index__")
    if not is_number or isinstance(given, (str, bytes, bool)) or getattr(given, "ndim", 0) != 0:
        raise TypeError(f"{name}={given!r} is not allowed: it has to be {allowed}")
    return float(given)
