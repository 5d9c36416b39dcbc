#!/usr/bin/env bash
# Installs the Debian packages that the tests need, where this is allowed; says what is missing where it is not.
set -euo pipefail

packages=(
    gcc pkg-config make python3-venv valgrind ffmpeg
    libx264-dev libx265-dev libjpeg62-turbo-dev libturbojpeg0-dev libde265-dev
)

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "The tests need these Debian packages, or what corresponds to them here: ${missing[*]}" >&2
    echo "Without them, 'make test-rust' runs what needs nothing but Rust." >&2
    exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif sudo -n true 2>/dev/null; then
    as_root=(sudo)
else
    echo "Please install what the tests need, then call this again:" >&2
    echo "    sudo apt-get install ${missing[*]}" >&2
    echo "Without them, 'make test-rust' runs what needs nothing but Rust." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -q
"${as_root[@]}" apt-get install -qy --no-install-recommends "${missing[@]}"
