# shellcheck shell=bash
# What setup.sh, up.sh and test.sh share: find out what the machine lacks, install it, or say the one line that does.
# Sourced, never run. Callers have `set -euo pipefail`.

say() { printf '%s\n' "$*" >&2; }

# --- what is there -------------------------------------------------------------------------------------------------

has() { command -v -- "$1" >/dev/null 2>&1; }
has_tesseract_vie() { has tesseract && tesseract --list-langs 2>/dev/null | grep -qx vie; }
has_poppler() { has pdftoppm && has pdfinfo; }
has_python() { find_python >/dev/null; }
has_chromium() { has chromium || has chromium-browser || has google-chrome; }
has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || { has pg_config && [[ -x $(pg_config --bindir)/initdb ]]; }; }
has_font() { has fc-list && [[ -n $(fc-list "$1" 2>/dev/null) ]]; }
has_java_21() { [[ -x ${1:-} ]] && "$1" -version 2>&1 | awk -F'[".]' '/version/ { found = ($2 >= 21) } END { exit !found }'; }

# Print the first Python of 3.11 or newer that can make environments.
find_python() {
    local candidate
    for candidate in "${VANBAN_PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        has "${candidate:-/nothing}" || continue
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v -- "$candidate"
            return
        fi
    done
    return 1
}

# --- installing ----------------------------------------------------------------------------------------------------

missing=()      # Debian packages the machine lacks
need() { # need PACKAGE PROBE...: note the package when the probe fails
    local package=$1
    shift
    "$@" || missing+=("$package")
}

# Install the noted packages, or say how and fail. Services that come along (redis-server, postgresql) are not started.
install_missing() {
    ((${#missing[@]})) || return 0
    local line="apt-get install -y --no-install-recommends ${missing[*]}"
    if ! has apt-get; then
        say "Missing on this machine: ${missing[*]} (names of Debian packages). Install them with your system's package manager, then start again."
        return 1
    fi
    local root=()
    if ((EUID != 0)); then
        if has sudo && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
            root=(sudo)
        else
            say "Missing on this machine: ${missing[*]}. You are not root and sudo is not at hand. Have this line run as root, then start again:"
            say "    $line"
            return 1
        fi
    fi
    say "Installing ${missing[*]} ..."
    if ! install_with_apt "${root[@]+"${root[@]}"}"; then
        say "Could not install ${missing[*]} (see above; is the network there?). When it is, run this line as root and start again:"
        say "    apt-get update && $line"
        return 1
    fi
    missing=()
}

install_with_apt() { # install_with_apt [sudo]
    local blocker=/usr/sbin/policy-rc.d blocked=0 result=0 service
    local apt=("$@" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120)
    if [[ ! -e $blocker ]]; then # Debian's own way to keep packages from starting services
        printf '#!/bin/sh\nexit 101\n' | "$@" tee "$blocker" >/dev/null && "$@" chmod 755 "$blocker" && blocked=1
    fi
    if ! "${apt[@]}" install --no-install-recommends -- "${missing[@]}" >&2; then
        { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends -- "${missing[@]}"; } >&2 || result=1
    fi
    ((blocked == 0)) || "$@" rm -f -- "$blocker"
    if ((result == 0)) && [[ -d /run/systemd/system ]]; then
        for service in redis-server postgresql; do # vanban starts its own; the system's stay off, also after a reboot
            [[ " ${missing[*]} " != *" $service "* ]] || "$@" systemctl disable --now "$service" >/dev/null 2>&1 || true
        done
    fi
    return "$result"
}

need_for_running() {
    need tesseract-ocr has tesseract
    need tesseract-ocr-vie has_tesseract_vie
    need poppler-utils has_poppler
    need redis-server has redis-server
    need_for_environment
}

need_for_environment() {
    has_python && return
    need python3 has python3
    need python3-venv false
}

need_for_opensearch() { # the jars are fetched once, with Maven (which brings a Java); setup.sh adds a Java 21 where there is none
    "$DEPLOY/opensearch-local/start.sh" --jars-there || need maven has mvn
}

need_for_tests() {
    need chromium has_chromium
    need postgresql has_postgres
    need strace has strace
    need fontconfig has fc-list
    need fonts-liberation has_font "Liberation Serif"
    need fonts-dejavu-core has_font "DejaVu Sans"
    need_for_opensearch
}
