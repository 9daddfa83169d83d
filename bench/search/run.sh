#!/bin/sh
# Bench (b): search against faiss.
set -eu
cd "$(dirname "$0")/../.."
exec python3 bench/search/bench.py "$@"
