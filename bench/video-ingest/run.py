"""CPU of `kinora add` on a long video, without any words, against the same ffmpeg that only decodes it.

    python3 bench/video-ingest/run.py [--rounds 3] [--seconds 180] [--kinora BINARY]

The two longest sample clips are repeated by stream copy, so that start-up does not count. In each round, in turn:
`decode` (ffmpeg to the null muxer, all streams), `decode and scale` (ffmpeg decodes the picture alone and hands over
every frame at the size that Kinora looks at) and `kinora add` (all processes: hash, probe, keyframes, one decode,
shots, motion, a frame a second embedded, thumbnail, commit). CPU is user and system time of the process and all
its children; the number of decoder threads is the same.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TESTDATA = pathlib.Path(os.environ.get("TESTDATA", ROOT.parent / "shared" / "testdata"))
CLIPS = {"bbb_1080p_30s.mp4": 30, "bbb_trailer_55s_720p.mp4": 55}
# Both clips at the shorter side that ingest asks for.
SIZE = (398, 224)
# As `VideoLimits::default` has it.
THREADS = str(min(os.cpu_count(), 4))


def told(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def timed(command, env=None):
    start = time.perf_counter()
    child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, command
    return {"cpu_s": round(usage.ru_utime + usage.ru_stime, 2), "wall_s": round(time.perf_counter() - start, 2)}


def lengthened(ffmpeg, clip, seconds, folder):
    times = max(seconds // CLIPS[clip], 1)
    out = folder / clip
    subprocess.run([ffmpeg, "-v", "error", "-y", "-stream_loop", str(times - 1), "-i", TESTDATA / "video" / clip, "-c", "copy",
                    out], check=True)
    return out, times * CLIPS[clip]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--kinora", default=str(ROOT / "target" / "release" / "kinora"))
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "result.json")
    options = parser.parse_args()
    models = told(options.kinora, "models", "path")
    ffmpeg = os.environ.get("KINORA_FFMPEG") or str(next(pathlib.Path(models).glob("ffmpeg/*/ffmpeg")))
    scale = f"scale={SIZE[0]}:{SIZE[1]}:flags=area,format=yuv420p"

    def add(path):
        with tempfile.TemporaryDirectory() as home:
            env = {**os.environ, "KINORA_HOME": home, "KINORA_CACHE": models, "KINORA_FFMPEG": ffmpeg}
            without = [word for kind in ("speech", "text", "tag") for word in ("--without", kind)]
            return timed([options.kinora, "add", str(path), *without, "--json"], env)

    decoder = [ffmpeg, "-v", "error", "-nostdin", "-threads", THREADS, "-i"]
    ways = {
        "decode": lambda path: timed([*decoder, path, "-f", "null", "-"]),
        "decode and scale": lambda path: timed([*decoder, path, "-map", "0:V:0", "-vf", scale, "-fps_mode", "passthrough",
                                                "-f", "rawvideo", "-"]),
        "kinora add": add,
    }
    result = {"command": f"bench/video-ingest/run.sh --rounds {options.rounds} --seconds {options.seconds}",
              "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
              "kinora": told("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"), "threads": int(THREADS), "clips": {}}
    with tempfile.TemporaryDirectory() as folder:
        for clip in CLIPS:
            path, seconds = lengthened(ffmpeg, clip, options.seconds, pathlib.Path(folder))
            rounds = []
            for _ in range(options.rounds):
                rounds.append({name: way(path) for name, way in ways.items()})
                print(clip, rounds[-1], flush=True)
            times = lambda name: round(statistics.median(r[name]["cpu_s"] / r["decode"]["cpu_s"] for r in rounds), 3)
            result["clips"][clip] = {"seconds": seconds, "times_decode": {name: times(name) for name in ways}, "rounds": rounds}
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({clip: told["times_decode"] for clip, told in result["clips"].items()}, indent=1))


if __name__ == "__main__":
    main()
