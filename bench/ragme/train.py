"""Trains what the bench needs, on one thread: a text-to-video base of diffusers' own class, RAGME's modules on it
(`parity/ragme.py`, the reference that `kinora-ragme` is held against), a frame embedder and a judge of motion.

    python train.py prepare | base STEPS | ragme NAME STEPS [option=value...] | judge

Everything goes to `work/` beside this file; a stage that is broken off goes on where it last saved.
"""
import json
import pathlib
import shutil
import sys
import time

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet3DConditionModel
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "parity"))
import scenes  # noqa: E402
from ragme import Ragme  # noqa: E402

WORK = HERE / "work"
MODEL = WORK / "model"
WIDTH, LENGTH, EMBED, CLIPS_K = 32, 6, 32, 5
UNET = dict(sample_size=4, in_channels=48, out_channels=48, down_block_types=("CrossAttnDownBlock3D",),
            up_block_types=("UpBlock3D",), block_out_channels=(48,), layers_per_block=1, norm_num_groups=8,
            cross_attention_dim=WIDTH, attention_head_dim=12)
SCHEDULER = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
                 set_alpha_to_one=False, steps_offset=1, prediction_type="sample")
RAGME = dict(embed_dim=EMBED, enhancer_layers=2, enhancer_heads=2, position="rotary", head="tokens", combine="mean",
             heads=4, spatial_pool=False, temporal_pool=False, adaln="none", variant="attention",
             num_train_timesteps=1000)
BATCH, LR, EMA, DROP_TEXT, DROP_CLIPS = 12, 2e-3, 0.99, 0.1, 0.1
# For RAGME's modules. On trained pairs the base makes of the text alone what the clips could add; where the text is
# missing, the clips are all there is.
RAGME_DROP_TEXT, RAGME_FROM_STEP = 0.7, 0


def fold(video):
    """(n, 3, frames, h, w) to (n, 48, frames, h / 4, w / 4): every square of 4 x 4 pixels to channels."""
    n, c, f, h, w = video.shape
    folded = F.pixel_unshuffle(video.transpose(1, 2).flatten(0, 1), scenes.PATCH)
    return folded.unflatten(0, (n, f)).transpose(1, 2).contiguous()


class Embedder(nn.Module):
    """One frame to a vector of length 1. It is taught what is seen and where, never what happens over time."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(3 * scenes.SIDE ** 2, 128), nn.GELU(), nn.Linear(128, EMBED))
        self.subject, self.place = nn.Linear(EMBED, 6), nn.Sequential(nn.Linear(EMBED, 64), nn.GELU(), nn.Linear(64, 3))

    def forward(self, frames):
        return F.normalize(self.layers(frames), dim=-1)


class Judge(nn.Module):
    """A clip to its subject and motion; `features` before them are those of the Frechet distance."""

    def __init__(self):
        super().__init__()
        self.frame = nn.Sequential(nn.Conv2d(3, 12, 3, 2, 1), nn.GELU(), nn.Conv2d(12, 24, 3, 2, 1), nn.GELU(), nn.Flatten(),
                                   nn.Linear(24 * 16, 24), nn.GELU())
        self.mix = nn.Sequential(nn.Linear(24 * scenes.FRAMES, 96), nn.GELU(), nn.Linear(96, 24), nn.GELU())
        self.subject, self.motion = nn.Linear(24, 6), nn.Linear(24, 8)

    def features(self, video):
        n = len(video)
        return self.mix(self.frame(video.transpose(1, 2).flatten(0, 1)).reshape(n, -1))

    def forward(self, video):
        x = self.features(video)
        return self.subject(x), self.motion(x)


def numbers(number):
    number = torch.as_tensor(number)
    return number // len(scenes.MOTIONS), number % len(scenes.MOTIONS)


def train_embedder(steps=500):
    torch.manual_seed(1)
    net = Embedder()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
    for step in range(steps):
        video, known, number = scenes.draw(scenes.TRAINED, 2, 10_000 + step)
        at = np.random.default_rng(step).integers(0, scenes.FRAMES, len(video))
        frames = torch.from_numpy(video[np.arange(len(video)), :, at])
        place = torch.from_numpy(known[np.arange(len(video)), at]) / torch.tensor([4.0, 4.0, 1.0])
        x = net(frames)
        error = F.mse_loss(net.place(x), place)
        loss = error + F.cross_entropy(net.subject(x), numbers(number)[0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"embedder: squared error of place and size {error.item():.3f}, loss {loss.item():.3f}", flush=True)
    return net


def train_judge(steps=900):
    """On all pairs, with noise and blur so that made clips are judged by their motion; accuracy on clips never seen."""
    torch.manual_seed(2)
    net = Judge()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.05)
    for step in range(steps):
        video, _, number = scenes.draw(scenes.PAIRS, 1, 20_000 + step)
        video = roughened(torch.from_numpy(video))
        subject, motion = net(video)
        truth = numbers(number)
        loss = F.cross_entropy(subject, truth[0]) + F.cross_entropy(motion, truth[1])
        optimizer.param_groups[0]["lr"] = 2e-3 * (1 - step / steps)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        video, _, number = scenes.draw(scenes.PAIRS, 20, 30_000)
        truth, said = numbers(number), {}
        for name, clean in (("clean", True), ("rough", False)):
            x = torch.from_numpy(video)
            subject, motion = net(x if clean else roughened(x))
            said[name] = {"subject": (subject.argmax(1) == truth[0]).float().mean().item(),
                          "motion": (motion.argmax(1) == truth[1]).float().mean().item()}
    print("judge on 960 clips never seen:", said, flush=True)
    return net, said


def roughened(video):
    n = len(video)
    blurred = F.avg_pool3d(F.pad(video, (1, 1, 1, 1, 0, 0), mode="replicate"), (1, 3, 3), 1)
    share = torch.rand(n, 1, 1, 1, 1) * 0.7
    video = video * (1 - share) + blurred * share
    return video + torch.randn_like(video) * torch.rand(n, 1, 1, 1, 1) * 0.25


def tokenizer(folder):
    words = sorted({word for pair in scenes.PAIRS for word in scenes.prompt(pair).split()})
    vocab = {token: at for at, token in enumerate(["<|startoftext|>", "<|endoftext|>", "<|unknown|>", *words])}
    special = [{"id": at, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
                "special": True} for token, at in list(vocab.items())[:3]]
    ends = {"type": "RobertaProcessing", "sep": ["<|endoftext|>", 1], "cls": ["<|startoftext|>", 0], "trim_offsets": False,
            "add_prefix_space": False}
    whole = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": special,
             "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": ends,
             "decoder": None, "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "<|unknown|>"}}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(whole, indent=1))
    return vocab


def encode(vocab, texts):
    rows = [[0, *(vocab.get(word, 2) for word in text.split()), 1] for text in texts]
    return torch.tensor([row + [1] * (LENGTH - len(row)) for row in rows])


def text_encoder():
    from transformers import CLIPTextModel
    return CLIPTextModel.from_pretrained(MODEL / "text_encoder").eval().requires_grad_(False)


def prepare():
    from transformers import CLIPTextConfig, CLIPTextModel
    torch.manual_seed(0)
    vocab = tokenizer(MODEL / "tokenizer")
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=len(vocab), hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=LENGTH, hidden_act="gelu", projection_dim=WIDTH, bos_token_id=0, eos_token_id=1,
        pad_token_id=1))
    # Random and frozen: every word is a vector of its own, which is all that such prompts need.
    for parameter in text.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5)
    text.save_pretrained(MODEL / "text_encoder")
    DDIMScheduler(**SCHEDULER).save_pretrained(MODEL / "scheduler")
    index = {"_class_name": "TextToVideoSDPipeline", "scheduler": ["diffusers", "DDIMScheduler"],
             "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "PreTrainedTokenizerFast"],
             "unet": ["diffusers", "UNet3DConditionModel"], "vae": [None, None]}
    (MODEL / "model_index.json").write_text(json.dumps(index, indent=1) + "\n")
    embedder = train_embedder()
    with torch.no_grad():
        texts = text(encode(vocab, ["", *map(scenes.prompt, scenes.PAIRS)])).last_hidden_state
        library = {}
        for name, pairs, count, seed in (("library", scenes.TRAINED, 24, 40_000), ("extra", scenes.HELD_OUT, 24, 41_000)):
            video, _, number = scenes.draw(pairs, count, seed)
            frames = torch.from_numpy(video)[:, :, ::3].transpose(1, 2)
            library |= {f"{name}.frames": embedder(frames.flatten(0, 1)).unflatten(0, (len(video), -1)),
                        f"{name}.latents": fold(torch.from_numpy(video)), f"{name}.pair": torch.from_numpy(number)}
    save_file({k: v.contiguous() for k, v in library.items()}, WORK / "library.safetensors")
    save_file({"text": texts.contiguous()}, WORK / "text.safetensors")
    torch.save(embedder.state_dict(), WORK / "embedder.pt")


class Examples:
    """Endless: clips of trained pairs, their text, and K library clips of the same motion."""

    def __init__(self, seed, drop_text=DROP_TEXT, from_step=0):
        self.seed, self.drop_text, self.from_step = seed, drop_text, from_step
        self.text = load_file(WORK / "text.safetensors")["text"]
        library = load_file(WORK / "library.safetensors")
        self.frames, self.motion = library["library.frames"], library["library.pair"] % len(scenes.MOTIONS)
        self.alphas = DDIMScheduler(**SCHEDULER).alphas_cumprod

    def batch(self, step):
        rng = np.random.default_rng([self.seed, step])
        pick = rng.integers(0, len(scenes.TRAINED), BATCH)
        video = np.concatenate([scenes.clips(scenes.TRAINED[at], 1, rng)[0] for at in pick])
        number = torch.tensor([scenes.PAIRS.index(scenes.TRAINED[at]) for at in pick])
        clean, noise = fold(torch.from_numpy(video)), torch.from_numpy(rng.standard_normal((BATCH, 48, 8, 4, 4), np.float32))
        steps = torch.from_numpy(rng.integers(self.from_step, 1000, BATCH))
        a = self.alphas[steps][:, None, None, None, None]
        kept = torch.from_numpy(rng.random(BATCH) >= self.drop_text)
        text = self.text[torch.where(kept, number + 1, 0)]
        of = [np.flatnonzero(self.motion.numpy() == int(n) % len(scenes.MOTIONS)) for n in number]
        near = torch.from_numpy(np.stack([rng.choice(rows, CLIPS_K, False) for rows in of]))
        mask = torch.from_numpy((rng.random(BATCH) >= DROP_CLIPS).astype(np.float32))[:, None, None].expand(-1, CLIPS_K, 3)
        return a.sqrt() * clean + (1 - a).sqrt() * noise, steps, text, clean, self.frames[near], mask


def loop(name, net, steps, condition, forward, parameters, examples, more=None):
    """AdamW with clipping and a moving average, the rate falling to zero over the last 30 % of `more` steps; saves
    every 25 steps and goes on from there."""
    file = WORK / f"{name}.state.pt"
    optimizer = torch.optim.AdamW(parameters, lr=LR)
    ema, log, first = {k: v.detach().clone() for k, v in net.state_dict().items()}, [], 0
    if file.is_file():
        state = torch.load(file, weights_only=False)
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        ema, log, first = state["ema"], state["log"], state["step"]
    cpu = time.process_time()
    for step in range(first, steps):
        sample, t, text, clean, frames, mask = examples.batch(step)
        condition(frames, mask)
        loss = F.mse_loss(forward(sample, t, text), clean)
        optimizer.param_groups[0]["lr"] = LR * min(1, (steps - step) / (0.3 * more)) if more else LR
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        decay = min(EMA, (1 + step) / (10 + step))
        with torch.no_grad():
            for key, value in net.state_dict().items():
                ema[key].lerp_(value, 1 - decay)
        log.append(loss.item())
        if (step + 1) % 25 == 0 or step + 1 == steps:
            took = (time.process_time() - cpu) / (step + 1 - first)
            print(f"{name} {step + 1}: loss {np.mean(log[-25:]):.4f}, {took:.2f} CPU s a step", flush=True)
            torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "ema": ema, "log": log,
                        "step": step + 1}, file.with_suffix(".part"))
            file.with_suffix(".part").rename(file)
        if (step + 1) % 100 == 0:
            # To be taken up at a step that the slowest of runs side by side has reached too.
            shutil.copy(file, file.with_suffix(f".{step + 1}.pt"))
    return ema, log


def base(name, steps):
    """`base` is stopped at some step and saved; `longer` goes on from its state to another."""
    torch.manual_seed(3)
    unet = UNet3DConditionModel(**UNET)
    start = WORK / "base.state.pt"
    if name != "base" and not (WORK / f"{name}.state.pt").is_file():
        (WORK / f"{name}.state.pt").write_bytes(start.read_bytes())
    run = lambda sample, t, text: unet(sample, t, text).sample
    more = steps - torch.load(start, weights_only=False)["step"] if name != "base" else None
    ema, log = loop(name, unet, steps, lambda *_: None, run, list(unet.parameters()), Examples(0), more)
    unet.load_state_dict(ema)
    unet.save_pretrained(MODEL / ("unet" if name == "base" else f"unet-{name}"))
    save_log(name, log)


def ragme(name, steps, options):
    torch.manual_seed(4)
    from_step = options.pop("from_step", RAGME_FROM_STEP)
    config = RAGME | options
    unet = UNet3DConditionModel.from_pretrained(MODEL / "unet").requires_grad_(False)
    net = Ragme(config, unet)
    nn.init.normal_(net.temporal_enhancer.cls_token, std=EMBED ** -0.5)
    run = lambda sample, t, text: unet(sample, t, text).sample
    examples = Examples(0, RAGME_DROP_TEXT, from_step)
    ema, log = loop(name, net, steps, net.condition, run, list(net.parameters()), examples, steps)
    folder = WORK / name
    folder.mkdir(exist_ok=True)
    save_file({k: v.contiguous() for k, v in ema.items()}, folder / "ragme.safetensors")
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    save_log(name, log)


def save_log(name, log):
    (WORK / f"{name}.log.json").write_text(json.dumps([round(loss, 5) for loss in log]))


def option(text):
    key, value = text.split("=")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value


def main():
    torch.set_num_threads(1)
    WORK.mkdir(exist_ok=True)
    stage, *rest = sys.argv[1:]
    if stage == "prepare":
        prepare()
    elif stage == "judge":
        net, said = train_judge()
        torch.save(net.state_dict(), WORK / "judge.pt")
        (WORK / "judge.json").write_text(json.dumps(said))
    elif stage in ("base", "longer"):
        base(stage, int(rest[0]))
    else:
        ragme(rest[0], int(rest[1]), dict(map(option, rest[2:])))


if __name__ == "__main__":
    main()
