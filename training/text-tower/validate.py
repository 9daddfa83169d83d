"""Figures of the committed head on validation.tsv: own descriptions of stamps and wallpapers, one pool.

The stamps' pictures train the bridge (train.py, `with_stamps`); for a clean figure train with
`KINORA_TRAINING_WITHOUT_STAMPS=1`, as the card's figures are. Also prints how the score of the best
hit falls with and without a fitting picture, for pools of several sizes.
"""
import numpy as np
from PIL import Image

import clip_image
import evaluate
import paths
import stamps

ROUNDS = 6


def read():
    lines = (paths.REPOSITORY / "training/text-tower/validation.tsv").read_text().splitlines()
    return [(query, names.split()) for query, names in (line.split("\t") for line in lines)]


def ranks(scores, relevant):
    return np.array([min(int((line > line[row]).sum()) for row in rows)
                     for line, rows in zip(scores, relevant)])


def print_pools(scores, relevant, size, draw):
    present, absent, right = [], [], []
    for _ in range(ROUNDS):
        pool = draw.choice(scores.shape[1], size, replace=False)
        for line, rows in zip(scores, relevant):
            without = np.setdiff1d(pool, rows)
            answer = draw.choice(rows)
            present.append(max(line[without].max(), line[answer]))
            right.append(line[answer] > line[without].max())
            absent.append(line[without].max())
    present, absent, right = map(np.array, (present, absent, right))
    area = (present[:, None] > absent[None]).mean()
    print(f"pool {size}: R@1 {right.mean():.3f}, area under curve {area:.3f}")
    for threshold in np.arange(-0.08, 0.101, 0.02):
        print(f"  below {threshold:+.2f}: absent {(absent < threshold).mean():.2f}"
              f"  answered rightly {(present[right] < threshold).mean():.2f}")


def main():
    tower = evaluate.Tower()
    pictures = {name: vectors[1] for name, _, vectors in stamps.vectors(1)}
    walls = clip_image.embed_all("wallpapers", [(file.stem, Image.open, (file,)) for file in stamps.wallpapers()])
    pictures.update((f"wallpapers/{name}", vector) for name, vector in walls.items())
    rows = {name: row for row, name in enumerate(pictures)}
    queries = read()
    relevant = [[rows[name] for name in names] for _, names in queries]
    raw = np.array(list(pictures.values()))
    scores = tower.scores([query for query, _ in queries], raw)
    found = ranks(scores, relevant)
    print(f"{len(queries)} descriptions, {len(raw)} pictures: R@1 {(found < 1).mean():.3f}, "
          f"R@5 {(found < 5).mean():.3f}, MRR {(1 / (found + 1)).mean():.3f}")
    draw = np.random.RandomState(0)
    for size in (80, 300):
        print_pools(scores, relevant, size, draw)


if __name__ == "__main__":
    main()
