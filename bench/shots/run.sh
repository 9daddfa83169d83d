#!/bin/sh
# Bench: shot boundaries against PySceneDetect and TransNetV2. Needs numpy, pillow, scenedetect, opencv-python-headless;
# for TransNetV2 also torch. See run.py for the environment.
set -eu
cd "$(dirname "$0")/../.."
cargo build -p kinora-video --example shots
exec "${PYTHON:-python3}" bench/shots/run.py --out bench/shots/results.json "$@"
