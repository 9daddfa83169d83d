//! Bench: peak memory and time of one training step's gradients, with checkpoints or without.
//!
//!     training_memory plain|checkpoints [SIDE]
//!
//! A base of widths 64, 128, 128, 128 with fresh weights, 8 frames of SIDE x SIDE latents (default 32), K = 5. One line
//! of JSON; the peak is the process's (`VmHWM`, Linux), and `start` what it was before the step.

use std::time::Instant;

use anyhow::Context;
use candle_core::{DType, Device, Tensor};
use kinora_diffusion::{
    Noise, SchedulerConfig, UNet3DConditionModel, UNet3DConfig, Weights, build,
};
use kinora_ragme::{Batch, Gradients, RagmeConfig, Retrieved, TrainConfig, Trainer};

/// Most memory that this process ever had, in MiB.
fn peak() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("Linux is needed")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).context("no peak is told")?;
    Ok(kib.parse::<u64>()? / 1024)
}

fn batch(side: usize) -> anyhow::Result<Batch> {
    let (device, mut noise) = (Device::Cpu, Noise::new(1));
    let videos = vec![vec![noise.normal(512, &device)?.to_vec1::<f32>()?; 4]; 5];
    Ok(Batch {
        sample: noise.normal((1, 4, 8, side, side), &device)?,
        timesteps: Tensor::new(&[500f32], &device)?,
        text: noise.normal((1, 77, 64), &device)?,
        target: noise.normal((1, 4, 8, side, side), &device)?,
        retrieved: Retrieved::one(&videos, 512, &device)?,
    })
}

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let checkpointing = match args.next().as_deref() {
        Some("plain") => false,
        Some("checkpoints") => true,
        _ => anyhow::bail!("usage: training_memory plain|checkpoints [SIDE]"),
    };
    let side = args.next().map_or(Ok(32), |side| side.parse())?;
    let config = UNet3DConfig {
        block_out_channels: vec![64, 128, 128, 128],
        cross_attention_dim: 64,
        attention_head_dim: 16,
        ..UNet3DConfig::default()
    };
    let frozen = Weights::fresh(1, DType::F32, &Device::Cpu).frozen();
    let (unet, _) = build("unet", frozen, |w| UNet3DConditionModel::new(config, DType::F32, w))?;
    let ragme = RagmeConfig { enhancer_layers: 2, ..RagmeConfig::default() };
    let options = TrainConfig { ragme, checkpointing, ..TrainConfig::default() };
    let trainer = Trainer::new(&unet, &SchedulerConfig::default(), options, &Device::Cpu)?;
    let (batch, start, started) = (batch(side)?, peak()?, Instant::now());
    let loss = trainer.accumulate(&batch, &mut Gradients::new())?;
    println!(
        "{}",
        serde_json::json!({"checkpoints": checkpointing, "side": side, "loss": loss, "start_mib": start,
            "peak_mib": peak()?, "seconds": started.elapsed().as_secs_f64()})
    );
    Ok(())
}
