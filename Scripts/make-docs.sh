#!/usr/bin/env bash
# Makes docs/refusals.md anew from the error catalogue, and the API pages of all rooms as HTML under .build/docs.
# A link that leads nowhere fails.
set -euo pipefail
cd "$(dirname "$0")/.."
echo "docs/refusals.md …"
# The suite fails where it had to write: that is what it is asked for here.
SHARDKIT_REWRITE_FIXTURES=1 swift test --quiet --disable-xctest --filter CatalogueTests >/dev/null 2>&1 || true
swift test --quiet --disable-xctest --skip-build --filter CatalogueTests >/dev/null

echo "API pages …"
swift package dump-symbol-graph --minimum-access-level public >/dev/null 2>&1
graphs=$(dirname "$(swift build --show-bin-path)")/symbolgraph
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# One archive, so that links between rooms lead somewhere.
mkdir "$work/ShardKit.docc" "$work/graphs"
for catalog in Sources/*/*.docc; do
    room=$(basename "$catalog" .docc)
    cp "$catalog"/* "$work/ShardKit.docc"
    cp "$graphs/$room".symbols.json "$graphs/$room"@*.symbols.json "$work/graphs" 2>/dev/null || true
done
rm -rf .build/docs
docc convert "$work/ShardKit.docc" --additional-symbol-graph-dir "$work/graphs" --output-path .build/docs \
    --fallback-display-name ShardKit --fallback-bundle-identifier shardkit >"$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
if grep -A2 -E "^warning: .*(doesn't exist|ambiguous)" "$work/log"; then
    echo "Links of the API pages lead nowhere." >&2
    exit 1
fi
echo "Look at them: python3 -m http.server --directory .build/docs, then http://localhost:8000/documentation/shardkit"
