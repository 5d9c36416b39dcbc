#!/usr/bin/env bash
# Prints the changelog's section of a version, which is what the release says.
#
#   scripts/release/notes.sh 0.1.0
#   scripts/release/notes.sh Unreleased
set -euo pipefail
cd "$(dirname "$0")/../.."

version=${1:?usage: scripts/release/notes.sh VERSION}
notes=$(awk -v heading="## [$version]" '
    index($0, heading) == 1 { on = 1; next }
    /^## / { on = 0 }
    /^\[[^]]*\]: / { on = 0 }
    on' CHANGELOG.md)
[ -n "$notes" ] || { echo "CHANGELOG.md has no section [$version]" >&2 && exit 1; }
echo "$notes"
