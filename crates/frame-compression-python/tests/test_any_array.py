"""Arrays that nobody would write down: element types, shapes, strides and places in memory as Hypothesis draws them.

Input and output lie in one piece of memory, apart or one over the other. NumPy tells what is right: a call gives what a
packed copy of its input gives and writes the places of its output alone, or raises an error of the library and writes
nothing.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

import frame_compression as fc
from frame_compression import errors

MEMORY = 1 << 15
CODECS: list[Any] = [fc.Jpeg(quality=30), fc.WebP(quality=20, method=1), fc.Mpeg2(qscale=12), fc.H264(crf=35)]
ELEMENTS = ["u1", "f2", "f4", "f8"]
STRANGE_ELEMENTS = ["i1", "u2", "i4", "?", "c8", "S3", "M8[s]", ">f4"]
EXAMPLES = int(os.environ.get("FRAME_COMPRESSION_EXAMPLES", "0"))
"""How many arrays of each run anew; 0 for the same 600 each time."""


@st.composite
def shapes(draw: st.DrawFn, most: int) -> tuple[int, ...]:
    """Those of up to so many images mostly, and any others."""
    if draw(st.integers(0, 9)) == 9:
        return tuple(draw(st.lists(st.integers(0, 5), max_size=6)))
    return draw(st.integers(1, most)), draw(st.integers(1, 20)), draw(st.integers(1, 20)), 3


@st.composite
def places(draw: st.DrawFn, shape: tuple[int, ...], dtype: np.dtype) -> tuple[int, tuple[int, ...]]:
    """An offset and strides in bytes: axes in any order, with gaps, backwards, or on one place."""
    strides = [0] * len(shape)
    reach = dtype.itemsize
    odd = draw(st.sampled_from([0] * 15 + [1]))
    for axis in draw(st.permutations(range(len(shape)))) if draw(st.booleans()) else reversed(range(len(shape))):
        gap = draw(st.sampled_from([0, 0, 0, 1, 2]))
        strides[axis] = reach + gap * dtype.itemsize + odd
        kind = draw(st.sampled_from(["forwards"] * 30 + ["backwards", "one place", "shared"]))
        if kind == "one place":
            strides[axis] = 0
        elif kind == "shared":
            strides[axis] //= 2
        reach += max(shape[axis] - 1, 0) * strides[axis]
        if kind == "backwards":
            strides[axis] = -strides[axis]
    assume(reach <= MEMORY)
    offset = draw(st.integers(0, MEMORY - reach)) // 8 * 8 + draw(st.sampled_from([0] * 15 + [1]))
    offset = min(offset, MEMORY - reach)
    start = sum(-stride * max(side - 1, 0) for stride, side in zip(strides, shape, strict=True) if stride < 0)
    return offset + start, tuple(strides)


class Place:
    """An array's element type, shape and place, of which views into several pieces of memory are made."""

    def __init__(self, dtype: np.dtype, shape: tuple[int, ...], offset: int, strides: tuple[int, ...]) -> None:
        self.given = {"shape": shape, "dtype": dtype, "offset": offset, "strides": strides}

    def __repr__(self) -> str:
        return f"Place({self.given})"

    def of(self, memory: np.ndarray) -> np.ndarray:
        return np.ndarray(buffer=memory.data, **self.given)

    def has_a_place_for_each(self) -> bool:
        """Whether no two elements share a byte."""
        array = self.of(np.empty(MEMORY, "u1"))
        steps = (np.arange(side) * stride for side, stride in zip(array.shape, array.strides, strict=True))
        starts = np.sort(sum(np.ix_(*steps), np.zeros(array.shape, np.int64)).ravel())
        return bool((np.diff(starts) >= array.itemsize).all())


@st.composite
def arrays(draw: st.DrawFn, shape: tuple[int, ...]) -> Place:
    dtype = np.dtype(draw(st.sampled_from(ELEMENTS * 20 + STRANGE_ELEMENTS)))
    return Place(dtype, shape, *draw(places(shape, dtype)))


def is_taken(x: np.ndarray) -> bool:
    """Whether the documentation promises that an array of this type, shape and place is read."""
    steps = [stride for stride, side in zip(x.strides, x.shape, strict=True) if side > 1]
    return (
        x.dtype in [np.dtype(name) for name in ELEMENTS]
        and x.ndim == 4
        and min(x.shape) > 0
        and x.shape[3] == 3
        and all(step >= 0 and step % x.itemsize == 0 for step in steps)
        and x.flags.aligned
    )


def packed_result(x: np.ndarray, codec: Any, dtype: np.dtype) -> np.ndarray:
    """What packed copies of the images give, one by one."""
    result = np.empty(x.shape, dtype)
    for image in range(len(x)):
        packed = np.array(x[image : image + 1], order="C")
        fc.apply_compression_artifacts(packed, codec, out=result[image : image + 1])
    return result


def samples(place: Place, seed: int, any_bits: bool) -> np.ndarray:
    """Memory of random bytes; floating-point samples are in their range and a little outside, or any bits."""
    rng = np.random.default_rng(seed)
    memory = rng.integers(0, 256, MEMORY, np.uint8)
    x = place.of(memory)
    if x.dtype.kind == "f" and not any_bits:
        x[...] = rng.uniform(-1.2, 1.2, x.shape)
    return memory


@settings(
    max_examples=EXAMPLES or 600,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_any_array_gives_what_its_packed_copy_gives_or_an_error(data: st.DataObject) -> None:
    door = data.draw(st.sampled_from(["new", "out", "in place", "batch", "batch out"]), "door")
    most = 3 if "batch" in door else 1
    source = data.draw(arrays(data.draw(shapes(most), "shape")), "input")
    codec = data.draw(st.sampled_from(CODECS), "codec")
    target = source if door == "in place" else None
    if door.endswith("out"):
        same_shape = data.draw(st.integers(0, 9), "of the input's shape") < 9
        target = data.draw(arrays(source.given["shape"] if same_shape else data.draw(shapes(most))), "output")
    any_bits = data.draw(st.integers(0, 9), "any bits") == 9
    read_only = target is not None and data.draw(st.integers(0, 9), "read-only") == 9
    memory = samples(source, data.draw(st.integers(0, 2**32 - 1), "seed"), any_bits)

    before = memory.copy()
    x = source.of(memory)
    out = None if target is None else x if door == "in place" else target.of(memory)
    if out is not None:
        out.flags.writeable = not read_only
    may_be_read = is_taken(x) and bool(np.isfinite(x).all()) and (len(x) == 1 or "batch" in door)
    may_be_read = may_be_read and (not isinstance(codec, fc.H264) or x.shape[1] % 2 == x.shape[2] % 2 == 0)
    call = fc.apply_batch if "batch" in door else fc.apply_compression_artifacts
    try:
        result = call(x, codec, out=out)
    except errors.FrameCompressionError as error:
        event(f"refused: {type(error).__name__}")
        if door == "batch out" and out is not None and out.shape == x.shape and is_taken(out):
            # Images before the one that is refused may have been written.
            target.of(before)[...] = out
        np.testing.assert_array_equal(memory, before, "an error, and the memory is not what it was")
        may_be_written = out is None or (
            not read_only and out.shape == x.shape and is_taken(out) and out.flags.c_contiguous
        )
        assert not (may_be_read and may_be_written), f"refused without a reason: {error}"
        return

    event(f"done: {door}")
    assert may_be_read, "an array was accepted that cannot be read"
    expected = packed_result(source.of(before), codec, result.dtype)
    if target is None:
        assert result.dtype == x.dtype
        np.testing.assert_array_equal(result, expected)
    else:
        assert result is out and not read_only and target.has_a_place_for_each()
        target.of(before)[...] = expected
    np.testing.assert_array_equal(memory, before, "the picture is another, or other places were written")
