"""Clips made by rule: a coloured subject on a dark ground does one motion. Everything about them is known.

8 frames of 16 x 16 pixels, RGB in [-1, 1]. A quarter of the subject-motion pairs is held out of all training and of
the retrieval library; `python scenes.py` prints which.
"""
import numpy as np

FRAMES, SIDE, PATCH = 8, 16, 4
SUBJECTS = {"disc": (0.9, -0.6, -0.6), "square": (-0.5, 0.8, -0.5), "triangle": (-0.5, -0.3, 0.95),
            "cross": (0.9, 0.8, -0.6), "ring": (0.8, -0.5, 0.9), "bar": (-0.5, 0.8, 0.9)}
MOTIONS = ["moves left", "moves right", "moves up", "moves down", "grows", "shrinks", "circles", "zigzags"]
PAIRS = [(s, m) for s in SUBJECTS for m in MOTIONS]
HELD_OUT = [(s, MOTIONS[(i + shift) % 8]) for i, s in enumerate(SUBJECTS) for shift in (0, 4)]
TRAINED = [pair for pair in PAIRS if pair not in HELD_OUT]


def prompt(pair):
    return " ".join(pair)


def paths(motion, n, rng):
    """Centres (n, frames, 2) and radii (n, frames), in pixels."""
    u = np.linspace(0, 1, FRAMES)[None]
    c = rng.uniform(5.5, 10.5, (n, 2))
    x, y = np.repeat(c[:, :1], FRAMES, 1), np.repeat(c[:, 1:], FRAMES, 1)
    r = np.repeat(rng.uniform(2.2, 3.2, (n, 1)), FRAMES, 1)
    way = rng.uniform(3.5, 5.0, (n, 1)) * (2 * u - 1)
    sign = rng.choice([-1.0, 1.0], (n, 1))
    phase = rng.uniform(0, 2 * np.pi, (n, 1)) + 2 * np.pi * u * 7 / 8
    size = rng.uniform(1.2, 1.7, (n, 1)) + rng.uniform(3.0, 4.0, (n, 1)) * u
    round_ = rng.uniform(3.2, 4.5, (n, 1))
    middle = 7.5 + (c - 8) * 0.2
    if motion in ("moves left", "moves right"):
        x = 7.5 + way * (-1 if motion == "moves left" else 1)
    elif motion in ("moves up", "moves down"):
        y = 7.5 + way * (-1 if motion == "moves up" else 1)
    elif motion in ("grows", "shrinks"):
        x, y = middle[:, :1] + 0 * u, middle[:, 1:] + 0 * u
        r = size if motion == "grows" else size[:, ::-1]
    elif motion == "circles":
        x, y = middle[:, :1] + round_ * np.cos(phase), middle[:, 1:] + round_ * np.sin(phase)
    else:
        x = 7.5 + way * sign
        y = middle[:, 1:] + 3.2 * np.where(np.arange(FRAMES) % 4 < 2, -1, 1)[None]
    return np.stack([x, y], -1), r


def cover(subject, dx, dy, r):
    """How much of each pixel the subject covers, from its signed distance."""
    disc = np.hypot(dx, dy) - r
    if subject == "disc":
        d = disc
    elif subject == "square":
        d = np.maximum(np.abs(dx), np.abs(dy)) - 0.9 * r
    elif subject == "triangle":
        d = np.maximum(np.abs(dx) * 0.87 - dy * 0.5 - 0.6 * r, dy - 0.8 * r)
    elif subject == "cross":
        a, b = np.abs(dx), np.abs(dy)
        d = np.minimum(np.maximum(a - r, b - 0.4 * r), np.maximum(b - r, a - 0.4 * r))
    elif subject == "ring":
        d = np.abs(disc + 0.3 * r) - 0.3 * r
    else:
        d = np.maximum(np.abs(dx) - 1.1 * r, np.abs(dy) - 0.45 * r)
    return np.clip(0.5 - d, 0, 1)


def clips(pair, n, rng):
    """(n, 3, frames, side, side), float32, with what is known: centres and radii."""
    subject, motion = pair
    centre, r = paths(motion, n, rng)
    at = np.arange(SIDE)
    dx = at[None, None, None, :] - centre[..., 0][..., None, None]
    dy = at[None, None, :, None] - centre[..., 1][..., None, None]
    alpha = cover(subject, dx, dy, r[..., None, None])[:, None]
    ground = rng.uniform(-0.95, -0.7, (n, 1, 1, 1, 1))
    colour = np.array(SUBJECTS[subject])[None] + rng.uniform(-0.08, 0.08, (n, 3))
    frames = ground * (1 - alpha) + np.clip(colour, -1, 1)[:, :, None, None, None] * alpha
    return frames.astype(np.float32), np.concatenate([centre, r[..., None]], -1).astype(np.float32)


def draw(pairs, n, seed):
    """n clips of each pair: videos (pairs · n, 3, frames, side, side), what is known, number of the pair."""
    rng = np.random.default_rng(seed)
    made = [clips(pair, n, rng) for pair in pairs]
    number = np.repeat([PAIRS.index(pair) for pair in pairs], n)
    return np.concatenate([m[0] for m in made]), np.concatenate([m[1] for m in made]), number


if __name__ == "__main__":
    print("held out:", ", ".join(map(prompt, HELD_OUT)))
