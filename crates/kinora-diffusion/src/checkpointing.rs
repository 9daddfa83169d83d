//! Gradients with the memory of one stage: activations between stages are kept, those inside are made again on the
//! way back (gradient checkpointing: Chen et al., "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174).
//!
//! A stage is a layer of a block (residual block, temporal convolution, both attentions, hook), a change of size, or
//! what stands before and after the blocks. On the way back each is run once more on what went in, and the product of
//! its output with the gradient that came down to it is what is differentiated: the same numbers as without.
//!
//! Memory: an activation a stage, the graph of one stage, the gradients asked for. Time: one more forward pass.

use std::collections::HashMap;

use candle_core::{Result, Tensor, TensorId, Var, backprop::GradStore};

use crate::{
    hook::{SiteContext, TemporalHook},
    unet_3d_blocks::{Pass, Stage},
    unet_3d_condition::{UNet3DConditionModel, UNetInput},
};

/// A stage's inputs and output by their number among all activations.
struct Run<'a> {
    stage: Stage<'a>,
    input: usize,
    skip: Option<usize>,
    size: Option<(usize, usize)>,
    output: usize,
}

impl Run<'_> {
    fn forward(&self, kept: &[Tensor], pass: &Pass<'_>) -> Result<Tensor> {
        let skip = self.skip.map(|skip| &kept[skip]);
        self.stage.forward(&kept[self.input], skip, self.size, pass)
    }
}

/// Result of a pass with checkpoints.
#[derive(Debug)]
pub struct Checkpointed {
    /// The loss, without a graph.
    pub loss: Tensor,
    gradients: HashMap<TensorId, Tensor>,
}

impl Checkpointed {
    /// The gradient of one of the leaves; `None` if the loss does not depend on it.
    pub fn get(&self, leaf: &Tensor) -> Option<&Tensor> {
        self.gradients.get(&leaf.id())
    }

    /// Adds what was found for some tensors; the rest, as gradients of frozen weights, is let go.
    fn add<'a>(
        &mut self,
        found: &mut GradStore,
        wanted: impl Iterator<Item = &'a Tensor>,
    ) -> Result<()> {
        for tensor in wanted {
            let Some(new) = found.remove(tensor) else {
                continue;
            };
            let sum = match self.gradients.remove(&tensor.id()) {
                Some(before) => (before + new)?,
                None => new,
            };
            self.gradients.insert(tensor.id(), sum.detach());
        }
        Ok(())
    }
}

impl UNet3DConditionModel {
    /// The gradients of `loss`, a scalar of the prediction, by the variables `leaves`: the network's own that are
    /// trained, and what `hook` depends on. What lies before the leaves keeps its graph and is run through once a
    /// stage, so a hook's input is best made a leaf of its own.
    ///
    /// Agrees with [`UNet3DConditionModel::forward`] and `backward` up to the order in which gradients are summed.
    ///
    /// # Errors
    /// As [`UNet3DConditionModel::forward`], and those of `loss`.
    pub fn checkpointed(
        &self,
        input: UNetInput<'_>,
        hook: &dyn TemporalHook,
        leaves: &[&Tensor],
        loss: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<Checkpointed> {
        let prepared = self.prepare(input)?;
        let context = SiteContext {
            frames: prepared.frames,
            timesteps: &prepared.steps,
            time_embedding: &prepared.time_embedding,
        };
        let pass = Pass { temb: &prepared.temb, text: &prepared.text, hook, context };
        let (mut kept, runs) = self.keep(&prepared.x, &pass)?;
        let loss = loss(&self.answer(&kept[kept.len() - 1], prepared.frames)?)?;
        let mut found = Checkpointed { loss: loss.detach(), gradients: HashMap::new() };
        let last = kept.iter().rev().take(1);
        found.add(&mut loss.backward()?, leaves.iter().copied().chain(last))?;
        drop(loss);
        for run in runs.iter().rev() {
            let Some(gradient) = found.gradients.remove(&kept[run.output].id()) else {
                continue;
            };
            let product = (run.forward(&kept, &pass)? * gradient)?.sum_all()?;
            let inputs = [Some(run.input), run.skip].into_iter().flatten().map(|at| &kept[at]);
            let inputs = inputs.filter(|input| input.is_variable());
            found.add(&mut product.backward()?, leaves.iter().copied().chain(inputs))?;
            kept.truncate(run.output);
        }
        Ok(found)
    }

    /// All activations between stages, as variables from the first on that depends on a leaf.
    fn keep(&self, x: &Tensor, pass: &Pass<'_>) -> Result<(Vec<Tensor>, Vec<Run<'_>>)> {
        let (mut kept, mut skips, mut runs) = (vec![x.clone()], Vec::new(), Vec::new());
        for stage in self.stages() {
            let skip = if stage.takes() { skips.pop() } else { None };
            let size = skips.last().map(|skip: &usize| kept[*skip].dims4()).transpose()?;
            let size = size.map(|(_, _, height, width)| (height, width));
            let output = kept.len();
            let run = Run { stage, input: output - 1, skip, size, output };
            let y = run.forward(&kept, pass)?;
            let tracked = y.track_op();
            let y = y.detach();
            kept.push(if tracked { Var::from_tensor(&y)?.into_inner() } else { y });
            if stage.keeps() {
                skips.push(output);
            }
            runs.push(run);
        }
        Ok((kept, runs))
    }
}
