"""Plans what `ragme_samples` shall make and judges what it made.

    python evaluate.py plan RUN...   # work/plan.json
    python evaluate.py judge         # results.json, strip.png, and the table of summary.md to print

Clips for a prompt are those of the library whose caption names the same motion, of whatever subject: the library holds
no clip of a held-out pair. Every run makes the same prompts from the same seeds.
"""
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet3DConditionModel
from PIL import Image
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

import scenes
from train import CLIPS_K, HERE, MODEL, SCHEDULER, WORK, Judge, Ragme, fold, numbers

# Videos for each held-out pair, and for each third of the trained ones: so many as the machine had time for.
STEPS, TEXT_GUIDANCE, EACH = 8, 2.0, {"trained": 2, "held out": 8}
SHOWN = {"trained": scenes.TRAINED[::3], "held out": scenes.HELD_OUT}
WRONG = {"moves left": "moves right", "moves right": "moves left", "moves up": "moves down", "moves down": "moves up",
         "grows": "shrinks", "shrinks": "grows", "circles": "zigzags", "zigzags": "circles"}
# The base with a start from the clips and nothing else: RAGME with its gates shut.
SHUT = "ragme-shut"
# unet, controller, clips, retrieval scale, start from the clips, which motion the clips have
RUNS = {
    "base": ("unet", "ragme", 0, 1.0, False, "right"),
    "base, trained on": ("unet-longer", "ragme", 0, 1.0, False, "right"),
    "ragme": ("unet", "ragme", 5, 1.0, False, "right"),
    "clips of the wrong motion": ("unet", "ragme", 5, 1.0, False, "wrong"),
    "K = 1": ("unet", "ragme", 1, 1.0, False, "right"),
    "s_r = 2": ("unet", "ragme", 5, 2.0, False, "right"),
    "s_r = 4": ("unet", "ragme", 5, 4.0, False, "right"),
    "RagInit": ("unet", "ragme", 5, 1.0, True, "right"),
    "RagInit alone": ("unet", SHUT, 5, 1.0, True, "right"),
    "RagInit, wrong motion": ("unet", "ragme", 5, 1.0, True, "wrong"),
    "noisy steps only": ("unet", "ragme-late", 5, 1.0, False, "right"),
    "noisy steps only, RagInit": ("unet", "ragme-late", 5, 1.0, True, "right"),
    "noisy steps only, pooled": ("unet", "ragme-pooled", 5, 1.0, False, "right"),
    "a third of the steps": ("unet", "ragme-third", 5, 1.0, False, "right"),
    "a third, no position": ("unet", "ragme-none", 5, 1.0, False, "right"),
    "a third, cls": ("unet", "ragme-cls", 5, 1.0, False, "right"),
    "a third, concat": ("unet", "ragme-concat", 5, 1.0, False, "right"),
}
CONTROLLERS = ["ragme", "ragme-late"]
MADE = WORK / "made"


def requests():
    """(pair, seed) of every video, the same for every run."""
    rows = [(pair, kind, at) for kind, pairs in SHOWN.items() for pair in pairs for at in range(EACH[kind])]
    return [(pair, kind, 1000 * scenes.PAIRS.index(pair) + at) for pair, kind, at in rows]


def shut():
    folder = WORK / SHUT
    folder.mkdir(exist_ok=True)
    weights = load_file(WORK / "ragme" / "ragme.safetensors")
    save_file({k: v * 0 if ".gate." in k else v for k, v in weights.items()}, folder / "ragme.safetensors")
    shutil.copy(WORK / "ragme" / "config.json", folder)


def plan(names):
    shut()
    library = load_file(WORK / "library.safetensors")
    motion = (library["library.pair"] % len(scenes.MOTIONS)).numpy()
    runs = []
    for name in names:
        unet, controller, k, scale, init, which = RUNS[name]
        clips = []
        for (_, wanted), _, seed in requests():
            shown = wanted if which == "right" else WRONG[wanted]
            rows = np.flatnonzero(motion == scenes.MOTIONS.index(shown))
            clips.append(np.random.default_rng(seed).choice(rows, CLIPS_K, False)[:k].tolist())
        runs.append({"name": name, "unet": unet, "controller": controller, "text": TEXT_GUIDANCE, "retrieval": scale,
                     "init": init, "prompts": [scenes.prompt(pair) for pair, _, _ in requests()],
                     "seeds": [seed for _, _, seed in requests()], "clips": clips})
    whole = {"frames": scenes.FRAMES, "side": scenes.SIDE, "steps": STEPS, "runs": runs}
    (WORK / "plan.json").write_text(json.dumps(whole))


def root(matrix):
    """Square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(values.clip(0))) @ vectors.T


def frechet(a, b):
    """|μa - μb|² + tr(Σa + Σb - 2 (Σa^½ Σb Σa^½)^½) of two sets of features (n, d)."""
    (ma, ca), (mb, cb) = ((x.mean(0), np.cov(x.T)) for x in (a, b))
    half = root(ca)
    return float(((ma - mb) ** 2).sum() + np.trace(ca + cb - 2 * root(half @ cb @ half)))


def interval(hits, n):
    """Wilson's 95 % interval of a share."""
    p, z = hits / n, 1.96
    middle, spread = (p + z * z / 2 / n) / (1 + z * z / n), z * np.sqrt(p * (1 - p) / n + z * z / 4 / n / n) / (1 + z * z / n)
    return [round(float(middle - spread), 3), round(float(middle + spread), 3)]


def judged(net, frames, real):
    video = frames.transpose(1, 2) * 2 - 1  # (n, 3, frames, h, w), -1 to 1
    kinds = np.array([kind for _, kind, _ in requests()])
    truth = numbers([scenes.PAIRS.index(pair) for pair, _, _ in requests()])
    with torch.no_grad():
        subject, motion = (said.argmax(1) for said in net(video))
        features = net.features(video).double().numpy()
    found = {}
    wrong = torch.tensor([scenes.MOTIONS.index(WRONG[pair[1]]) for pair, _, _ in requests()])
    for kind in EACH:
        rows = kinds == kind
        hits, n = int((motion == truth[1])[rows].sum()), int(rows.sum())
        found[kind] = {"videos": n, "motion": round(hits / n, 3), "motion_95": interval(hits, n),
                       "opposite_motion": round((motion == wrong)[rows].float().mean().item(), 3),
                       "subject": round((subject == truth[0])[rows].float().mean().item(), 3),
                       # With fewer videos than the features' width their covariance says nothing.
                       "frechet": round(frechet(features[rows], real[kind]), 2) if n > features.shape[1] else None}
    return found


def neighbours():
    """What a search by the mean of frame embeddings (equations 3 and 4) finds for a library clip: its five neighbours."""
    library = load_file(WORK / "library.safetensors")
    mean = torch.nn.functional.normalize(library["library.frames"].mean(1), dim=-1)
    near = mean @ mean.T
    near[near >= 0.98] = -1
    top = near.topk(CLIPS_K, 1).indices
    subject, motion = numbers(library["library.pair"])
    opposite = torch.tensor([scenes.MOTIONS.index(WRONG[m]) for m in scenes.MOTIONS])[motion]
    share = lambda a, b: round((a[top] == b[:, None]).float().mean().item(), 3)
    return {"same_subject": share(subject, subject), "same_motion": share(motion, motion),
            "opposite_motion": share(motion, opposite)}


def errors(unet, controller, near=(600, 900)):
    """Mean squared error of the network's guess of clean clips of held-out pairs, the same noise for all: with the text
    or with none, with clips of the right motion, of the wrong one, or with none. On the reference in PyTorch."""
    net = UNet3DConditionModel.from_pretrained(MODEL / unet).eval()
    config = json.loads((WORK / controller / "config.json").read_text())
    added = Ragme(config, net).eval()
    added.load_state_dict(load_file(WORK / controller / "ragme.safetensors"))
    library, texts = load_file(WORK / "library.safetensors"), load_file(WORK / "text.safetensors")["text"]
    motion = (library["library.pair"] % len(scenes.MOTIONS)).numpy()
    video, _, number = scenes.draw(scenes.HELD_OUT, 2, 60_000)
    clean, alphas, found = fold(torch.from_numpy(video)), DDIMScheduler(**SCHEDULER).alphas_cumprod, {}
    rng, torch_rng = np.random.default_rng(61_000), torch.Generator().manual_seed(62_000)
    of = lambda wanted: rng.choice(np.flatnonzero(motion == scenes.MOTIONS.index(wanted)), CLIPS_K, False)
    pairs = [scenes.PAIRS[n] for n in number]
    rows = {"right": [of(m) for _, m in pairs], "wrong": [of(WRONG[m]) for _, m in pairs]}
    rows["none"] = rows["right"]
    noise = torch.randn(clean.shape, generator=torch_rng)
    for text in ("text", "no text"):
        said = texts[torch.from_numpy(number + 1) if text == "text" else torch.zeros(len(number), dtype=torch.long)]
        for which, clips in rows.items():
            total = []
            for t in near:
                a = alphas[t]
                mask = torch.full((len(number), CLIPS_K, 3), 0.0 if which == "none" else 1.0)
                with torch.no_grad():
                    added.condition(library["library.frames"][torch.from_numpy(np.stack(clips))], mask)
                    guess = net(a.sqrt() * clean + (1 - a).sqrt() * noise, torch.full((len(number),), t), said).sample
                total.append(F.mse_loss(guess, clean).item())
            found[f"{text}, {which} clips"] = {str(t): round(error, 5) for t, error in zip(near, total)}
    return found


def all_errors():
    found = {name: errors("unet", name) for name in CONTROLLERS if (WORK / name / "config.json").is_file()}
    if (MODEL / "unet-longer").is_dir():
        longer = errors("unet-longer", CONTROLLERS[0])
        found["base, trained on"] = {what: error for what, error in longer.items() if "none" in what}
    return found


def strip(rows):
    """Frames of some held-out pairs: each run a row."""
    chosen = [i for i, (_, kind, _) in enumerate(requests()) if kind == "held out"][::EACH["held out"] * 3]
    lines = []
    for at in chosen:
        for frames in rows:
            lines.append(np.concatenate(list(frames[at].permute(0, 2, 3, 1).numpy()), 1))
    picture = Image.fromarray((np.concatenate(lines, 0) * 255).round().astype(np.uint8))
    picture = picture.resize((picture.width * 4, picture.height * 4), Image.NEAREST)
    picture.save(HERE / "strip.png", optimize=True)
    return [scenes.prompt(requests()[at][0]) for at in chosen]


def judge():
    net = Judge()
    net.load_state_dict(torch.load(WORK / "judge.pt"))
    net.eval()
    features = lambda pairs, seed: net.features(torch.from_numpy(scenes.draw(pairs, 40, seed)[0])).double().numpy()
    with torch.no_grad():
        real = {"trained": features(scenes.TRAINED, 50_000), "held out": features(scenes.HELD_OUT, 51_000)}
        again = {"trained": features(scenes.TRAINED, 52_000), "held out": features(scenes.HELD_OUT, 53_000)}
    runs, kept = {}, {}
    for name in RUNS:
        file = MADE / f"{name}.safetensors"
        if file.is_file():
            kept[name] = load_file(file)["frames"]
            runs[name] = judged(net, kept[name], real)
    sides = [name for name in ("base, trained on", "ragme", "RagInit") if name in kept]
    shown = strip([kept[name] for name in sides])
    logs = {file.name.split(".")[0]: json.loads(file.read_text()) for file in sorted(WORK.glob("*.log.json"))}
    losses = {name: {"steps": len(log), "last_100": round(float(np.mean(log[-100:])), 4)} for name, log in logs.items()}
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True).stdout.strip()
    results = {
        "workload": f"{scenes.FRAMES} frames of {scenes.SIDE} x {scenes.SIDE}, {len(scenes.PAIRS)} pairs of subject and motion, "
                    f"{len(scenes.HELD_OUT)} held out; DDIM {STEPS} steps, text guidance {TEXT_GUIDANCE}",
        "held_out": [scenes.prompt(pair) for pair in scenes.HELD_OUT],
        "judge": json.loads((WORK / "judge.json").read_text()),
        "frechet_of_real_clips": {kind: round(frechet(again[kind], real[kind]), 2) for kind in real},
        "neighbours_by_mean_embedding": neighbours(),
        "error_of_clean_clips": all_errors(),
        "training": losses, "runs": runs, "strip": {"prompts": shown, "rows": sides},
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "date": datetime.date.today().isoformat()},
        "versions": {"kinora": commit, "torch": torch.__version__},
    }
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    table(results)


def table(results):
    lines = ["| run | motion, trained pairs | motion, held-out pairs (95 %) | opposite motion, held-out | subject, held-out | "
             "Frechet, held-out |", "|---|---|---|---|---|---|"]
    for name, run in results["runs"].items():
        t, h = run["trained"], run["held out"]
        low, high = h["motion_95"]
        lines.append(f"| {name} | {t['motion']:.2f} | {h['motion']:.2f} ({low:.2f} to {high:.2f}) | {h['opposite_motion']:.2f} | "
                     f"{h['subject']:.2f} | {h['frechet']:.1f} |")
    print("\n".join(lines))


if __name__ == "__main__":
    torch.set_num_threads(1)
    plan(sys.argv[2:] or list(RUNS)) if sys.argv[1] == "plan" else judge()
