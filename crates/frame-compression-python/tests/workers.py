"""What the tests of workers share: 24 images, and functions that workers find by their name."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from frame_compression.transforms import CompressionArtifacts

COUNT = 24
SETTINGS: dict[str, Any] = {"codecs": "jpeg", "quality": (1, 99)}


def images() -> list[np.ndarray]:
    """Images that differ in one sample: their strength can be told from what `strength` gives."""
    made = [np.full((16, 16, 3), 90, np.uint8) for _ in range(COUNT)]
    for place, image in enumerate(made):
        image[0, 0, 0] = place
    return made


def strength(degrade: CompressionArtifacts, image: np.ndarray) -> float:
    """The strength that the image gets, as `degrade(image)` draws it."""
    quality = degrade.get_params(image=image)["quality"]
    assert quality is not None
    return quality


def blind_strength(degrade: CompressionArtifacts, _: object) -> tuple[int, float]:
    """The process, and the strength of an image that is not shown."""
    quality = degrade.get_params()["quality"]
    assert quality is not None
    return os.getpid(), quality


def strengths(task: tuple[CompressionArtifacts, list[np.ndarray]]) -> list[float]:
    """The strengths of several images."""
    degrade, some = task
    return [strength(degrade, image) for image in some]


def degraded(task: tuple[Any, np.ndarray]) -> np.ndarray:
    """The image with artifacts."""
    degrade, image = task
    return np.asarray(degrade(image))


INHERITED: list[CompressionArtifacts] = []


def inherit(degrade: CompressionArtifacts) -> None:
    """Leaves a worker its copy once for all tasks."""
    INHERITED[:] = [degrade]


def inherited_strength(image: np.ndarray) -> float:
    """The strength by the copy that this worker has."""
    return strength(INHERITED[0], image)


def assert_own_and_repeatable(run: Any) -> None:
    """`run(degrade)` gives the strengths of the images, by whatever workers."""
    first = run(CompressionArtifacts(**SETTINGS, generator=7))
    assert len(first) == COUNT and len(set(first)) == COUNT
    assert run(CompressionArtifacts(**SETTINGS, generator=7)) == first
    other_seed = run(CompressionArtifacts(**SETTINGS, generator=8))
    assert not set(other_seed) & set(first)
    next_epoch = CompressionArtifacts(**SETTINGS, generator=7)
    next_epoch.set_epoch(1)
    second = run(next_epoch)
    assert len(set(second)) == COUNT and not set(second) & set(first)
    unseeded = CompressionArtifacts(**SETTINGS)
    assert len({*run(unseeded), *run(unseeded)}) == 2 * COUNT
