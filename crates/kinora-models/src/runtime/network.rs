//! One ONNX graph of which several outputs are wanted, some of them only to go in again.
//!
//! Memory: the weights once; tensors that are kept stay where the runtime made them.

use std::sync::{Mutex, PoisonError};

use kinora_inference::InferenceError;
use ort::{
    session::{HasSelectedOutputs, OutputSelector, RunOptions, Session, SessionInputValue},
    value::{DynValue, Tensor},
};

use super::{
    Model, Runtime, Values,
    graph::{runtime_error, session},
};
use crate::ModelError;

/// A loaded graph, run by one session that uses `threads` cores.
pub(crate) struct Network {
    lane: Mutex<Lane>,
    inputs: Vec<String>,
}

/// Options of a run may not be shared between threads, so they stay with the session.
struct Lane {
    session: Session,
    kinds: Vec<(Vec<String>, RunOptions<HasSelectedOutputs>)>,
}

/// Which outputs a kind of run wants, as its network knows it.
#[derive(Clone, Copy)]
pub(crate) struct Wanted(usize);

/// A tensor of the runtime's.
pub(crate) struct Kept(DynValue);

/// Input of a run.
pub(crate) enum Input<'a> {
    New(Values),
    Again(&'a Kept),
}

impl Network {
    /// Loads the graph, to run on so many threads.
    ///
    /// # Errors
    /// If the file or the runtime cannot be loaded.
    pub(crate) fn load(
        runtime: &Runtime,
        model: Model<'_>,
        threads: usize,
    ) -> Result<Self, ModelError> {
        let session = session(runtime, model, threads)?;
        let inputs = session.inputs().iter().map(|input| input.name().to_owned()).collect();
        Ok(Self { lane: Mutex::new(Lane { session, kinds: Vec::new() }), inputs })
    }

    /// Names of all inputs.
    pub(crate) fn inputs(&self) -> &[String] {
        &self.inputs
    }

    /// Shape of an input, -1 where it is free.
    pub(crate) fn input_shape(&self, name: &str) -> Option<Vec<i64>> {
        let lane = self.lane.lock().unwrap_or_else(PoisonError::into_inner);
        let input = lane.session.inputs().iter().find(|input| input.name() == name)?;
        input.dtype().tensor_shape().map(|shape| shape.to_vec())
    }

    /// Selects the outputs `names` for [`Network::run`].
    ///
    /// # Errors
    /// If the graph lacks one of them.
    pub(crate) fn want(&self, names: Vec<String>) -> Result<Wanted, String> {
        let mut lane = self.lane.lock().unwrap_or_else(PoisonError::into_inner);
        let has = |name: &&String| lane.session.outputs().iter().any(|o| o.name() == name.as_str());
        if let Some(missing) = names.iter().find(|name| !has(name)) {
            return Err(format!("it has no output `{missing}`"));
        }
        let chosen = names.iter().fold(OutputSelector::no_default(), |all, name| all.with(name));
        let options = RunOptions::new().map_err(|e| e.to_string())?.with_outputs(chosen);
        lane.kinds.push((names, options));
        Ok(Wanted(lane.kinds.len() - 1))
    }

    /// Runs the graph; the outputs in the order of `wanted`.
    ///
    /// # Errors
    /// If the inputs do not fit the graph, or it fails.
    pub(crate) fn run(
        &self,
        inputs: Vec<(&str, Input<'_>)>,
        wanted: Wanted,
    ) -> Result<Vec<Kept>, InferenceError> {
        let mut tensors: Vec<(String, SessionInputValue<'_>)> = Vec::with_capacity(inputs.len());
        for (name, input) in inputs {
            let value = match input {
                Input::New(values) => values.tensor().map_err(runtime_error)?,
                Input::Again(kept) => (&kept.0).into(),
            };
            tensors.push((name.to_owned(), value));
        }
        let mut lane = self.lane.lock().unwrap_or_else(PoisonError::into_inner);
        let Lane { session, kinds } = &mut *lane;
        let (names, options) = &kinds[wanted.0];
        let mut outputs = session.run_with_options(tensors, options).map_err(runtime_error)?;
        let taken = names.iter().map(|name| outputs.remove(name).map(Kept));
        taken.collect::<Option<_>>().ok_or_else(|| runtime_error("an output did not come"))
    }
}

impl Kept {
    /// A tensor to go in more than once; shape and values, row-major.
    ///
    /// # Errors
    /// If the values do not fill the shape.
    pub(crate) fn new(shape: Vec<usize>, values: Vec<f32>) -> Result<Self, InferenceError> {
        let tensor = Tensor::from_array((shape, values)).map_err(runtime_error)?;
        Ok(Self(tensor.into_dyn()))
    }

    /// Shape and values, row-major.
    ///
    /// # Errors
    /// If it holds no `f32`.
    pub(crate) fn read(&self) -> Result<(Vec<usize>, &[f32]), InferenceError> {
        let (shape, values) = self.0.try_extract_tensor::<f32>().map_err(runtime_error)?;
        let shape = shape.iter().map(|side| usize::try_from(*side).unwrap_or(0)).collect();
        Ok((shape, values))
    }
}
