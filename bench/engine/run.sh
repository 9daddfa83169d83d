#!/bin/sh
# Bench: searches of one process over a library that stays open, against one that is reopened at every search. Needs the
# default space in the cache (`kinora models pull`). Results: bench/engine/results/*.jsonl.
set -eu
cd "$(dirname "$0")/../.."
cargo build --release -p kinora-engine --example searches
program="${CARGO_TARGET_DIR:-target}/release/examples/searches"
home="${BENCH_HOME:-target/bench-engine}"
mkdir -p bench/engine/results
for count in 20000 100000; do
    # Each round is a process of its own, so that the cold start is one.
    for round in 1 2 3; do
        "$program" "$home" "$count" 1000
    done
done >bench/engine/results/searches.jsonl
"${PYTHON:-python3}" bench/engine/table.py bench/engine/results/searches.jsonl
