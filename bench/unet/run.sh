#!/bin/sh
# Bench: a UNet step and one block with its backward pass, Kinora against PyTorch and diffusers. Arguments go to run.py.
# The dev profile: all arithmetic is candle's, which it compiles with opt-level 3, and no second build is needed.
# PYTHON names an interpreter with crates/kinora-diffusion/fixtures/requirements.txt installed.
set -eu
cd "$(dirname "$0")/../.."
cargo build -p kinora-diffusion -p kinora-ragme --examples
exec "${PYTHON:-python3}" bench/unet/run.py "$@"
