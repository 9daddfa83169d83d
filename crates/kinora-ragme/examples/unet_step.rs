//! Bench: one UNet step, the same with RAGME's sites, and one spatial + temporal block with its backward pass.
//!
//!     unet_step tiny|half ROUNDS
//!
//! Prints one line of JSON a measurement, with the seconds of every round; `bench/unet/run.py` runs PyTorch on
//! the same shapes. Threads: `RAYON_NUM_THREADS`.

use std::time::Instant;

use candle_core::{DType, Device, Tensor, Var};
use kinora_diffusion::{
    Identity, Noise, Transformer2DModel, TransformerTemporalModel, UNet3DConditionModel,
    UNet3DConfig, Weights, build,
};
use kinora_ragme::{Ragme, RagmeConfig, Retrieved};

/// Widths, text width, tokens, frames, side of the latents, groups, width of a head.
struct Size {
    unet: UNet3DConfig,
    tokens: usize,
    frames: usize,
    side: usize,
}

fn size(name: &str) -> Size {
    let unet = UNet3DConfig::default();
    match name {
        "half" => Size {
            unet: UNet3DConfig {
                block_out_channels: vec![160, 320, 640, 640],
                cross_attention_dim: 512,
                ..unet
            },
            tokens: 77,
            frames: 8,
            side: 16,
        },
        _ => Size {
            unet: UNet3DConfig {
                block_out_channels: vec![32, 64, 64, 64],
                cross_attention_dim: 64,
                norm_num_groups: 8,
                attention_head_dim: 16,
                ..unet
            },
            tokens: 77,
            frames: 8,
            side: 16,
        },
    }
}

fn report(
    what: &str,
    rounds: usize,
    mut run: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    run()?;
    let mut seconds = Vec::new();
    for _ in 0..rounds {
        let started = Instant::now();
        run()?;
        seconds.push(started.elapsed().as_secs_f64());
    }
    println!("{}", serde_json::json!({"what": what, "seconds": seconds}));
    Ok(())
}

fn networks(size: Size, rounds: usize) -> anyhow::Result<()> {
    let (device, mut noise) = (Device::Cpu, Noise::new(1));
    let width = size.unet.cross_attention_dim;
    let fresh = || Weights::fresh(1, DType::F32, &device).frozen();
    let made = |w: &Weights| UNet3DConditionModel::new(size.unet.clone(), DType::F32, w);
    let (unet, _) = build("unet", fresh(), made)?;
    let sample = noise.normal((1, 4, size.frames, size.side, size.side), &device)?;
    let text = noise.normal((1, size.tokens, width), &device)?;
    let steps = Tensor::new(&[500f32], &device)?;
    report("unet step", rounds, || {
        unet.forward(&sample, &steps, &text, &Identity)?;
        Ok(())
    })?;
    let videos = vec![vec![noise.normal(512, &device)?.to_vec1::<f32>()?; 4]; 5];
    let retrieved = Retrieved::one(&videos, 512, &device)?;
    for (name, spatial_pool, temporal_pool) in
        [("with sites, pooled", true, true), ("with sites, no pooling", false, false)]
    {
        let config = RagmeConfig { spatial_pool, temporal_pool, ..RagmeConfig::default() };
        let (ragme, _) = Ragme::build(config, &unet, fresh())?;
        let hook = ragme.condition(&retrieved)?;
        report(name, rounds, || {
            unet.forward(&sample, &steps, &text, &hook)?;
            Ok(())
        })?;
    }
    Ok(())
}

/// One block of each kind, 64 channels and 8 heads for `tiny`, 320 and 5 for `half`, 8 frames of 16 x 16.
fn block(name: &str, rounds: usize) -> anyhow::Result<()> {
    let (heads, channels) = if name == "half" { (5, 320) } else { (4, 64) };
    let (device, mut noise) = (Device::Cpu, Noise::new(2));
    let head = channels / heads;
    for trainable in [false, true] {
        let weights = Weights::fresh(1, DType::F32, &device);
        let weights = if trainable { weights } else { weights.frozen() };
        let ((spatial, temporal), variables) = build("block", weights, |w| {
            let spatial = Transformer2DModel::new(heads, head, channels, 512, 32, &w.at("s"))?;
            Ok((spatial, TransformerTemporalModel::new(heads, head, channels, 32, &w.at("t"))?))
        })?;
        let x = Var::from_tensor(&noise.normal((8, channels, 16, 16), &device)?)?;
        let text = noise.normal((8, 77, 512), &device)?;
        let plain = x.as_tensor().detach();
        let run = |x: &Tensor| temporal.forward(&spatial.forward(x, &text)?, 8);
        if trainable {
            report("block, forward and backward", rounds, || {
                let gradients = run(x.as_tensor())?.sqr()?.mean_all()?.backward()?;
                anyhow::ensure!(variables.values().all(|v| gradients.get(v.as_tensor()).is_some()));
                Ok(())
            })?;
        } else {
            report("block, forward", rounds, || {
                run(&plain)?;
                Ok(())
            })?;
        }
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("tiny", String::as_str);
    let rounds = arguments.get(1).map_or(Ok(5), |rounds| rounds.parse())?;
    block(name, rounds)?;
    networks(size(name), rounds)
}
