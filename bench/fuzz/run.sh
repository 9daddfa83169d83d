#!/usr/bin/env bash
# Mutants of the tests' own fixtures against every reader of files that others made: bench/fuzz/run.sh [MUTANTS]
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo xtask fuzz --mutants "${1:-100000}" | tee bench/fuzz/results.txt
