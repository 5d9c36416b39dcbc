#!/usr/bin/env bash
# Builds the site of the documentation (target/site): static, searchable; any broken link fails.
#
#   scripts/build/site.sh          build it
#   scripts/build/site.sh serve    build it and serve it on this machine (PORT, default 8001)
#
# Needs Python with venv; mkdocs comes from PyPI and is kept below target.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=target/site-venv
[ -x $venv/bin/python ] || python3 -m venv $venv
$venv/bin/python -m pip install --quiet --disable-pip-version-check mkdocs-material==9.8.2
NO_MKDOCS_2_WARNING=1 $venv/bin/mkdocs build --quiet --strict
echo "built target/site"
if [ "${1:-}" = serve ]; then
    echo "http://127.0.0.1:${PORT:-8001}/ shows it"
    exec python3 -m http.server --bind 127.0.0.1 --directory target/site "${PORT:-8001}"
fi
