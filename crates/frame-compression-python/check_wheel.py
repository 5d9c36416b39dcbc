"""Checks that a wheel's extension module needs nothing but the C library, and an old one at that."""

import io
import re
import sys
import zipfile

from elftools.elf.elffile import ELFFile

LIBRARIES = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libgcc_s.so.1"}
LIBRARIES |= {"ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
NEWEST_GLIBC = (2, 17)


def check(path: str) -> None:
    """Fails unless every extension module of the wheel keeps to the rules."""
    with zipfile.ZipFile(path) as wheel:
        modules = [name for name in wheel.namelist() if name.endswith(".so")]
        files = {name: wheel.read(name) for name in modules}
    assert modules, f"{path} has no extension module"
    for name, contents in files.items():
        elf = ELFFile(io.BytesIO(contents))
        needed = {tag.needed for tag in elf.get_section_by_name(".dynamic").iter_tags("DT_NEEDED")}
        assert needed <= LIBRARIES, f"{name} needs {needed - LIBRARIES}"
        found = re.findall(rb"GLIBC_(\d+)\.(\d+)", contents)
        newest = max((int(major), int(minor)) for major, minor in found)
        assert newest <= NEWEST_GLIBC, f"{name} needs glibc {newest}"
        print(f"{name}: needs {', '.join(sorted(needed))}; glibc {'.'.join(map(str, newest))} or newer")


for argument in sys.argv[1:]:
    check(argument)
