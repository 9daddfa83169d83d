"""Emoji over backgrounds, with their names and keywords from Unicode's CLDR.

Drawings, not photos; but they cover food, animals, vehicles, clothes, instruments and what people
do, and each has an exact name.
"""
import functools
import random
import xml.etree.ElementTree

from PIL import Image, ImageDraw, ImageFont

import clip_image
import paths
import stamps

SIZE = 109  # the only size in the font
FIRST = 0x1F300
SKIPPED = ("face", "button", "clock", "sign", "symbol", "arrow", "square", "circle", "heart", "tone",
           "keycap", "flag", "clapper", "o’clock", "hand", "finger", "thirty", "zodiac", "diamond", "input",
           "person:", "couple", "family", "kiss", "hair", "letter", "no ", "non-", "bust", "shape", "japanese",
           "backhand", "ideograph", "triangle", "moji", "white-", "moon", "-sign", "dot", "monkey ")
# Each is there as "person ..." or without a gender too.
GENDERED = ("man ", "woman ", "men ", "women ", "mx ")
MISC = "☀☁☂☃☄☎☕☘☠⚒⚓⚔⚖⚗⚙⚰⚱⚽⚾⛄⛅⛈⛏⛑⛪⛰⛱⛲⛳⛴⛵⛷⛸⛹⛺⛽✂✈✉✏✒⌚⌛⌨☔"


@functools.cache
def named():
    """[(characters, name, keywords)] of emoji that show a thing or an activity."""
    names, keywords = {}, {}
    for file in paths.EMOJI_NAMES:
        for entry in xml.etree.ElementTree.parse(file).iter("annotation"):
            (names if entry.get("type") == "tts" else keywords)[entry.get("cp")] = entry.text
    found = []
    for characters, name in names.items():
        thing = ord(characters[0]) >= FIRST or characters[0] in MISC
        if thing and not name.startswith(GENDERED) and not any(part in f"{name} ".lower() for part in SKIPPED):
            words = keywords.get(characters, "").split(" | ")
            found.append((characters, name.lower(), [word for word in words if word != name]))
    return found


def cut_out(characters):
    """One emoji on a transparent ground, cropped to what is drawn; None if the font lacks it."""
    font = ImageFont.truetype(str(paths.EMOJI_FONT), SIZE, layout_engine=ImageFont.Layout.RAQM)
    if "\ufe0f" not in characters and len(characters) == 1:
        characters += "\ufe0f"
    picture = Image.new("RGBA", (600, 180), (0, 0, 0, 0))
    ImageDraw.Draw(picture).text((10, 20), characters, font=font, embedded_color=True)
    box = picture.getbbox()
    # A sequence that the font does not know is drawn as several signs side by side.
    if box is None or box[2] - box[0] > 140:
        raise ValueError("not one sign")
    return picture.crop(box)


def on_photo(characters):
    return stamps.over_wallpaper(cut_out(characters), random.Random(f"emoji/{characters}"))


def on_white(characters):
    return stamps.paste(cut_out(characters), Image.new("RGB", (256, 256), "white"), 0.85)


def vectors():
    """[(name, keywords, [vectors over a photo and on white])]"""
    entries = named()
    jobs = [(f"{place}/{entry[0]}", draw, (entry[0],)) for place, draw in (("photo", on_photo), ("white", on_white))
            for entry in entries]
    found = clip_image.embed_all("emoji", jobs)
    return [(name, words, [found[f"{place}/{characters}"] for place in ("photo", "white")])
            for characters, name, words in entries if f"white/{characters}" in found]


if __name__ == "__main__":
    print(len(vectors()))
