"""Drawings of openclipart over backgrounds, with their titles and keywords."""
import functools
import random
import re
import xml.etree.ElementTree

from PIL import Image

import clip_image
import clip_text
import paths
import stamps
import wordnet

TOPICS = ("animals", "food", "recreation/music", "buildings", "transportation", "plants", "people",
          "recreation/sports", "tools", "recreation/toys", "electronics", "containers", "recreation/holiday",
          "science", "office", "computer/hardware", "education", "recreation/religion")
SKIPPED = ("roadsigns", "aiga", "smiley", "/sm_", "contour", "blueman", "icon", "cliche", "symbol",
           "_mateya_", "man_head_mikhail")  # the last two: 170 megapixels each
DULL = set("simple cartoon outline contour coloured colored black white stylized silhouette icon clip art drawing "
           "logo image picture by net lineart architetto architect francesco rollandin".split())
EACH = 2


def _told(file):
    """(title, keywords) of an SVG file, cleaned; None where no word of the title is a thing."""
    try:
        tree = xml.etree.ElementTree.parse(file)
    except xml.etree.ElementTree.ParseError:
        return None
    title, words = "", []
    for entry in tree.iter():
        kind = entry.tag.rpartition("}")[2]
        if kind == "title" and entry.text and not title:
            title = entry.text
        if kind == "li" and entry.text:
            words.append(entry.text.strip().lower())
    title = [word for word in re.sub(r"[^a-z ]", " ", title.lower()).split() if word not in DULL]
    known = clip_text.b32()
    seen = [word for word in title
            if (synset := wordnet.first_sense(word)) and synset.field in wordnet.VISIBLE and len(word) > 2]
    if not seen or not 1 <= len(title) <= 4 or any(word not in known for word in title):
        return None
    return " ".join(title), [word for word in dict.fromkeys(words) if word.isalpha() and word not in DULL]


@functools.cache
def titled():
    """[(path without suffix, title, keywords)]"""
    found, count = [], {}
    for topic in TOPICS:
        files = sorted((paths.CLIPART / topic).rglob("*.svg"))
        random.Random(5).shuffle(files)
        for file in files:
            name = file.relative_to(paths.CLIPART).with_suffix("").as_posix()
            if any(part in name for part in SKIPPED) or not (paths.CLIPART_PNG / f"{name}.png").exists():
                continue
            told = _told(file)
            if told and count.get(told[0], 0) < EACH:
                count[told[0]] = count.get(told[0], 0) + 1
                found.append((name, *told))
    # In an order without meaning: a run that was cut short still has some of each topic.
    return sorted(found, key=lambda entry: clip_image.key_of(entry[0]))


def on_photo(name):
    picture = Image.open(paths.CLIPART_PNG / f"{name}.png").convert("RGBA")
    box = picture.getbbox()
    return stamps.over_wallpaper(picture.crop(box) if box else picture, random.Random(f"clipart/{name}"))


def vectors():
    """[(title, keywords, [vector])]"""
    entries = titled()
    found = clip_image.embed_all("clipart", [(entry[0], on_photo, (entry[0],)) for entry in entries], 100)
    return [(title, words, [found[name]]) for name, title, words in entries if name in found]


if __name__ == "__main__":
    print(len(vectors()))
