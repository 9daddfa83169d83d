"""Tux Paint stamps: cut-out pictures with captions, as (caption, picture vector) pairs.

A stamp is embedded on white and also on blurred photos, for the pictures that people
search are photos with a background, not cut-outs.
"""
import random
import re

from PIL import Image, ImageFilter

import clip_image
import paths

SKIPPED = ("symbols/alphabets", "symbols/money", "symbols/math", "symbols/shapes", "symbols/music",
           "town/roadsigns", "town/flags")


def wallpapers():
    """Photos and paintings for backgrounds, made small once."""
    folder = paths.CACHE / "grounds"
    if not folder.exists():
        scratch = folder.with_suffix(".part")
        scratch.mkdir(exist_ok=True)
        for number, file in enumerate(_wallpaper_files()):
            with Image.open(file) as photo:
                photo.draft("RGB", (1280, 1280))
                photo = photo.convert("RGB")
                photo.thumbnail((800, 800))
                photo.save(scratch / f"{number:03}.png")
        scratch.rename(folder)
    return sorted(folder.iterdir())


def _wallpaper_files():
    files = [file for root in paths.WALLPAPERS for file in root.rglob("*")
             if file.suffix in (".jpg", ".png", ".jpeg") and "screenshot" not in file.name
             and "mate/abstract" not in str(file) and "mate/desktop" not in str(file)]
    # Several sizes of one wallpaper differ only in the digits of the name.
    unique = {re.sub(r"\d+x\d+", "", str(file)): file for file in sorted(files)}
    return sorted(unique.values())


def caption_of(picture):
    """The English caption is the first line of the text file of the same name."""
    for stem in (picture.stem, picture.stem.removesuffix("_mirror")):
        text = picture.with_name(stem + ".txt")
        if text.exists():
            return text.read_text("utf-8", "replace").splitlines()[0].strip()
    return None


def captioned():
    """[(path relative to the stamps folder, caption)] in a stable order, mirrors left out."""
    found = []
    for file in sorted(paths.STAMPS.rglob("*.png")):
        name = file.relative_to(paths.STAMPS).as_posix()
        caption = caption_of(file)
        if caption and not name.startswith(SKIPPED) and "_mirror" not in name:
            found.append((name, caption))
    return found


def on_white(name):
    return paste(Image.open(paths.STAMPS / name), Image.new("RGB", (256, 256), "white"), 0.92)


def on_photo(name, seed):
    """The stamp over a random, blurred part of a wallpaper; seeded by name and number."""
    return over_wallpaper(Image.open(paths.STAMPS / name), random.Random(f"{name}/{seed}"))


def over_wallpaper(stamp, draw):
    photo = Image.open(draw.choice(wallpapers()))
    side = int(min(photo.size) * draw.uniform(0.4, 0.9))
    left = draw.randrange(photo.width - side)
    top = draw.randrange(photo.height - side)
    ground = photo.crop((left, top, left + side, top + side)).resize((256, 256))
    ground = ground.filter(ImageFilter.GaussianBlur(draw.choice((0, 2, 4))))
    if draw.random() < 0.5:
        stamp = stamp.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return paste(stamp, ground, draw.uniform(0.7, 0.95))


def paste(stamp, ground, share):
    stamp = stamp.convert("RGBA")
    scale = share * min(ground.width / stamp.width, ground.height / stamp.height)
    stamp = stamp.resize((max(1, int(stamp.width * scale)), max(1, int(stamp.height * scale))),
                         Image.Resampling.LANCZOS)
    place = ((ground.width - stamp.width) // 2, (ground.height - stamp.height) // 2)
    ground.paste(stamp, place, stamp)
    return ground


def vectors(variants=2):
    """[(name, caption, [vector on white, vectors on photos...])]"""
    stamps = captioned()
    jobs = [(f"white/{name}", on_white, (name,)) for name, _ in stamps]
    for seed in range(variants):
        jobs += [(f"photo{seed}/{name}", on_photo, (name, seed)) for name, _ in stamps]
    found = clip_image.embed_all("stamps", jobs)
    keys = ["white"] + [f"photo{seed}" for seed in range(variants)]
    return [(name, caption, [found[f"{key}/{name}"] for key in keys if f"{key}/{name}" in found])
            for name, caption in stamps if f"white/{name}" in found]


if __name__ == "__main__":
    print(len(vectors(1)))
