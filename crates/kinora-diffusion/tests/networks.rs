//! The whole networks against diffusers and transformers, to 1e-4, and their gradients.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod tiny;

use candle_core::{DType, Device, Tensor, Var};
use kinora_diffusion::{
    AutoencoderKL, CLIPTextModel, CLIPTokenizer, DiffusionError, Identity, UNet3DConditionModel,
    UNet3DConfig, Weights, build, config,
};
use tiny::{Activations, agree, difference, expected, folder};

fn unet(dtype: DType) -> UNet3DConditionModel {
    UNet3DConditionModel::open(&folder().join("unet"), dtype, &Device::Cpu).unwrap()
}

#[test]
fn the_unet_agrees_with_diffusers() {
    let kept = Activations::open();
    let unet = unet(DType::F32);
    let run = |sample: &str, steps: &Tensor, text: &Tensor| {
        unet.forward(kept.get(sample), steps, text, &Identity).unwrap()
    };
    let text = kept.get("unet.text");
    agree("unet", &run("unet.sample", kept.get("unet.steps"), text), kept.get("unet.out"));
    let step = Tensor::new(&[300f32], &Device::Cpu).unwrap();
    let odd = run("odd.sample", &step, &text.narrow(0, 0, 1).unwrap());
    agree("unet, odd sides", &odd, kept.get("odd.out"));
    assert_eq!(unet.sites().len(), 16, "6 + 1 + 9, as ZeroScope has them");
}

#[test]
fn half_formats_stay_near() {
    let kept = Activations::open();
    for (dtype, tolerance) in [(DType::F16, 2e-2), (DType::BF16, 2e-1)] {
        let out = unet(dtype)
            .forward(
                kept.get("unet.sample"),
                kept.get("unet.steps"),
                kept.get("unet.text"),
                &Identity,
            )
            .unwrap();
        assert_eq!(out.dtype(), dtype);
        let worst = difference(&out, kept.get("unet.out"));
        println!("{dtype:?}: {worst:.1e}");
        assert!(worst < tolerance, "{dtype:?}: {worst}");
    }
}

#[test]
fn every_parameter_has_the_gradient_that_torch_finds() {
    let (kept, expected) = (Activations::open(), expected());
    let config: UNet3DConfig = config::read(&folder().join("unet/config.json")).unwrap();
    let file = folder().join("unet/diffusion_pytorch_model.safetensors");
    let weights = Weights::open(&file, DType::F32, &Device::Cpu).unwrap().trainable();
    let make = |w: &Weights| UNet3DConditionModel::new(config, DType::F32, w);
    let (unet, variables) = build("unet", weights, make).unwrap();
    let sample = Var::from_tensor(kept.get("unet.sample")).unwrap();
    let (steps, text) = (kept.get("unet.steps"), kept.get("unet.text"));
    let out = unet.forward(&sample, steps, text, &Identity).unwrap();
    let loss = (out * kept.get("grad.weight")).unwrap().sum_all().unwrap();
    let grads = loss.backward().unwrap();
    let gradient = grads.get(sample.as_tensor()).unwrap();
    let largest = kept.get("grad.sample").abs().unwrap().max_all().unwrap();
    let worst = difference(gradient, kept.get("grad.sample")) / largest.to_scalar::<f32>().unwrap();
    println!("gradient of the sample: {worst:.1e} of the largest");
    assert!(worst < 1e-4, "{worst}");
    let mut worst = 0.0f64;
    for (name, variable) in &variables {
        let gradient =
            grads.get(variable.as_tensor()).unwrap_or_else(|| panic!("none for `{name}`"));
        let norm =
            f64::from(gradient.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap())
                .sqrt();
        let sum = f64::from(gradient.sum_all().unwrap().to_scalar::<f32>().unwrap());
        let theirs = &expected["gradients"][name];
        let (their_sum, their_norm) = (theirs[0].as_f64().unwrap(), theirs[1].as_f64().unwrap());
        let scale = their_norm.max(1e-2);
        worst = worst.max((norm - their_norm).abs() / scale).max((sum - their_sum).abs() / scale);
        assert!(worst < 2e-3, "{name}: {norm} and {sum}, not {their_norm} and {their_sum}");
    }
    println!("gradients of {} parameters: {worst:.1e} of their norms", variables.len());
}

#[test]
fn the_autoencoder_agrees_both_ways_and_sliced() {
    let kept = Activations::open();
    let vae = AutoencoderKL::open(&folder().join("vae"), DType::F32, &Device::Cpu).unwrap();
    for slice in [1, 2, 3] {
        let coded = vae.encode(kept.get("vae.pictures"), slice).unwrap();
        agree("mean", &coded.mean, kept.get("vae.mean"));
        agree("std", &coded.std, kept.get("vae.std"));
        let decoded = vae.decode(kept.get("vae.mean"), slice).unwrap();
        agree("decoded", &decoded, kept.get("vae.decoded"));
    }
}

#[test]
fn words_become_the_tokens_and_vectors_of_transformers() {
    let (kept, expected) = (Activations::open(), expected());
    let tokenizer = CLIPTokenizer::open(&folder().join("tokenizer"), 77).unwrap();
    let mut all = Vec::new();
    for (text, ids) in
        expected["texts"].as_array().unwrap().iter().zip(expected["ids"].as_array().unwrap())
    {
        let ids: Vec<u32> = serde_json::from_value(ids.clone()).unwrap();
        let ours = tokenizer.encode(text.as_str().unwrap()).unwrap();
        assert_eq!(ours, ids, "{text}");
        all.push(ours);
    }
    all.truncate(2);
    let text =
        CLIPTextModel::open(&folder().join("text_encoder"), DType::F32, &Device::Cpu).unwrap();
    let out = text.forward(&Tensor::new(all, &Device::Cpu).unwrap()).unwrap();
    agree("text", &out, kept.get("text.out"));
}

#[test]
fn what_does_not_fit_is_named() {
    let unknown = serde_json::json!({"_class_name": "x", "dual_cross_attention": true});
    let fault = config::parse::<UNet3DConfig>("unet", unknown).unwrap_err();
    assert!(fault.to_string().contains("dual_cross_attention"), "{fault}");
    assert!(config::parse::<UNet3DConfig>("unet", serde_json::json!({"_x": 1})).is_ok());
    let config: UNet3DConfig = config::read(&folder().join("unet/config.json")).unwrap();
    let less = UNet3DConfig { layers_per_block: 1, ..config.clone() };
    let fault = build("unet", everything(), |w| UNet3DConditionModel::new(less, DType::F32, w));
    let Err(DiffusionError::Tensors { missing, extra, .. }) = fault else { panic!("{fault:?}") };
    assert!(extra.iter().any(|name| name.starts_with("down_blocks.0.resnets.1.")));
    assert!(missing.is_empty(), "{missing:?}");
    let more = UNet3DConfig { layers_per_block: 3, ..config };
    let fault = build("unet", everything(), |w| UNet3DConditionModel::new(more, DType::F32, w));
    let Err(DiffusionError::Tensors { missing, .. }) = fault else { panic!("{fault:?}") };
    assert!(missing.contains(&"down_blocks.0.resnets.2.conv1.weight".to_owned()));
}

fn everything() -> Weights {
    let file = folder().join("unet/diffusion_pytorch_model.safetensors");
    Weights::open(&file, DType::F32, &Device::Cpu).unwrap()
}
