"""Labelled pictures for the calibration of tags: Tux Paint's stamps over photographs, each with a caption.

A tag is right if it stands in the caption, the file's name or folder, or above one of these words in WordNet's tree.
"""
import re

import stamps
import wordnet

# Words of the vocabulary that WordNet puts elsewhere, and what implies them.
IMPLIED = {
    "vehicle": {"car", "truck", "bus", "train", "airplane", "boat", "ship", "motorcycle", "bicycle", "helicopter"},
    "musical instrument": {"music", "instruments"}, "pine tree": {"pine"}, "palm tree": {"palm"},
    "hot-air balloon": {"hotair", "balloon"}, "chicken": {"hen"}, "seagull": {"gull"}, "rooster": {"cock"},
    "corn": {"maize"}, "hippopotamus": {"hippo"}, "rhinoceros": {"rhino"}, "ladybug": {"ladybird"},
    "grapes": {"grape"}, "night sky": {"stars"}, "planet": {"mars", "jupiter", "saturn", "venus", "earth", "neptune"},
}


def forms(word):
    """A word and its singulars."""
    yield word
    if word.endswith("ies"):
        yield word[:-3] + "y"
    for ending in ("s", "es"):
        if word.endswith(ending):
            yield word[:-len(ending)]


def above(word):
    """The word, its synonyms and all that WordNet has above its first two senses."""
    found = {word}
    for offset in wordnet.senses().get(word, [])[:2]:
        synset = wordnet.nouns()[offset]
        for each in [synset, *wordnet.ancestors(synset)]:
            found.update(w.lower() for w in each.words)
    return found


def truth(name, caption):
    """Every word that holds of a picture."""
    told = re.sub(r"[^a-z ]", " ", f"{caption} {name.rsplit('.', 1)[0]}".lower()).split()
    pairs = [" ".join(pair) for pair in zip(told, told[1:])]
    words = {form for word in told + pairs for form in forms(word)}
    found = set().union(*(above(word) for word in words)) if words else set()
    found |= {tag for tag, signs in IMPLIED.items() if signs & (words | found)}
    return found


def pictures():
    """[(name, truth, picture vector)], over a photograph, in a stable order."""
    return [(name, truth(name, caption), vectors[1]) for name, caption, vectors in stamps.vectors(1)]
