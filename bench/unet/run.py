"""One UNet step and one spatial + temporal block, Kinora (candle) against PyTorch, same shapes and threads.

    bench/unet/run.sh --rounds 3 --threads 2

Both sides run in turn, so that other load on the machine meets both. Writes `results.json` and `table.md` after every turn.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import time

import diffusers
import torch
from diffusers import UNet3DConditionModel
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from diffusers.models.transformers.transformer_temporal import TransformerTemporalModel

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SIZES = {
    "tiny": dict(block_out_channels=(32, 64, 64, 64), cross_attention_dim=64, norm_num_groups=8, attention_head_dim=16),
    "half": dict(block_out_channels=(160, 320, 640, 640), cross_attention_dim=512),
}


def timed(what, rounds, run):
    run()
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return what, seconds


def peer(size, rounds):
    heads, channels = (5, 320) if size == "half" else (4, 64)
    spatial = Transformer2DModel(heads, channels // heads, channels, cross_attention_dim=512, norm_num_groups=32,
                                 use_linear_projection=True)
    temporal = TransformerTemporalModel(heads, channels // heads, channels, norm_num_groups=32)
    x, text = torch.randn(8, channels, 16, 16, requires_grad=True), torch.randn(8, 77, 512)
    block = lambda x: temporal(spatial(x, text, return_dict=False)[0], num_frames=8, return_dict=False)[0]
    unet = UNet3DConditionModel(**SIZES[size]).eval()
    sample, words = torch.randn(1, 4, 8, 16, 16), torch.randn(1, 77, SIZES[size]["cross_attention_dim"])
    with torch.no_grad():
        yield timed("block, forward", rounds, lambda: block(x.detach()))
        yield timed("unet step", rounds, lambda: unet(sample, 500, words))
    yield timed("block, forward and backward", rounds, lambda: block(x).square().mean().backward())


def ours(size, rounds, threads):
    program = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "examples" / "unet_step"
    run = subprocess.run([program, size, str(rounds)], check=True, capture_output=True, text=True,
                         env=os.environ | {"RAYON_NUM_THREADS": str(threads)})
    return [(line["what"], line["seconds"]) for line in map(json.loads, run.stdout.splitlines())]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    rows, load = {}, os.getloadavg()[0]
    for size in SIZES:
        for _ in range(args.turns):
            for side, found in (("kinora", ours(size, args.rounds, args.threads)), ("torch", peer(size, args.rounds))):
                for what, seconds in found:
                    rows.setdefault(f"{size}: {what}", {}).setdefault(side, []).extend(seconds)
            save(args, rows, load)


def save(args, rows, load):
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    results = {
        "workload": "1 x 4 x 8 x 16 x 16 latents, 77 text tokens; block: 8 x C x 16 x 16, C = 64 (tiny) or 320 (half); f32",
        "command": f"run.py --rounds {args.rounds} --turns {args.turns} --threads {args.threads}",
        "machine": {"cores": os.cpu_count(), "load_at_start": load, "system": platform.platform(),
                    "date": datetime.date.today().isoformat()},
        "versions": {"kinora": commit.strip(), "torch": torch.__version__, "diffusers": diffusers.__version__},
        "seconds": rows,
    }
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    lines = ["| what | Kinora, s | PyTorch, s | ratio |", "|---|---|---|---|"]
    for what, sides in rows.items():
        middle = {side: statistics.median(seconds) for side, seconds in sides.items()}
        least = {side: min(seconds) for side, seconds in sides.items()}
        theirs = f"{middle['torch']:.3f} ({least['torch']:.3f})" if "torch" in middle else ""
        base = sides.get("torch") or rows[what.split(":")[0] + ": unet step"]["kinora"]
        ratio = middle["kinora"] / statistics.median(base)
        ratio = f"{ratio:.2f}" if "torch" in middle else f"{100 * (ratio - 1):+.0f} % of our step"
        lines.append(f"| {what} | {middle['kinora']:.3f} ({least['kinora']:.3f}) | {theirs} | {ratio} |")
    (HERE / "table.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
