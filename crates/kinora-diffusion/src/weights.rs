//! Where a network's tensors come from: safetensors by name, or fresh random ones to be trained.
//!
//! Way in: [`build`], which names every tensor that is missing, superfluous or of another shape.
//!
//! Memory: a file is held whole while its tensors are copied out in their final number format, so the peak is
//! file and network together.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    io::Read,
    path::Path,
    rc::Rc,
};

use candle_core::{DType, Device, Shape, Tensor, Var};

use crate::{
    error::{DiffusionError, Result},
    noise::Noise,
};

/// Initialisation of a fresh tensor.
#[derive(Clone, Copy, Debug)]
pub enum Init {
    /// All zero.
    Zeros,
    /// All one.
    Ones,
    /// Uniform between plus and minus one over the root of so many inputs, as torch starts linear layers.
    FanIn(usize),
    /// Gaussian with this standard deviation.
    Normal(f64),
}

/// Trainable tensors by name.
pub type Variables = BTreeMap<String, Var>;

struct Store {
    tensors: BTreeMap<String, Tensor>,
    fresh: Option<Noise>,
    trainable: Box<dyn Fn(&str) -> bool>,
    dtype: DType,
    device: Device,
    used: BTreeSet<String>,
    missing: Vec<String>,
    wrong: Vec<String>,
    variables: Variables,
}

/// Tensors below a name; cheap to clone.
#[derive(Clone)]
pub struct Weights {
    store: Rc<RefCell<Store>>,
    prefix: String,
}

impl Weights {
    /// Tensors that are there already; other number formats are converted.
    ///
    /// # Errors
    /// If a tensor cannot be moved to the device or converted.
    pub fn from_tensors(
        tensors: impl IntoIterator<Item = (String, Tensor)>,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let mut kept = BTreeMap::new();
        for (name, tensor) in tensors {
            kept.insert(name, tensor.to_device(device)?.to_dtype(dtype)?);
        }
        Ok(Self::with(kept, None, dtype, device))
    }

    /// The tensors of a safetensors file. Integer buffers (position numbers that old versions saved) are left out.
    ///
    /// # Errors
    /// [`DiffusionError::Read`] if the file cannot be read or is no safetensors file.
    pub fn open(path: &Path, dtype: DType, device: &Device) -> Result<Self> {
        let read = |e: &dyn Display| DiffusionError::Read {
            path: path.to_path_buf(),
            detail: e.to_string(),
        };
        let mut file = Vec::new();
        kinora_files::open(path)
            .and_then(|mut opened| opened.read_to_end(&mut file))
            .map_err(|e| read(&e))?;
        let slices =
            candle_core::safetensors::SliceSafetensors::new(&file).map_err(|e| read(&e))?;
        let mut tensors = BTreeMap::new();
        for (name, _) in slices.tensors() {
            let tensor = slices.load(&name, device).map_err(|e| read(&e))?;
            if tensor.dtype().is_float() {
                tensors.insert(name, tensor.to_dtype(dtype)?);
            }
        }
        Ok(Self::with(tensors, None, dtype, device))
    }

    /// Random tensors of a seed, every one of them trainable.
    pub fn fresh(seed: u64, dtype: DType, device: &Device) -> Self {
        Self::with(BTreeMap::new(), Some(Noise::new(seed)), dtype, device).trainable()
    }

    fn with(
        tensors: BTreeMap<String, Tensor>,
        fresh: Option<Noise>,
        dtype: DType,
        device: &Device,
    ) -> Self {
        let store = Store {
            tensors,
            fresh,
            trainable: Box::new(|_| false),
            dtype,
            device: device.clone(),
            used: BTreeSet::new(),
            missing: Vec::new(),
            wrong: Vec::new(),
            variables: Variables::new(),
        };
        Self { store: Rc::new(RefCell::new(store)), prefix: String::new() }
    }

    /// Makes plain tensors of all that is asked for from now on, random ones too.
    pub fn frozen(self) -> Self {
        self.trainable_if(|_| false)
    }

    /// Makes variables of all that is asked for from now on.
    pub fn trainable(self) -> Self {
        self.trainable_if(|_| true)
    }

    /// Makes variables of the tensors whose names `which` chooses, from now on.
    pub fn trainable_if(self, which: impl Fn(&str) -> bool + 'static) -> Self {
        self.store.borrow_mut().trainable = Box::new(which);
        self
    }

    /// Puts the tensors of another file in the place of those of the same names; others of it are extra.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn replaced(self, path: &Path) -> Result<Self> {
        {
            let mut store = self.store.borrow_mut();
            let other = Self::open(path, store.dtype, &store.device)?;
            let mut tensors = std::mem::take(&mut other.store.borrow_mut().tensors);
            store.tensors.append(&mut tensors);
        }
        Ok(self)
    }

    /// Gives every tensor the name that `rename` makes of its own, or drops it.
    pub fn renamed(self, rename: impl Fn(&str) -> Option<String>) -> Self {
        {
            let mut store = self.store.borrow_mut();
            let old = std::mem::take(&mut store.tensors);
            let named = old.into_iter().filter_map(|(name, t)| rename(&name).map(|new| (new, t)));
            store.tensors = named.collect();
        }
        self
    }

    /// The tensors below `name`.
    pub fn at(&self, name: impl Display) -> Self {
        Self { store: Rc::clone(&self.store), prefix: self.named(&name) }
    }

    /// Number format of all tensors.
    pub fn dtype(&self) -> DType {
        self.store.borrow().dtype
    }

    /// The first dimension of a tensor, if it is there.
    pub fn rows(&self, name: &str) -> Option<usize> {
        self.store.borrow().tensors.get(&self.named(&name)).and_then(|t| t.dims().first().copied())
    }

    /// Whether a tensor of this name is there.
    pub fn has(&self, name: &str) -> bool {
        self.store.borrow().tensors.contains_key(&self.named(&name))
    }

    fn named(&self, name: &dyn Display) -> String {
        if self.prefix.is_empty() { name.to_string() } else { format!("{}.{name}", self.prefix) }
    }

    /// The tensor of a name and shape. One that is missing or of another shape is noted for [`build`].
    ///
    /// # Errors
    /// If the device fails. A tensor that is missing or of another shape is no error here; [`build`] reports it.
    pub fn tensor(
        &self,
        shape: impl Into<Shape>,
        name: &str,
        init: Init,
    ) -> candle_core::Result<Tensor> {
        let (name, shape) = (self.named(&name), shape.into());
        let mut store = self.store.borrow_mut();
        store.used.insert(name.clone());
        let tensor = match store.tensors.get(&name).cloned() {
            Some(tensor) if *tensor.shape() == shape => tensor,
            Some(tensor) => {
                let fault = format!("{name}: {:?}, not {:?}", tensor.dims(), shape.dims());
                store.wrong.push(fault);
                store.start(&shape, Init::Zeros)?
            }
            None if store.fresh.is_some() => store.start(&shape, init)?,
            None => {
                store.missing.push(name.clone());
                store.start(&shape, Init::Zeros)?
            }
        };
        store.keep(name, tensor)
    }

    fn finish(self, what: &str) -> Result<Variables> {
        let mut store = self.store.borrow_mut();
        let extra: Vec<String> =
            store.tensors.keys().filter(|name| !store.used.contains(*name)).cloned().collect();
        let (missing, wrong) =
            (std::mem::take(&mut store.missing), std::mem::take(&mut store.wrong));
        if missing.is_empty() && wrong.is_empty() && extra.is_empty() {
            return Ok(std::mem::take(&mut store.variables));
        }
        Err(DiffusionError::Tensors { what: what.to_owned(), missing, extra, wrong })
    }
}

impl Store {
    fn start(&mut self, shape: &Shape, init: Init) -> candle_core::Result<Tensor> {
        let (dtype, device) = (self.dtype, self.device.clone());
        match (init, &mut self.fresh) {
            (Init::Ones, _) => Tensor::ones(shape, dtype, &device),
            (Init::FanIn(inputs), Some(noise)) => {
                noise.spread(shape, 1.0 / (inputs.max(1) as f64).sqrt(), dtype, &device)
            }
            (Init::Normal(deviation), Some(noise)) => {
                (noise.normal(shape, &device)? * deviation)?.to_dtype(dtype)
            }
            _ => Tensor::zeros(shape, dtype, &device),
        }
    }

    fn keep(&mut self, name: String, tensor: Tensor) -> candle_core::Result<Tensor> {
        if !(self.trainable)(&name) {
            return Ok(tensor);
        }
        let variable = Var::from_tensor(&tensor)?;
        let tensor = variable.as_tensor().clone();
        self.variables.insert(name, variable);
        Ok(tensor)
    }
}

/// Builds a network and holds the tensors against it: every one that is missing, extra or of another
/// shape is named in [`DiffusionError::Tensors`]. Gives the variables too, if the weights are trainable.
///
/// # Errors
/// [`DiffusionError::Tensors`] if any tensor does not fit, and those of `make`.
pub fn build<M>(
    what: &str,
    weights: Weights,
    make: impl FnOnce(&Weights) -> candle_core::Result<M>,
) -> Result<(M, Variables)> {
    let model = make(&weights)?;
    Ok((model, weights.finish(what)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(names: &[(&str, usize)]) -> Weights {
        let tensor = |size: usize| Tensor::zeros(size, DType::F32, &Device::Cpu).unwrap();
        let tensors = names.iter().map(|(name, size)| ((*name).to_owned(), tensor(*size)));
        Weights::from_tensors(tensors, DType::F32, &Device::Cpu).unwrap()
    }

    #[test]
    fn every_tensor_that_does_not_fit_is_named() {
        let weights = weights(&[("a.kept", 2), ("a.other", 3), ("b.extra", 1)]);
        let built = build("tiny", weights, |w| {
            let a = w.at("a");
            a.tensor(2, "kept", Init::Zeros)?;
            a.tensor(2, "other", Init::Zeros)?;
            a.tensor(2, "lost", Init::Zeros)
        });
        assert_eq!(
            built.unwrap_err().to_string(),
            "tensors of `tiny` do not fit: missing: `a.lost`; extra: `b.extra`; of another shape: \
             `a.other: [3], not [2]`"
        );
    }

    #[test]
    fn fresh_weights_are_variables() {
        let weights = Weights::fresh(1, DType::F32, &Device::Cpu);
        let (tensor, variables) =
            build("tiny", weights, |w| w.at("x").tensor((2, 3), "y", Init::FanIn(3))).unwrap();
        assert!(tensor.is_variable() && variables.contains_key("x.y"));
    }
}
