"""WordNet 3.0 (Debian `wordnet-base`): synsets, their glosses and their tree."""
import functools
from collections import namedtuple

import paths

# words: spaces, case kept; gloss: without examples; instance: a single named thing, as a landmark.
Synset = namedtuple("Synset", "offset words field gloss parents instance")

# Numbers of WordNet's lexicographer files whose nouns can be seen.
ANIMAL, ARTIFACT, BODY, FOOD, PLACE, OBJECT, PERSON, PLANT = 5, 6, 8, 13, 15, 17, 18, 20
VISIBLE = {ANIMAL, ARTIFACT, BODY, FOOD, PLACE, OBJECT, PERSON, PLANT, 11, 19, 27}


@functools.cache
def nouns():
    """{offset: Synset} of all nouns."""
    found = {}
    with open(paths.WORDNET / "data.noun", encoding="latin-1") as file:
        for line in file:
            if line.startswith("  "):
                continue
            fields, _, gloss = line.partition(" | ")
            fields = fields.split()
            count = int(fields[3], 16)
            words = [fields[4 + 2 * i].replace("_", " ") for i in range(count)]
            links = fields[5 + 2 * count:]
            parents = [links[i + 1] for i in range(0, len(links) - 3, 4) if links[i] in ("@", "@i")]
            found[fields[0]] = Synset(fields[0], words, int(fields[1]), _definition(gloss), parents,
                                      "@i" in links)
    return found


def _definition(gloss):
    """The definition alone: examples stand in quotes after a semicolon."""
    return gloss.split('; "')[0].strip().rstrip(";")


@functools.cache
def senses():
    """{lower-case word: [offsets, the most frequent sense first]}"""
    found = {}
    with open(paths.WORDNET / "index.noun", encoding="latin-1") as file:
        for line in file:
            if not line.startswith("  "):
                fields = line.split()
                found[fields[0].replace("_", " ")] = fields[-int(fields[2]):]
    return found


def first_sense(word):
    """The most frequent noun sense of a word, or of its singular; None where there is none."""
    word = word.lower()
    for form in (word, word.removesuffix("s"), word.removesuffix("es")):
        if form in senses():
            return nouns()[senses()[form][0]]
    return None


def ancestors(synset):
    """All synsets above, the nearest first."""
    queue, seen = list(synset.parents), []
    while queue:
        offset = queue.pop(0)
        if offset not in seen:
            seen.append(offset)
            queue += nouns()[offset].parents
    return [nouns()[offset] for offset in seen]
