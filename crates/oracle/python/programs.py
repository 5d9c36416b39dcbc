"""The programs of this tree that the comparisons need."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def program(path, *package):
    """The path of a program: below BUILT, where `cargo test` left it, or of a release build made here.

    `path` is that of the program in the folder of a build, `package` what names it to `cargo build`."""
    if built := os.environ.get("BUILT"):
        return Path(built) / path
    subprocess.run(["cargo", "build", "--quiet", "--release", *package], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / path
