//! Samplers, ten-step trajectories and whole sampling against diffusers, to 1e-4.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod tiny;

use candle_core::{DType, Device, Tensor};
use kinora_diffusion::{
    DiffusionError, Identity, SampleRequest, SchedulerConfig, SchedulerKind, TextToVideoPipeline,
    TransformerTemporalModel, build, config, denoise,
};
use kinora_types::Control;
use tiny::{Activations, agree, expected, folder, unet_weights};

fn pipeline() -> TextToVideoPipeline {
    TextToVideoPipeline::open(&folder(), DType::F32, &Device::Cpu).unwrap()
}

fn request() -> SampleRequest {
    let expected = expected();
    SampleRequest {
        negative_prompt: expected["negative"].as_str().unwrap().into(),
        height: 16,
        width: 16,
        frames: 3,
        steps: 10,
        guidance_scale: 3.0,
        scheduler: None,
        ..SampleRequest::new(expected["prompt"].as_str().unwrap())
    }
}

#[test]
fn samplers_agree_with_diffusers_on_a_toy_model() {
    for case in expected()["samplers"].as_array().unwrap() {
        let config: SchedulerConfig = config::parse("scheduler", case["config"].clone()).unwrap();
        let kind: SchedulerKind = serde_json::from_value(case["class"].clone()).unwrap();
        let mut sampler = kind.start(&config, case["steps"].as_u64().unwrap() as usize).unwrap();
        let timesteps: Vec<usize> = serde_json::from_value(case["timesteps"].clone()).unwrap();
        assert_eq!(sampler.timesteps(), timesteps, "{case}");
        let mut x = Tensor::arange(0f32, 9.0, &Device::Cpu).unwrap().affine(0.5, -2.0).unwrap();
        for (at, t) in timesteps.iter().enumerate() {
            let output = ((&x * 3.0).unwrap().sin().unwrap() / 2.0).unwrap();
            let output = (output + *t as f64 / 5000.0).unwrap();
            x = sampler.step(at, &output, &x, None).unwrap();
        }
        let last: Vec<f32> = serde_json::from_value(case["last"].clone()).unwrap();
        let name = format!("{kind:?} {:?} in {} steps", case["options"], timesteps.len());
        agree(&name, &x, &Tensor::new(last, &Device::Cpu).unwrap());
    }
}

#[test]
fn trajectories_and_frames_agree_with_diffusers() {
    let (kept, pipeline) = (Activations::open(), pipeline());
    let text = [request().negative_prompt, request().prompt];
    let text = pipeline.encode_text(&[&text[0], &text[1]]).unwrap();
    for (name, kind) in [("ddim", SchedulerKind::Ddim), ("dpm", SchedulerKind::DpmSolver)] {
        let reference = kept.get(&format!("sampling.{name}"));
        let request = SampleRequest { scheduler: Some(kind), ..request() };
        let start = || kept.get("sampling.start").clone();
        let mut trajectory = Vec::new();
        let predict = |x: &Tensor, t: usize| {
            trajectory.push(x.clone());
            let both = Tensor::cat(&[x, x], 0)?;
            let steps = Tensor::full(t as f32, 2, &Device::Cpu)?;
            let noise = pipeline.unet.forward(&both, &steps, &text, &Identity)?.chunk(2, 0)?;
            &noise[0] + ((&noise[1] - &noise[0])? * request.guidance_scale)?
        };
        let mut sampler = pipeline.sampler(&request).unwrap();
        let control = Control::default();
        let quiet = &mut |_| ();
        let last = denoise(sampler.as_mut(), start(), None, predict, quiet, &control).unwrap();
        let all = Tensor::cat(&[&trajectory[1..], &[last]].concat(), 0).unwrap();
        agree(&format!("{name}, ten steps"), &all, reference);
        let whole = pipeline.sample_latents(&request, start(), &Identity, quiet, &control);
        agree(name, &whole.unwrap(), &reference.narrow(0, 9, 1).unwrap());
    }
    let last = kept.get("sampling.ddim").narrow(0, 9, 1).unwrap();
    let frames = pipeline.decode(&last, &Control::default()).unwrap();
    agree("decoded", &frames, kept.get("sampling.frames"));
}

#[test]
fn a_run_stops_between_steps() {
    let (pipeline, control) = (pipeline(), Control::default());
    let request = SampleRequest { steps: 50, ..request() };
    let mut done = 0;
    let mut stop = |step: usize| {
        done = step;
        control.cancel();
    };
    let run = pipeline.sample(&request, &mut stop, &control);
    assert!(matches!(run, Err(DiffusionError::Cancelled(_))));
    assert_eq!(done, 1);
}

#[test]
fn a_seed_names_a_video_and_sizes_are_checked() {
    let pipeline = pipeline();
    let mut steps = Vec::new();
    let small = SampleRequest { steps: 2, seed: 7, ..request() };
    let run = |request: &SampleRequest, steps: &mut Vec<usize>| {
        pipeline.sample(request, &mut |done| steps.push(done), &Control::default())
    };
    let first = run(&small, &mut steps).unwrap();
    assert_eq!((steps.as_slice(), first.dims()), (&[1, 2][..], &[3, 3, 16, 16][..]));
    let same = run(&small, &mut steps).unwrap();
    assert_eq!(tiny::difference(&first, &same), 0.0);
    let other = run(&SampleRequest { seed: 8, ..small.clone() }, &mut steps).unwrap();
    assert!(tiny::difference(&first, &other) > 0.01);
    let odd = run(&SampleRequest { width: 17, ..small }, &mut steps);
    assert!(matches!(odd, Err(DiffusionError::Request(_))));
}

#[test]
fn options_that_are_not_built_are_refused() {
    let config = SchedulerConfig { use_karras_sigmas: Some(true), ..SchedulerConfig::default() };
    let fault = SchedulerKind::DpmSolver.start(&config, 10).err().unwrap();
    assert!(fault.to_string().contains("use_karras_sigmas"), "{fault}");
    let wrong = build("x", unet_weights("transformer_in"), |w| {
        TransformerTemporalModel::new(4, 8, 8, 4, w)
    });
    let wrong = wrong.unwrap_err().to_string();
    assert!(
        wrong.contains("of another shape: `transformer_blocks.0.norm1.weight: [64], not [32]`"),
        "{wrong}"
    );
}
