"""The command ``frame-compression`` as ``python -m frame_compression``: the same flags, the same engine."""

import signal
import sys

from ._native import main

if __name__ == "__main__":
    # The interpreter only notes an interrupt, for when it is its turn again; the command is to end at once.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main(["frame-compression", *sys.argv[1:]]))
