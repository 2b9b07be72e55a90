#!/usr/bin/env bash
# Write the bill of materials of what runs (build/sbom.json, CycloneDX), and ask the public advisories about it.
# Fails where one of the pinned libraries has a known flaw; says so and passes where no advisories can be reached.
set -euo pipefail
ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd -- "$ROOT"
bin=.venv/bin
mkdir -p build
"$bin/python" -W ignore -m cyclonedx_py requirements requirements.lock --pyproject pyproject.toml --of JSON -o build/sbom.json
# pip-audit fails both where it finds something and where nobody answers it: only what it wrote tells which.
timeout 120 "$bin/pip-audit" --requirement requirements.lock --disable-pip --require-hashes --progress-spinner off \
    --format json --output build/audit.json >/dev/null 2>build/audit.log || true
"$bin/python" - <<'PYTHON'
import json
import pathlib
import sys

report = pathlib.Path("build/audit.json")
asked = json.loads(report.read_text(encoding="utf-8"))["dependencies"] if report.exists() else []
audited = [library for library in asked if "skip_reason" not in library]
flawed = [library for library in audited if library["vulns"]]
for library in flawed:
    print(f"{library['name']} {library['version']}: {', '.join(flaw['id'] for flaw in library['vulns'])}")
parts = len(json.loads(pathlib.Path("build/sbom.json").read_text(encoding="utf-8"))["components"])
print(f"build/sbom.json: {parts} libraries")
if not audited:
    print("skipped: no advisories about them can be reached from here (build/audit.log)")
else:
    print(f"{len(audited)} of {parts} audited, {len(flawed)} with a known flaw")
sys.exit(1 if flawed else 0)
PYTHON
