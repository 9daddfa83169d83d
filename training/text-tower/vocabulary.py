"""Which texts are set in type for the vision tower to read, in a fixed order.

CLIP's text vectors exist for Visual Genome's words only; these lists bring names that are
missing there, each with a WordNet gloss where it has one.
"""
import random
import re
import zipfile

import clip_text
import minilm
import paths
import rendered
import stamps
import wordnet

BUILDINGS = {"building", "place of worship", "tower", "fortification", "bridge", "tomb", "monument",
             "memorial", "residence", "arch", "gate", "ruin", "house", "theater", "shrine"}
KINDS = {"mammal", "bird", "reptile", "amphibian", "fish", "invertebrate"}
TAXONOMY = ("family", "genus", "class of", "order of")
WORDS = 200
PIECES = 3
LIMITS = {"landmark": None, "music": 150, "building": 330, "clothes": 80, "animal": 700}


def name_of(caption):
    """The thing that a stamp's caption names: its first sentence without the article."""
    name = re.split(r"[.\u2014:]", caption)[0].strip().lower()
    return re.sub(r"^(a|an|the|some|a pair of|two|three|four)\s+", "", name)


def imagenet_labels():
    """The 1000 labels stored in the tflite file of EfficientNet-Lite0 (a zip at its end)."""
    with zipfile.ZipFile(paths.EFFICIENTNET) as archive:
        lines = archive.read("labels_without_background.txt").decode().split("\n")
    return [line.strip().lower() for line in lines if line.strip()]


def _missing_names(labels):
    """Names of landmarks, buildings, instruments, clothes and animals without a text vector."""
    known = clip_text.b32()
    groups = {"landmark": [], "building": [], "music": [], "clothes": [], "animal": []}
    for synset in wordnet.nouns().values():
        name = synset.words[0]
        if any(word.lower() in known or word.lower() in labels for word in synset.words) \
                or len(name.split()) > 3:
            continue
        group = _group(synset, name)
        if group:
            groups[group].append(name)
    draw = random.Random(3)
    for names in groups.values():
        draw.shuffle(names)
    return [name for group, limit in LIMITS.items() for name in groups[group][:limit]]


def _group(synset, name):
    if synset.field == wordnet.ARTIFACT and synset.instance:
        return "landmark"
    if wordnet.senses()[name.lower()][0] != synset.offset:
        return None
    above = {ancestor.words[0] for ancestor in wordnet.ancestors(synset)}
    if synset.field == wordnet.ARTIFACT:
        if "musical instrument" in above:
            return "music"
        if above & BUILDINGS:
            return "building"
        return "clothes" if above & {"headdress", "garment"} else None
    if synset.field == wordnet.PERSON:
        return "music" if "musician" in above and not synset.instance else None
    common = synset.field == wordnet.ANIMAL and name.islower() and len(name.split()) <= 2 \
        and minilm.pieces(name) <= PIECES
    if common and above & KINDS and not any(word in synset.gloss for word in TAXONOMY):
        return "animal"
    return None


def names():
    """All names to set in type, without doubles."""
    stamped = sorted({name_of(caption) for _, caption in stamps.captioned()})
    labels = imagenet_labels()
    missing = _missing_names(set(labels))
    return list(dict.fromkeys(rendered.words(WORDS) + stamped + labels + missing))
