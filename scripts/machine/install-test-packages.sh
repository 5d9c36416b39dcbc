#!/usr/bin/env bash
# Installs the Debian packages that the tests need.
set -euo pipefail
. "$(dirname "$0")/debian-packages.sh"

debian_packages gcc g++ pkg-config python3-venv valgrind ffmpeg strace libjpeg-turbo-progs \
    libx264-dev libx265-dev libjpeg62-turbo-dev libturbojpeg0-dev libde265-dev libwebp-dev || {
    echo "'make test-rust' runs what needs nothing but Rust." >&2
    exit 1
}

# Where Node comes from elsewhere, Debian's would be a second one.
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    debian_packages nodejs npm
fi
