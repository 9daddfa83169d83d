"""Motion of shots: kinds and speeds on made clips of real photos, and what measuring costs beside decoding.

A camera (and in some clips a disc with another photo in it) moves over a photo by known amounts below a pixel; the
clips are encoded by x264. A kind is right if the clip's kinds are exactly the true ones. Environment: KINORA_FFMPEG, PHOTOS (a folder of
large JPEG photos), CLIPS (a folder of videos for the cost; left out if unset), MOTION (the example's binary; else that
of the debug profile).
"""
import argparse, json, os, platform, random, subprocess, sys, tempfile
import numpy as np

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
WIDTH, HEIGHT, FPS, SECONDS = 640, 360, 25, 2
SCENE = 1920
KINDS = {"pan": (["pan_left"], ["pan_right"]), "tilt": (["tilt_down"], ["tilt_up"]), "zoom": (["zoom_out"], ["zoom_in"]),
         "roll": (["roll_counterclockwise"], ["roll_clockwise"])}


def photo(ffmpeg, path):
    """Luma of a photo, twice the size at which it is seen, softened to that size so that sampling does not alias."""
    size = f"{SCENE}:{SCENE * 2 // 3}"
    raw = subprocess.run([ffmpeg, "-v", "error", "-i", path, "-vf", f"scale={size}:force_original_aspect_ratio=increase:flags=area,"
                          f"crop={size},gblur=sigma=1", "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-"],
                         capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(SCENE * 2 // 3, SCENE).astype(np.float32)


def sample(plane, x, y):
    x, y = np.clip(x, 0, plane.shape[1] - 1.001), np.clip(y, 0, plane.shape[0] - 1.001)
    i, j = x.astype(np.int32), y.astype(np.int32)
    fx, fy = x - i, y - j
    top = plane[j, i] * (1 - fx) + plane[j, i + 1] * fx
    return top * (1 - fy) + (plane[j + 1, i] * (1 - fx) + plane[j + 1, i + 1] * fx) * fy


def view(plane, look):
    """What a camera at `look` = (x, y) in widths, magnification, degrees clockwise sees."""
    (cx, cy), zoom, roll = look
    u, v = np.meshgrid(np.arange(WIDTH) + 0.5 - WIDTH / 2, np.arange(HEIGHT) + 0.5 - HEIGHT / 2)
    sin, cos = np.sin(np.radians(roll)), np.cos(np.radians(roll))
    scale = SCENE / WIDTH / 2 * 1.2
    x = plane.shape[1] / 2 + scale * ((u * cos - v * sin) / zoom + cx * WIDTH)
    y = plane.shape[0] / 2 + scale * ((u * sin + v * cos) / zoom + cy * WIDTH)
    return sample(plane, x, y)


def shake_at(t, draw):
    waves = draw["waves"]
    return [draw["shake"] * sum(a * np.sin(2 * np.pi * f * t + p) for a, f, p in axis) for axis in waves]


def film(ffmpeg, path, photos, draw):
    encoder = subprocess.Popen([ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS),
                                "-i", "-", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", path],
                               stdin=subprocess.PIPE)
    u, v = np.meshgrid((np.arange(WIDTH) + 0.5) / WIDTH - 0.5, (np.arange(HEIGHT) + 0.5 - HEIGHT / 2) / WIDTH)
    for i in range(FPS * SECONDS):
        t = i / FPS - SECONDS / 2
        shake = shake_at(t, draw)
        look = ((draw["pan"] * t + shake[0], -draw["tilt"] * t + shake[1]), draw["zoom"] ** t, draw["roll"] * t)
        frame = view(photos[draw["photo"]], look)
        if draw["subject"]:
            x, y = draw["subject"][0] * t, -draw["subject"][1] * t
            inside = (u - x) ** 2 + (v - y) ** 2 < draw["radius"] ** 2
            disc = view(photos[draw["other"]], ((-x + 0.2, -y), 1.3, 0))
            frame = np.where(inside, disc, frame)
        encoder.stdin.write(np.clip(frame, 0, 255).astype(np.uint8).tobytes())
    encoder.stdin.close()
    assert encoder.wait() == 0


def draws(seed, photos):
    rng = random.Random(seed)
    rest = {"pan": 0.0, "tilt": 0.0, "zoom": 1.0, "roll": 0.0, "shake": 0.0, "subject": None, "radius": 0.12}
    sign = lambda: rng.choice([-1, 1])
    pick = lambda: {"photo": rng.randrange(photos), "other": rng.randrange(photos),
                    "waves": [[(1 / 2, rng.uniform(2.5, 4), rng.uniform(0, 6)), (1 / 3, rng.uniform(4, 8), rng.uniform(0, 6))] for _ in "xy"]}
    speeds = {"pan": [0.02, 0.06, 0.2, 0.5], "tilt": [0.02, 0.06, 0.2], "zoom": [0.02, 0.05, 0.2], "roll": [2, 8]}
    for _ in range(3):
        yield "static", {**rest, **pick()}, ["static"]
    for kind, values in speeds.items():
        for value in values:
            for way in (-1, 1):
                moved = float(np.exp(way * value)) if kind == "zoom" else way * value
                yield kind, {**rest, **pick(), kind: moved}, KINDS[kind][way > 0]
    for shake in (0.002, 0.005):
        yield "shaky", {**rest, **pick(), "shake": shake}, ["shaky"]
        yield "shaky pan", {**rest, **pick(), "shake": shake, "pan": 0.15 * sign()}, None
    for pan in (0.0, 0.0, 0.1, -0.1):
        subject = [0.25 * sign(), rng.choice([0.0, 0.1])]
        yield "subject", {**rest, **pick(), "subject": subject, "pan": pan}, ["static"] if pan == 0 else KINDS["pan"][pan > 0]


def measure(motion, ffmpeg, path, *more):
    lines = subprocess.run([motion, ffmpeg, path, *more], capture_output=True, text=True, check=True).stdout.splitlines()
    return json.loads(lines[0]), [json.loads(line.split(" ", 1)[1]) for line in lines[1:]]


def judge(kind, draw, truth, found):
    truth = truth or sorted([KINDS["pan"][draw["pan"] > 0][0], "shaky"])
    row = {"kind": kind, "photo": draw["photo"], "truth": truth, "found": found["camera"], "right": sorted(found["camera"]) == sorted(truth)}
    for name in ("pan", "tilt", "zoom", "roll"):
        got, want = (np.log(found[name]), np.log(draw[name])) if name == "zoom" else (found[name], draw[name])
        row[name] = [round(float(want), 5), round(float(got), 5)]
    if kind == "subject":
        # On the screen a panned world goes the other way; the subject's own way is measured against it.
        want = [draw["subject"][0] + draw["pan"], draw["subject"][1]]
        angle = float(np.degrees(np.arctan2(want[1], want[0]))) % 360
        subject = found["subject"]
        off = None if subject["direction"] is None else abs((subject["direction"] - angle + 180) % 360 - 180)
        row["subject"] = {"speed": [round(float(np.hypot(*want)), 4), round(subject["speed"], 4)], "direction_off": off,
                          "area": [round(np.pi * draw["radius"] ** 2 * WIDTH / HEIGHT, 4), round(subject["area"], 4)]}
    return row


def summary(rows):
    out = {"clips": len(rows), "kinds_right": sum(r["right"] for r in rows)}
    for name in ("pan", "tilt", "zoom", "roll"):
        moving = [r[name] for r in rows if abs(r[name][0]) > 0]
        still = [r[name][1] for r in rows if r[name][0] == 0]
        out[name] = {"median_error_share": round(float(np.median([abs(g / w - 1) for w, g in moving])), 4),
                     "worst_error_share": round(max(abs(g / w - 1) for w, g in moving), 4), "rms_where_none": round(float(np.sqrt(np.mean(np.square(still)))), 5)}
    subjects = [r["subject"] for r in rows if "subject" in r]
    offs = [s["direction_off"] for s in subjects if s["direction_off"] is not None]
    out["subject"] = {"clips": len(subjects), "with_direction": len(offs), "worst_direction_off": max(offs, default=None),
                      "worst_speed_error_share": round(max(abs(s["speed"][1] / s["speed"][0] - 1) for s in subjects), 3)}
    return out


parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=2)
parser.add_argument("--films", help="keep the clips in this folder and use those that are there")
parser.add_argument("--out")
args = parser.parse_args()
ffmpeg, clips = os.environ.get("KINORA_FFMPEG", "ffmpeg"), os.environ.get("CLIPS")
motion = os.environ.get("MOTION", os.path.join(os.environ.get("CARGO_TARGET_DIR", f"{ROOT}/target"), "debug/examples/motion"))
folder = os.environ["PHOTOS"]
photos = [photo(ffmpeg, os.path.join(folder, name)) for name in sorted(os.listdir(folder)) if name.endswith(".jpg")][:8]
rows = []
with tempfile.TemporaryDirectory() as scratch:
    scratch = args.films or scratch
    for i, (kind, draw, truth) in enumerate(draws(args.seed, len(photos))):
        path = f"{scratch}/{args.seed}-{i}.mp4"
        if not os.path.exists(path):
            film(ffmpeg, path, photos, draw)
        rows.append(judge(kind, draw, truth, measure(motion, ffmpeg, path, "--whole")[1][0]))
        if not rows[-1]["right"]:
            print("wrong:", rows[-1], flush=True)
cost = {}
for name in sorted(os.listdir(clips)) if clips else []:
    before = os.times()
    told, _ = measure(motion, ffmpeg, os.path.join(clips, name))
    after = os.times()
    whole = after.children_user + after.children_system - before.children_user - before.children_system
    spent = told["motion_cpu_s"]
    cost[name] = {**told, "all_cpu_s": round(whole, 3), "motion_share_of_the_rest": round(spent / (whole - spent), 4)}
results = {"command": " ".join(["bench/motion/run.py", *sys.argv[1:]]), "machine": platform.processor() or platform.machine(),
           "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "summary": summary(rows), "cost": cost, "clips": rows}
print(json.dumps({"summary": results["summary"], "cost": cost}, indent=1))
if args.out:
    with open(args.out, "w") as out:
        out.write(json.dumps(results, indent=1) + "\n")
