//! Options of the added modules. Where paper and released code differ, both ways are here.

use kinora_diffusion::Result;
use serde::{Deserialize, Serialize};

/// How the enhancer sees the order of frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// Not at all, as released.
    #[default]
    None,
    /// Sines added to the tokens, of length 1 as the embeddings are.
    Sinusoidal,
    /// Queries and keys turned (Su et al. 2021).
    Rotary,
}

/// What the enhancer says of a video.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Head {
    /// The token put in front.
    #[default]
    Cls,
    /// The mean of all tokens that are no padding.
    Mean,
    /// All tokens.
    Tokens,
}

/// How K videos come together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// Token by token, the mean over the videos that are there.
    #[default]
    Mean,
    /// All tokens side by side; the released code calls it loop.
    Concat,
}

/// Whether the norms of a site know the timestep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdaLn {
    /// No.
    #[default]
    None,
    /// By an embedding of their own for each training step.
    Own,
    /// By the UNet's time embedding, without an activation before, as released.
    Time,
}

/// What a site does with the tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// Cross-attention.
    #[default]
    Attention,
    /// One token, transformed and added.
    Add,
}

/// `config.json` of a controller. Defaults are the released ones.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RagmeConfig {
    /// Width of frame embeddings and tokens.
    pub embed_dim: usize,
    /// Blocks of the enhancer.
    pub enhancer_layers: usize,
    /// Heads of the enhancer; each is `embed_dim` / heads wide.
    pub enhancer_heads: usize,
    /// Whether a learnt token stands before the frames; [`Head::Cls`] needs it.
    pub cls_token: bool,
    /// Order of frames.
    pub position: Position,
    /// Output of the enhancer.
    pub head: Head,
    /// Several videos.
    pub combine: Combine,
    /// Heads of a site; each is channels / heads wide.
    pub heads: usize,
    /// Average height and width before attention.
    pub spatial_pool: bool,
    /// Average frames before attention.
    pub temporal_pool: bool,
    /// Timestep in the norms.
    pub adaln: AdaLn,
    /// In that of the feed-forward part too; as released, only in those of both attentions.
    pub adaln_feed_forward: bool,
    /// Attention or addition.
    pub variant: Variant,
    /// Entries of the embedding of [`AdaLn::Own`].
    pub num_train_timesteps: usize,
}

impl Default for RagmeConfig {
    fn default() -> Self {
        Self {
            embed_dim: 512,
            enhancer_layers: 8,
            enhancer_heads: 8,
            cls_token: true,
            position: Position::None,
            head: Head::Cls,
            combine: Combine::Mean,
            heads: 8,
            spatial_pool: true,
            temporal_pool: true,
            adaln: AdaLn::None,
            adaln_feed_forward: false,
            variant: Variant::Attention,
            num_train_timesteps: 1000,
        }
    }
}

impl RagmeConfig {
    /// # Errors
    /// Widths that heads do not divide, or the token of a video where there is none.
    pub fn check(&self) -> Result<()> {
        let fault = |detail: &str| {
            let (what, detail) = ("RagmeConfig".into(), detail.into());
            Err(kinora_diffusion::DiffusionError::Config { what, detail })
        };
        let heads = self.enhancer_heads;
        let odd = heads == 0 || self.embed_dim == 0 || !self.embed_dim.is_multiple_of(2 * heads);
        if odd || self.heads == 0 {
            return fault(
                "`embed_dim` must be a multiple of twice `enhancer_heads`, and `heads` 1 or more",
            );
        }
        if self.head == Head::Cls && !self.cls_token {
            return fault("head `cls` needs `cls_token`");
        }
        Ok(())
    }
}
