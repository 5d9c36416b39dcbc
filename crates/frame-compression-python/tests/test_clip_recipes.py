"""The recipes of clips, beside the calls of their pipelines."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pipelines import installed
from test_clips import moving, round_trip

from frame_compression.transforms import recipes
from frame_compression.transforms.recipes import Degrade

# With AVX-512, libx264's own macroblock tree depends on what the process did before.
ASM = "asm=AVX2,FMA3,BMI2,LZCNT"


def test_videoseal_clip_is_its_own_calls(one_core: None, rng: np.random.Generator) -> None:
    degrade = Degrade("videoseal_clip", clips=True, generator=4)
    seen = set()
    for _ in range(10):
        clip = moving(rng, int(rng.integers(2, 12)), 64, 96)
        params = degrade.get_params()
        crf = (params[0]["settings"] or {})["crf"]
        expected = round_trip(clip, crf, 24, preset="medium", **{"x264-params": ASM})
        np.testing.assert_array_equal(degrade.apply(clip, params), expected, str(params))
        seen.add(crf)
    assert len(seen) > 1


def by_pipes(clip: np.ndarray, crf: str) -> np.ndarray:
    """As AnimeSR calls ffmpeg, on one thread: raw frames into a stream of H.264, and back."""
    _, height, width, _ = clip.shape
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    encode = [*raw, "-s", f"{width}x{height}", "-r", "25", "-i", "pipe:", "-filter_complex", "[0]fps=fps=25:round=up[s0]"]
    encode += ["-map", "[s0]", "-f", "h264", "-crf", crf, "-pix_fmt", "yuv420p", "-profile:v", "high", "-vcodec", "libx264"]
    encode += ["-threads", "1", "-x264-params", ASM, "pipe:"]
    data = clip.tobytes()
    for options in (encode, ["-f", "h264", "-i", "pipe:", *raw, "pipe:"]):
        command = ["ffmpeg", "-loglevel", "error", *options]
        data = subprocess.run(command, check=True, input=data, stdout=subprocess.PIPE).stdout
    return np.frombuffer(data, np.uint8).reshape(clip.shape)


def test_animesr_clip_is_its_own_calls(rng: np.random.Generator) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("there is no ffmpeg here")
    degrade = Degrade(installed(recipes.animesr_clip()), clips=True, generator=4)
    for _ in range(10):
        clip = moving(rng, int(rng.integers(2, 12)), 64, 96)
        params = degrade.get_params()
        crf: Any = (params[0]["settings"] or {})["crf"]
        np.testing.assert_array_equal(degrade.apply(clip, params), by_pipes(clip, str(crf)), str(params))


def by_files(clip: np.ndarray, settings: dict[str, Any], folder: pathlib.Path) -> np.ndarray:
    """As VCISR calls ffmpeg where it keeps the width, on one thread: numbered pictures into an MP4, and back."""
    _, height, width, _ = clip.shape
    for number, frame in enumerate(clip):
        Image.fromarray(frame).save(folder / f"{number:03}.png")
    scale, fps, film = f"scale={width}:{height}", str(settings["fps"]), str(folder / "merge.mp4")
    encode = ["-r", fps, "-i", str(folder / "%03d.png"), "-vcodec", "libx264", "-crf", str(settings["crf"]), "-vf", scale]
    encode += ["-preset", settings["preset"], "-pix_fmt", "yuv420p", "-threads", "1", "-x264-params", ASM, film]
    for options in (encode, ["-i", film, "-vf", f"{scale},fps={fps}", str(folder / "output_%03d.png")]):
        subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *options], check=True, stdin=subprocess.DEVNULL)
    return np.stack([np.asarray(Image.open(folder / f"output_{number + 1:03}.png")) for number in range(len(clip))])


def test_vcisr_clip_is_its_own_calls(rng: np.random.Generator, tmp_path: pathlib.Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("there is no ffmpeg here")
    degrade = Degrade(installed(recipes.vcisr_clip()), clips=True, generator=4)
    presets = set()
    for number in range(10):
        folder = tmp_path / str(number)
        folder.mkdir()
        clip = moving(rng, int(rng.integers(2, 12)), 64, 96)
        params = degrade.get_params()
        settings: dict[str, Any] = params[0]["settings"] or {}
        np.testing.assert_array_equal(degrade.apply(clip, params), by_files(clip, settings, folder), str(params))
        presets.add(settings["preset"])
    assert len(presets) > 1


def test_a_clip_is_no_image(rng: np.random.Generator) -> None:
    clip = moving(rng, 4, 32, 48)
    degrade = Degrade("videoseal_clip", generator=1)
    with pytest.raises(ValueError, match="height, width, 3"):
        degrade(clip)
    params = degrade.get_params()
    of_clip = Degrade("videoseal_clip", clips=True).apply(clip, params)
    np.testing.assert_array_equal(degrade.apply(clip[0], params), Degrade("videoseal_clip", clips=True).apply(clip[:1], params)[0])
    assert not np.array_equal(np.stack([degrade.apply(frame, params) for frame in clip]), of_clip)
