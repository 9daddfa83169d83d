#!/bin/sh
# Bench: does retrieval make the motion right? A toy text-to-video base, RAGME's modules on it, both judged; see summary.md.
#
#   bench/ragme/run.sh [BASE_STEPS] [MORE_STEPS] [RUN...]
#
# MORE_STEPS are those of RAGME's modules on the frozen base, and of the base that is trained on instead; most ablations get
# a third. Training is in PyTorch on one thread (candle took 4 times as long a step); sampling and retrieval input are
# Kinora's own. Stages that were broken off go on; remove bench/ragme/work to start anew.
# PYTHON names an interpreter with crates/kinora-diffusion/fixtures/requirements.txt installed.
set -eu
cd "$(dirname "$0")/../.."
base=${1:-1075}
more=${2:-2400}
third=$((more / 3))
[ $# -ge 2 ] && shift 2 || set --
export OMP_NUM_THREADS=1
train() { "${PYTHON:-python3}" bench/ragme/train.py "$@"; }
[ -f bench/ragme/work/library.safetensors ] || train prepare
[ -f bench/ragme/work/judge.pt ] || train judge
train base "$base"
train longer $((base + more))
train ragme ragme "$more"
train ragme ragme-late "$more" from_step=400
train ragme ragme-pooled "$more" from_step=400 spatial_pool=true temporal_pool=true
train ragme ragme-third "$third" from_step=400
train ragme ragme-none "$third" from_step=400 position=none
train ragme ragme-cls "$third" from_step=400 head=cls
train ragme ragme-concat "$third" from_step=400 combine=concat
cargo build --workspace --all-targets
"${PYTHON:-python3}" bench/ragme/evaluate.py plan "$@"
"${CARGO_TARGET_DIR:-target}"/debug/examples/ragme_samples bench/ragme/work bench/ragme/work/made
"${PYTHON:-python3}" bench/ragme/evaluate.py judge
