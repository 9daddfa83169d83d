"""Drawings with words: openclipart (title, keywords, folder) and Noto emoji (CLDR names)."""
import re
import unicodedata
import xml.etree.ElementTree as xml

from PIL import Image, ImageDraw, ImageFont

import clip_image
import paths

# Folders whose pictures show shapes, marks and parts of a desktop, not things.
SKIPPED = ("computer/icons", "shapes/", "special/", "signs_and_symbols/flags", "unsorted/",
           "signs_and_symbols/led", "computer/buttons", "computer/diagrams", "buttons/", "logos/",
           "recreation/games/cards", "people/smilies", "office/", "people/stickmen",
           "signs_and_symbols/map_symbols", "transportation/aiga-symbols", "geography/",
           "transportation/roadsigns", "computer/", "recreation/music/CD_Player",
           "signs_and_symbols/")
PER_TITLE = 2


def _clean(text):
    text = re.sub(r"[_\-/.]+|\d+", " ", text).strip().lower()
    return re.sub(r"\s+", " ", text)


def _svg_words(name):
    """(title, keywords) of the SVG of the same name; empty where it tells nothing."""
    file = paths.CLIPART_SVG / (name.removesuffix(".png") + ".svg")
    if not file.exists():
        return "", []
    text = file.read_text("utf-8", "replace")[:8000]
    title = re.search(r"<dc:title>\s*([^<]+?)\s*</dc:title>", text)
    keywords = re.findall(r"<rdf:li>\s*([^<]+?)\s*</rdf:li>", text)
    return _clean(title.group(1)) if title else "", [_clean(word) for word in keywords if word.strip()]


def drawings():
    """[(name, text, keywords)]: at most PER_TITLE pictures of one title."""
    found, seen = [], {}
    for file in sorted(paths.CLIPART_PNG.rglob("*.png")):
        name = file.relative_to(paths.CLIPART_PNG).as_posix()
        if name.startswith(SKIPPED):
            continue
        title, keywords = _svg_words(name)
        # Names carry their artist at the end ("park_nicu_buculei_01"); titles seldom do.
        text = title or _clean(re.sub(r"_\w+_\w+_\d+$", "", file.stem))
        text = re.sub(r"\s*\b(clip ?art|image|icon|nicu|buculei|bucu|gerald|g|architetto|francesco"
                      r"|rollandin|lumen design studio|mondo|frances?|ganson|jean victor|balin)\b", "", text).strip()
        if len(text) < 3 or seen.get(text, 0) >= PER_TITLE:
            continue
        seen[text] = seen.get(text, 0) + 1
        found.append((name, text, keywords))
    return found


def draw_clipart(name):
    picture = Image.open(paths.CLIPART_PNG / name).convert("RGBA")
    side = max(picture.size)
    ground = Image.new("RGB", (side, side), "white")
    ground.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2), picture)
    return ground


def emoji():
    """[(characters, name, keywords)] without flags, skin tones, signs and joined variants."""
    words = {}
    for file in ("annotations/en.xml", "annotationsDerived/en.xml"):
        for node in xml.parse(paths.CLDR / file).getroot().iter("annotation"):
            entry = words.setdefault(node.get("cp"), ["", []])
            if node.get("type") == "tts":
                entry[0] = node.text.strip()
            else:
                entry[1] = [word.strip() for word in node.text.split("|")]
    return [(characters, name, keywords) for characters, (name, keywords) in sorted(words.items())
            if name and _is_thing(characters)]


def _is_thing(characters):
    code = ord(characters[0])
    shown = 0x1F300 <= code <= 0x1FAFF or 0x2600 <= code <= 0x27BF
    dull = 0x1F3FB <= code <= 0x1F3FF or 0x1F500 <= code <= 0x1F53D or 0x1F550 <= code <= 0x1F567 \
        or 0x1F700 <= code <= 0x1F8FF
    return shown and not dull and len(characters) == 1 and unicodedata.category(characters) == "So"


def draw_emoji(characters):
    # The bitmaps of this font exist at 109 only.
    font = ImageFont.truetype(str(paths.EMOJI_FONT), 109)
    ground = Image.new("RGB", (160, 160), "white")
    ImageDraw.Draw(ground).text((80, 80), characters, font=font, embedded_color=True, anchor="mm")
    return ground


def vectors():
    """([(text, keywords, vector)] of clip-art, the same of emoji)"""
    drawn, signs = drawings(), emoji()
    found = clip_image.embed_all("emoji", [(sign[0], draw_emoji, (sign[0],)) for sign in signs])
    found |= clip_image.embed_all("clipart", [(item[0], draw_clipart, (item[0],)) for item in drawn])
    both = [[(text, keywords, found[key]) for key, text, keywords in items if key in found]
            for items in (drawn, signs)]
    return both[0], both[1]


if __name__ == "__main__":
    print([len(part) for part in vectors()])
