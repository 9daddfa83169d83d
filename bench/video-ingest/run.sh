#!/bin/sh
# Bench: a video into the library against decoding it and nothing else. Needs the sample media in
# `../shared/testdata` (or $TESTDATA) and the models (`kinora models pull`). Arguments go to run.py.
set -eu
cd "$(dirname "$0")/../.."
cargo build --release -p kinora-cli
exec python3 bench/video-ingest/run.py "$@"
