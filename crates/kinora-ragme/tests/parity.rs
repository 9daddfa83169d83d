//! The added modules against PyTorch (`parity/ragme.py`), to 1e-4.
//!
//! Not covered: weights of the authors, which lie where no package client fetches; their names are.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod tiny;

use std::collections::HashMap;

use candle_core::{DType, Tensor};
use kinora_diffusion::{
    SchedulerConfig, SchedulerKind, SiteContext, UNet3DConditionModel, Weights, build, config,
    denoise,
};
use kinora_ragme::{
    AdaLn, Combine, Guidance, Head, Position, RagAttention, Ragme, RagmeConfig, TemporalEnhancer,
    Tokens, Variant, guided, rag_init,
};
use kinora_types::Control;
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
fn without_a_token_in_front_only_frames_count() {
    let kept = Kept::open("sites.safetensors");
    for (head, name) in [(Head::Mean, "mean"), (Head::Tokens, "tokens")] {
        let config =
            RagmeConfig { cls_token: false, position: Position::Rotary, head, ..tiny::config() };
        let weights =
            kept.weights("enhancer").renamed(|n| (n != "cls_token").then(|| n.to_owned()));
        let (enhancer, _) =
            build("enhancer", weights, |w| TemporalEnhancer::new(&config, w)).unwrap();
        let made = enhancer.forward(&kept.retrieved("")).unwrap();
        agree(name, &made.tokens, kept.get(&format!("frames.{name}.tokens")));
        agree(name, &made.mask, kept.get(&format!("frames.{name}.mask")));
    }
    assert!(RagmeConfig { cls_token: false, ..tiny::config() }.check().is_err());
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
    let variants = [(Variant::Attention, "attention"), (Variant::Add, "add")];
    let norms = [(AdaLn::None, "none"), (AdaLn::Own, "own"), (AdaLn::Time, "time")];
    let mut sites = vec![(Variant::Attention, AdaLn::Own, true, "attention.all".to_owned())];
    for (variant, kind) in variants {
        let of = norms.map(|(adaln, time)| (variant, adaln, false, format!("{kind}.{time}")));
        sites.extend(of);
    }
    for (variant, adaln, adaln_feed_forward, name) in sites {
        for (spatial_pool, temporal_pool) in
            [(false, false), (false, true), (true, false), (true, true)]
        {
            let pools = RagmeConfig { spatial_pool, temporal_pool, ..tiny::config() };
            let config = RagmeConfig { variant, adaln, adaln_feed_forward, ..pools };
            let made = |w: &_| RagAttention::new(&config, 16, 32, w);
            let (site, _) = build(&name, kept.weights(&name), made).unwrap();
            let out = site.forward(kept.get("hidden"), &tokens, &context).unwrap();
            let name = format!("{name}.{}{}.out", u8::from(spatial_pool), u8::from(temporal_pool));
            agree(&name, &out, kept.get(&name));
        }
    }
}

/// The tiny controller as the authors' code would save it: the same network comes of it.
#[test]
fn a_controller_in_the_authors_names_is_the_same() {
    let (kept, unet, folder) =
        (Kept::open("activations.safetensors"), unet(), fixtures().join("controller"));
    let sites: Vec<String> = unet.sites().iter().map(|s| s.path("rag_attentions")).collect();
    let ours = candle_core::safetensors::load(folder.join("ragme.safetensors"), &CPU).unwrap();
    let theirs_file: HashMap<String, Tensor> = ours
        .iter()
        .map(|(name, tensor)| {
            let name = name.replace("temporal_enhancer.transformer_blocks.", "controller.body.");
            let name = name.replace("temporal_enhancer.", "controller.");
            let of = sites.iter().enumerate().find_map(|(at, site)| {
                let rest = name.strip_prefix(&format!("{site}."))?;
                Some(match rest.strip_prefix("gate.") {
                    Some(rest) => format!("controller.infuser.zero_convs.{at}.{rest}"),
                    None => format!("controller.infuser.blocks.{at}.{rest}"),
                })
            });
            (of.unwrap_or(name), tensor.clone())
        })
        .collect();
    for name in [
        "controller.cls_token",
        "controller.body.1.ff.net.0.proj.weight",
        // The seventh site is the middle block's.
        "controller.infuser.blocks.6.attn2.to_out.0.bias",
        "controller.infuser.zero_convs.15.weight",
    ] {
        assert!(theirs_file.contains_key(name), "{name}");
    }
    let released = tempfile::tempdir().unwrap();
    candle_core::safetensors::save(&theirs_file, released.path().join("controller.safetensors"))
        .unwrap();
    // What no tensor tells.
    let told = r#"{"enhancer_heads": 2, "heads": 4, "position": "rotary", "spatial_pool": false,
                   "temporal_pool": false, "combine": "concat"}"#;
    std::fs::write(released.path().join("config.json"), told).unwrap();
    let ragme = Ragme::open(released.path(), &unet, DType::F32, &CPU).unwrap();
    assert_eq!((ragme.config().head, ragme.config().adaln), (Head::Cls, AdaLn::Time));
    let ours =
        RagmeConfig { head: Head::Cls, ..config::read(&folder.join("config.json")).unwrap() };
    assert_eq!(ragme.config(), &ours, "all but the head, which a token in front decides");
    let weights = Weights::open(&folder.join("ragme.safetensors"), DType::F32, &CPU).unwrap();
    let (same, _) = Ragme::build(ours, &unet, weights).unwrap();
    let get = |name: &str| kept.get(&format!("train.{name}"));
    let [theirs, ours] = [&ragme, &same].map(|ragme| {
        let hook = ragme.condition(&kept.retrieved("train.")).unwrap();
        unet.forward(get("sample"), get("steps"), get("text"), &hook).unwrap()
    });
    assert_eq!(tiny::bits(&theirs), tiny::bits(&ours));

    let mut more = theirs_file;
    let name = "controller.infuser.blocks.16.attn1.to_q.weight";
    more.insert(name.into(), get("text").clone());
    candle_core::safetensors::save(&more, released.path().join("controller.safetensors")).unwrap();
    let error = Ragme::open(released.path(), &unet, DType::F32, &CPU).unwrap_err().to_string();
    assert!(error.contains(name), "{error}");
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
