#!/usr/bin/env bash
# Answers of a GGUF model in Kinora's process against llama.cpp's own server: same weights, prompt, threads.
# `run.sh [MODEL …]`: smollm2-135m-instruct unless told. Needs `kinora models pull MODEL … xllamacpp`, and `KINORA_CACHE`
# if that is not the default. Linux.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --locked --workspace --features kinora-cli/llama --example complete
python3 bench/language/run.py "$@"
