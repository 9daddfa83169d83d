"""Trains the text head and writes it with its calibration; closed form, seeded.

1. Bridge: a linear map from CLIP ViT-B/32 text vectors to the ViT-B/16 picture space, by ridge
   on COCO's words (known in both), on words set in type, and on named drawings and stamps.
2. Targets: for every text a vector in the picture space: the bridged text vector, the
   vector of the text set in type, that of a drawing of this name, or the mean of those that there
   are. A gloss has the target of its word. Whole phrases have their vector set in type.
3. Head: kernel ridge regression from MiniLM's sentence vector to the targets.
4. Whitening: directions in which pictures differ much whatever they show count for less.
"""
import json
import os

import numpy as np
import scipy.linalg

import clip_text
import clipart
import emoji
import export
import minilm
import paths
import phrases
import rendered
import stamps
import vocabulary
import wordnet

SEED = 0
GAMMA, RIDGE, CENTRES = 1.0, 0.1, 3500
SEEN_WEIGHT, KEYWORDS_WEIGHT, PHRASE_WEIGHT = 5.0, 2.0, 1.0
BRIDGE_RIDGE, COCO_WEIGHT, TYPE_WEIGHT, DRAWING_WEIGHT, STAMP_WEIGHT = 10.0, 8.0, 1.5, 1.5, 1.0
WHITEN_FLOOR, WHITEN_POWER = 3.0, 0.5
BANK, NEAREST, HUBNESS_WEIGHT = 2048, 25, 1.0
ABSTAIN_BELOW, DUPLICATE = -0.04, 0.95


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def centred(rows, mean=None):
    return unit(rows - (rows.mean(0) if mean is None else mean)).astype(np.float32)


def ridge(inputs, outputs, weight):
    return np.linalg.solve(inputs.T @ inputs + weight * np.eye(inputs.shape[1]), inputs.T @ outputs)


def named_drawings(source):
    """[(name, keywords, vector)] of [(name, keywords, [vectors])]: each place of the vectors has its own
    style, which its mean takes away."""
    places = zip(*(vectors for *_, vectors in source))
    means = unit(sum(centred(np.array(vectors)) for vectors in places))
    return [(name, words, vector) for (name, words, _), vector in zip(source, means)]


def mean_by_name(drawings):
    sums = {}
    for name, _, vector in drawings:
        sums[name] = sums.get(name, 0) + vector
    return {name: unit(vector) for name, vector in sums.items()}


class Material:
    """All vectors that the training needs, centred within their kind."""

    def __init__(self, with_stamps=True):
        known = clip_text.b32()
        mean = np.mean(list(known.values()), axis=0)
        self.text = dict(zip(known, centred(np.array(list(known.values())), mean)))
        self.coco = centred(clip_text.coco_b16())
        typed = dict(rendered.vectors(vocabulary.names()))
        # The mean is what all pictures of type have in common; without it the word is left.
        self.typed = dict(zip(typed, centred(np.array(list(typed.values())))))
        said = dict(rendered.vectors(phrases.texts()))
        self.phrases = dict(zip(said, centred(np.array(list(said.values())))))
        self.drawings = named_drawings(emoji.vectors()) + named_drawings(clipart.vectors())
        self.drawn = mean_by_name(self.drawings)
        self.stamps = stamps.vectors(1)
        self.with_stamps = with_stamps

    def stamp_vectors(self, place):
        """Pictures of the stamps on white (0) or on a photo (1)."""
        return np.array([vectors[place] for _, _, vectors in self.stamps])


def bridge(material):
    inputs = [COCO_WEIGHT * np.array([material.text[word] for word in clip_text.COCO])]
    outputs = [COCO_WEIGHT * material.coco]
    for seen, weight in ((material.typed, TYPE_WEIGHT), (material.drawn, DRAWING_WEIGHT)):
        both = [name for name in seen if name in material.text]
        inputs.append(weight * np.array([material.text[name] for name in both]))
        outputs.append(weight * np.array([seen[name] for name in both]))
    if material.with_stamps:
        names = [vocabulary.name_of(caption) for _, caption, _ in material.stamps]
        rows = [row for row, name in enumerate(names) if name in material.text]
        for place in (0, 1):
            inputs.append(STAMP_WEIGHT * np.array([material.text[names[row]] for row in rows]))
            outputs.append(STAMP_WEIGHT * centred(material.stamp_vectors(place))[rows])
    return ridge(np.concatenate(inputs), np.concatenate(outputs), BRIDGE_RIDGE)


def gloss_of(name):
    synset = wordnet.first_sense(name)
    return synset.gloss if synset and synset.field in wordnet.VISIBLE else None


def examples(material):
    """(texts, targets [n,512], weights [n], glosses)"""
    words = list(material.text)
    targets = dict(zip(words, unit(np.array([material.text[word] for word in words]) @ bridge(material))))
    weights = dict.fromkeys(words, 1.0)
    for seen in (material.typed, material.drawn):
        for text, vector in seen.items():
            targets[text] = unit(targets[text] + vector) if text in targets else vector
            weights[text] = SEEN_WEIGHT
    rows = [(text, targets[text], weights[text]) for text in targets]
    glossed = [(gloss, name) for name in targets if (gloss := gloss_of(name))]
    rows += [(gloss, targets[name], weights[name]) for gloss, name in glossed]
    for name, keywords, _ in material.drawings:
        keywords = [word for word in keywords if len(word) > 2]
        if keywords:
            rows.append((f"{name}, {', '.join(keywords)}", targets[name], KEYWORDS_WEIGHT))
    rows += [(text, vector, PHRASE_WEIGHT) for text, vector in material.phrases.items()]
    texts, vectors, weights = zip(*rows)
    return list(texts), np.array(vectors), np.array(weights), [gloss for gloss, _ in glossed]


def whitening(pictures):
    """[512,512], symmetric; a part of the full whitening, which would be all noise."""
    values, directions = np.linalg.eigh(np.cov(pictures.T))
    scale = (values / values.mean() + WHITEN_FLOOR) ** -WHITEN_POWER
    return directions @ np.diag(scale) @ directions.T


def kernel(left, right):
    return np.exp(GAMMA * (left.astype(np.float64) @ right.T.astype(np.float64) - 1))


def fit_head(inputs, targets, weights):
    """Nystroem kernel ridge: (centres [m,384], coefficients [m,512]).

    In f64: the kernel matrix of so smooth a kernel is near singular in f32.
    """
    draw = np.random.RandomState(SEED)
    centres = inputs[draw.choice(len(inputs), min(CENTRES, len(inputs)), replace=False)]
    gram = np.zeros((len(centres), len(centres)))
    moment = np.zeros((len(centres), targets.shape[1]))
    for start in range(0, len(inputs), 4096):
        part = slice(start, start + 4096)
        values = kernel(inputs[part], centres)
        gram += (values * weights[part, None]).T @ values
        moment += (values * weights[part, None]).T @ targets[part]
    gram += RIDGE * kernel(centres, centres)
    gram[np.diag_indices(len(gram))] += 1e-7 * np.trace(gram) / len(gram) + 1e-4
    return centres, scipy.linalg.solve(gram, moment, assume_a="pos")


def main():
    material = Material(with_stamps="KINORA_TRAINING_WITHOUT_STAMPS" not in os.environ)
    texts, targets, weights, glosses = examples(material)
    print(f"{len(texts)} texts, {len(material.typed)} set in type, {len(glosses)} glosses")
    centres, coefficients = fit_head(minilm.embed_cached(texts), targets, weights)
    # The head is linear after its kernel, so the whitening goes into the coefficients.
    coefficients = coefficients @ whitening(np.array(list(material.drawn.values())))
    export.kernel_head(centres, GAMMA, coefficients, paths.OUTPUT / "text_head.onnx")
    write_bank(centres, coefficients, glosses)
    write_calibration(stamps_mean=material.stamp_vectors(1).mean(0))


def write_bank(centres, coefficients, glosses):
    """Descriptions of things stand for typical queries."""
    draw = np.random.RandomState(SEED + 1)
    unique = sorted(set(glosses))
    chosen = [unique[i] for i in draw.choice(len(unique), BANK, replace=False)]
    bank = unit(kernel(minilm.embed_cached(chosen), centres) @ coefficients)
    bank.astype("<f2").tofile(paths.OUTPUT / "hub_bank.f16")


def write_calibration(stamps_mean):
    calibration = {
        "version": 1,
        "image_mean": [round(float(value), 6) for value in stamps_mean],
        "prompt_templates": ["{}"],
        "abstain_below": ABSTAIN_BELOW,
        "duplicate_threshold": DUPLICATE,
        "hubness": {"method": "csls", "bank": "hub_bank.f16", "k": NEAREST, "weight": HUBNESS_WEIGHT},
    }
    (paths.OUTPUT / "calibration.json").write_text(json.dumps(calibration) + "\n")


if __name__ == "__main__":
    main()
