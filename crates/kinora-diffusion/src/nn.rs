//! Layers, with torch's tensor names and layouts (`weight`, `bias`; linear weights are (out, in)).

use candle_core::{DType, Result, Tensor};

use crate::{
    ops,
    weights::{Init, Weights},
};

/// y = x Wᵀ + b over the last dimension.
#[derive(Clone, Debug)]
pub struct Linear {
    /// (out, in).
    pub weight: Tensor,
    /// (out,).
    pub bias: Option<Tensor>,
}

impl Linear {
    /// A linear layer with a bias.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(inputs: usize, outputs: usize, w: &Weights) -> Result<Self> {
        let bias = Some(w.tensor(outputs, "bias", Init::FanIn(inputs))?);
        Ok(Self { weight: w.tensor((outputs, inputs), "weight", Init::FanIn(inputs))?, bias })
    }

    /// A linear layer without a bias.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn without_bias(inputs: usize, outputs: usize, w: &Weights) -> Result<Self> {
        let weight = w.tensor((outputs, inputs), "weight", Init::FanIn(inputs))?;
        Ok(Self { weight, bias: None })
    }

    /// Weight and bias zero, so that the layer adds nothing until it is trained.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn zeros(inputs: usize, outputs: usize, w: &Weights) -> Result<Self> {
        let bias = Some(w.tensor(outputs, "bias", Init::Zeros)?);
        Ok(Self { weight: w.tensor((outputs, inputs), "weight", Init::Zeros)?, bias })
    }

    /// (…, in) to (…, out).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut shape = x.dims().to_vec();
        let inputs = shape.pop().unwrap_or(1);
        let rows = x.elem_count() / inputs.max(1);
        let y = ops::matmul(&x.reshape((rows, inputs))?, &self.weight.t()?)?;
        let y = match &self.bias {
            Some(bias) => y.broadcast_add(bias)?,
            None => y,
        };
        shape.push(self.weight.dim(0)?);
        y.reshape(shape)
    }
}

/// Two-dimensional convolution of (n, in, h, w).
#[derive(Clone, Debug)]
pub struct Conv2d {
    weight: Tensor,
    bias: Tensor,
    stride: usize,
    padding: usize,
}

impl Conv2d {
    /// A convolution with a square kernel.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(
        inputs: usize,
        outputs: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
        w: &Weights,
    ) -> Result<Self> {
        let fan = Init::FanIn(inputs * kernel * kernel);
        let weight = w.tensor((outputs, inputs, kernel, kernel), "weight", fan)?;
        Ok(Self { weight, bias: w.tensor(outputs, "bias", fan)?, stride, padding })
    }

    /// 1 x 1, weight and bias zero.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn zeros(inputs: usize, outputs: usize, w: &Weights) -> Result<Self> {
        let weight = w.tensor((outputs, inputs, 1, 1), "weight", Init::Zeros)?;
        Ok(Self { weight, bias: w.tensor(outputs, "bias", Init::Zeros)?, stride: 1, padding: 0 })
    }

    /// (out, in, kernel, kernel).
    pub fn weight(&self) -> &Tensor {
        &self.weight
    }

    /// (n, in, h, w) to (n, out, h', w').
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (outputs, inputs, kernel, _) = self.weight.dims4()?;
        let bias = self.bias.reshape((1, outputs, 1, 1))?;
        if (kernel, self.stride, self.padding) != (1, 1, 0) {
            let y = ops::conv2d(x, &self.weight, self.padding, self.stride)?;
            return y.broadcast_add(&bias);
        }
        let (n, _, height, width) = x.dims4()?;
        let weight = self.weight.reshape((1, outputs, inputs))?;
        let y = ops::matmul(&weight, &x.reshape((n, inputs, height * width))?)?;
        y.reshape((n, outputs, height, width))?.broadcast_add(&bias)
    }
}

/// Convolution over three neighbouring frames: torch's `Conv3d` with kernel (3, 1, 1), padding (1, 0, 0).
///
/// One matrix product over the three frames laid side by side.
#[derive(Clone, Debug)]
pub struct FrameConv {
    /// (out, in, 3, 1, 1).
    weight: Tensor,
    bias: Tensor,
}

impl FrameConv {
    /// A convolution initialised as torch does.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(inputs: usize, outputs: usize, w: &Weights) -> Result<Self> {
        let fan = Init::FanIn(inputs * 3);
        let weight = w.tensor((outputs, inputs, 3, 1, 1), "weight", fan)?;
        Ok(Self { weight, bias: w.tensor(outputs, "bias", fan)? })
    }

    /// A convolution whose weight and bias are zero.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn zeros(inputs: usize, outputs: usize, w: &Weights) -> Result<Self> {
        let weight = w.tensor((outputs, inputs, 3, 1, 1), "weight", Init::Zeros)?;
        Ok(Self { weight, bias: w.tensor(outputs, "bias", Init::Zeros)? })
    }

    /// (b, frames, in, h·w) to (b, frames, out, h·w).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (b, frames, inputs, pixels) = x.dims4()?;
        let outputs = self.weight.dim(0)?;
        let padded = x.pad_with_zeros(1, 1, 1)?;
        let neighbour = |tap: usize| padded.narrow(1, tap, frames)?.contiguous();
        let neighbours = (0..3).map(neighbour).collect::<Result<Vec<_>>>()?;
        // (b, frames, in, 3, h·w): as the weights lie, so that they are used as they are.
        let columns = Tensor::stack(&neighbours, 3)?.reshape((b * frames, 3 * inputs, pixels))?;
        let weight = self.weight.reshape((1, outputs, 3 * inputs))?;
        let y = ops::matmul(&weight, &columns)?;
        y.broadcast_add(&self.bias.reshape((1, outputs, 1))?)?.reshape((b, frames, outputs, pixels))
    }
}

/// Normalisation over groups of channels.
#[derive(Clone, Debug)]
pub struct GroupNorm {
    weight: Tensor,
    bias: Tensor,
    groups: usize,
    eps: f64,
}

impl GroupNorm {
    /// `channels` must be a multiple of `groups`.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(groups: usize, channels: usize, eps: f64, w: &Weights) -> Result<Self> {
        if groups == 0 || !channels.is_multiple_of(groups) {
            candle_core::bail!("{channels} channels do not make {groups} groups");
        }
        let weight = w.tensor(channels, "weight", Init::Ones)?;
        Ok(Self { weight, bias: w.tensor(channels, "bias", Init::Zeros)?, groups, eps })
    }

    /// (n, C, …), each of the n by itself.
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (n, channels) = (x.dim(0)?, x.dim(1)?);
        let rest = x.elem_count() / (n * channels).max(1);
        let y = self.over_frames(&x.reshape((n, 1, channels, rest))?)?;
        y.reshape(x.shape())
    }

    /// (b, frames, C, h·w), statistics over all frames together, as torch norms (b, C, frames, h, w).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn over_frames(&self, x: &Tensor) -> Result<Tensor> {
        let (b, frames, channels, pixels) = x.dims4()?;
        let (dtype, size) = (x.dtype(), channels / self.groups);
        let grouped = ops::wide(x)?.reshape((b, frames, self.groups, size * pixels))?;
        // One dimension at a time: candle sums the last one with vector instructions, two together without.
        let mean_of = |x: &Tensor| x.mean_keepdim(3)?.mean_keepdim(1);
        let mean = mean_of(&grouped)?;
        let variance = mean_of(&grouped.broadcast_sub(&mean)?.sqr()?)?;
        let scale = (variance + self.eps)?.sqrt()?.recip()?;
        let shift = (mean.neg()? * &scale)?;
        // Per channel: weight · (x - mean) / deviation + bias = x · a + c.
        let per_channel =
            |t: &Tensor| t.broadcast_as((b, 1, self.groups, size))?.reshape((b, 1, channels, 1));
        let wide = if dtype == DType::F64 { DType::F64 } else { DType::F32 };
        let weight = self.weight.to_dtype(wide)?.reshape((1, 1, channels, 1))?;
        let bias = self.bias.to_dtype(wide)?.reshape((1, 1, channels, 1))?;
        let a = per_channel(&scale)?.broadcast_mul(&weight)?;
        let c = per_channel(&shift)?.broadcast_mul(&weight)?.broadcast_add(&bias)?;
        let x = grouped.reshape((b, frames, channels, pixels))?;
        x.broadcast_mul(&a)?.broadcast_add(&c)?.to_dtype(dtype)
    }
}

/// Normalisation over the last dimension.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl LayerNorm {
    /// A layer norm with weight and bias.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(size: usize, eps: f64, w: &Weights) -> Result<Self> {
        let weight = w.tensor(size, "weight", Init::Ones)?;
        Ok(Self { weight, bias: w.tensor(size, "bias", Init::Zeros)?, eps })
    }

    /// (…, size).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let normed = ops::standardise(x, self.eps)?;
        let (weight, bias) = (ops::wide(&self.weight)?, ops::wide(&self.bias)?);
        normed.broadcast_mul(&weight)?.broadcast_add(&bias)?.to_dtype(x.dtype())
    }
}

/// Rows by number.
#[derive(Clone, Debug)]
pub struct Embedding {
    weight: Tensor,
}

impl Embedding {
    /// `count` rows of `size`.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn new(count: usize, size: usize, w: &Weights) -> Result<Self> {
        Ok(Self { weight: w.tensor((count, size), "weight", Init::Normal(1.0))? })
    }

    /// `u32` numbers of any shape to (…, size).
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(&self, ids: &Tensor) -> Result<Tensor> {
        let mut shape = ids.dims().to_vec();
        shape.push(self.weight.dim(1)?);
        self.weight.index_select(&ids.flatten_all()?, 0)?.reshape(shape)
    }
}
