#!/bin/sh
# Bench: trembling that steadying leaves, on made clips whose camera is known, against ffmpeg's filters. Needs numpy and photos; see run.py.
set -eu
cd "$(dirname "$0")/../.."
cargo build -p kinora-video --example steady --config 'profile.dev.package.kinora-video.opt-level=3'
exec "${PYTHON:-python3}" bench/steady/run.py --out bench/steady/results.json "$@"
