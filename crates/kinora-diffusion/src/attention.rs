//! `Attention`, `FeedForward` and `BasicTransformerBlock` of diffusers (`models/attention*.py`).
//!
//! Memory: scores are made in pieces of at most [`SCORES`] numbers, so attention over large pictures does
//! not grow with the square of their pixels. While training, the graph keeps all pieces.

use candle_core::{Result, Tensor};

use crate::{
    nn::{LayerNorm, Linear},
    ops,
    weights::Weights,
};

/// At most so many attention scores at a time: 64 MiB in `f32`.
pub const SCORES: usize = 1 << 24;

/// softmax(q kᵀ · scale + bias) v.
///
/// `q` (b, heads, n, d), `k` and `v` (b, heads, m, d); `bias` is 0 or -∞-like, (b or 1, 1, n or 1, m).
/// `limit` bounds the scores that exist at a time; the result does not depend on it.
///
/// # Errors
/// If the shapes do not fit together, or the device fails.
pub fn scaled_dot_product_attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    scale: f64,
    bias: Option<&Tensor>,
    limit: usize,
) -> Result<Tensor> {
    let (b, heads, n, _) = q.dims4()?;
    let m = k.dim(2)?;
    let q = (q * scale)?.contiguous()?;
    let (keys, v) = (k.transpose(2, 3)?.contiguous()?, v.contiguous()?);
    let batches = (limit / (heads * n * m).max(1)).clamp(1, b.max(1));
    let rows = if batches > 1 { n } else { (limit / (heads * m).max(1)).clamp(1, n.max(1)) };
    let pieces = pieces(b, batches).map(|(at, count)| {
        let (q, keys, v) =
            (q.narrow(0, at, count)?, keys.narrow(0, at, count)?, v.narrow(0, at, count)?);
        let rows = pieces(n, rows).map(|(row, height)| {
            let scores = ops::matmul(&q.narrow(2, row, height)?.contiguous()?, &keys)?;
            let scores = match bias {
                Some(bias) => scores.broadcast_add(&part(bias, (at, count), (row, height))?)?,
                None => scores,
            };
            ops::matmul(&ops::softmax(&scores)?, &v)
        });
        joined(rows.collect::<Result<Vec<_>>>()?, 2)
    });
    joined(pieces.collect::<Result<Vec<_>>>()?, 0)
}

/// (start, length) of the pieces of 0..`total`.
fn pieces(total: usize, step: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..total).step_by(step.max(1)).map(move |at| (at, step.min(total - at)))
}

fn joined(mut parts: Vec<Tensor>, dimension: usize) -> Result<Tensor> {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => Ok(only),
        (_, last) => Tensor::cat(&parts.into_iter().chain(last).collect::<Vec<_>>(), dimension),
    }
}

fn part(bias: &Tensor, batch: (usize, usize), rows: (usize, usize)) -> Result<Tensor> {
    let cut = |t: Tensor, dimension: usize, (at, count): (usize, usize)| match t.dim(dimension)? {
        1 => Ok(t),
        _ => t.narrow(dimension, at, count),
    };
    cut(cut(bias.clone(), 0, batch)?, 2, rows)
}

/// Multi-head attention; cross-attention if a context is given.
#[derive(Clone, Debug)]
pub struct Attention {
    to_q: Linear,
    to_k: Linear,
    to_v: Linear,
    to_out: Linear,
    heads: usize,
    scale: f64,
}

impl Attention {
    /// `context` is the width of keys and values, `bias` that of the three projections; the way out has one always.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(
        dim: usize,
        context: usize,
        heads: usize,
        dim_head: usize,
        bias: bool,
        w: &Weights,
    ) -> Result<Self> {
        let inner = heads * dim_head;
        let linear = if bias { Linear::new } else { Linear::without_bias };
        Ok(Self {
            to_q: linear(dim, inner, &w.at("to_q"))?,
            to_k: linear(context, inner, &w.at("to_k"))?,
            to_v: linear(context, inner, &w.at("to_v"))?,
            to_out: Linear::new(inner, dim, &w.at("to_out.0"))?,
            heads,
            scale: 1.0 / (dim_head as f64).sqrt(),
        })
    }

    /// (b, n, dim) and the context's (b, m, context); `bias` as in [`scaled_dot_product_attention`].
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(
        &self,
        x: &Tensor,
        context: Option<&Tensor>,
        bias: Option<&Tensor>,
    ) -> Result<Tensor> {
        self.turned(x, context, bias, |t| Ok(t.clone()))
    }

    /// As [`Attention::forward`], with `turn` applied to queries and keys (b, heads, n, d), as rotary positions are.
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn turned(
        &self,
        x: &Tensor,
        context: Option<&Tensor>,
        bias: Option<&Tensor>,
        turn: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let (b, n, _) = x.dims3()?;
        let context = context.unwrap_or(x);
        let q = turn(&self.split(&self.to_q.forward(x)?)?)?;
        let k = turn(&self.split(&self.to_k.forward(context)?)?)?;
        let v = self.split(&self.to_v.forward(context)?)?;
        let y = scaled_dot_product_attention(&q, &k, &v, self.scale, bias, SCORES)?;
        self.to_out.forward(&y.transpose(1, 2)?.reshape((b, n, ()))?)
    }

    /// (b, n, heads · d) to (b, heads, n, d).
    fn split(&self, x: &Tensor) -> Result<Tensor> {
        let (b, n, inner) = x.dims3()?;
        x.reshape((b, n, self.heads, inner / self.heads))?.transpose(1, 2)
    }
}

/// Feed-forward with GEGLU: dim to 4 dim, gated, and back.
#[derive(Clone, Debug)]
pub struct FeedForward {
    proj: Linear,
    out: Linear,
}

impl FeedForward {
    /// A feed-forward layer of width `dim`.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(dim: usize, w: &Weights) -> Result<Self> {
        let proj = Linear::new(dim, dim * 8, &w.at("net.0.proj"))?;
        Ok(Self { proj, out: Linear::new(dim * 4, dim, &w.at("net.2"))? })
    }

    /// (…, dim).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let halves = self.proj.forward(x)?.chunk(2, candle_core::D::Minus1)?;
        self.out.forward(&(&halves[0] * halves[1].gelu_erf()?)?)
    }
}

/// Self-attention, then cross-attention (or self-attention again), then feed-forward, each after a layer norm.
#[derive(Clone, Debug)]
pub struct BasicTransformerBlock {
    norm1: LayerNorm,
    attn1: Attention,
    norm2: LayerNorm,
    attn2: Attention,
    norm3: LayerNorm,
    ff: FeedForward,
}

impl BasicTransformerBlock {
    /// Without a context width both are self-attentions (`double_self_attention`).
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(
        dim: usize,
        heads: usize,
        dim_head: usize,
        context: Option<usize>,
        w: &Weights,
    ) -> Result<Self> {
        let attention = |name: &str, context: usize| {
            Attention::new(dim, context, heads, dim_head, false, &w.at(name))
        };
        Ok(Self {
            norm1: LayerNorm::new(dim, 1e-5, &w.at("norm1"))?,
            attn1: attention("attn1", dim)?,
            norm2: LayerNorm::new(dim, 1e-5, &w.at("norm2"))?,
            attn2: attention("attn2", context.unwrap_or(dim))?,
            norm3: LayerNorm::new(dim, 1e-5, &w.at("norm3"))?,
            ff: FeedForward::new(dim, &w.at("ff"))?,
        })
    }

    /// (b, n, dim), context (b, m, width).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor, context: Option<&Tensor>) -> Result<Tensor> {
        let x = (self.attn1.forward(&self.norm1.forward(x)?, None, None)? + x)?;
        let x = (self.attn2.forward(&self.norm2.forward(&x)?, context, None)? + x)?;
        self.ff.forward(&self.norm3.forward(&x)?)? + x
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::noise::Noise;

    #[test]
    fn pieces_do_not_change_the_result() {
        let mut noise = Noise::new(5);
        let mut draw = |n: usize| noise.normal((3, 2, n, 4), &Device::Cpu).unwrap();
        let (q, k, v) = (draw(5), draw(7), draw(7));
        let bias = Noise::new(6).normal((3, 1, 1, 7), &Device::Cpu).unwrap();
        let run = |limit: usize| {
            let y = scaled_dot_product_attention(&q, &k, &v, 0.5, Some(&bias), limit).unwrap();
            y.flatten_all().unwrap().to_vec1::<f32>().unwrap()
        };
        let whole = run(SCORES);
        for limit in [1, 14, 30, 70, 140] {
            let worst =
                run(limit).iter().zip(&whole).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-6, "{limit}: {worst}");
        }
    }
}
