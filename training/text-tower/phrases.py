"""Phrases and descriptions to set in type: as long as queries are, where vocabulary.py has names.

A phrase's picture carries how its words act together ("white and black cow", "a toy dog developed
from the greyhound"), which no list of words has.
"""
import json
import random

import clip_text
import paths
import vocabulary
import wordnet

GLOSSES, PHRASES, COUNT = 1300, 700, 800
LONGEST = 60
FREQUENT = 300
SEEN = (wordnet.ANIMAL, wordnet.ARTIFACT, wordnet.FOOD, wordnet.PERSON, wordnet.PLANT, wordnet.OBJECT)
LINKS = set("a the of on in with and at near over under by holding riding wearing eating playing standing sitting "
            "walking flying running jumping made from two three several many next to behind for".split())
PREPOSITIONS = set("of on in with and at near over under by to behind for from made".split())
DULL = set("letter number line word top back front side edge part spot background picture writing".split())


def glosses():
    """Short WordNet glosses of things that can be photographed; common things first."""
    common, rest = set(), set()
    objects = set(clip_text.objects()) | set(vocabulary.imagenet_labels())
    for name in objects | set(vocabulary.names()):
        synset = wordnet.first_sense(name)
        if synset and not synset.instance and synset.field in SEEN \
                and 3 <= len(synset.gloss.split()) <= 11 and len(synset.gloss) <= LONGEST:
            (common if name in objects else rest).add(synset.gloss)
    found = []
    for part in (sorted(common), sorted(rest - common)):
        random.Random(11).shuffle(part)
        found += part
    return found[:GLOSSES]


def _visual_genome():
    """What people wrote under parts of photos: three to six words, all of them frequent there."""
    counts = json.loads((paths.VOCABULARY / "VG-SGG-dicts-vgoi6-clipped.json").read_text())
    things = {name for name, count in counts["object_count"].items() if count >= FREQUENT}
    looks = {name for name, count in counts["attribute_count"].items() if count >= FREQUENT}
    found = []
    for phrase in sorted(clip_text.object_phrases()):
        parts = phrase.lower().split()
        told = [part for part in parts if part not in LINKS]
        if 3 <= len(parts) <= 6 and len(told) >= 2 and parts[-1] in things and parts[0] not in PREPOSITIONS \
                and all(part in things or part in looks for part in told) and not set(told) & DULL:
            found.append(" ".join(parts))
    found = sorted(set(found))
    random.Random(12).shuffle(found)
    return found[:PHRASES]


def _places():
    """What a picture is "from": countries and capitals that people name under photos."""
    known = clip_text.b32()
    found = set()
    for synset in wordnet.nouns().values():
        if synset.instance:
            above = {ancestor.words[0] for ancestor in wordnet.ancestors(synset)}
            if above & {"country", "national capital"}:
                found.update(word for word in synset.words if word.lower() in known and len(word) > 3)
    return [f"something from {name}" for name in sorted(found)]


def texts():
    """Places, then two glosses and one phrase in turn."""
    described, seen = glosses(), _visual_genome()
    mixed = [text for start in range(0, max(len(described), len(seen)), 2)
             for text in described[start:start + 2] + seen[start // 2:start // 2 + 1]]
    return list(dict.fromkeys(_places() + mixed))[:COUNT]
