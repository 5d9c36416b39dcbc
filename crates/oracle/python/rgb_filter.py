"""The library, for the comparisons with reference codecs: pictures in, pictures with artifacts out."""

import subprocess

import numpy as np
from programs import program


class Ours:
    """The library, behind its example program."""

    def __init__(self):
        rgb_filter = program("examples/rgb_filter", "-p", "frame-compression", "--example", "rgb_filter")
        self.process = subprocess.Popen([rgb_filter], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
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
