"""Words set in type and read by the vision tower: CLIP sees what a written word means.

The part that says "this is black type on paper" is the same for all words and is taken
away in the training; what is left is a noisy vector of the word's meaning.
"""
import random

from PIL import Image, ImageDraw, ImageFont

import clip_image
import clip_text
import wordnet
import paths

SIDE = 224
FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf",
         "DejaVuSans.ttf")


def words(limit, seed=7):
    """Words of the vocabularies whose main sense can be seen, in a seeded random order."""
    chosen = []
    for word in sorted(clip_text.b32()):
        synset = wordnet.first_sense(word) if word.isascii() and len(word) > 2 else None
        if synset and synset.field in wordnet.VISIBLE:
            chosen.append(word)
    random.Random(seed).shuffle(chosen)
    fixed = [word for word in clip_text.COCO]
    return (fixed + [word for word in chosen if word not in fixed])[:limit]


def draw_text(text, seed=0):
    """The text as large as it fits, in a seeded font and seeded colours, on a plain ground."""
    draw = random.Random(f"{text}/{seed}")
    lines = _break(text)
    ground, ink = draw.choice((("white", "black"), ("white", "black"), ("#f4efe2", "#202040"),
                               ("black", "white"), ("#203050", "#fff0c0")))
    picture = Image.new("RGB", (SIDE, SIDE), ground)
    pen = ImageDraw.Draw(picture)
    name = str(paths.FONTS / draw.choice(FONTS))
    size = 80
    while size > 12:
        font = ImageFont.truetype(name, size)
        box = pen.multiline_textbbox((0, 0), lines, font=font)
        if box[2] <= SIDE * 0.92 and box[3] <= SIDE * 0.92:
            break
        size -= 4
    pen.multiline_text((SIDE / 2, SIDE / 2), lines, fill=ink, font=font, anchor="mm", align="center")
    return picture


def _break(text, width=12):
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def vectors(texts, seed=0):
    """[(text, vector)] of the texts set in type."""
    found = clip_image.embed_all("rendered", [(f"{seed}/{text}", draw_text, (text, seed)) for text in texts])
    return [(text, found[f"{seed}/{text}"]) for text in texts if f"{seed}/{text}" in found]


if __name__ == "__main__":
    import sys
    print(len(vectors(words(int(sys.argv[1])))))
