#!/usr/bin/env python3
"""Writes text-based stubs (.tbd) of the Apple frameworks that the objc2 crates name, so that a program can be linked
as Mach-O on a machine that is not a Mac. A stub names symbols and holds no code: that a name is right is all that the
link can show. The names are those that the crates declare; the crates are made from Apple's own headers.

usage: framework_stubs.py DIRECTORY    (run in the workspace)
"""

import json
import pathlib
import re
import subprocess
import sys

FRAMEWORKS = {
    "CoreFoundation": "objc2-core-foundation",
    "CoreGraphics": "objc2-core-graphics",
    "CoreMedia": "objc2-core-media",
    "CoreVideo": "objc2-core-video",
    "ImageIO": "objc2-image-io",
    "VideoToolbox": "objc2-video-toolbox",
}
TARGETS = "[ x86_64-macos, arm64-macos ]"
STATIC = re.compile(r"\bstatic (k\w+)\s*:")
FUNCTION = re.compile(r"\bfn ((?:CF|CG|CM|CV|VT)[A-Z]\w+)\s*\(")
# Of the Objective-C runtime, the functions that the library itself declares; of iconv, which the libc crate names
# without a need, those that everybody knows.
LIBRARIES = {
    "libobjc": ("/usr/lib/libobjc.A.dylib", ["objc_autoreleasePoolPop", "objc_autoreleasePoolPush"]),
    "libiconv": ("/usr/lib/libiconv.2.dylib", ["iconv", "iconv_close", "iconv_open"]),
}


def crate_sources():
    """Where cargo keeps the sources of each package of the workspace's dependency graph."""
    command = ["cargo", "metadata", "--format-version=1", "--locked", "--filter-platform=aarch64-apple-darwin"]
    packages = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["packages"]
    return {package["name"]: pathlib.Path(package["manifest_path"]).parent / "src" for package in packages}


def declared_symbols(source):
    """The C functions and constants that a crate declares."""
    texts = [path.read_text(encoding="utf-8") for path in source.rglob("*.rs")]
    return sorted({name for text in texts for pattern in (STATIC, FUNCTION) for name in pattern.findall(text)})


def stub(install_name, symbols):
    names = ", ".join(f"_{symbol}" for symbol in symbols)
    return (
        f"--- !tapi-tbd\ntbd-version: 4\ntargets: {TARGETS}\ninstall-name: '{install_name}'\n"
        f"exports:\n  - targets: {TARGETS}\n    symbols: [ {names} ]\n...\n"
    )


def main():
    root = pathlib.Path(sys.argv[1])
    sources = crate_sources()
    for framework, crate in FRAMEWORKS.items():
        symbols = declared_symbols(sources[crate])
        if not symbols:
            sys.exit(f"no symbols found in {crate}")
        folder = root / "System/Library/Frameworks" / f"{framework}.framework"
        folder.mkdir(parents=True, exist_ok=True)
        name = f"/System/Library/Frameworks/{framework}.framework/Versions/A/{framework}"
        (folder / f"{framework}.tbd").write_text(stub(name, symbols), encoding="utf-8")
    libraries = root / "usr/lib"
    libraries.mkdir(parents=True, exist_ok=True)
    for library, (name, symbols) in LIBRARIES.items():
        (libraries / f"{library}.tbd").write_text(stub(name, symbols), encoding="utf-8")


if __name__ == "__main__":
    main()
