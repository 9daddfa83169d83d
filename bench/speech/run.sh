#!/bin/sh
# Bench: word error rate and CPU time of speech recognition. Needs the recordings that run.py names, and fetches the models.
set -eu
cd "$(dirname "$0")/../.."
cargo build -p kinora-models --example transcribe
"${PYTHON:-python3}" bench/speech/run.py "$@"
"${PYTHON:-python3}" bench/speech/summary.py
