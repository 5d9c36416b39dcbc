"""Random pictures that give codecs something to do: smooth gradients, edges, noise."""

from __future__ import annotations

import numpy as np


def random_picture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """(height, width, 3), uint8."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    picture = np.zeros((height, width, 3), np.float32)
    for channel in range(3):
        wave = rng.uniform(0.01, 0.3, 2)
        picture[..., channel] = 128 + 90 * np.sin(wave[0] * x + wave[1] * y + rng.uniform(0, 6))
    for _ in range(rng.integers(0, 6)):
        top, left = rng.integers(0, height), rng.integers(0, width)
        picture[top : top + rng.integers(1, 64), left : left + rng.integers(1, 64)] = rng.integers(0, 256, 3)
    picture += rng.normal(0, rng.choice([0.0, 2.0, 25.0]), picture.shape)
    return picture.clip(0, 255).astype(np.uint8)


def even_sizes(rng: np.random.Generator, count: int, least: int = 8, most: int = 260) -> list[tuple[int, int]]:
    """Sizes (height, width) that the video codecs take."""
    sides = rng.integers(least // 2, most // 2, (count, 2)) * 2
    return [(int(height), int(width)) for height, width in sides]
