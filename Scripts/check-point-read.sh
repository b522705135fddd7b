#!/usr/bin/env bash
# Fails when a read by key takes more allocations or instructions than Benchmarks/point-read.thresholds allows. Both are
# counted, not timed, as the difference of a long and a short run, so a busy machine changes nothing.
# Without valgrind the allocations alone are checked.
set -euo pipefail
cd "$(dirname "$0")/.."
thresholds=${1:-Benchmarks/point-read.thresholds}
swift build --quiet -c release --package-path Benchmarks --product bench
built=$(swift build -c release --package-path Benchmarks --show-bin-path)/bench
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Callgrind does not read the compiler's debug information.
strip -g -o "$folder/bench" "$built"

counts_instructions=true
if ! command -v valgrind >/dev/null 2>&1; then
    counts_instructions=false
    echo "point read: valgrind is not installed, so allocations are checked and instructions are not"
fi

# instructions WAY: a read's
instructions() {
    local total=()
    for times in 1000 3000; do
        valgrind --tool=callgrind --callgrind-out-file="$folder/out" "$folder/bench" count "$1" "$times" \
            >"$folder/log" 2>&1 || { cat "$folder/log" >&2; return 1; }
        total+=("$(awk '/^(summary|totals):/ { print $2; exit }' "$folder/out")")
    done
    echo $(((total[1] - total[0]) / 2000))
}

if $counts_instructions; then direct=$(instructions direct-prepared); fi
failed=0
while read -r way most_allocations most_instructions; do
    case "$way" in '' | '#'*) continue ;; esac
    allocations=$("$folder/bench" count "$way" 20000 | awk '{ print $2 }')
    line="point read, $way: $allocations allocations (at most $most_allocations)"
    if awk "BEGIN { exit !($allocations > $most_allocations + 0.2) }"; then failed=1 line="$line TOO MANY"; fi
    if $counts_instructions; then
        beyond=$(($(instructions "$way") - direct))
        line="$line, $beyond instructions (at most $most_instructions) beyond $direct of direct C"
        if [ "$beyond" -gt "$most_instructions" ]; then failed=1 line="$line TOO MANY"; fi
    fi
    echo "$line"
done <"$thresholds"
exit $failed
