#!/bin/sh
# Bench: text in pictures against RapidOCR. Needs rapidocr, onnxruntime, opencv-python-headless, pillow, numpy in
# $PYTHON, and the models pp-ocrv6-det and pp-ocrv6-rec.
set -eu
cd "$(dirname "$0")/../.."
cargo build -p kinora-models --example read_text
exec "${PYTHON:-python3}" bench/text/run.py --out bench/text/result.json "$@"
