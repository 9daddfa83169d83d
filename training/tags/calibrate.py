"""How sure a tag is: turns the shares of the vocabulary's words into probabilities, and measures them.

    bash ../text-tower/run.sh          # once: packages, vectors
    ~/.cache/kinora-training/venv/bin/python calibrate.py [--test PICTURES]

A picture's share of a word is softmax(SCALE * score) over the vocabulary, that of a kind the sum over all words below
it. `confidence = sigmoid(slope * logit(share) + offset)` is fitted for words and for kinds apart (Platt 1999) on one
half of the labelled pictures, measured on the other, then fitted on all and written to `tags.json`.
"""
import argparse
import hashlib
import json
import pathlib
import sys

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "text-tower"))
import evaluate  # noqa: E402
import labels  # noqa: E402
import paths  # noqa: E402

SCALE = 20.0
LEAST = 0.8
VOCABULARY = paths.REPOSITORY / "models" / "tags" / "vocabulary.txt"


def vocabulary():
    """[(word, what is embedded, kind or None)]"""
    found = []
    for line in VOCABULARY.read_text().splitlines():
        if line and not line.startswith("#"):
            rest, _, kind = line.partition(" < ")
            word, _, meant = rest.partition(" = ")
            found.append((word, meant or word, kind or None))
    return found


def below(words):
    """[n, n]: whether the row's word is the column's or below it."""
    row = {word: index for index, (word, _, _) in enumerate(words)}
    matrix = np.eye(len(words), dtype=bool)
    for index, (_, _, kind) in enumerate(words):
        while kind:
            matrix[index, row[kind]] = True
            kind = words[row[kind]][2]
    return matrix


def shares(words, tower, raw):
    """[pictures, words]"""
    pictures, _ = tower.place_images(raw)
    scores = SCALE * pictures @ tower.embed_texts([meant for _, meant, _ in words]).T
    scores = np.exp(scores - scores.max(1, keepdims=True))
    return scores / scores.sum(1, keepdims=True) @ below(words)


def logit(share):
    share = np.clip(share, 1e-6, 1 - 1e-6)
    return np.log(share / (1 - share))


def fit(share, right):
    """(slope, offset) of the likeliest logistic curve."""
    x, y = logit(share), right.astype(float)

    def loss(parameters):
        z = parameters[0] * x + parameters[1]
        return np.mean(np.logaddexp(0, z) - y * z)

    return minimize(loss, [1.0, 0.0]).x


def confidences(share, kinds, curves):
    z = np.where(kinds, curves["kind"][0], curves["word"][0]) * logit(share)
    return 1 / (1 + np.exp(-(z + np.where(kinds, curves["kind"][1], curves["word"][1]))))


def fitted(share, right, kinds):
    # Words that nobody would look at say nothing about the curve where it matters.
    asked = share > 0.02
    return {name: fit(share[:, of][asked[:, of]], right[:, of][asked[:, of]])
            for name, of in (("word", ~kinds), ("kind", kinds))}


def figures(sure, right, kinds, least):
    given = sure >= least
    parts = {}
    for name, of in (("all", kinds | True), ("words", ~kinds), ("kinds", kinds)):
        count, good = int(given[:, of].sum()), int((given & right)[:, of].sum())
        parts[name] = dict(given=count, precision=round(good / max(count, 1), 3),
                           recall=round(good / max(int(right[:, of].sum()), 1), 3))
    parts["pictures_with_a_tag"] = round(float(given.any(1).mean()), 3)
    return parts


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", type=pathlib.Path, help="show the tags of these pictures")
    options = parser.parse_args()
    words, tower = vocabulary(), evaluate.Tower()
    matrix = below(words)
    kinds = matrix.sum(0) > 1
    if options.test:
        names, raw = evaluate.load_pictures(options.test)
        written = json.loads((paths.OUTPUT / "tags.json").read_text())
        curves = {name: written[name] for name in ("word", "kind")}
        for name, row in zip(names, confidences(shares(words, tower, raw), kinds, curves)):
            order = [index for index in np.argsort(-row) if row[index] >= written["least"]]
            print(f"{name:48} " + ", ".join(f"{words[index][0]} {row[index]:.2f}" for index in order))
        return
    pictures = labels.pictures()
    raw = np.array([vector for *_, vector in pictures])
    # Each of a word's kinds holds where the word does.
    right = np.array([[word in truth for word, _, _ in words] for _, truth, _ in pictures]) @ matrix
    share = shares(words, tower, raw)
    half = np.array([hashlib.sha256(name.encode()).digest()[0] % 2 == 0 for name, *_ in pictures])
    for least in (0.5, 0.7, 0.8, 0.9):
        for one, other in ((half, ~half), (~half, half)):
            curves = fitted(share[one], right[one], kinds)
            print(least, json.dumps(figures(confidences(share[other], kinds, curves), right[other], kinds, least)))
    curves = fitted(share, right, kinds)
    written = dict(version=1, scale=SCALE, least=LEAST,
                   **{name: [round(float(v), 4) for v in curve] for name, curve in curves.items()})
    (paths.OUTPUT / "tags.json").write_text(json.dumps(written, indent=1) + "\n")
    print(written)


if __name__ == "__main__":
    main()
