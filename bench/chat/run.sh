#!/bin/sh
# Bench: answers over the sample media and the family's folder. Needs the sample media in `../shared/testdata` (or $TESTDATA), the folder that
# `bench/day/make.py` makes as --family, and the models (`kinora models pull`, and pp-ocrv6-det pp-ocrv6-rec whisper-base). Arguments go to run.py.
set -eu
cd "$(dirname "$0")/../.."
cargo build --release -p kinora-cli
exec python3 bench/chat/run.py "$@"
