"""What the tests share: photographs, random numbers, and a single core for codecs that look at the machine."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

PHOTOGRAPHS = sorted((pathlib.Path(__file__).parents[3] / "assets" / "images").glob("*.png"))


@pytest.fixture(scope="session")
def photographs() -> list[np.ndarray]:
    """The photographs of the repository, (height, width, 3), uint8."""
    assert PHOTOGRAPHS
    return [np.array(Image.open(path).convert("RGB")) for path in PHOTOGRAPHS]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)


@pytest.fixture
def one_core() -> Iterator[None]:
    """Pins the process to one core: x264 then codes the picture as one slice, whatever the machine."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system cannot pin a process to a core")
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield
    os.sched_setaffinity(0, cores)
