"""Clips, bit for bit what PyAV (libx264) leaves of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pictures import random_picture
from pyav import clip_round_trip as round_trip

import frame_compression as fc
from frame_compression.transforms import CompressionArtifacts


def moving(rng: np.random.Generator, frames: int, height: int, width: int) -> np.ndarray:
    """A picture that moves, with noise, and a cut at times."""
    dx, dy = rng.integers(0, 4, 2)
    clip = []
    world = random_picture(rng, height + 4 * frames, width + 4 * frames)
    for t in range(frames):
        if rng.integers(0, 15) == 0:
            world = random_picture(rng, height + 4 * frames, width + 4 * frames)
        clip.append(world[dy * t : dy * t + height, dx * t : dx * t + width])
    return np.stack(clip)


def test_h264_ultrafast_is_that_of_pyav(one_core: None, rng: np.random.Generator) -> None:
    for _ in range(25):
        frames = int(rng.integers(1, 20))
        height, width = (2 * int(side) for side in rng.integers(8, 60, 2))
        clip = moving(rng, frames, height, width)
        crf, rate, keyint = int(rng.integers(5, 48)), int(rng.integers(1, 61)), int(rng.choice([250, 7]))
        expected = round_trip(clip, crf, rate, g=str(keyint))
        result = fc.apply_clip(clip, fc.H264(crf=crf, fps=rate, preset="ultrafast"), keyint=keyint)
        np.testing.assert_array_equal(result, expected, f"{clip.shape}, crf {crf}, {rate} fps, keyint {keyint}")


@pytest.mark.parametrize("preset", ["superfast", "veryfast", "faster", "fast", "medium"])
@pytest.mark.parametrize("bframes", [None, 0, 5])
def test_h264_between_frames_is_that_of_pyav(
    preset: str, bframes: int | None, one_core: None, rng: np.random.Generator
) -> None:
    options = {} if bframes is None else {"bf": str(bframes)}
    for _ in range(15):
        frames = int(rng.integers(1, 20))
        height, width = (2 * int(side) for side in rng.integers(8, 60, 2))
        clip = moving(rng, frames, height, width)
        crf, rate = int(rng.integers(5, 48)), int(rng.integers(1, 61))
        # With AVX-512, libx264's own macroblock tree depends on what the process did before.
        expected = round_trip(clip, crf, rate, preset=preset, **{"x264-params": "asm=AVX2,FMA3,BMI2,LZCNT"}, **options)
        threads = int(rng.integers(1, 4))
        result = fc.apply_clip(clip, fc.H264(crf=crf, fps=rate, preset=preset), bframes=bframes, threads=threads)
        np.testing.assert_array_equal(result, expected, f"{clip.shape}, crf {crf}, {rate} fps, {threads} threads")


def test_floats_of_any_range_are_taken(rng: np.random.Generator) -> None:
    clip = moving(rng, 4, 48, 64)
    settings = fc.H264(crf=30, fps=25, preset="ultrafast")
    expected = fc.apply_clip(clip, settings)
    result = fc.apply_clip(clip.astype(np.float32) / 255, settings, value_range="unit")
    assert result.dtype == np.float32
    np.testing.assert_array_equal(np.rint(result * 255), expected)
    # Every second column of a wider clip.
    wider = np.repeat(clip, 2, axis=2)[:, :, ::2]
    np.testing.assert_array_equal(fc.apply_clip(wider, settings), expected)


def test_jpeg_treats_each_frame_by_itself(rng: np.random.Generator) -> None:
    clip = moving(rng, 3, 30, 41)
    np.testing.assert_array_equal(fc.apply_clip(clip, "jpeg", 40), fc.apply_batch(clip, "jpeg", 40))


def test_what_is_not_exact_is_refused(rng: np.random.Generator) -> None:
    clip = moving(rng, 2, 32, 32)
    for settings in [
        fc.H264(preset="slow"),
        fc.H264(preset="placebo"),
        fc.H264(preset="medium", tune="fastdecode"),
        fc.H264(preset="ultrafast", tune="animation"),
        fc.H265(crf=28),
    ]:
        with pytest.raises(fc.FrameCompressionError, match="exact"):
            fc.apply_clip(clip, settings)
    settings = fc.H264(preset="ultrafast")
    with pytest.raises(fc.FrameCompressionError, match="bframes"):
        fc.apply_clip(clip, settings, bframes=1)
    with pytest.raises(fc.errors.InvalidShapeError):
        fc.apply_clip(clip[0], settings)
    with pytest.raises(ValueError, match="keyint"):
        fc.apply_clip(clip, settings, keyint=0)
    with pytest.raises(ValueError, match="bframes"):
        fc.apply_clip(clip, settings, bframes=17)
    with pytest.raises(ValueError, match="threads"):
        fc.apply_clip(clip, settings, threads=0)
    with pytest.raises(TypeError, match="keyint"):
        fc.apply_clip(clip, settings, keyint=2.5)  # type: ignore[arg-type]


def test_the_transform_draws_once_for_a_clip(rng: np.random.Generator) -> None:
    degrade = CompressionArtifacts(
        fc.H264(preset="ultrafast"), crf=(20, 40), settings={"fps": [24, 30]}, generator=3, clips=True
    )
    # An odd side is padded by repetition, and cropped again.
    clip = moving(rng, 6, 47, 64)
    params = degrade.get_params()
    padded = np.pad(clip, [(0, 0), (0, 1), (0, 0), (0, 0)], mode="edge")
    settings = fc.H264(crf=params["crf"], **params["settings"])  # type: ignore[arg-type]
    expected = fc.apply_clip(padded, settings)[:, :47]
    np.testing.assert_array_equal(degrade.apply(clip, params), expected)
    floats = degrade.apply((clip / 255).astype(np.float32), params)
    np.testing.assert_array_equal(np.rint(floats * 255), expected)
    assert not np.array_equal(degrade(clip), degrade(clip))
    with pytest.raises(fc.errors.InvalidShapeError, match="frames"):
        degrade(clip[0])


def test_the_transform_refuses_at_once_what_clips_are_not_exact_for() -> None:
    for codecs in ["h265", {fc.H264(preset="ultrafast"): 1, "h265": 1}]:
        with pytest.raises(fc.FrameCompressionError, match="exact"):
            CompressionArtifacts(codecs, clips=True)
    CompressionArtifacts(["jpeg", "webp", fc.H264(preset="ultrafast")], clips=True)
    CompressionArtifacts(fc.H264(preset="superfast"), clips=True)
    CompressionArtifacts(fc.H264(preset="superfast"), clips=True, bframes=0)
    for given in [{"clips": True, "bframes": 17}, {"bframes": 0}]:
        with pytest.raises(ValueError, match="bframes"):
            CompressionArtifacts("jpeg", **given)  # type: ignore[arg-type]
