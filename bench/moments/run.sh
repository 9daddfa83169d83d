#!/bin/sh
# Bench: moments of videos found by words. Needs the sample media in `../shared/testdata` (or $TESTDATA) and the
# models (`kinora models pull`). Arguments go to run.py.
set -eu
cd "$(dirname "$0")/../.."
cargo build --release -p kinora-cli
exec python3 bench/moments/run.py "$@"
