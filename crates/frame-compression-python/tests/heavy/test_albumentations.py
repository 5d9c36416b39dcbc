"""The transform among Albumentations' own: seeds, replay, serialisation, workers."""

from __future__ import annotations

import pickle
from typing import Any

import albumentations as A
import numpy as np
import pytest
from pictures import random_picture

from frame_compression import errors, transforms
from frame_compression.transforms.albumentations import CompressionArtifacts

ANY: dict[str, Any] = {"codecs": {"h264": 1, "jpeg": 2}, "quality": (10, 90), "p": 1.0}


@pytest.fixture
def image(rng: np.random.Generator) -> np.ndarray:
    return random_picture(rng, 33, 47)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_the_result_is_the_codecs(image: np.ndarray, dtype: Any) -> None:
    image = image if dtype == np.uint8 else (image / 255).astype(np.float32)
    result = A.Compose([CompressionArtifacts("h264", crf=(30, 30), p=1)])(image=image)["image"]
    expected = transforms.CompressionArtifacts("h264", crf=(30, 30))(image)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, expected)


def test_other_targets_pass_through(image: np.ndarray) -> None:
    pipeline = A.Compose([A.HorizontalFlip(p=1), CompressionArtifacts(**ANY), A.RandomCrop(16, 16)], seed=1)
    mask = np.arange(33 * 47).reshape(33, 47)
    result = pipeline(image=image, mask=mask)
    assert result["image"].shape == (16, 16, 3) and result["mask"].shape == (16, 16)
    assert np.isin(result["mask"], mask).all()


def test_seeds_repeat(image: np.ndarray) -> None:
    def drawn(seed: int) -> list[bytes]:
        pipeline = A.Compose([CompressionArtifacts(**ANY)], seed=seed)
        return [pipeline(image=image)["image"].tobytes() for _ in range(6)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert len(set(drawn(1))) > 3


def test_replay(image: np.ndarray) -> None:
    pipeline = A.ReplayCompose([CompressionArtifacts(**ANY)])
    first = pipeline(image=image)
    again = A.ReplayCompose.replay(first["replay"], image=image)
    np.testing.assert_array_equal(again["image"], first["image"])


def test_probability(image: np.ndarray) -> None:
    pipeline = A.Compose([CompressionArtifacts("jpeg", quality=(5, 5), p=0.3)], seed=3)
    applied = sum((pipeline(image=image)["image"] != image).any() for _ in range(400))
    assert 85 < applied < 155


def test_pipelines_are_picklable_and_serialisable(image: np.ndarray) -> None:
    pipeline = A.Compose([CompressionArtifacts(**ANY)], seed=4)
    others = [pickle.loads(pickle.dumps(pipeline)), A.from_dict(A.to_dict(pipeline))]
    expected = A.Compose([CompressionArtifacts(**ANY)], seed=4)(image=image)["image"]
    for other in others:
        other.set_random_seed(4)
        np.testing.assert_array_equal(other(image=image)["image"], expected)


def test_bad_settings_are_refused() -> None:
    with pytest.raises(errors.UnknownNameError):
        CompressionArtifacts("gif")
    with pytest.raises(errors.InvalidQualityError):
        CompressionArtifacts(quality=(20, 101))
    with pytest.raises(ValueError):
        CompressionArtifacts(p=2)
