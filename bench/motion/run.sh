#!/bin/sh
# Bench: motion of shots on made clips whose motion is known, and its cost. Needs numpy and photos; see run.py.
# Optimised as a release is, without building the rest of one.
set -eu
cd "$(dirname "$0")/../.."
cargo build -p kinora-video --example motion --config 'profile.dev.package.kinora-video.opt-level=3'
exec "${PYTHON:-python3}" bench/motion/run.py --out bench/motion/results.json "$@"
