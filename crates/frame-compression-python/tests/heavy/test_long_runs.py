"""Many calls from Python: memory that stays as it is, and many more threads than cores.

A hundredth of a long run by default; with FRAME_COMPRESSION_FULL a million calls each, and ten minutes of threads.
"""

from __future__ import annotations

import os
import pathlib
import resource
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from pictures import random_picture

from frame_compression import FrameCompressor, apply_compression_artifacts

FULL = "FRAME_COMPRESSION_FULL" in os.environ
CALLS = int(os.environ.get("LONG_RUN_CALLS", 1_000_000 if FULL else 10_000))
SECONDS = int(os.environ.get("LONG_RUN_SECONDS", 600 if FULL else 6))
CODECS = ["jpeg", "h264", "h265", "webp", "mpeg2", "mpeg4", "mjpeg"]

pytestmark = pytest.mark.skipif(not pathlib.Path("/proc/self/statm").exists(), reason="the resident size is read from Linux's /proc")


def resident() -> int:
    """Bytes of this process in memory."""
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def assert_flat(call: Callable[[np.ndarray], np.ndarray], name: str) -> None:
    """Calls with four pictures in turn. Ten looks at the memory, the first after a tenth of the calls: from there on it may
    grow by 1 %."""
    rng = np.random.default_rng(18)
    pictures = [random_picture(rng, 64, 64)[np.newaxis] for _ in range(4)]
    first = [call(picture).copy() for picture in pictures]
    sizes = []
    for _ in range(10):
        for number in range(CALLS // 10):
            call(pictures[number % 4])
        sizes.append(resident())
    print(f"{name}: {CALLS} calls, resident MiB {' '.join(f'{size / 2**20:.2f}' for size in sizes)}")
    assert max(sizes) <= 1.01 * sizes[0], sizes
    assert all((call(picture) == expected).all() for picture, expected in zip(pictures, first))


@pytest.mark.parametrize("codec", CODECS)
def test_a_compressor_s_memory_is_flat(codec: str) -> None:
    assert_flat(FrameCompressor(codec).apply, f"one compressor, {codec}")


@pytest.mark.parametrize("codec", CODECS)
def test_the_free_function_s_memory_is_flat(codec: str) -> None:
    assert_flat(lambda picture: apply_compression_artifacts(picture, codec), f"free function, {codec}")


def test_sixteen_threads_give_the_same_for_long() -> None:
    """Each thread works with compressors of its own and with those of all."""
    rng = np.random.default_rng(16)
    pictures = [random_picture(rng, *size)[np.newaxis] for size in [(64, 64), (48, 80), (130, 98)]]
    expected = {(codec, at): apply_compression_artifacts(picture, codec) for codec in CODECS for at, picture in enumerate(pictures)}
    shared = {codec: FrameCompressor(codec) for codec in CODECS}
    end = time.monotonic() + SECONDS
    calls, wrong = [0] * 16, []

    def work(thread: int) -> None:
        own = {codec: FrameCompressor(codec) for codec in CODECS}
        draws = np.random.default_rng(thread)
        while time.monotonic() < end and not wrong:
            codec, at = CODECS[draws.integers(len(CODECS))], int(draws.integers(len(pictures)))
            compressor = (own if draws.integers(2) else shared)[codec]
            try:
                same = (compressor.apply(pictures[at]) == expected[codec, at]).all()
            except Exception as error:
                wrong.append((codec, at, error))
                raise
            if not same:
                wrong.append((codec, at, None))
            calls[thread] += 1

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"16 threads, {SECONDS} s: {sum(calls)} calls, from {min(calls)} to {max(calls)} a thread")
    assert not wrong and min(calls) > 0
