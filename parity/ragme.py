"""RAGME's added modules in PyTorch, written from the paper (arXiv 2504.06672) and `ragme.md`'s words.

The reference that `crates/kinora-ragme` is held against. Not the authors' code, of which nothing is taken here (what it
does was read as facts: which norms are adaptive, how tensors are called). The names below follow the words of the
paper and of diffusers: `temporal_enhancer.transformer_blocks.N.{norm1,attn1,norm3,ff}` and
`{down_blocks.B,mid_block,up_blocks.B}.rag_attentions.L.{norm1,attn1,norm2,attn2,norm3,ff,gate}`.
"""
import math

import torch
from diffusers.models.attention import FeedForward
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, dim, context, heads, dim_head):
        super().__init__()
        inner = heads * dim_head
        self.heads = heads
        self.to_q = nn.Linear(dim, inner, bias=False)
        self.to_k = nn.Linear(context, inner, bias=False)
        self.to_v = nn.Linear(context, inner, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(inner, dim)])

    def forward(self, x, context, mask, turn=lambda t: t):
        split = lambda t: t.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        q, k, v = turn(split(self.to_q(x))), turn(split(self.to_k(context))), split(self.to_v(context))
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        scores = scores.masked_fill(mask[:, None, None] == 0, -1e9)
        return self.to_out[0]((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


def waves(n, width):
    half = width // 2
    angles = torch.arange(n)[:, None] * 10_000 ** (-2 * torch.arange(half, dtype=torch.float64) / width)
    return angles.sin().float(), angles.cos().float()


def rotate(x):
    sines, cosines = waves(x.shape[2], x.shape[3])
    a, b = x.chunk(2, -1)
    return torch.cat([a * cosines - b * sines, b * cosines + a * sines], -1)


def masked_mean(x, mask, dim):
    return (x * mask[..., None]).sum(dim) / mask.sum(dim).clamp(min=1)[..., None]


class EnhancerBlock(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1, self.attn1 = nn.LayerNorm(dim), Attention(dim, dim, heads, dim // heads)
        self.norm3, self.ff = nn.LayerNorm(dim), FeedForward(dim, activation_fn="geglu")

    def forward(self, x, mask, turn):
        normed = self.norm1(x)
        x = self.attn1(normed, normed, mask, turn) + x
        return self.ff(self.norm3(x)) + x


class TemporalEnhancer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        if c.get("cls_token", True):
            self.cls_token = nn.Parameter(torch.randn(1, 1, c["embed_dim"]))
        self.transformer_blocks = nn.ModuleList(
            EnhancerBlock(c["embed_dim"], c["enhancer_heads"]) for _ in range(c["enhancer_layers"]))

    def forward(self, embeddings, mask):
        c, (b, k, frames, dim) = self.c, embeddings.shape
        x, mask = embeddings.flatten(0, 1), mask.flatten(0, 1)
        present, seen = mask.amax(1, keepdim=True), mask
        if c.get("cls_token", True):
            x = torch.cat([self.cls_token.expand(b * k, 1, dim), x], 1)
            seen = torch.cat([torch.ones(b * k, 1), mask], 1)
        if c["position"] == "sinusoidal":
            x = x + torch.cat(waves(x.shape[1], dim), -1) * math.sqrt(2 / dim)
        for block in self.transformer_blocks:
            x = block(x, seen, rotate if c["position"] == "rotary" else lambda t: t)
        if c["head"] == "cls":
            x, mask = x[:, :1], present
        elif c["head"] == "mean":
            x, mask = masked_mean(x, seen, 1)[:, None], present
        else:
            mask = seen * present
        x, mask = x.unflatten(0, (b, k)), mask.unflatten(0, (b, k))
        if c["combine"] == "concat":
            return x.flatten(1, 2), mask.flatten(1, 2)
        return masked_mean(x, mask, 1), mask.amax(1)


class Norm(nn.Module):
    """LayerNorm, or one whose scale and shift come from the timestep (`time` has no activation before the linear layer,
    as released)."""

    def __init__(self, c, channels, time, adaptive=True):
        super().__init__()
        self.kind = c["adaln"] if adaptive else "none"
        if self.kind == "none":
            self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        elif self.kind == "own":
            self.emb = nn.Embedding(c["num_train_timesteps"], channels)
        if self.kind != "none":
            self.linear = nn.Linear(channels if self.kind == "own" else time, 2 * channels)

    def forward(self, x, steps, time):
        if self.kind == "none":
            return F.layer_norm(x, x.shape[-1:], self.weight, self.bias)
        emb = F.silu(self.emb(steps)) if self.kind == "own" else time
        scale, shift = self.linear(emb)[:, None].chunk(2, -1)
        return F.layer_norm(x, x.shape[-1:]) * (1 + scale) + shift


class AddLayer(nn.Module):
    def __init__(self, c, channels, time):
        super().__init__()
        self.linear, self.norm = nn.Linear(channels, channels), Norm(c, channels, time)


class RagAttention(nn.Module):
    def __init__(self, c, channels, time):
        super().__init__()
        self.c, width = c, c["embed_dim"]
        if c["variant"] == "attention":
            self.norm1, self.norm2 = Norm(c, channels, time), Norm(c, channels, time)
            self.norm3 = Norm(c, channels, time, c.get("adaln_feed_forward", False))
            self.attn1 = Attention(channels, width, c["heads"], channels // c["heads"])
            self.attn2 = Attention(channels, width, c["heads"], channels // c["heads"])
            self.ff = FeedForward(channels, activation_fn="geglu")
        else:
            self.linear, self.norm = nn.Linear(width, channels), Norm(c, channels, time)
            self.layers = nn.ModuleList(AddLayer(c, channels, time) for _ in range(2))
        self.gate = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.gate.weight)
        nn.init.zeros_(self.gate.bias)

    def forward(self, hidden, frames, tokens, mask, steps, time):
        x = hidden.unflatten(0, (-1, frames))  # (b, f, C, h, w)
        b, _, channels, height, width = x.shape
        if self.c["variant"] == "attention":
            q = x.mean((3, 4), keepdim=True) if self.c["spatial_pool"] else x
            q = q.mean(1, keepdim=True) if self.c["temporal_pool"] else q
            f, h, w = q.shape[1], q.shape[3], q.shape[4]
            # (b, f, C, h, w) to (b h w, f, C), as the paper has it; ours never repeats the tokens.
            q = q.permute(0, 3, 4, 1, 2).reshape(b * h * w, f, channels)
            each = lambda t: t.repeat_interleave(h * w, 0)
            context, seen, at, emb = each(tokens), each(mask), each(steps), each(time)
            q = self.attn1(self.norm1(q, at, emb), context, seen) + q
            q = self.attn2(self.norm2(q, at, emb), context, seen) + q
            q = self.ff(self.norm3(q, at, emb)) + q
            y = q.reshape(b, h, w, f, channels).permute(0, 3, 4, 1, 2)
        else:
            token = self.norm(self.linear(masked_mean(tokens, mask, 1))[:, None], steps, time)
            for layer in self.layers:
                token = layer.norm(F.gelu(layer.linear(token)), steps, time)
            y = x.mean((3, 4), keepdim=True) + token[:, 0][:, None, :, None, None]
        gated = self.gate(y.flatten(0, 1)).unflatten(0, (b, -1))
        present = mask.amax(1)[:, None, None, None, None]
        return (x + gated * present).flatten(0, 1)


class Ragme(nn.Module):
    """The enhancer and a site behind every temporal attention of `unet`, whose forward pass is hooked."""

    def __init__(self, c, unet):
        super().__init__()
        self.temporal_enhancer = TemporalEnhancer(c)
        self.state = {}
        time = unet.config.block_out_channels[0] * 4
        unet.register_forward_pre_hook(self.before, with_kwargs=True)
        unet.time_embedding.register_forward_hook(lambda _, __, out: self.state.update(time=out))
        blocks = {f"down_blocks.{i}": b for i, b in enumerate(unet.down_blocks)}
        blocks |= {"mid_block": unet.mid_block} | {f"up_blocks.{i}": b for i, b in enumerate(unet.up_blocks)}
        for name, block in blocks.items():
            if not hasattr(block, "temp_attentions"):
                continue
            # In the middle block the site follows the residual block and the convolution after the attention.
            hooked = block.temp_convs[1:] if name == "mid_block" else block.temp_attentions
            sites = nn.ModuleList(RagAttention(c, a.in_channels, time) for a in block.temp_attentions)
            self.place(name, sites)
            for module, site in zip(hooked, sites):
                module.register_forward_hook(self.site(site))

    def place(self, name, sites):
        at = self
        for part in name.split("."):
            if not hasattr(at, part):
                at.add_module(part, nn.Module())
            at = getattr(at, part)
        at.rag_attentions = sites

    def before(self, _, args, kwargs):
        self.state.update(frames=args[0].shape[2], steps=args[1])

    def condition(self, embeddings, mask):
        tokens, seen = self.temporal_enhancer(embeddings, mask)
        self.state.update(tokens=tokens, mask=seen)

    def site(self, module):
        def hook(_, __, output):
            s = self.state
            hidden = output[0] if isinstance(output, tuple) else output
            hidden = module(hidden, s["frames"], s["tokens"], s["mask"], s["steps"], s["time"])
            return (hidden,) if isinstance(output, tuple) else hidden
        return hook
