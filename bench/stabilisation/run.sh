#!/bin/sh
# Bench: camera shake left by stabilisation, on made clips whose camera is known, against ffmpeg's filters. Needs numpy and photos; see run.py.
set -eu
cd "$(dirname "$0")/../.."
cargo build -p kinora-video --example stabilise --config 'profile.dev.package.kinora-video.opt-level=3'
exec "${PYTHON:-python3}" bench/stabilisation/run.py --out bench/stabilisation/results.json "$@"
