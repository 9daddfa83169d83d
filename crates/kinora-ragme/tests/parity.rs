//! The added modules against PyTorch (`parity/ragme.py`), to 1e-4.
//!
//! Not covered: a checkpoint of the authors, whose tensor names are not published.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod tiny;

use candle_core::{DType, Tensor};
use kinora_diffusion::{
    SchedulerConfig, SchedulerKind, SiteContext, UNet3DConditionModel, build, config, denoise,
};
use kinora_inference::Control;
use kinora_ragme::{
    AdaLn, Combine, Guidance, Head, Position, RagAttention, Ragme, RagmeConfig, TemporalEnhancer,
    Tokens, Variant, guided, rag_init,
};
use tiny::{CPU, Kept, agree, base, fixtures, unet};

#[test]
fn the_enhancer_agrees_under_every_option() {
    let kept = Kept::open("sites.safetensors");
    for (position, name) in [
        (Position::None, "none"),
        (Position::Sinusoidal, "sinusoidal"),
        (Position::Rotary, "rotary"),
    ] {
        for (head, to) in [(Head::Cls, "cls"), (Head::Mean, "mean"), (Head::Tokens, "tokens")] {
            for (combine, how) in [(Combine::Mean, "mean"), (Combine::Concat, "concat")] {
                let config = RagmeConfig { position, head, combine, ..tiny::config() };
                let (enhancer, _) = build("enhancer", kept.weights("enhancer"), |w| {
                    TemporalEnhancer::new(&config, w)
                })
                .unwrap();
                let made = enhancer.forward(&kept.retrieved("")).unwrap();
                let name = format!("{name}.{to}.{how}");
                agree(&name, &made.tokens, kept.get(&format!("{name}.tokens")));
                agree(&name, &made.mask, kept.get(&format!("{name}.mask")));
            }
        }
    }
}

#[test]
fn a_site_agrees_under_every_option() {
    let kept = Kept::open("sites.safetensors");
    let tokens = Tokens {
        tokens: kept.get("rotary.tokens.concat.tokens").clone(),
        mask: kept.get("rotary.tokens.concat.mask").clone(),
    };
    let context =
        SiteContext { frames: 3, timesteps: kept.get("steps"), time_embedding: kept.get("time") };
    for (variant, kind) in [(Variant::Attention, "attention"), (Variant::Add, "add")] {
        for (adaln, time) in [(AdaLn::None, "none"), (AdaLn::Own, "own"), (AdaLn::Time, "time")] {
            for (spatial_pool, temporal_pool) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                let config =
                    RagmeConfig { variant, adaln, spatial_pool, temporal_pool, ..tiny::config() };
                let name = format!("{kind}.{time}");
                let made = |w: &_| RagAttention::new(&config, 16, 32, w);
                let (site, _) = build(&name, kept.weights(&name), made).unwrap();
                let out = site.forward(kept.get("hidden"), &tokens, &context).unwrap();
                let name =
                    format!("{name}.{}{}.out", u8::from(spatial_pool), u8::from(temporal_pool));
                agree(&name, &out, kept.get(&name));
            }
        }
    }
}

#[test]
fn the_whole_network_agrees_with_all_sites() {
    let (kept, unet) = (Kept::open("activations.safetensors"), unet());
    let ragme = Ragme::open(&fixtures().join("controller"), &unet, DType::F32, &CPU).unwrap();
    let hook = ragme.condition(&kept.retrieved("train.")).unwrap();
    let get = |name: &str| kept.get(&format!("train.{name}"));
    let out = unet.forward(get("sample"), get("steps"), get("text"), &hook).unwrap();
    agree("unet with 16 sites", &out, get("out"));
    let base = unet.forward(get("sample"), get("steps"), get("text"), &kinora_diffusion::Identity);
    let moved = tiny::difference(&out, &base.unwrap());
    assert!(moved > 0.1, "the sites have a say: {moved}");
}

#[test]
fn half_formats_stay_near() {
    let kept = Kept::open("activations.safetensors");
    let get = |name: &str| kept.get(&format!("train.{name}"));
    for (dtype, tolerance) in [(DType::F16, 3e-2), (DType::BF16, 3e-1)] {
        let unet = UNet3DConditionModel::open(&base().join("unet"), dtype, &CPU).unwrap();
        let ragme = Ragme::open(&fixtures().join("controller"), &unet, dtype, &CPU).unwrap();
        let hook = ragme.condition(&kept.retrieved("train.")).unwrap();
        let out = unet.forward(get("sample"), get("steps"), get("text"), &hook).unwrap();
        let worst = tiny::difference(&out.to_dtype(DType::F32).unwrap(), get("out"));
        println!("{dtype:?}: {worst:.1e}");
        assert!(worst < tolerance, "{dtype:?}: {worst}");
        let absent = kinora_ragme::Retrieved::batch(&[vec![], vec![]], 32, &CPU).unwrap();
        let hook = ragme.condition(&absent).unwrap();
        let out = unet.forward(get("sample"), get("steps"), get("text"), &hook).unwrap();
        let plain =
            unet.forward(get("sample"), get("steps"), get("text"), &kinora_diffusion::Identity);
        let [out, plain] = [out, plain.unwrap()].map(|t| t.to_dtype(DType::F32).unwrap());
        assert_eq!(tiny::bits(&out), tiny::bits(&plain), "{dtype:?}: no video, no change");
    }
}

#[test]
fn guidance_with_two_scales_and_rag_init_agree() {
    let (kept, unet) = (Kept::open("activations.safetensors"), unet());
    let ragme = Ragme::open(&fixtures().join("controller"), &unet, DType::F32, &CPU).unwrap();
    let get = |name: &str| kept.get(&format!("sample.{name}"));
    let hook = ragme.condition(&kept.retrieved("sample.")).unwrap();
    let options: SchedulerConfig =
        config::read(&base().join("scheduler/scheduler_config.json")).unwrap();
    let mut sampler = SchedulerKind::Ddim.start(&options, 5).unwrap();
    let alpha = sampler.first_alpha_cumprod();
    let start = rag_init(get("latents"), 0.18215, alpha, get("noise")).unwrap();
    agree("start", &start, get("start"));
    let guidance = Guidance { text: 3.0, retrieval: 2.0 };
    let predict = |x: &Tensor, t: usize| {
        guided(&unet, &hook, x, t, get("text"), guidance).map_err(candle_core::Error::wrap)
    };
    let control = Control::default();
    let out = denoise(sampler.as_mut(), start, None, predict, &mut |_| (), &control).unwrap();
    agree("five guided steps", &out, get("out"));
}
