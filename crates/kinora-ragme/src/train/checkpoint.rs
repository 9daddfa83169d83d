//! A run on disk: one file with everything to go on, and the averaged modules as a controller's folder.
//!
//! The file is written aside and renamed, so a run that is broken while writing keeps the checkpoint before.

use std::{collections::HashMap, path::Path};

use candle_core::{Device, Tensor};
use kinora_diffusion::{Noise, SchedulerConfig, UNet3DConditionModel, Variables, Weights};

use super::{BASE, TrainConfig, Trainer, adamw::Gradients};
use crate::{
    controller::WEIGHTS_FILE,
    error::{RagmeError, Result},
};

const FILE: &str = "training.safetensors";
const CONFIG: &str = "training.json";
/// The averaged tensors of the base, under its own names, if any were trained.
pub const BASE_FILE: &str = "base.safetensors";

impl<'a> Trainer<'a> {
    /// Writes the run to a folder, which may hold an older state of it, and the moving average as a controller that
    /// [`crate::Ragme::open`] reads.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).map_err(|e| RagmeError::file(folder, e))?;
        let mut all: HashMap<String, Tensor> = HashMap::new();
        for (name, variable) in &self.variables {
            all.insert(format!("model.{name}"), variable.as_tensor().clone());
        }
        for (kind, tensors) in
            [("ema", &self.ema), ("m", &self.optimizer.m), ("v", &self.optimizer.v)]
        {
            all.extend(tensors.iter().map(|(name, t)| (format!("{kind}.{name}"), t.clone())));
        }
        let state = [self.steps().cast_signed(), self.noise.state().cast_signed()];
        all.insert("state".into(), Tensor::new(&state, &Device::Cpu)?);
        write_json(&folder.join(CONFIG), &self.config)?;
        write_tensors(&folder.join(FILE), &all)?;
        write_json(&folder.join("config.json"), &self.config.ragme)?;
        let base =
            self.ema.iter().filter_map(|(n, t)| Some((n.strip_prefix(BASE)?.into(), t.clone())));
        let base: HashMap<String, Tensor> = base.collect();
        if !base.is_empty() {
            write_tensors(&folder.join(BASE_FILE), &base)?;
        }
        let added = self.ema.iter().filter(|(name, _)| !name.starts_with(BASE));
        let added = added.map(|(name, t)| (name.clone(), t.clone())).collect();
        write_tensors(&folder.join(WEIGHTS_FILE), &added)
    }

    /// Goes on where [`Trainer::save`] was; `base` are the base's variables if some of them are trained too, as
    /// they were given to [`Trainer::with_base`]. They are set to their state then.
    ///
    /// # Errors
    /// A file is missing or is of another base.
    pub fn resume(
        folder: &Path,
        unet: &'a UNet3DConditionModel,
        base: Variables,
        scheduler: &SchedulerConfig,
        device: &Device,
    ) -> Result<Self> {
        let path = folder.join(CONFIG);
        let text = crate::file::text(&path)?;
        let config: TrainConfig =
            serde_json::from_str(&text).map_err(|e| RagmeError::file(&path, e))?;
        let path = folder.join(FILE);
        let all = crate::file::tensors(&path, device)?;
        let kind = |kind: &str| -> Gradients {
            let of = |(name, t): (&String, &Tensor)| {
                Some((name.strip_prefix(kind)?.strip_prefix('.')?.to_owned(), t.clone()))
            };
            all.iter().filter_map(of).collect()
        };
        let (of_base, added): (Gradients, Gradients) =
            kind("model").into_iter().partition(|(name, _)| name.starts_with(BASE));
        if !of_base.keys().map(|name| &name[BASE.len()..]).eq(base.keys()) {
            return Err(RagmeError::file(&path, "other tensors of the base were trained"));
        }
        for (variable, state) in base.values().zip(of_base.values()) {
            variable.set(state)?;
        }
        let weights = Weights::from_tensors(added, candle_core::DType::F32, device)?;
        let mut trainer = Self::on(unet, scheduler, config, weights, device)?.with_base(base)?;
        let state =
            all.get("state").ok_or_else(|| RagmeError::file(&path, "there is no `state`"))?;
        let state = state.to_vec1::<i64>()?;
        let whole = |found: Gradients, like: &Gradients| {
            let same = found.keys().eq(like.keys());
            if same { Ok(found) } else { Err(RagmeError::file(&path, "tensors are missing")) }
        };
        trainer.optimizer.m = whole(kind("m"), &trainer.optimizer.m)?;
        trainer.optimizer.v = whole(kind("v"), &trainer.optimizer.v)?;
        trainer.ema = whole(kind("ema"), &trainer.ema)?;
        trainer.optimizer.steps = state[0].cast_unsigned();
        trainer.noise = Noise::new(state[1].cast_unsigned());
        Ok(trainer)
    }
}

/// Whether a folder holds a run.
pub(crate) fn is_there(folder: &Path) -> bool {
    folder.join(FILE).is_file()
}

pub(crate) fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|e| RagmeError::file(path, e))?;
    std::fs::write(path, text).map_err(|e| RagmeError::file(path, e))
}

/// Aside first: a file that is there is whole.
pub(crate) fn write_tensors(path: &Path, tensors: &HashMap<String, Tensor>) -> Result<()> {
    let aside = path.with_extension("part");
    candle_core::safetensors::save(tensors, &aside).map_err(|e| RagmeError::file(&aside, e))?;
    let synced = kinora_files::open(&aside).and_then(|file| file.sync_all());
    synced.and_then(|()| std::fs::rename(&aside, path)).map_err(|e| RagmeError::file(path, e))
}
