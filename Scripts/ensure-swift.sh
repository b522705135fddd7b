#!/usr/bin/env bash
# Says in one sentence when the Swift compiler is missing or too old.
set -euo pipefail
needed=6.3
if ! command -v swift >/dev/null 2>&1; then
    echo "ShardKit needs Swift $needed or later, and no swift command was found: see https://www.swift.org/install" >&2
    exit 1
fi
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1 || true)
if [ "$(printf '%s\n%s\n' "$needed" "${version:-0}" | sort -V | head -n 1)" != "$needed" ]; then
    echo "ShardKit needs Swift $needed or later; this is Swift ${version:-of an unknown version}." >&2
    exit 1
fi
