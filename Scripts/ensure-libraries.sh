#!/usr/bin/env bash
# Installs the system libraries that the build needs, only those that are missing. Arguments: Debian package names.
# Without the rights to install it prints the command to run.
set -euo pipefail
[ "$(uname -s)" = Linux ] || exit 0

missing=()
for package in "$@"; do
    case "$package" in
    libsqlite3-dev) test -e /usr/include/sqlite3.h || missing+=("$package") ;;
    libpq-dev) { test -e /usr/include/postgresql/libpq-fe.h || test -e /usr/include/libpq-fe.h; } || missing+=("$package") ;;
    pkg-config) command -v pkg-config >/dev/null 2>&1 || missing+=("$package") ;;
    # Its programs stand in a folder of their version, not in the search path.
    postgresql) { ls /usr/lib/postgresql/*/bin/initdb || command -v initdb; } >/dev/null 2>&1 || missing+=("$package") ;;
    sqlite3 | gzip) command -v "$package" >/dev/null 2>&1 || missing+=("$package") ;;
    *) dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package") ;;
    esac
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing: ${missing[*]} (Debian's names). Install them with your system's package manager." >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    else
        echo "Missing: ${missing[*]}. Please run: sudo apt-get install -y ${missing[*]}" >&2
        exit 1
    fi
fi
echo "Installing ${missing[*]} …"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}")
if ! "${as_root[@]}" "${install[@]}" >"$log" 2>&1; then
    # A fresh machine knows no package lists yet.
    if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" "${install[@]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        exit 1
    fi
fi
