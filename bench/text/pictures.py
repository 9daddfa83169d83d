"""Frames of 1920 x 1080 with lines of known text: photographs under type of many kinds, some of it hard to read."""
import math
import random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSansMono.ttf", "DejaVuSerif-Bold.ttf",
         "LiberationSans-Regular.ttf", "LiberationSans-BoldItalic.ttf", "LiberationSerif-Italic.ttf",
         "LiberationSansNarrow-Regular.ttf", "LiberationMono-Bold.ttf"]
WORDS = """harbour museum ticket office north platform departure arrival bakery coffee bread butter market street river
bridge tower castle garden summer winter festival concert orchestra violin director camera sound music story produced
written edited thanks family holiday morning evening station airport ferry exit entrance open closed private public
parking school library hospital police caution danger slippery welcome goodbye chapter seven eleven twelve thousand
breaking news weather sunny cloudy rain snow storm score goal minute final winner record world history science nature
forest mountain valley desert island ocean beach sunset camp fire tent hiking trail bicycle railway engine driver""".split()
SIZE = (1920, 1080)


def phrase(draw):
    words = [draw.choice(WORDS) for _ in range(draw.randint(1, 6))]
    if draw.random() < 0.3:
        words.append(str(draw.randint(1, 2030)))
    text = " ".join(words)
    return draw.choice([text, text.title(), text.capitalize(), text.upper()])


def corners(box, centre, angle):
    """Corners of the box turned by `angle` degrees against the clock about `centre`."""
    cos, sin = math.cos(math.radians(-angle)), math.sin(math.radians(-angle))
    left, top, right, bottom = box
    around = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return [(centre[0] + (x - centre[0]) * cos - (y - centre[1]) * sin,
             centre[1] + (x - centre[0]) * sin + (y - centre[1]) * cos) for x, y in around]


def place(draw, picture, text, top):
    """Sets one line; its corners, or None if it does not fit."""
    font = ImageFont.truetype(draw.choice(FONTS), int(16 * 2 ** draw.uniform(0, 2.3)))
    left, upper, right, lower = font.getbbox(text)
    width, height = right - left, lower - upper
    angle = draw.choice([0, 0, 0, draw.uniform(-8, 8)])
    rise = abs(math.sin(math.radians(angle))) * width
    if width > SIZE[0] - 80 or top + height + rise > SIZE[1] - 20:
        return None, top
    x, y = draw.randint(40, SIZE[0] - 40 - width), top + rise / 2
    layer = Image.new("L", SIZE, 0)
    ImageDraw.Draw(layer).text((x - left, y - upper), text, font=font, fill=255)
    centre = (x + width / 2, y + height / 2)
    if angle:
        layer = layer.rotate(angle, resample=Image.BICUBIC, center=centre)
    shadow = layer.filter(ImageFilter.GaussianBlur(3)).point(lambda v: min(255, v * 2))
    light = draw.random() < 0.6
    ink, ground = ((245, 245, 235), (0, 0, 0)) if light else ((15, 15, 25), (255, 255, 255))
    picture.paste(ground, mask=shadow.point(lambda v: int(v * draw.choice([0.5, 0.9]))))
    picture.paste(ink, mask=layer)
    return corners((x, y, x + width, y + height), centre, angle), top + height + rise + draw.randint(30, 120)


def spoil(draw, picture):
    """What cameras and codecs do: blur, noise, JPEG-like loss of detail."""
    picture = picture.filter(ImageFilter.GaussianBlur(draw.choice([0, 0, 0.7, 1.4, 2.0])))
    noise = np.random.RandomState(draw.randint(0, 2 ** 31)).normal(0, draw.choice([0, 4, 12]), (*SIZE[::-1], 3))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def make(seed, ground):
    """(picture, [(text, corners)])"""
    draw = random.Random(seed)
    picture = Image.open(ground).convert("RGB").resize(SIZE, Image.BICUBIC)
    picture = picture.filter(ImageFilter.GaussianBlur(draw.choice([0, 2, 8])))
    lines, top = [], draw.randint(20, 120)
    while top < SIZE[1] - 60 and len(lines) < 8:
        text = phrase(draw)
        at, below = place(draw, picture, text, top)
        if at is None:
            top += 40
            continue
        lines.append((text, at))
        top = below
    return spoil(draw, picture), lines
