#!/bin/sh
# Bench (c): a film against encoding alone and against MoviePy.
set -eu
cd "$(dirname "$0")/../.."
cargo build --release -p kinora-cli
target/release/kinora models pull ffmpeg caption-font
exec python3 bench/film/run.py "$(target/release/kinora models path ffmpeg)" "$(target/release/kinora models path caption-font)"
