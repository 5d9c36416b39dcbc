"""The command as a module: the same flags and the same engine as the functions."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import numpy as np
from PIL import Image

import frame_compression as fc


def run(*arguments: str | pathlib.Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "frame_compression", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_apply_gives_what_the_functions_give(photographs: list[np.ndarray], tmp_path: pathlib.Path) -> None:
    picture = np.ascontiguousarray(photographs[0][:200, :300])
    Image.fromarray(picture).save(tmp_path / "picture.png")
    for codec, crf in [("h264", 29), ("jpeg", 35)]:
        output = tmp_path / f"{codec}.png"
        done = run("apply", tmp_path / "picture.png", "-o", output, "--codec", codec, "--crf", str(crf))
        assert done.returncode == 0, done.stderr
        expected = fc.apply_compression_artifacts(picture[np.newaxis], codec, crf=crf)[0]  # type: ignore[arg-type]
        np.testing.assert_array_equal(np.asarray(Image.open(output)), expected)


def test_exit_codes_are_those_of_the_command(tmp_path: pathlib.Path) -> None:
    wrong = run("apply", "--quality", "101", tmp_path / "picture.png", "-o", tmp_path / "out.png")
    assert wrong.returncode == 2 and "101" in wrong.stderr
    missing = run("apply", tmp_path / "missing.png", "-o", tmp_path / "out.png")
    assert missing.returncode == 1 or missing.returncode == 2
    assert "missing.png" in missing.stderr
    version = run("--version")
    assert version.returncode == 0 and version.stdout.split() == ["frame-compression", fc.__version__]
