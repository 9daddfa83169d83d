//! Plain tensor operations that keep the gradient.
//!
//! candle's fused `softmax_last_dim` and layer norm have no backward pass and stop the gradient without a
//! word, so none of them is used here. Half formats are widened to `f32` where sums are taken.

use candle_core::{D, DType, Result, Tensor};

/// Logistic function.
///
/// # Errors
/// If the shapes do not fit together, or the device fails.
pub fn sigmoid(x: &Tensor) -> Result<Tensor> {
    (x.neg()?.exp()? + 1.0)?.recip()
}

/// `f32` for half formats; others stay.
///
/// # Errors
/// If the shapes do not fit together, or the device fails.
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
///
/// # Errors
/// If the shapes do not fit together, or the device fails.
pub fn matmul(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (wide, b) = (multipliable(a)?, multipliable(b)?);
    let product = match (a.dims(), b.dims()) {
        // Repeated by a stride of 0: `broadcast_matmul` would copy it for each.
        ([1, rows, inner], [n, ..]) => wide.broadcast_as((*n, *rows, *inner))?.matmul(&b)?,
        _ => wide.matmul(&b)?,
    };
    product.to_dtype(a.dtype())
}

/// At most so many numbers are laid out for the product of a convolution: 64 MiB in `f32`.
const COLUMNS: usize = 1 << 24;

/// A 3 x 3 convolution that keeps the size, as one matrix product over nine shifted copies of the pictures.
fn conv_as_product(x: &Tensor, kernel: &Tensor) -> Result<Tensor> {
    let ((n, c, h, w), o) = (x.dims4()?, kernel.dim(0)?);
    let kernel = kernel.reshape((1, o, 9 * c))?;
    let step = (COLUMNS / (9 * c * h * w)).clamp(1, n.max(1));
    let part = |at: usize| {
        let some = step.min(n - at);
        let padded = x.narrow(0, at, some)?.pad_with_zeros(2, 1, 1)?.pad_with_zeros(3, 1, 1)?;
        let shifted = |i: usize| padded.narrow(2, i / 3, h)?.narrow(3, i % 3, w)?.contiguous();
        let shifted = (0..9).map(shifted).collect::<Result<Vec<_>>>()?;
        // (some, c, 9, h, w): as the kernel lies, so that it is used as it is.
        matmul(&kernel, &Tensor::stack(&shifted, 2)?.reshape((some, 9 * c, h * w))?)
    };
    let parts = (0..n).step_by(step).map(part).collect::<Result<Vec<_>>>()?;
    Tensor::cat(&parts, 0)?.reshape((n, o, h, w))
}

/// Convolution of (n, in, h, w) with (out, in, k, k).
///
/// # Errors
/// If the shapes do not fit together, or the device fails.
pub fn conv2d(x: &Tensor, kernel: &Tensor, padding: usize, stride: usize) -> Result<Tensor> {
    let (_, c, h, w) = x.dims4()?;
    let keeps_size = (kernel.dim(2)?, padding, stride) == (3, 1, 1);
    // With a graph the copies would be kept for the way back: nine times the activations.
    let graph = x.track_op() || kernel.track_op();
    if keeps_size && 9 * c * h * w <= COLUMNS && x.device().is_cpu() && !graph {
        return conv_as_product(x, kernel);
    }
    let (wide, kernel) = (multipliable(x)?, multipliable(kernel)?);
    wide.conv2d(&kernel, padding, stride, 1, 1)?.to_dtype(x.dtype())
}

/// Softmax over the last dimension.
///
/// # Errors
/// If the shapes do not fit together, or the device fails.
pub fn softmax(x: &Tensor) -> Result<Tensor> {
    let dtype = x.dtype();
    let x = wide(x)?;
    let max = x.max_keepdim(D::Minus1)?.detach();
    let e = x.broadcast_sub(&max)?.exp()?;
    e.broadcast_div(&e.sum_keepdim(D::Minus1)?)?.to_dtype(dtype)
}

/// (x - mean) / sqrt(variance + eps) over the last dimension; the variance is the biased one.
///
/// # Errors
/// If the shapes do not fit together, or the device fails.
pub fn standardise(x: &Tensor, eps: f64) -> Result<Tensor> {
    let x = wide(x)?;
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    centred.broadcast_div(&(variance + eps)?.sqrt()?)
}

/// Nearest neighbour of (n, c, h, w) at another size, as torch rounds: source = floor(target · in / out).
///
/// # Errors
/// If the shapes do not fit together, or the device fails.
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
