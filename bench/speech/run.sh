#!/bin/sh
# Bench: word error rate and CPU time of speech recognition. Needs the recordings that run.py names, and fetches the models.
set -eu
cd "$(dirname "$0")/../.."
cargo build -p kinora-ingest --example transcribe
"${PYTHON:-python3}" bench/speech/run.py "$@"
# Longer files, with this build as "after"; see long.py for what it needs.
if [ -n "${POCKETSPHINX:-}" ]; then
    for model in whisper-tiny whisper-base; do
        "${PYTHON:-python3}" bench/speech/long.py after "${CARGO_TARGET_DIR:-target}/debug/examples/transcribe" "$model" "$KINORA_FFMPEG"
    done
fi
"${PYTHON:-python3}" bench/speech/summary.py
