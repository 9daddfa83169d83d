"""12-megapixel JPEGs to searchable: Kinora against rclip's way, in one run.

    python3 bench/ingest/run.py [--pictures 24] [--rounds 3]

Makes the pictures (samples/, enlarged and cropped to 4000x3000, JPEG quality 90), then in each round, in
turn: `kinora add` into a new library (hash, decode, embed with the library's own int8 CLIP, thumbnail,
metadata, durable commit) and, in another process, what rclip does with the same model: for each picture
PIL opens and converts it, resizes it bicubically to 224 px, numpy normalises it, onnxruntime embeds it
alone, SQLite keeps the vector. Both read from a warm page cache. `pil-threads` is the same with two
decoding threads in front, for those who would say that one by one is unfair. The `without network` pair
leaves the embedding out on both sides: the network is the same and takes most of the time.

Needs `cargo build --release -p kinora-cli -p kinora-ingest --bins --examples`, `kinora models pull`, and makes itself a virtual environment.
Writes bench/ingest/results.json and prints the summary.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = ROOT / "target" / "bench-ingest"
PINS = ["pillow==13.0.0", "numpy==2.3.5", "onnxruntime==1.31.1"]
KINORA = ROOT / "target" / "release" / "kinora"
WITHOUT_NETWORK = ROOT / "target" / "release" / "examples" / "without_network"


def python():
    venv = CACHE / "venv"
    inside = venv / "bin" / "python"
    if not inside.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([inside, "-m", "pip", "install", "-q", *PINS], check=True)
    return inside


def make_pictures(count):
    """Runs inside the virtual environment."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(7)
    folder = CACHE / f"pictures-{count}"
    if folder.exists():
        return folder
    aside = folder.with_suffix(".part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    sources = sorted((ROOT / "samples" / "pictures").iterdir())
    for number in range(count):
        image = Image.open(sources[number % len(sources)]).convert("RGB")
        scale = max(4000 / image.width, 3000 / image.height) * (1 + 0.1 * (number // len(sources)))
        size = (round(image.width * scale) + 1, round(image.height * scale) + 1)
        image = image.resize(size, Image.LANCZOS).crop((0, 0, 4000, 3000))
        # Sensor noise: without it enlarged pictures have 1.5 MB, where phones write 3 to 5.
        noise = random.normal(0, 4, (3000, 4000, 1)).astype(np.float32)
        noisy = np.clip(np.asarray(image, np.float32) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(aside / f"{number:03}.jpg", quality=90)
    aside.rename(folder)
    return folder


def network(model):
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda values: session.run(None, {name: values})[0]


def rclip_way(folder, model, threads):
    """Runs inside the virtual environment; prints nothing."""
    import sqlite3
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np
    from PIL import Image

    embed = network(model) if model != "none" else lambda values: np.ones(512, np.float32)
    mean = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
    deviation = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)

    def prepare(path):
        image = Image.open(path).convert("RGB")
        scale = 224 / min(image.size)
        image = image.resize([round(side * scale) for side in image.size], Image.BICUBIC)
        left, top = (image.width - 224) // 2, (image.height - 224) // 2
        values = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32) / 255
        return path, ((values - mean) / deviation).transpose(2, 0, 1)[None]

    with tempfile.TemporaryDirectory() as scratch:
        database = sqlite3.connect(Path(scratch) / "rclip.sqlite")
        database.execute("CREATE TABLE images (path TEXT PRIMARY KEY, vector BLOB)")
        paths = sorted(Path(folder).iterdir())
        pool = ThreadPoolExecutor(threads) if threads > 1 else None
        for path, values in pool.map(prepare, paths) if pool else map(prepare, paths):
            vector = embed(values)
            database.execute("INSERT INTO images VALUES (?, ?)", (str(path), vector.tobytes()))
            database.commit()


def timed(command, env=None):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": round(wall, 3), "cpu_s": round(cpu, 3)}


def kinora(folder):
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "KINORA_HOME": home, "KINORA_CACHE": str(models_folder())}
        return timed([KINORA, "add", folder, "--library", "bench", "--json"], env)


def without_network(folder):
    with tempfile.TemporaryDirectory() as home:
        return timed([WITHOUT_NETWORK, Path(home) / "library", folder])


def models_folder():
    told = subprocess.run([KINORA, "models", "path"], check=True, capture_output=True, text=True)
    return Path(told.stdout.strip())


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--pictures", type=int, default=24)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--inside", nargs="*", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.inside:
        part, *rest = options.inside
        return print(make_pictures(int(rest[0]))) if part == "make" else rclip_way(rest[0], rest[1], int(rest[2]))
    run(options)


def run(options):
    inside, me = python(), str(Path(__file__).resolve())
    made = subprocess.run([inside, me, "--inside", "make", str(options.pictures)], check=True, capture_output=True, text=True)
    folder = made.stdout.strip()
    model = next(models_folder().glob("clip-vit-b-16-vision-int8/*/vision.onnx"))
    pil = lambda threads, model=model: timed([inside, me, "--inside", "rclip", folder, str(model), str(threads)])
    ways = {
        "kinora": lambda: kinora(folder),
        "rclip": lambda: pil(1),
        "pil-threads": lambda: pil(2),
        "kinora without network": lambda: without_network(folder),
        "rclip without network": lambda: pil(1, "none"),
    }
    rounds = []
    for number in range(options.rounds):
        rounds.append({name: way() for name, way in ways.items()})
        print(f"round {number + 1}: {rounds[-1]}", file=sys.stderr)
    results = summary(options, rounds, inside, model)
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps({key: results[key] for key in results if key.startswith("times") or "per" in key}, indent=1))


def summary(options, rounds, inside, model):
    ways = list(rounds[0])
    median = lambda way, key: statistics.median(r[way][key] for r in rounds)
    ratio = lambda way, key, ours="kinora": round(statistics.median(r[way][key] / r[ours][key] for r in rounds), 2)
    both = lambda way, ours="kinora": {"wall": ratio(way, "wall_s", ours), "cpu": ratio(way, "cpu_s", ours)}
    versions = subprocess.run([inside, "-m", "pip", "freeze"], check=True, capture_output=True, text=True).stdout.split()
    return {
        "workload": f"{options.pictures} JPEGs of 4000x3000, quality 90, to searchable, process start included",
        "command": f"python3 bench/ingest/run.py --pictures {options.pictures} --rounds {options.rounds}",
        "machine": {
            "cpu": cpu_name(),
            "cores": os.cpu_count(),
            "load_at_start": os.getloadavg()[0],
            "system": platform.platform(terse=True),
            "date": time.strftime("%Y-%m-%d"),
        },
        "versions": {
            "kinora": git("rev-parse", "--short", "HEAD"),
            "model": f"{model.parent.parent.name} {model.parent.name}",
            "nasm_found": shutil.which("nasm") is not None,
            "python": platform.python_version(),
            **dict(v.split("==") for v in versions if v.split("==")[0] in ("pillow", "numpy", "onnxruntime")),
        },
        "pictures_per_s": {way: round(options.pictures / median(way, "wall_s"), 2) for way in ways},
        "cpu_ms_per_picture": {way: round(median(way, "cpu_s") * 1000 / options.pictures, 1) for way in ways},
        "times_rclip": both("rclip"),
        "times_pil_threads": both("pil-threads"),
        "times_rclip_without_network": both("rclip without network", "kinora without network"),
        "rounds": rounds,
    }


def cpu_name():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((l.split(":")[1].strip() for l in lines if l.startswith("model name")), platform.processor())


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
