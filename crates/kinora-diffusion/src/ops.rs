//! Plain tensor operations that keep the gradient.
//!
//! candle's fused `softmax_last_dim` and layer norm have no backward pass and stop the gradient without a
//! word, so none of them is used here. Half formats are widened to `f32` where sums are taken.

use candle_core::{D, DType, Result, Tensor};

/// Logistic function.
pub fn sigmoid(x: &Tensor) -> Result<Tensor> {
    (x.neg()?.exp()? + 1.0)?.recip()
}

/// `f32` for half formats; others stay.
pub fn wide(x: &Tensor) -> Result<Tensor> {
    match x.dtype() {
        DType::F16 | DType::BF16 => x.to_dtype(DType::F32),
        _ => Ok(x.clone()),
    }
}

/// `f32` where the device has no product of the format: candle's CPU has none for `bf16`.
fn multipliable(x: &Tensor) -> Result<Tensor> {
    if x.dtype() == DType::BF16 && x.device().is_cpu() {
        x.to_dtype(DType::F32)
    } else {
        Ok(x.clone())
    }
}

/// Matrix product over the last two dimensions; leading ones are equal, or 1 in `a`.
pub fn matmul(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let product = multipliable(a)?.broadcast_matmul(&multipliable(b)?)?;
    product.to_dtype(a.dtype())
}

/// Convolution of (n, in, h, w) with (out, in, k, k).
pub fn conv2d(x: &Tensor, kernel: &Tensor, padding: usize, stride: usize) -> Result<Tensor> {
    let (wide, kernel) = (multipliable(x)?, multipliable(kernel)?);
    wide.conv2d(&kernel, padding, stride, 1, 1)?.to_dtype(x.dtype())
}

/// Softmax over the last dimension.
pub fn softmax(x: &Tensor) -> Result<Tensor> {
    let dtype = x.dtype();
    let x = wide(x)?;
    let max = x.max_keepdim(D::Minus1)?.detach();
    let e = x.broadcast_sub(&max)?.exp()?;
    e.broadcast_div(&e.sum_keepdim(D::Minus1)?)?.to_dtype(dtype)
}

/// (x - mean) / sqrt(variance + eps) over the last dimension; the variance is the biased one.
pub fn standardise(x: &Tensor, eps: f64) -> Result<Tensor> {
    let x = wide(x)?;
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    centred.broadcast_div(&(variance + eps)?.sqrt()?)
}

/// Nearest neighbour of (n, c, h, w) at another size, as torch rounds: source = floor(target · in / out).
pub fn resize_nearest(x: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    let (_, _, h, w) = x.dims4()?;
    if (height, width) == (2 * h, 2 * w) {
        return x.upsample_nearest2d(height, width);
    }
    let pick = |to: usize, from: usize| {
        let rows: Vec<u32> = (0..to).map(|at| (at * from / to) as u32).collect();
        Tensor::new(rows, x.device())
    };
    x.index_select(&pick(height, h)?, 2)?.index_select(&pick(width, w)?, 3)
}
