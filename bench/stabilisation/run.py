"""Stabilisation side by side: Kinora, ffmpeg's `deshake` and its two-pass `vidstab`, each on the same made clips.

A camera shakes over a real photo by known amounts below a pixel (and pans, or steps as a walker does); the clip is encoded by
x264. Every frame that comes out is registered against the photo itself (Gauss-Newton over a similarity, no code of Kinora's), so
what is measured is where the picture truly lies. Environment: KINORA_FFMPEG, PHOTOS (a folder of large JPEG photos), STABILISE (the example's binary;
else that of the debug profile).
"""
import argparse, json, os, platform, resource, subprocess, tempfile
import numpy as np

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
WIDTH, HEIGHT, FPS, FRAMES = 640, 360, 25, 75
SCENE = (1200, 800)


def photo(ffmpeg, path):
    size = f"{SCENE[0]}:{SCENE[1]}"
    raw = subprocess.run([ffmpeg, "-v", "error", "-i", path, "-vf", f"scale={size}:force_original_aspect_ratio=increase:flags=area,crop={size},gblur=sigma=0.7",
                          "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-"], capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(SCENE[1], SCENE[0]).astype(np.float32)


def cubic(plane, x, y):
    """Catmull-Rom at places between samples."""
    i, j = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
    weights = lambda t: (-t * (1 - t) ** 2 / 2, 1 - 2.5 * t**2 + 1.5 * t**3, t * (1 + 4 * t - 3 * t**2) / 2, -(t**2) * (1 - t) / 2)
    wx, wy = weights(x - i), weights(y - j)
    rows, cols = plane.shape
    out = 0
    for n in range(4):
        row = plane[np.clip(j + n - 1, 0, rows - 1)[..., None], np.clip(i[..., None] + np.arange(-1, 3), 0, cols - 1)]
        out = out + wy[n] * sum(wx[m] * row[..., m] for m in range(4))
    return out


def places(look, u, v):
    """Where in the photo a camera at (x, y, radians, scale) sees what lies at (u, v) from its middle."""
    x, y, turn, scale = look
    sin, cos = np.sin(turn) * scale, np.cos(turn) * scale
    return SCENE[0] / 2 - 0.5 + x + cos * u - sin * v, SCENE[1] / 2 - 0.5 + y + sin * u + cos * v


def grid(step=1):
    return np.meshgrid(np.arange(step // 2, WIDTH, step) + 0.5 - WIDTH / 2, np.arange(step // 2, HEIGHT, step) + 0.5 - HEIGHT / 2)


def looks(kind, seed):
    """The camera's way: intended, and as it is held."""
    rng, t = np.random.default_rng(seed), np.arange(FRAMES) / FPS
    hand = lambda size, low, high: sum(size / np.sqrt(f) * np.sin(2 * np.pi * f * t + rng.uniform(0, 7)) for f in rng.uniform(low, high, 6))
    meant = np.stack([0 * t, 0 * t, 0 * t, 1 + 0 * t], 1)
    shake = np.stack([hand(1.6, 1.5, 8), hand(1.6, 1.5, 8), hand(0.002, 1.5, 6), 0 * t], 1)
    if kind == "tripod touched":
        shake *= 0.5
    if kind == "strong":
        shake *= 2.5
    if kind == "walking":
        shake[:, 1] += 5 * np.abs(np.sin(np.pi * 1.9 * t)) - 3
        meant[:, 3] = 1.0 - 0.02 * t
    if kind == "panned":
        meant[:, 0] = 160 * np.clip((t - 0.8) / 2.4, 0, 1) ** 2 * (3 - 2 * np.clip((t - 0.8) / 2.4, 0, 1)) - 80
    if kind == "noise":
        shake[:, :2] = rng.normal(0, 1.2, (FRAMES, 2))
        shake[:, 2] = rng.normal(0, 0.0015, FRAMES)
    return meant, meant + shake


def film(ffmpeg, path, plane, way):
    encoder = subprocess.Popen([ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "-",
                                "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", path], stdin=subprocess.PIPE)
    u, v = grid()
    for look in way:
        encoder.stdin.write(np.clip(cubic(plane, *places(look, u, v)) + 0.5, 0, 255).astype(np.uint8).tobytes())
    encoder.stdin.close()
    assert encoder.wait() == 0


def registered(plane, frames, first):
    """The look of every frame: the similarity under which the photo is most like it, in light and contrast, too."""
    u, v = grid(8)
    inside = (np.abs(u) < 0.4 * WIDTH) & (np.abs(v) < 0.4 * HEIGHT)
    u, v = u[inside], v[inside]
    slopes = np.gradient(plane)[::-1]
    look, found = np.array(first, float), []
    for frame in frames:
        seen = frame[4::8, 4::8][inside].astype(np.float32)
        for _ in range(12):
            x, y = places(look, u, v)
            model = cubic(plane, x, y)
            gx, gy = (cubic(s, x, y) for s in slopes)
            dx, dy = x - (SCENE[0] / 2 - 0.5 + look[0]), y - (SCENE[1] / 2 - 0.5 + look[1])
            columns = np.stack([gx, gy, (gy * dx - gx * dy) * 1e-2, (gx * dx + gy * dy) / look[3] * 1e-2, model, np.ones_like(model)], 1)
            solved = np.linalg.lstsq(columns, seen - model, rcond=None)[0]
            step = solved[:4] * [1, 1, 1e-2, 1e-2]
            look = look + step
            if np.abs(step[:2]).max() < 1e-3:
                break
        found.append(look.copy())
    return np.array(found)


def jitter(way):
    """RMS over both directions, in pixels of the clip, of what is off the cubic that fits a second of the way best, at the picture's middle and,
    through turn and scale, half a diagonal away."""
    half, t = FPS // 2, np.arange(-(FPS // 2), FPS // 2 + 1) / FPS
    fit = np.linalg.pinv(np.stack([t**n for n in range(4)], 1))[0]
    off = lambda values: values[half:-half] - np.convolve(values, fit[::-1], "valid")
    scale = way[half:-half, 3].mean()
    parts = [off(way[:, 0]) / scale, off(way[:, 1]) / scale, off(way[:, 2]) * np.hypot(WIDTH, HEIGHT) / 4, off(np.log(way[:, 3])) * np.hypot(WIDTH, HEIGHT) / 4]
    return float(np.sqrt(sum(np.mean(np.square(p)) for p in parts)))


def read(raw):
    size = WIDTH * HEIGHT * 3 // 2
    return [np.frombuffer(raw[i * size:i * size + WIDTH * HEIGHT], np.uint8).reshape(HEIGHT, WIDTH) for i in range(len(raw) // size)]


def cpu(command, **more):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, check=True, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def stabilised(tool, ffmpeg, clip, scratch):
    raw = [ "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    if tool == "as it is":
        return *cpu([ffmpeg, "-v", "error", "-i", clip, *raw]), None
    if tool == "kinora":
        report, spent = cpu([STABILISE, ffmpeg, clip, f"{scratch}/out.yuv", str(FPS)])
        return open(f"{scratch}/out.yuv", "rb").read(), spent, json.loads(report)
    if tool == "deshake":
        return *cpu([ffmpeg, "-v", "error", "-i", clip, "-vf", "deshake", *raw]), None
    _, first = cpu([ffmpeg, "-v", "error", "-i", clip, "-vf", "vidstabdetect=result=t.trf", "-f", "null", "-"], cwd=scratch)
    out, second = cpu([ffmpeg, "-v", "error", "-i", clip, "-vf", "vidstabtransform=input=t.trf", *raw], cwd=scratch)
    return out, first + second, None


def measure(tool, ffmpeg, clip, scratch, plane, way, meant):
    raw, spent, report = stabilised(tool, ffmpeg, clip, scratch)
    frames = read(raw)
    found = registered(plane, frames, way[0])
    u, v = grid()
    psnr = []
    for frame, look in zip(frames[::10], found[::10]):
        truth = cubic(plane, *places(look, u, v))
        # Light and contrast of the coded range do not count.
        gain, offset = np.polyfit(frame.ravel(), truth.ravel(), 1)
        middle = np.s_[36:-36, 64:-64]
        psnr.append(10 * np.log10(255**2 / np.mean((truth - frame * gain - offset)[middle] ** 2)))
    follow = np.abs((found - meant)[FPS // 2:-(FPS // 2), :2] - (found - meant)[FPS // 2:-(FPS // 2), :2].mean(0)).max()
    return {"frames": len(frames), "jitter_px": round(jitter(found), 4), "off_the_meant_way_px": round(float(follow), 2), "cpu_s": round(spent, 2),
            "seen": round(float(found[:, 3].mean()), 4), "psnr_db": round(float(np.mean(psnr)), 2), "report": report}


parser = argparse.ArgumentParser()
parser.add_argument("--photos", type=int, default=2)
parser.add_argument("--kinds", nargs="*", default=["held", "tripod touched", "strong", "walking", "panned", "noise"])
parser.add_argument("--out")
args = parser.parse_args()
ffmpeg = os.environ.get("KINORA_FFMPEG", "ffmpeg")
STABILISE = os.environ.get("STABILISE", os.path.join(os.environ.get("CARGO_TARGET_DIR", f"{ROOT}/target"), "debug/examples/stabilise"))
folder = os.environ["PHOTOS"]
names = [name for name in sorted(os.listdir(folder)) if name.endswith(".jpg")][:args.photos]
TOOLS = ["as it is", "kinora", "deshake", "vidstab"]
rows = []
with tempfile.TemporaryDirectory() as scratch:
    for kind in args.kinds:
        for n, name in enumerate(names):
            plane, clip = photo(ffmpeg, os.path.join(folder, name)), f"{scratch}/clip.mp4"
            meant, way = looks(kind, 7 * n + 1)
            film(ffmpeg, clip, plane, way)
            row = {"kind": kind, "photo": name, "truth_jitter_px": round(jitter(way), 4)}
            row |= {tool: measure(tool, ffmpeg, clip, scratch, plane, way, meant) for tool in TOOLS}
            print(kind, name, {tool: row[tool]["jitter_px"] for tool in TOOLS}, row["kinora"]["report"], flush=True)
            rows.append(row)
median = lambda values: round(float(np.median(values)), 4)
summary = {tool: {"jitter_left": median([r[tool]["jitter_px"] / r["as it is"]["jitter_px"] for r in rows]),
                  "worst": max(round(r[tool]["jitter_px"] / r["as it is"]["jitter_px"], 4) for r in rows),
                  "psnr_db": median([r[tool]["psnr_db"] for r in rows]), "seen": median([r[tool]["seen"] for r in rows]),
                  "cpu_s": median([r[tool]["cpu_s"] for r in rows])} for tool in TOOLS}
results = {"machine": platform.processor() or platform.machine(), "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "summary": summary, "clips": rows}
print(json.dumps(summary, indent=1))
if args.out:
    with open(args.out, "w") as out:
        out.write(json.dumps(results, indent=1) + "\n")
