"""Retrieval figures of the committed head over any folder of pictures and a queries.json.

    python evaluate.py PICTURES QUERIES.json [--per-query]

The format of the queries: [{"query": text, "relevant": [file names]}], an empty list means
that nothing fits. Only pixels are used, never file names. Vectors of pictures are cached.
"""
import argparse
import json
import pathlib

import numpy as np
import onnxruntime as ort
from PIL import Image

import clip_image
import minilm
import paths

SUFFIXES = {".webp", ".jpg", ".jpeg", ".png"}


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


class Tower:
    """Text tower and score as `calibration.json` says; the reference for the Rust side."""

    def __init__(self, folder=paths.OUTPUT):
        self.calibration = json.loads((folder / "calibration.json").read_text())
        self.head = ort.InferenceSession(str(folder / "text_head.onnx"))
        hubness = self.calibration["hubness"]
        self.bank = None
        if hubness["method"] == "csls":
            self.bank = np.fromfile(folder / hubness["bank"], "<f2").reshape(-1, 512).astype(np.float32)

    def embed_texts(self, texts):
        total = 0
        for template in self.calibration["prompt_templates"]:
            sentence = minilm.embed([template.replace("{}", text) for text in texts])
            total = total + self.head.run(["embedding"], {"sentence": sentence})[0]
        return unit(total)

    def place_images(self, raw):
        """Normalised CLIP vectors -> the vectors that are searched, and their hubness."""
        mean = self.calibration["image_mean"]
        images = unit(raw - np.array(mean, np.float32)) if mean else raw
        if self.bank is None:
            return images, np.zeros(len(images), np.float32)
        hubness = self.calibration["hubness"]
        near = np.partition(images @ self.bank.T, -hubness["k"], axis=1)[:, -hubness["k"]:]
        return images, hubness["weight"] * near.mean(1)

    def scores(self, texts, raw):
        images, penalty = self.place_images(raw)
        return self.embed_texts(texts) @ images.T - penalty


def load_pictures(folder):
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    jobs = [(f"{folder.resolve()}/{file.name}", Image.open, (file,)) for file in files]
    vectors = clip_image.embed_all("evaluation-" + clip_image.key_of(folder.resolve()), jobs)
    return [file.name for file in files], np.array([vectors[job[0]] for job in jobs])


def figures(scores, names, queries, abstain_below):
    """(figures, [(query, rank or None, best score, best name)])"""
    rows, ranks, right, wrong = [], [], 0, 0
    for line, query in zip(scores, queries):
        order = np.argsort(-line)
        best = float(line[order[0]])
        rank = None
        if query["relevant"]:
            rank = min(int(np.where(order == names.index(name))[0][0]) for name in query["relevant"])
            ranks.append(rank)
            wrong += best < abstain_below
        else:
            right += best < abstain_below
        rows.append((query["query"], rank, best, names[order[0]]))
    ranks = np.array(ranks)
    absent = len(queries) - len(ranks)
    return {
        "answerable": len(ranks), "unanswerable": absent,
        "recall_at_1": float((ranks < 1).mean()), "recall_at_5": float((ranks < 5).mean()),
        "mrr": float((1 / (ranks + 1)).mean()),
        "abstained_correctly": right, "abstained_wrongly": int(wrong),
    }, rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=pathlib.Path)
    parser.add_argument("queries", type=pathlib.Path)
    parser.add_argument("--per-query", action="store_true")
    options = parser.parse_args()
    tower = Tower()
    names, raw = load_pictures(options.pictures)
    queries = json.loads(options.queries.read_text())
    scores = tower.scores([query["query"] for query in queries], raw)
    result, rows = figures(scores, names, queries, tower.calibration["abstain_below"])
    if options.per_query:
        for query, rank, best, name in rows:
            print(f"{'-' if rank is None else rank + 1:>4} {best:7.3f}  {query}  -> {name}")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
