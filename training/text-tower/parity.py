"""Writes parity.json: what the Rust side must reproduce, and with what it was made.

    python parity.py PHOTO...

Pictures are named by file name; only public-domain and CC0 ones belong here.
"""
import json
import pathlib
import sys

import numpy as np
import onnxruntime as ort
import PIL
import tokenizers
from PIL import Image

import clip_image
import evaluate
import paths

TEXTS = ["cat", "a red bus", "a tower at night", "Two children playing football in the rain",
         "large grey animal with a trunk and tusks", "guitar", "snow-covered mountains",
         "an old book on a wooden table"]


def _vector(values):
    values = [round(float(value), 6) for value in values]
    return {"first": values[:8], "vector": values}


def main():
    tower = evaluate.Tower()
    photos = [pathlib.Path(name) for name in sys.argv[1:]]
    raw = np.array([clip_image.embed_pixels(clip_image.preprocess(Image.open(photo))) for photo in photos])
    made = {
        "versions": {"onnxruntime": ort.__version__, "pillow": PIL.__version__,
                     "tokenizers": tokenizers.__version__, "numpy": np.__version__},
        "notes": "texts: final embeddings, templates applied. images: L2-normalised raw vectors of "
                 "the vision tower with 7-bit weights (README.md), not centred; "
                 "`pixels` are six values of the input tensor at [channel, row, column].",
        "texts": {text: _vector(vector) for text, vector in zip(TEXTS, tower.embed_texts(TEXTS))},
        "images": {photo.name: _vector(vector) for photo, vector in zip(photos, raw)},
        "pixels": {photo.name: _pixels(photo) for photo in photos},
        "scores": {"texts": TEXTS[:3], "images": [photo.name for photo in photos],
                   "final": np.round(tower.scores(TEXTS[:3], raw), 6).tolist()},
    }
    (paths.OUTPUT / "parity.json").write_text(json.dumps(made, indent=1) + "\n")


def _pixels(photo):
    pixels = clip_image.preprocess(Image.open(photo))
    places = [(0, 0, 0), (1, 0, 223), (2, 223, 0), (0, 112, 112), (1, 50, 150), (2, 200, 100)]
    return [{"at": place, "value": round(float(pixels[place]), 6)} for place in places]


if __name__ == "__main__":
    main()
