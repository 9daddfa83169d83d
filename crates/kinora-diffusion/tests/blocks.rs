//! Every kind of block against diffusers, to 1e-4.
//!
//! Not covered: dropout, which is for training a base.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod tiny;

use candle_core::{DType, Device, Tensor};
use kinora_diffusion::{
    Block, BlockOptions, BlockShape, DownBlock3D, Identity, Pass, SiteContext, Transformer2DModel,
    TransformerTemporalModel, UNetMidBlock3DCrossAttn, UpBlock3D, build,
    config::Activation,
    resnet::{ResnetBlock2D, ResnetOptions, TemporalConvLayer},
};
use tiny::{Activations, agree, unet_weights};

const FRAMES: usize = 3;

fn options() -> BlockOptions {
    let resnet = ResnetOptions {
        groups: 4,
        eps: 1e-5,
        act: Activation::Silu,
        temb_channels: Some(32),
        output_scale_factor: 1.0,
    };
    BlockOptions { resnet, dim_head: 8, cross_attention_dim: 16 }
}

/// Runs `block` with the reference's time embedding and text for block `name`.
fn with_pass(
    kept: &Activations,
    name: &str,
    block: impl FnOnce(&Tensor, &Pass<'_>) -> candle_core::Result<Tensor>,
) {
    let nothing = Tensor::zeros(2, DType::F32, &Device::Cpu).unwrap();
    let context = SiteContext { frames: FRAMES, timesteps: &nothing, time_embedding: &nothing };
    let temb = kept.get("mid.temb");
    let pass = Pass { temb, text: kept.get("mid.encoder_hidden_states"), hook: &Identity, context };
    let out = block(kept.get(&format!("{name}.hidden_states")), &pass).unwrap();
    agree(name, &out, kept.get(&format!("{name}.out")));
}

#[test]
fn layers_agree_with_diffusers() {
    let kept = Activations::open();
    let (resnet, _) = build("resnet", unet_weights("down_blocks.1.resnets.0"), |w| {
        ResnetBlock2D::new(8, 16, options().resnet, w)
    })
    .unwrap();
    let (conv, _) = build("temp_conv", unet_weights("down_blocks.1.temp_convs.0"), |w| {
        TemporalConvLayer::new(16, 4, w)
    })
    .unwrap();
    with_pass(&kept, "resnet", |x, pass| resnet.forward(x, Some(pass.temb)));
    with_pass(&kept, "temp_conv", |x, _| conv.forward(x, FRAMES));
}

#[test]
fn attentions_agree_with_diffusers() {
    let kept = Activations::open();
    let (spatial, _) = build("attention", unet_weights("down_blocks.1.attentions.0"), |w| {
        Transformer2DModel::new(2, 8, 16, 16, 4, w)
    })
    .unwrap();
    with_pass(&kept, "attention", |x, pass| spatial.forward(x, pass.text));
    for (name, path, heads, channels) in [
        ("temp_attention", "down_blocks.1.temp_attentions.0", 2, 16),
        ("transformer_in", "transformer_in", 8, 8),
    ] {
        let (temporal, _) = build(name, unet_weights(path), |w| {
            TransformerTemporalModel::new(heads, 8, channels, 4, w)
        })
        .unwrap();
        with_pass(&kept, name, |x, _| temporal.forward(x, FRAMES));
    }
}

fn shape(
    block: Block,
    in_channels: usize,
    layers: usize,
    attends: bool,
    resizes: bool,
) -> BlockShape {
    BlockShape { block, in_channels, out_channels: 16, layers, attends, resizes }
}

#[test]
fn blocks_of_the_way_down_agree_with_diffusers() {
    let kept = Activations::open();
    for (name, at, in_channels, attends, resizes) in
        [("cross_down", 1, 8, true, true), ("down", 3, 16, false, false)]
    {
        let shape = shape(Block::Down(at), in_channels, 2, attends, resizes);
        let weights = unet_weights(&format!("down_blocks.{at}"));
        let (block, _) =
            build(name, weights, |w| DownBlock3D::new(shape, 1, &options(), w)).unwrap();
        let mut skips = Vec::new();
        with_pass(&kept, name, |x, pass| block.forward(x, pass, &mut skips));
        assert_eq!((skips.len(), block.sites().count()), if attends { (3, 2) } else { (2, 0) });
    }
}

#[test]
fn the_middle_block_agrees_with_diffusers() {
    let kept = Activations::open();
    let (block, _) = build("mid", unet_weights("mid_block"), |w| {
        UNetMidBlock3DCrossAttn::new(16, &options(), w)
    })
    .unwrap();
    with_pass(&kept, "mid", |x, pass| block.forward(x, pass));
}

#[test]
fn blocks_of_the_way_up_agree_with_diffusers() {
    let kept = Activations::open();
    for (name, at, attends) in [("up", 0, false), ("cross_up", 1, true)] {
        let weights = unet_weights(&format!("up_blocks.{at}"));
        let shape = shape(Block::Up(at), 16, 3, attends, true);
        let (block, _) =
            build(name, weights, |w| UpBlock3D::new(shape, 16, &options(), w)).unwrap();
        let mut skips: Vec<Tensor> =
            (0..3).map(|i| kept.get(&format!("{name}.skip{i}")).clone()).collect();
        with_pass(&kept, name, |x, pass| block.forward(x, pass, &mut skips));
        assert!(skips.is_empty());
    }
}
