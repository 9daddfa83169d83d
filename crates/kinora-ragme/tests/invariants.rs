//! What must hold whatever the weights are: shut gates, order of videos, padding, absent videos, guidance.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod tiny;

use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::{DType, Tensor};
use kinora_diffusion::{
    Identity, SampleRequest, Site, SiteContext, TemporalHook, TextToVideoPipeline,
    UNet3DConditionModel, Weights,
};
use kinora_ragme::{
    AdaLn, Combine, Conditioned, Guidance, Head, Position, Ragme, RagmeConfig, RetrievalInput,
    Retrieved, Variant, guided,
};
use kinora_types::Control;
use tiny::{CPU, bits, difference, fixtures, normal, unet};

struct Inputs {
    sample: Tensor,
    steps: Tensor,
    text: Tensor,
}

fn inputs() -> Inputs {
    Inputs {
        sample: normal(1, &[1, 4, 3, 8, 8]),
        steps: Tensor::new(&[500f32], &CPU).unwrap(),
        text: normal(2, &[1, 5, 16]),
    }
}

fn run(unet: &UNet3DConditionModel, ragme: &Ragme, retrieved: &Retrieved) -> Tensor {
    let Inputs { sample, steps, text } = inputs();
    unet.forward(&sample, &steps, &text, &ragme.condition(retrieved).unwrap()).unwrap()
}

fn base(unet: &UNet3DConditionModel) -> Tensor {
    let Inputs { sample, steps, text } = inputs();
    unet.forward(&sample, &steps, &text, &Identity).unwrap()
}

/// Three videos, the second with two frames of four, the third absent.
fn retrieved(padding: &Tensor) -> Retrieved {
    let mask =
        Tensor::new(&[[[1f32, 1., 1., 1.], [1., 1., 0., 0.], [0., 0., 0., 0.]]], &CPU).unwrap();
    let seen = mask.ne(0f32).unwrap().unsqueeze(3).unwrap().broadcast_as((1, 3, 4, 32)).unwrap();
    let embeddings = seen.where_cond(&normal(3, &[1, 3, 4, 32]), padding).unwrap();
    Retrieved { embeddings, mask }
}

fn permuted(given: &Retrieved) -> Retrieved {
    let order = Tensor::new(&[1u32, 2, 0], &CPU).unwrap();
    let pick = |t: &Tensor| t.index_select(&order, 1).unwrap();
    Retrieved { embeddings: pick(&given.embeddings), mask: pick(&given.mask) }
}

/// Controllers whose gates are open: every head, combination, pooling and variant at least once.
fn open_gates(unet: &UNet3DConditionModel) -> Vec<(RagmeConfig, Ragme)> {
    let all = [
        (Head::Cls, Combine::Mean, Position::None, Variant::Attention, true),
        (Head::Tokens, Combine::Concat, Position::Rotary, Variant::Attention, false),
        (Head::Tokens, Combine::Mean, Position::Sinusoidal, Variant::Add, true),
        (Head::Mean, Combine::Concat, Position::Rotary, Variant::Add, false),
    ];
    let make = |(head, combine, position, variant, pool): (_, _, _, _, bool)| {
        let config = RagmeConfig {
            head,
            combine,
            position,
            variant,
            spatial_pool: pool,
            temporal_pool: pool,
            adaln: AdaLn::Time,
            ..tiny::config()
        };
        let fresh = Weights::fresh(9, DType::F32, &CPU);
        let (_, variables) = Ragme::build(config.clone(), unet, fresh).unwrap();
        for (name, gate) in variables.iter().filter(|(name, _)| name.ends_with("gate.weight")) {
            let open = normal(name.len() as u64, gate.dims());
            gate.set(&(open * 0.5).unwrap()).unwrap();
        }
        let plain = variables.into_iter().map(|(name, var)| (name, var.as_tensor().detach()));
        let plain = Weights::from_tensors(plain, DType::F32, &CPU).unwrap();
        let (ragme, _) = Ragme::build(config.clone(), unet, plain).unwrap();
        (config, ragme)
    };
    all.into_iter().map(make).collect()
}

#[test]
fn shut_gates_leave_the_base_bit_for_bit() {
    let unet = unet();
    let base = bits(&base(&unet));
    let given = retrieved(&normal(4, &[1, 3, 4, 32]));
    for variant in [Variant::Attention, Variant::Add] {
        for pool in [true, false] {
            let config =
                RagmeConfig { variant, spatial_pool: pool, temporal_pool: pool, ..tiny::config() };
            let fresh = || Weights::fresh(5, DType::F32, &CPU);
            let (ragme, _) = Ragme::build(config.clone(), &unet, fresh().frozen()).unwrap();
            let out = run(&unet, &ragme, &given);
            assert_eq!(bits(&out), base, "{variant:?} {pool}");
            assert_eq!(ragme.opening().unwrap(), 0.0);
            // With a graph, convolutions are computed another way.
            let (trained, _) = Ragme::build(config, &unet, fresh()).unwrap();
            let worst = difference(&out, &run(&unet, &trained, &given));
            assert!(worst < 1e-5, "{variant:?} {pool}: {worst}");
        }
    }
}

#[test]
fn the_order_of_videos_means_nothing() {
    let unet = unet();
    let base = base(&unet);
    let given = retrieved(&normal(4, &[1, 3, 4, 32]));
    for (config, ragme) in open_gates(&unet) {
        let out = run(&unet, &ragme, &given);
        let moved = difference(&out, &base);
        let worst = difference(&out, &run(&unet, &ragme, &permuted(&given)));
        println!("{:?} {:?}: {worst:.1e} of {moved:.1e}", config.head, config.combine);
        assert!(moved > 1e-2, "{config:?} has no say: {moved}");
        assert!(worst < 5e-6, "{config:?}: {worst}");
    }
}

#[test]
fn padding_and_absent_videos_mean_nothing() {
    let unet = unet();
    let quiet = retrieved(&Tensor::zeros((1, 3, 4, 32), DType::F32, &CPU).unwrap());
    let loud = retrieved(&(normal(7, &[1, 3, 4, 32]) * 100.0).unwrap());
    for (config, ragme) in open_gates(&unet) {
        let (a, b) = (run(&unet, &ragme, &quiet), run(&unet, &ragme, &loud));
        assert_eq!(bits(&a), bits(&b), "{config:?}");
        let fewer = Retrieved {
            embeddings: loud.embeddings.narrow(1, 0, 2).unwrap(),
            mask: loud.mask.narrow(1, 0, 2).unwrap(),
        };
        let worst = difference(&a, &run(&unet, &ragme, &fewer));
        assert!(worst < 5e-6, "an absent video is as none, {config:?}: {worst}");
    }
}

#[test]
fn without_any_video_the_base_speaks() {
    let unet = unet();
    let base = bits(&base(&unet));
    let none = Retrieved::batch(&[vec![]], 32, &CPU).unwrap();
    let noise = Retrieved { embeddings: normal(8, &[1, 1, 1, 32]), mask: none.mask.clone() };
    for (config, ragme) in open_gates(&unet) {
        for given in [&none, &noise] {
            assert_eq!(bits(&run(&unet, &ragme, given)), base, "{config:?}");
        }
    }
}

#[test]
fn a_retrieval_scale_of_one_is_the_papers_and_of_zero_is_none() {
    let unet = unet();
    let Inputs { sample, text, .. } = inputs();
    let text = Tensor::cat(&[&text, &normal(6, &[1, 5, 16])], 0).unwrap();
    let given = retrieved(&normal(4, &[1, 3, 4, 32]));
    let (_, ragme) = open_gates(&unet).remove(1);
    let hook = ragme.condition(&given).unwrap();
    let at = |retrieval: f64, text_scale: f64| {
        let guidance = Guidance { text: text_scale, retrieval };
        guided(&unet, &hook, &sample, 500, &text, guidance).unwrap()
    };
    let near = difference(&at(1.0, 7.0), &at(1.0 + 1e-9, 7.0));
    assert!(near < 1e-4, "two ways to the same: {near}");
    let empty = unet.forward(&sample, &inputs().steps, &text.narrow(0, 0, 1).unwrap(), &Identity);
    let worst = difference(&at(0.0, 0.0), &empty.unwrap());
    assert!(worst < 1e-5, "no text, no retrieval: {worst}");
    assert!(difference(&at(1.0, 7.0), &at(3.0, 7.0)) > 1e-3);
}

#[test]
fn samples_guided_together_are_samples_guided_alone() {
    let unet = unet();
    let ragme = Ragme::open(&fixtures().join("controller"), &unet, DType::F32, &CPU).unwrap();
    let (latents, text) = (normal(71, &[2, 4, 3, 8, 8]), normal(72, &[4, 5, 16]));
    let frames = |seed: u64| normal(seed, &[4, 32]).to_vec2::<f32>().unwrap();
    // The second has one video less.
    let videos = [vec![frames(73), frames(74)], vec![frames(75)]];
    for retrieval in [1.0, 2.0] {
        let guidance = Guidance { text: 3.0, retrieval };
        let run = |videos: &[Vec<Vec<Vec<f32>>>], latents: &Tensor, text: &Tensor| {
            let given = Retrieved::batch(videos, 32, &CPU).unwrap();
            guided(&unet, &ragme.condition(&given).unwrap(), latents, 300, text, guidance)
        };
        let both = run(&videos, &latents, &text).unwrap();
        for at in 0..2 {
            // Empty text of this sample, then its prompt.
            let [empty, prompt] = [at, at + 2].map(|row| text.narrow(0, row, 1).unwrap());
            let own = Tensor::cat(&[empty, prompt], 0).unwrap();
            let alone = run(&videos[at..=at], &latents.narrow(0, at, 1).unwrap(), &own).unwrap();
            let worst = difference(&both.narrow(0, at, 1).unwrap(), &alone);
            assert!(worst < 1e-4, "sample {at}, scale {retrieval}: {worst}");
        }
        let one = latents.narrow(0, 0, 1).unwrap();
        assert!(run(&videos, &one, &text).is_err(), "retrieval for two does not guide one");
    }
}

#[test]
fn a_prompt_and_retrieved_clips_become_frames() {
    let pipeline = TextToVideoPipeline::open(&tiny::base(), DType::F32, &CPU).unwrap();
    let ragme =
        Ragme::open(&fixtures().join("controller"), &pipeline.unet, DType::F32, &CPU).unwrap();
    let request = SampleRequest {
        height: 16,
        width: 16,
        frames: 3,
        steps: 2,
        guidance_scale: 3.0,
        ..SampleRequest::new("a dog is running")
    };
    let frames = vec![vec![vec![1.0; 32]; 4]; 2];
    let input = RetrievalInput {
        retrieved: Retrieved::one(&frames, 32, &CPU).unwrap(),
        scale: 1.5,
        init: Some(normal(3, &[2, 4, 5, 8, 8])),
    };
    let (mut steps, control) = (0, Control::default());
    let made = ragme.sample(&pipeline, &request, &input, &mut |_| steps += 1, &control).unwrap();
    assert_eq!((made.dims(), steps), (&[3, 3, 16, 16][..], 2));
    control.cancel();
    let stopped = ragme.sample(&pipeline, &request, &input, &mut |_| (), &control);
    assert_eq!(stopped.unwrap_err().to_string(), "cancelled");
}

/// Cancels at its third site, as somebody would in the middle of a long pass.
struct AtThird<'a> {
    inner: Conditioned<'a>,
    control: Control,
    sites: AtomicUsize,
}

impl TemporalHook for AtThird<'_> {
    fn apply(
        &self,
        site: Site,
        hidden: &Tensor,
        context: &SiteContext<'_>,
    ) -> candle_core::Result<Tensor> {
        if self.sites.fetch_add(1, Ordering::Relaxed) + 1 == 3 {
            self.control.cancel();
        }
        self.inner.apply(site, hidden, context)
    }
}

#[test]
fn a_pass_ends_at_the_site_at_which_it_is_cancelled() {
    let (unet, control) = (unet(), Control::default());
    let ragme = Ragme::open(&fixtures().join("controller"), &unet, DType::F32, &CPU).unwrap();
    let given = Retrieved::one(&[vec![vec![1.0; 32]; 2]], 32, &CPU).unwrap();
    let inner = ragme.condition(&given).unwrap().until(&control);
    let hook = AtThird { inner, control, sites: AtomicUsize::new(0) };
    let (latents, text) = (normal(81, &[1, 4, 3, 8, 8]), normal(82, &[1, 5, 16]));
    let steps = Tensor::new(&[300f32], &CPU).unwrap();
    assert!(unet.sites().len() > 3, "there is more to come");
    assert!(unet.forward(&latents, &steps, &text, &hook).is_err());
    assert_eq!(hook.sites.into_inner(), 3);
}

#[test]
fn what_does_not_belong_is_refused() {
    let unet = unet();
    let (config, ragme) = open_gates(&unet).remove(0);
    let narrow = Retrieved::one(&[vec![vec![1.0; 16]]], 16, &CPU).unwrap();
    assert!(ragme.condition(&narrow).is_err());
    let odd = RagmeConfig { enhancer_heads: 5, ..config.clone() };
    assert!(Ragme::build(odd, &unet, Weights::fresh(1, DType::F32, &CPU)).is_err());
    let other = RagmeConfig { variant: Variant::Add, ..tiny::config() };
    let file = fixtures().join("controller/ragme.safetensors");
    let weights = Weights::open(&file, DType::F32, &CPU).unwrap();
    let fault = Ragme::build(other, &unet, weights).unwrap_err().to_string();
    assert!(fault.contains("missing: ") && fault.contains("extra: "), "{fault}");
}
