"""Films with known joints, from samples/pictures with camera moves and from cut-free stretches of real clips.

A truth is [kind, last frame of the old shot alone, first frame of the new shot alone]. The same seed gives the
same film. Memory: one film at a time, 640x360 RGB frames, streamed to the encoder.
"""
import glob, random, subprocess
import numpy as np
from PIL import Image

W, H, FPS = 640, 360, 24


class Still:
    """A camera move over one picture; `shake` in pixels a frame, as if held in the hand."""

    def __init__(self, path, rng, shake=0.0, reach=0.18):
        picture = Image.open(path).convert("RGB")
        scale = max(W * 1.5 / picture.width, H * 1.5 / picture.height)
        self.picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
        self.rng, self.shake, self.at, self.speed = rng, shake, np.zeros(2), np.zeros(2)
        self.zoom = (1.0 + rng.uniform(0, reach), 1.0 + rng.uniform(0, reach))
        self.way = [(rng.random(), rng.random()) for _ in range(2)]

    def frame(self, t):
        z = self.zoom[0] + (self.zoom[1] - self.zoom[0]) * t
        w, h = W * 1.25 / z, H * 1.25 / z
        if self.shake:
            self.speed = 0.8 * self.speed + np.array([self.rng.gauss(0, 1), self.rng.gauss(0, 1)]) * self.shake
            self.at = 0.95 * self.at + self.speed
        x, y = [(s - e) * (a + (b - a) * t * 0.4) + d for s, e, a, b, d in
                zip(self.picture.size, (w, h), self.way[0], self.way[1], self.at)]
        x, y = min(max(x, 0), self.picture.width - w), min(max(y, 0), self.picture.height - h)
        return np.asarray(self.picture.resize((W, H), Image.BILINEAR, box=(x, y, x + w, y + h)), np.float32)


class Stretch:
    """A stretch of a clip without a joint of its own."""

    def __init__(self, frames):
        self.frames = frames

    def frame(self, t):
        return self.frames[min(int(t * len(self.frames)), len(self.frames) - 1)].astype(np.float32)


def stretches(ffmpeg, path):
    """The parts of a clip between steps, at least 3 s long, away from its fades."""
    run = [ffmpeg, "-v", "error", "-i", path, "-vf", f"scale={W}:{H}:flags=area,fps={FPS}", "-pix_fmt", "rgb24", "-f",
           "rawvideo", "-"]
    raw = np.frombuffer(subprocess.run(run, capture_output=True, check=True).stdout, np.uint8).reshape(-1, H, W, 3)
    small = raw[:, ::10, ::10].astype(np.float32)
    step = np.abs(np.diff(small, axis=0)).mean((1, 2, 3))
    light = np.abs(np.diff(small.mean((1, 2, 3))))
    still = np.concatenate([[False], (step < 12) & (light < 1.5)]) & (small.std((1, 2, 3)) > 20)
    start, found = 0, []
    for i in range(len(raw) + 1):
        if i == len(raw) or not still[i]:
            if i - start > 3 * FPS:
                found.append(Stretch(raw[start + 4:i - 4].copy()))
            start = i
    return found


def plan(style, rng):
    """Shots as (length, joint to the next, its length); lengths in frames, joints counted extra."""
    joint = {
        "fast": lambda: ("cut", 0), "flashes": lambda: ("cut", 0),
        "dissolves": lambda: ("dissolve", rng.randint(8, 48)),
        "handheld": lambda: rng.choice([("cut", 0), ("cut", 0), ("dissolve", rng.randint(8, 30))]),
        "fades": lambda: rng.choice([("fade", rng.randint(8, 30)), ("fade", rng.randint(8, 30)), ("cut", 0)]),
        "clips": lambda: rng.choice([("cut", 0), ("dissolve", rng.randint(8, 36)), ("fade", rng.randint(8, 24))]),
    }[style]
    count, low, high = {"fast": (60, 6, 30), "clips": (24, 30, 66)}.get(style, (26, 36, 90))
    return [(rng.randint(low, high), *joint()) for _ in range(count)]


def frames(style, seed, pictures, clips):
    """Yields frames; fills `truth` (the second value yielded by the caller's list) as it goes."""
    rng = random.Random(f"{style}-{seed}")
    shots = plan(style, rng)
    order = list(clips if style == "clips" else pictures)
    pick = []
    while len(pick) < len(shots):
        rng.shuffle(order)
        pick += [item for item in order if not pick or item is not pick[-1]]
    shake = {"handheld": 1.6, "flashes": 0.4}.get(style, 0.0)
    reach = 0.6 if style == "handheld" else 0.18
    made = [p if isinstance(p, Stretch) else (p, shake, reach) for p in pick[:len(shots)]]
    return rng, shots, made


def film(style, seed, pictures, clips, put):
    """Calls `put` with every frame and returns the truth."""
    rng, shots, made = frames(style, seed, pictures, clips)
    source = lambda m: m if isinstance(m, Stretch) else Still(m[0], rng, m[1], m[2])
    truth, n, old, done = [], 0, source(made[0]), 0
    for i, (length, kind, span) in enumerate(shots):
        last = i + 1 == len(shots)
        total = done + length + (0 if last or kind == "cut" else span)
        flashes = {rng.randint(8, length - 8) for _ in range(2)} if style == "flashes" and length > 20 else set()
        bright = 0
        for k in range(done, done + length):
            picture = old.frame(k / total)
            if k - done in flashes:
                bright = rng.randint(1, 3)
            if bright:
                picture, bright = picture * 0.3 + 255 * 0.7, bright - 1
            put(picture)
            n += 1
        if last:
            break
        new, before = source(made[i + 1]), n - 1
        done = 0
        if kind != "cut":
            after = shots[i + 1][0] + span
            ground = rng.choice([0, 0, 255]) if kind == "fade" else None
            for k in range(1, span):
                a, b, t = old.frame((done + total - span + k) / total), new.frame(k / after), k / span
                if kind == "dissolve":
                    put(a * (1 - t) + b * t)
                else:
                    put(a * (1 - 2 * t) + ground * 2 * t if t < 0.5 else ground * (2 - 2 * t) + b * (2 * t - 1))
                n += 1
            done = span
        truth.append([kind, before, n])
        old = new
    return truth


def write(ffmpeg, path, style, seed, pictures, clips):
    run = [ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{W}x{H}", "-r", str(FPS), "-i", "-",
           "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p", path]
    child = subprocess.Popen(run, stdin=subprocess.PIPE)
    put = lambda f: child.stdin.write(np.clip(f, 0, 255).astype(np.uint8).tobytes())
    truth = film(style, seed, pictures, clips, put)
    child.stdin.close()
    assert child.wait() == 0
    return truth


def pictures(root):
    return sorted(glob.glob(f"{root}/samples/pictures/*.webp"))
