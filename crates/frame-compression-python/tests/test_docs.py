"""Every Python example of the documentation runs. Those of libraries that are not installed wait for `make test-heavy`."""

from __future__ import annotations

import doctest
import importlib
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[3]
PAGES = ["README.md", "docs/python.md", "docs/clips.md", "docs/ltx.md", "crates/frame-compression-python/README.md"]


def examples() -> list[tuple[str, str]]:
    """The name and the text of every example."""
    found = []
    for page in PAGES:
        blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
        assert blocks, f"{page} has no example"
        found += [(f"{page} {number}", block) for number, block in enumerate(blocks, 1)]
    return found


@pytest.mark.parametrize(("name", "example"), examples(), ids=[name for name, _ in examples()])
def test_the_examples_run(name: str, example: str) -> None:
    for library in ("torch", "torchvision", "albumentations", "ray", "datasets"):
        if re.search(rf"^import {library}\b", example, re.MULTILINE):
            pytest.importorskip(library)
    # Ray stops its own processes when the program ends.
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", ["frame_compression", "frame_compression._compressor", "frame_compression.transforms._callable"])
def test_the_examples_of_the_docstrings_run(module: str) -> None:
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted > 0 and results.failed == 0
