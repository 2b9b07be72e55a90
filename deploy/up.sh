#!/usr/bin/env bash
# One command from a bare Debian 12+ / Ubuntu 24.04+ machine to a running archive with the sample documents in it.
# Options go to `vanban up` (--engine embedded|opensearch, --port N, --data-dir DIR). Ctrl-C stops everything; the data
# stays (VANBAN_DATA_DIR, default ~/.local/share/vanban) and a second start takes seconds.
set -euo pipefail
DEPLOY=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname -- "$DEPLOY")
# shellcheck source=lib/system.sh
source "$DEPLOY/lib/system.sh"

opensearch=0
[[ " $* " != *" --engine opensearch "* && " $* " != *" --engine=opensearch "* ]] || opensearch=1

need_for_running
((opensearch == 0)) || need_for_opensearch
install_missing

if ((opensearch)); then
    "$DEPLOY/setup.sh" --handwriting --opensearch
    "$DEPLOY/opensearch-local/start.sh" --fetch-only
else
    "$DEPLOY/setup.sh" --handwriting
fi
exec "$ROOT/.venv/bin/vanban" up --sample "$@"
