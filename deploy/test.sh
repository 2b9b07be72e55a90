#!/usr/bin/env bash
# Install what the tests need besides the archive itself, then run linters and all tests but the markers bench, storm
# and soak. Arguments go to pytest (`deploy/test.sh tests/unit -k symbols`). VANBAN_SHARED names a folder of real scans
# for the tests that take some; without it they skip and say so. Nothing that it starts outlives it.
set -euo pipefail
DEPLOY=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname -- "$DEPLOY")
# shellcheck source=lib/system.sh
source "$DEPLOY/lib/system.sh"
cd -- "$ROOT"

need_for_running
need_for_tests
install_missing
"$DEPLOY/setup.sh" --dev --handwriting --opensearch
"$DEPLOY/opensearch-local/start.sh" --fetch-only

cores=$(nproc) # before OMP_THREAD_LIMIT, which nproc takes for the number of cores

# Every process of this run carries this variable, so that none can stay behind unseen.
export ARCHIVE_TEST_SESSION="run-$$-$RANDOM$RANDOM"
export OMP_THREAD_LIMIT=1 # tesseract: one thread a process
unset PYTHONDONTWRITEBYTECODE # hundreds of short processes: compiling each time is most of the time they take

ours() { # process ids of this run other than this script
    local file pid
    for file in /proc/[0-9]*/environ; do
        pid=${file#/proc/}
        pid=${pid%/environ}
        if [[ $pid != "$$" && $pid != "$BASHPID" ]] && grep -qzsx "ARCHIVE_TEST_SESSION=$ARCHIVE_TEST_SESSION" "$file" 2>/dev/null; then
            printf '%s\n' "$pid"
        fi
    done
}
# shellcheck disable=SC2046,SC2317 # process ids are words; called by the trap
end_ours() { kill -KILL $(ours) 2>/dev/null || true; }
trap end_ours EXIT

bin=.venv/bin
failed=()
step() { # step NAME COMMAND...: run it, remember when it fails, go on
    say "== $1"
    "${@:2}" || failed+=("$1")
}
step "ruff" "$bin/ruff" check .
step "ruff format" "$bin/ruff" format --check .
step "mypy --strict" "$bin/mypy"
step "lint-imports" "$bin/lint-imports"
step "audit" "$DEPLOY/audit.sh"
# Tests wait for servers and readers about as long as they compute, so that there is one process more than cores. What
# a file's tests share is started once: a file stays in one process. The long ones come early in the order of the files.
workers=$((cores < 5 ? cores + 1 : 6))
step "pytest" "$bin/python" -m pytest -n "$workers" --dist loadfile --no-loadscope-reorder "$@"

left=""
for _ in {1..150}; do # what was told to stop may take a moment
    left=$(ours)
    [[ -n $left ]] || break
    sleep 0.1
done
if [[ -n $left ]]; then
    say "Processes of the tests were still running:"
    for pid in $left; do say "  $pid $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null || true)"; done
    failed+=("processes left behind")
fi
if ((${#failed[@]})); then
    say "Failed: ${failed[*]}"
    exit 1
fi
