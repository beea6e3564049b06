#!/usr/bin/env bash
# Scores the kernel on every *.jsonl of a folder; further arguments go to score.py.
set -euo pipefail
data=$(realpath "$1")
shift
cd "$(dirname "$0")/../.."
made=$(mktemp -d)
trap 'rm -r "$made"' EXIT
target=${CARGO_TARGET_DIR:-target}
cargo build -q -p oql --release --example candidate
for reference in "$data"/*.jsonl; do
    name=$(basename "$reference")
    "$target/release/examples/candidate" "$reference" "$made/$name"
    echo "== $name"
    tests/conformance/score.py "$reference" "$made/$name" "$@"
done
