#!/usr/bin/env python3
"""Bench (c): what a film costs beside encoding it, and how smoothly its pictures move.

usage: python3 bench/film/run.py FFMPEG FONT      (from the repository's root; writes bench/film/result.json)

One 30 s film of 6 pictures, 1280x720, 24 fps, with camera moves and crossfades, three ways in turn, each RUNS times:
  kinora   the example `film_of_pictures` of kinora-film, release build
  encode   ffmpeg alone, the same frames raw from a file (page cache), the same encoder settings
  moviepy  MoviePy on the same storyboard (views, pace, crossfades) and encoder settings
CPU seconds are user + system of the process and its children. Jitter: the centre of a soft disc, measured in the
decoded film, against the place where the storyboard puts it; RMS in pixels over both axes.
"""

import datetime
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "bench-film"
RUNS = int(os.environ.get("RUNS", "3"))
PICTURES = ["colosseum", "great-wall", "machu-picchu", "mont-saint-michel", "petra", "golden-temple"]
ENCODE = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", "-g", "48", "-threads", "6"]
MOVIEPY = "2.2.1"


def cpu(command, **kwargs):
    """CPU seconds and wall seconds of a command with all its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = datetime.datetime.now()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **kwargs)
    wall = (datetime.datetime.now() - start).total_seconds()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def setup(ffmpeg):
    WORK.mkdir(parents=True, exist_ok=True)
    python = WORK / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(WORK / "venv", with_pip=True)
        subprocess.run([python, "-m", "pip", "-q", "install", f"moviepy=={MOVIEPY}"], check=True)
    subprocess.run(["cargo", "build", "--release", "--package", "kinora-film", "--example", "film_of_pictures"], check=True, cwd=ROOT)
    # Stands in for ffmpeg once, to keep a copy of the frames that go into it.
    tee = WORK / "ffmpeg-tee"
    tee.write_text(f'#!/bin/sh\ncase "$*" in *pipe:0*) tee "{WORK}/frames.yuv" | exec "{ffmpeg}" "$@";; *) exec "{ffmpeg}" "$@";; esac\n')
    tee.chmod(0o755)
    return python, tee


def kinora(ffmpeg, font, out, seconds, pictures):
    example = ROOT / "target" / "release" / "examples" / "film_of_pictures"
    return [example, ffmpeg, font, out, "1280x720", str(seconds), *pictures]


JITTER = r'''
import json, subprocess, sys
import numpy as np
from PIL import Image
mode = sys.argv[1]
if mode == "disc":
    y, x = np.mgrid[0:900, 0:1600] + 0.5
    light = 200 * np.exp(-((x - 760) ** 2 + (y - 470) ** 2) / (2 * 45.0 ** 2))
    Image.fromarray(np.dstack([light + 20] * 3).astype(np.uint8)).save(sys.argv[2])
else:
    ffmpeg, film, board = sys.argv[2:5]
    sys.argv = ["x"]
    END, R = 0.35, 0.22
    def ease(t):
        area = 1 - R * (1 - END)
        ramp = lambda t: (END * t + (1 - END) * (t / 2 - R / (2 * np.pi) * np.sin(np.pi * t / R))) / area
        return ramp(t) if t < R else 1 - ramp(1 - t) if t > 1 - R else ramp(R) + (t - R) / area
    shot = json.load(open(board))["shots"][0]
    a, b, n = shot["camera"]["from"], shot["camera"]["to"], shot["frames"]
    raw = subprocess.run([ffmpeg, "-loglevel", "error", "-i", film, "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"], capture_output=True, check=True).stdout
    frames = np.frombuffer(raw, np.uint8).reshape(-1, 720, 1280)
    y, x = np.mgrid[0:720, 0:1280] + 0.5
    off = []
    # Not the ends, where the film comes out of black and goes into it.
    for i in range(20, min(n, len(frames)) - 20):
        k = ease(i / (n - 1))
        v = {key: a[key] + (b[key] - a[key]) * k for key in a}
        w = np.maximum(frames[i].astype(float) - 60, 0)
        cx, cy = (w * x).sum() / w.sum(), (w * y).sum() / w.sum()
        off.append((cx - (760 / 1600 - v["x"]) / v["width"] * 1280, cy - (470 / 900 - v["y"]) / v["height"] * 720))
    off = np.array(off)
    # A constant offset is no jitter.
    off -= off.mean(axis=0)
    print(float(np.sqrt((off ** 2).sum(axis=1).mean())))
'''


def jitter(python, ffmpeg, font):
    script = WORK / "jitter.py"
    script.write_text(JITTER)
    disc = WORK / "disc.png"
    subprocess.run([python, script, "disc", disc], check=True)
    board = WORK / "disc.board.json"
    subprocess.run(kinora(ffmpeg, font, WORK / "disc.mp4", 6, [disc]), check=True, stdout=subprocess.DEVNULL)
    subprocess.run([python, ROOT / "bench/film/moviepy_film.py", board, WORK / "disc-moviepy.mp4"], check=True)
    films = {"kinora": WORK / "disc.mp4", "moviepy": WORK / "disc-moviepy.mp4"}
    return {name: float(output(python, script, "measure", ffmpeg, film, board)) for name, film in films.items()}


def main():
    ffmpeg, font = (str(Path(arg).resolve()) for arg in sys.argv[1:3])
    python, tee = setup(ffmpeg)
    pictures = [ROOT / "samples" / "pictures" / f"{name}.webp" for name in PICTURES]
    film, board, raw = WORK / "film.mp4", WORK / "film.board.json", WORK / "frames.yuv"
    subprocess.run(kinora(tee, font, film, 30, pictures), check=True, stdout=subprocess.DEVNULL)
    assert raw.stat().st_size == 720 * 1280 * 720 * 3 // 2, "720 frames"
    source = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", "1280x720", "-framerate", "24", "-i", raw]
    commands = {
        "kinora": kinora(ffmpeg, font, film, 30, pictures),
        "encode": [ffmpeg, "-loglevel", "error", "-y", *source, *ENCODE, "-movflags", "+faststart", WORK / "encode.mp4"],
        "moviepy": [python, ROOT / "bench/film/moviepy_film.py", board, WORK / "moviepy.mp4"],
    }
    environment = {**os.environ, "IMAGEIO_FFMPEG_EXE": ffmpeg}
    times = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            times[name].append(cpu(command, env=environment))
    result = {
        "workload": "30 s, 1280x720, 24 fps, 6 pictures of samples/, camera moves, crossfades of 0.7 s, x264 veryfast crf 20, 6 threads",
        "command": "cargo xtask bench film",
        "date": datetime.date.today().isoformat(),
        "machine": {"cpus": os.cpu_count(), "cpu": cpu_name(), "system": platform.platform(), "load_at_end": os.getloadavg()},
        "versions": {"kinora": output("git", "-C", ROOT, "rev-parse", "--short", "HEAD").strip(), "rustc": output("rustc", "--version").strip(),
                     "ffmpeg": output(ffmpeg, "-version").split()[2], "moviepy": MOVIEPY},
        "cpu_seconds": {name: [round(c, 2) for c, _ in runs] for name, runs in times.items()},
        "wall_seconds": {name: [round(w, 2) for _, w in runs] for name, runs in times.items()},
    }
    # The least disturbed run: the machine is shared.
    best = {name: min(runs) for name, runs in result["cpu_seconds"].items()}
    result["cpu_best"] = best
    result["cpu_median"] = {name: statistics.median(runs) for name, runs in result["cpu_seconds"].items()}
    result["ratio_to_encode"] = {name: round(best[name] / best["encode"], 3) for name in ("kinora", "moviepy")}
    result["bytes"] = {name: path.stat().st_size for name, path in (("kinora", film), ("encode", WORK / "encode.mp4"), ("moviepy", WORK / "moviepy.mp4"))}
    result["jitter_rms_px"] = {name: round(value, 4) for name, value in jitter(python, ffmpeg, font).items()}
    raw.unlink()
    (ROOT / "bench" / "film" / "result.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


def cpu_name():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


main()
