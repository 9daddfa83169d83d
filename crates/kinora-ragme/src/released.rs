//! Controllers as the authors of RAGME save them: `controller.safetensors`, read by its tensors' own names.
//!
//! Source of the names: the state dict of the released inference code (`helia95/ragme`, `Controller`, commit
//! 9aaff6f), read as facts. Its blocks and gates are one list over all sites, in the order of the forward pass.
//!
//! What the tensors cannot tell (their `config.yaml` can) is taken as released, or from a `config.json` of ours beside
//! the file: `head` `mean` for `use_mean`, `combine` `concat` for mode `…-loop`, `spatial_pool` for
//! `spatial_average`, `temporal_pool` for `temporal_average`.

use kinora_diffusion::{Site, Weights};

use crate::config::{AdaLn, Head, RagmeConfig, Variant};

/// File of the weights in a folder.
pub(crate) const RELEASED_FILE: &str = "controller.safetensors";

const BODY: &str = "controller.body";
const BLOCKS: &str = "controller.infuser.blocks";
const GATES: &str = "controller.infuser.zero_convs";
const CLS_TOKEN: &str = "controller.cls_token";

/// The options that the tensors tell, over those that they do not.
pub(crate) fn config(weights: &Weights, rest: RagmeConfig) -> RagmeConfig {
    let has = |name: &str| weights.has(name);
    let layer = |at: usize| format!("{BODY}.{at}.norm1.weight");
    let first = |name: &str| format!("{BLOCKS}.0.{name}");
    let cls_token = has(CLS_TOKEN);
    // Without a token in front there is nothing to take but the frames.
    let head = match (cls_token, rest.head) {
        (true, _) => Head::Cls,
        (false, Head::Cls) => Head::Tokens,
        (false, head) => head,
    };
    let adaln = match (has(&first("norm1.emb.weight")), has(&first("norm1.linear.weight"))) {
        (true, _) => AdaLn::Own,
        (false, true) => AdaLn::Time,
        (false, false) => AdaLn::None,
    };
    RagmeConfig {
        embed_dim: weights.rows(&layer(0)).unwrap_or(rest.embed_dim),
        enhancer_layers: (0..).take_while(|at| has(&layer(*at))).count(),
        cls_token,
        head,
        adaln,
        adaln_feed_forward: false,
        num_train_timesteps: weights
            .rows(&first("norm1.emb.weight"))
            .unwrap_or(rest.num_train_timesteps),
        // Its norms are shared and its order of steps is another: such a one is refused by its names.
        variant: Variant::Attention,
        ..rest
    }
}

/// Our name of a tensor; names that mean nothing here are left as they are, to be told of.
pub(crate) fn renamed(name: &str, sites: &[Site]) -> String {
    let of_site = |rest: &str, below: &str| {
        let (at, rest) = rest.split_once('.')?;
        let site = sites.get(at.parse::<usize>().ok()?)?;
        Some(format!("{}.{below}{rest}", site.path("rag_attentions")))
    };
    let below = |folder: &str| name.strip_prefix(folder)?.strip_prefix('.');
    let new = if let Some(rest) = below(GATES) {
        of_site(rest, "gate.")
    } else if let Some(rest) = below(BLOCKS) {
        of_site(rest, "")
    } else if let Some(rest) = below(BODY) {
        Some(format!("temporal_enhancer.transformer_blocks.{rest}"))
    } else {
        (name == CLS_TOKEN).then(|| "temporal_enhancer.cls_token".to_owned())
    };
    new.unwrap_or_else(|| name.to_owned())
}
