//! The seam behind every temporal attention, where a retrieval module may add to the activations.

use candle_core::{Result, Tensor};

/// Block of the network in which a hook is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Block {
    /// `down_blocks.N`.
    Down(usize),
    /// `mid_block`.
    Mid,
    /// `up_blocks.N`.
    Up(usize),
}

/// One temporal attention of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// Block it belongs to.
    pub block: Block,
    /// Its number in the block's `temp_attentions`.
    pub layer: usize,
    /// Channels of the activations.
    pub channels: usize,
}

impl Site {
    /// The path of its block and layer, in diffusers' way of counting: `down_blocks.0`, layer 1.
    pub fn path(&self, list: &str) -> String {
        match self.block {
            Block::Down(at) => format!("down_blocks.{at}.{list}.{}", self.layer),
            Block::Mid => format!("mid_block.{list}.{}", self.layer),
            Block::Up(at) => format!("up_blocks.{at}.{list}.{}", self.layer),
        }
    }
}

/// What a hook gets besides the activations.
#[derive(Clone, Copy, Debug)]
pub struct SiteContext<'a> {
    /// Frames of a video; the activations hold b · frames pictures.
    pub frames: usize,
    /// Step numbers (b,), `f32`.
    pub timesteps: &'a Tensor,
    /// The network's own time embedding (b, 4 · first width).
    pub time_embedding: &'a Tensor,
}

/// Called once a forward pass at each site, in the order of [`crate::UNet3DConditionModel::sites`].
///
/// Contract: gives activations of the same shape and number format, (b · frames, C, h, w). In down and up
/// blocks the call follows the temporal attention; in the middle block it follows the residual block and
/// the temporal convolution after that attention (Peruzzo et al. 2025, as released). An error ends the pass.
/// May be called from several threads, one pass a thread; memory is the hook's own affair.
pub trait TemporalHook: Sync {
    /// Activations in, activations out.
    ///
    /// # Errors
    /// If the shapes do not fit, or the device fails; the pass of the network then fails too.
    fn apply(&self, site: Site, hidden: &Tensor, context: &SiteContext<'_>) -> Result<Tensor>;
}

/// Leaves the network as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity;

impl TemporalHook for Identity {
    fn apply(&self, _: Site, hidden: &Tensor, _: &SiteContext<'_>) -> Result<Tensor> {
        Ok(hidden.clone())
    }
}
