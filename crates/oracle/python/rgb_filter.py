"""The library, for the comparisons with reference codecs: pictures in, pictures with artifacts out."""

import os
import subprocess
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]


class Ours:
    """The library, behind its example program."""

    def __init__(self):
        build = ["cargo", "build", "--quiet", "--release", "-p", "frame-compression", "--example", "rgb_filter"]
        subprocess.run(build, cwd=ROOT, check=True)
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        program = target / "release/examples/rgb_filter"
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.compared = 0

    def __call__(self, picture, settings):
        height, width, _ = picture.shape
        self.process.stdin.write(f"{width} {height} {settings}\n".encode() + picture.tobytes())
        self.process.stdin.flush()
        answer = self.process.stdout.read(picture.size)
        assert len(answer) == picture.size, "the program failed"
        return np.frombuffer(answer, np.uint8).reshape(picture.shape)

    def check(self, picture, settings, theirs):
        """Holds the library's picture against a codec's, and counts it: not one sample may differ."""
        differing = np.count_nonzero(self(picture, settings) != theirs)
        assert not differing, f"{settings}, {picture.shape[1]}x{picture.shape[0]}: {differing} samples differ"
        self.compared += 1
