#!/bin/sh
# Bench (a): pictures to searchable, Kinora against rclip's way. Arguments go to run.py.
set -eu
cd "$(dirname "$0")/../.."
cargo build --release -p kinora-cli -p kinora-ingest --bins --examples
target/release/kinora models pull
exec python3 bench/ingest/run.py "$@"
