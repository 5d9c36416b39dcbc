#!/usr/bin/env python3
"""Names the lines of the documentation that are wider than they have to be.

    scripts/checks/check_widths.py

Prose is at most 120 columns wide, but for words that cannot be parted, such as addresses and code. Tables, blocks of code
and the specifications are as they are.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

WIDTH = 120
ROOT = Path(__file__).resolve().parents[2]


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The lines outside tables and blocks of code, with their numbers."""
    in_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        elif not in_code and not line.lstrip().startswith(("|", "<", "!", "#")):
            yield number, line


def is_too_wide(line: str) -> bool:
    """Whether a line could be shorter. A piece of code counts as one word."""
    words = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", "_"), line).split()
    return len(line) > WIDTH and len(words) > 1


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True)
    pages = [page for page in listed.stdout.splitlines() if not page.startswith("docs/spec/")]
    wide = [
        f"{page}:{number}: {len(line)} columns"
        for page in pages
        for number, line in prose((ROOT / page).read_text(encoding="utf-8"))
        if is_too_wide(line)
    ]
    print(*wide, sep="\n", end="\n" if wide else "")
    return 1 if wide else 0


if __name__ == "__main__":
    sys.exit(main())
