//! Training against PyTorch and against itself: gradients, AdamW, resumption, and that it learns.
//!
//! Not covered: a base that can make videos; the tiny one has random weights.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod tiny;

use candle_core::{DType, Tensor, Var};
use kinora_diffusion::{SchedulerConfig, UNet3DConditionModel, Variables, Weights};
use kinora_ragme::{
    AdamWConfig, BASE_FILE, Batch, Clip, ClipFolder, Clips, Combine, Entry, Gradients, Head,
    Metrics, Ragme, RagmeConfig, TrainConfig, Trainer, plot,
};
use serde_json::Value;
use tiny::{CPU, Kept, bits, fixtures, normal, unet};

fn scheduler() -> SchedulerConfig {
    kinora_diffusion::config::read(&tiny::base().join("scheduler/scheduler_config.json")).unwrap()
}

fn batch(kept: &Kept) -> Batch {
    let get = |name: &str| kept.get(&format!("train.{name}")).clone();
    Batch {
        sample: get("sample"),
        timesteps: get("steps"),
        text: get("text"),
        target: get("noise"),
        retrieved: kept.retrieved("train."),
    }
}

/// Largest difference of (sum, norm) of tensors to the reference's, relative to the norm.
fn compare(expected: &Value, found: impl Iterator<Item = (String, Tensor)>) -> f64 {
    let (mut worst, mut count) = (0.0f64, 0);
    for (name, tensor) in found {
        let number =
            |t: candle_core::Result<Tensor>| f64::from(t.unwrap().to_scalar::<f32>().unwrap());
        let norm = number(tensor.sqr().unwrap().sum_all()).sqrt();
        let theirs = &expected[&name];
        let (their_sum, their_norm) = (theirs[0].as_f64().unwrap(), theirs[1].as_f64().unwrap());
        let scale = their_norm.max(1e-4);
        let sum = (number(tensor.sum_all()) - their_sum).abs() / scale;
        worst = worst.max((norm - their_norm).abs() / scale).max(sum);
        assert!(worst < 5e-3, "{name}: {worst}");
        count += 1;
    }
    assert_eq!(count, expected.as_object().unwrap().len());
    worst
}

#[test]
fn gradients_and_three_steps_agree_with_torch() {
    let (kept, unet) = (Kept::open("activations.safetensors"), unet());
    let expected = std::fs::read_to_string(fixtures().join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let folder = fixtures().join("controller");
    let ragme = kinora_diffusion::config::read(&folder.join("config.json")).unwrap();
    let adamw = AdamWConfig { lr: 1e-2, beta1: 0.9, beta2: 0.99, eps: 1e-8, weight_decay: 0.05 };
    let config =
        TrainConfig { ragme, adamw, accumulate: 1, clip_norm: 0.5, ..TrainConfig::default() };
    let weights = Weights::open(&folder.join("ragme.safetensors"), DType::F32, &CPU).unwrap();
    let mut trainer = Trainer::on(&unet, &scheduler(), config, weights, &CPU).unwrap();
    let batch = batch(&kept);
    for step in 0..3 {
        let mut gradients = Gradients::new();
        let loss = trainer.accumulate(&batch, &mut gradients).unwrap();
        if step == 0 {
            let worst = compare(&expected["gradients"], gradients.clone().into_iter());
            println!("{} gradients: {worst:.1e} of their norms", gradients.len());
        }
        let norm = trainer.apply(gradients).unwrap();
        for (what, ours, theirs) in [
            ("loss", f64::from(loss), &expected["losses"][step]),
            ("norm", norm, &expected["norms"][step]),
        ] {
            let theirs = theirs.as_f64().unwrap();
            println!("step {step}, {what}: {ours} and {theirs}");
            assert!((ours - theirs).abs() < 1e-3 * theirs, "{what}: {ours}, not {theirs}");
        }
    }
    let after = trainer.variables().iter();
    let after = after.map(|(name, var): (&String, &Var)| (name.clone(), var.as_tensor().clone()));
    println!("weights after: {:.1e} of their norms", compare(&expected["after"], after));
}

/// With gates open, and the base's temporal attentions trained too or not: every gradient is the same.
#[test]
fn gradients_with_checkpoints_are_those_without() {
    for base_too in [false, true] {
        let prepare = |weights: Weights| {
            Ok(weights.trainable_if(move |name| base_too && name.contains("temp_attentions")))
        };
        let folder = tiny::base().join("unet");
        let (unet, base) =
            UNet3DConditionModel::open_as(&folder, DType::F32, &CPU, prepare).unwrap();
        let folder = fixtures().join("controller");
        let ragme = kinora_diffusion::config::read(&folder.join("config.json")).unwrap();
        let config = TrainConfig { ragme, accumulate: 2, ..TrainConfig::default() };
        let batch = batch(&Kept::open("activations.safetensors"));
        let gradients = |checkpointing: bool| {
            let config = TrainConfig { checkpointing, ..config.clone() };
            let weights = folder.join("ragme.safetensors");
            let weights = Weights::open(&weights, DType::F32, &CPU).unwrap();
            let trainer = Trainer::on(&unet, &scheduler(), config, weights, &CPU).unwrap();
            let trainer = trainer.with_base(base.clone()).unwrap();
            let mut gradients = Gradients::new();
            let loss = trainer.accumulate(&batch, &mut gradients).unwrap();
            (loss, gradients)
        };
        let ((loss, with), (expected, without)) = (gradients(true), gradients(false));
        assert!((loss - expected).abs() < 1e-6 * expected, "{loss} and {expected}");
        assert!(with.keys().eq(without.keys()) && !with.is_empty());
        let norm = |t: &Tensor| t.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap();
        let mut worst = (0.0f32, "");
        for (name, gradient) in &with {
            let away = norm(&(gradient - &without[name]).unwrap()).sqrt();
            let relative = away / norm(&without[name]).sqrt().max(1e-6);
            worst = if relative > worst.0 { (relative, name) } else { worst };
        }
        println!("base too: {base_too}, {} gradients, worst {worst:?}", with.len());
        assert!(worst.0 < 1e-5, "{worst:?}");
    }
}

/// Clips whose noise cannot be told from the latents alone, but whose neighbours tell their brightness.
struct Bright;

impl Clips for Bright {
    fn count(&self) -> usize {
        4
    }

    fn clip(&self, at: usize, videos: usize) -> kinora_ragme::Result<Clip> {
        let level = if at.is_multiple_of(2) { 1.5 } else { -1.5 };
        let latents = Tensor::full(level as f32, (4, 2, 4, 4), &CPU)?;
        let text = normal(1, &[2, 16]);
        let frame = |seed: usize| normal(100 + (at % 2 * 10 + seed) as u64, &[32]).to_vec1::<f32>();
        let video =
            |k: usize| (0..3).map(|f| frame(k + f)).collect::<candle_core::Result<Vec<_>>>();
        let videos = (0..videos).map(video).collect::<candle_core::Result<Vec<_>>>()?;
        Ok(Clip { latents, text, videos })
    }
}

fn small(seed: u64) -> TrainConfig {
    TrainConfig {
        ragme: RagmeConfig { head: Head::Tokens, combine: Combine::Concat, ..tiny::config() },
        adamw: AdamWConfig { lr: 1e-2, ..AdamWConfig::default() },
        batch: 2,
        accumulate: 2,
        videos: 2,
        seed,
        ..TrainConfig::default()
    }
}

#[test]
fn a_run_that_is_resumed_has_the_losses_of_an_unbroken_one() {
    let (unet, scheduler) = (unet(), scheduler());
    let folder = tempfile::tempdir().unwrap();
    let start = || Trainer::new(&unet, &scheduler, small(3), &CPU).unwrap();
    let steps = |trainer: &mut Trainer<'_>, count: usize| -> Vec<(u64, u32, u64)> {
        let mut one = || trainer.step(&Bright).unwrap();
        let row = |m: Metrics| (m.step, m.loss.to_bits(), m.gradient_norm.to_bits());
        (0..count).map(|_| row(one())).collect()
    };
    let mut unbroken = start();
    let expected = steps(&mut unbroken, 5);
    let mut broken = start();
    let mut found = steps(&mut broken, 3);
    broken.save(folder.path()).unwrap();
    let mut resumed =
        Trainer::resume(folder.path(), &unet, Variables::new(), &scheduler, &CPU).unwrap();
    found.extend(steps(&mut resumed, 2));
    assert_eq!(found, expected);
    for (name, variable) in unbroken.variables() {
        assert_eq!(bits(variable), bits(&resumed.variables()[name]), "{name}");
    }
    let averaged = Ragme::open(folder.path(), &unet, DType::F32, &CPU).unwrap();
    assert!(averaged.opening().unwrap() > 0.0);
    assert!(!folder.path().join("training.part").exists());
}

/// The base with its temporal attentions as variables.
fn temporal() -> (UNet3DConditionModel, Variables) {
    let folder = tiny::base().join("unet");
    UNet3DConditionModel::open_as(&folder, DType::F32, &CPU, |w| {
        Ok(w.trainable_if(|name| name.contains(".temp_attentions.")))
    })
    .unwrap()
}

#[test]
fn the_bases_temporal_attentions_can_be_trained_too() {
    let (scheduler, folder) = (scheduler(), tempfile::tempdir().unwrap());
    let (unet, base) = temporal();
    let before: Vec<Tensor> = base.values().map(|v| v.as_tensor().copy().unwrap()).collect();
    let config = TrainConfig { accumulate: 1, ..small(4) };
    let mut trainer = Trainer::new(&unet, &scheduler, config, &CPU).unwrap();
    trainer = trainer.with_base(base.clone()).unwrap();
    trainer.step(&Bright).unwrap();
    let moved = base.values().zip(&before).all(|(now, then)| bits(now) != bits(then));
    assert!(moved, "every tensor of them has a gradient");
    trainer.save(folder.path()).unwrap();
    let (again, variables) = temporal();
    let resumed = Trainer::resume(folder.path(), &again, variables, &scheduler, &CPU);
    let next = resumed.unwrap().step(&Bright).unwrap();
    assert_eq!(next.loss.to_bits(), trainer.step(&Bright).unwrap().loss.to_bits());
    let none = Trainer::resume(folder.path(), &again, Variables::new(), &scheduler, &CPU);
    assert!(none.unwrap_err().to_string().contains("other tensors of the base"));
    let trained = folder.path().join(BASE_FILE);
    let unet = tiny::base().join("unet");
    UNet3DConditionModel::open_as(&unet, DType::F32, &CPU, |w| w.replaced(&trained)).unwrap();
}

#[test]
fn the_loss_falls_and_the_gates_open() {
    let (unet, scheduler) = (unet(), scheduler());
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("metrics.jsonl");
    let config = TrainConfig { accumulate: 1, ..small(1) };
    let mut trainer = Trainer::new(&unet, &scheduler, config, &CPU).unwrap();
    assert_eq!(trainer.ragme().opening().unwrap(), 0.0);
    for _ in 0..40 {
        trainer.step(&Bright).unwrap().append(&log).unwrap();
    }
    let metrics = Metrics::read(&log).unwrap();
    let mean = |part: &[Metrics]| part.iter().map(|m| m.loss).sum::<f32>() / part.len() as f32;
    let (first, last) = (mean(&metrics[..10]), mean(&metrics[30..]));
    println!("loss {first} to {last}, opening {}", metrics[39].opening);
    assert!(last < 0.9 * first, "{first} to {last}");
    assert!(metrics[39].opening > 1e-3 && metrics[39].opening > metrics[4].opening);
    assert!(plot(&metrics).contains("40 steps"));
}

#[test]
fn clips_are_read_from_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let entry =
        |file: &str, other: &str| Entry { file: file.into(), neighbours: vec![other.into()] };
    for (seed, file) in [(1, "a.safetensors"), (2, "b.safetensors")] {
        let (latents, text) = (normal(seed, &[4, 2, 4, 4]), normal(seed, &[2, 16]));
        let frames = normal(seed + 10, &[3, 32]);
        ClipFolder::write_clip(folder.path(), file, &latents, &text, &frames).unwrap();
    }
    let both = [entry("a.safetensors", "b.safetensors"), entry("b.safetensors", "a.safetensors")];
    ClipFolder::write_index(folder.path(), &both).unwrap();
    let clips = ClipFolder::open(folder.path(), &CPU).unwrap();
    let first = clips.clip(0, 5).unwrap();
    assert_eq!((clips.count(), first.videos.len(), first.videos[0].len()), (2, 1, 3));
    assert_eq!(bits(&first.latents), bits(&normal(1, &[4, 2, 4, 4])));
    assert_eq!(first.videos[0], normal(12, &[3, 32]).to_vec2::<f32>().unwrap());
    let (unet, scheduler) = (unet(), scheduler());
    let mut trainer = Trainer::new(&unet, &scheduler, small(2), &CPU).unwrap();
    assert!(trainer.step(&clips).unwrap().loss.is_finite());
    ClipFolder::write_index(folder.path(), &[entry("a.safetensors", "a.safetensors")]).unwrap();
    assert!(ClipFolder::open(folder.path(), &CPU).is_err(), "a clip is never its own neighbour");
}
