//! One ONNX graph, run by one or several sessions side by side.
//!
//! Memory: each lane holds its own copy of the weights, so there are at most four.

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use kinora_inference::InferenceError;
use ort::{
    session::{
        HasSelectedOutputs, OutputSelector, RunOptions, Session, SessionInputValue,
        builder::SessionBuilder,
    },
    value::Tensor,
};

use super::{Provider, Runtime};
use crate::ModelError;

const MOST_LANES: usize = 4;

/// How many sessions a graph gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lanes {
    /// One session that uses all cores.
    One,
    /// Several sessions that share the cores, for inputs that must not be batched.
    Several,
}

/// Source of a graph.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Model<'a> {
    /// A file of the store.
    File(&'a Path),
    /// Bytes in the program; the name is for messages.
    Embedded(&'static str, &'static [u8]),
}

/// An input tensor: shape and values, row-major.
pub(crate) enum Values {
    F32(Vec<usize>, Vec<f32>),
    I64(Vec<usize>, Vec<i64>),
    Bool(Vec<usize>, Vec<bool>),
}

/// A loaded graph of which one output is wanted.
pub(crate) struct Graph {
    lanes: Vec<Mutex<Lane>>,
    inputs: Vec<String>,
    output: String,
}

/// A session that computes the wanted output only.
struct Lane {
    session: Session,
    options: RunOptions<HasSelectedOutputs>,
}

/// Result of one thread of [`Graph::run_each`]: rows with the index of their item.
type Part = Result<Vec<(usize, Vec<f32>)>, InferenceError>;

impl Graph {
    /// Loads `model`; its output is the first of `outputs` that it has.
    ///
    /// # Errors
    /// If the file or the runtime cannot be loaded, or none of `outputs` is there.
    pub(crate) fn load(
        runtime: &Runtime,
        model: Model<'_>,
        outputs: &[&str],
        lanes: Lanes,
    ) -> Result<Self, ModelError> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let count = match (lanes, runtime.provider) {
            (Lanes::Several, Provider::Cpu) => cores.min(MOST_LANES),
            _ => 1,
        };
        let first = session(runtime, model, cores.div_ceil(count))?;
        let broken = |detail: String| ModelError::Broken { what: name(model), detail };
        let has = |name: &&&str| first.outputs().iter().any(|output| output.name() == **name);
        let output = outputs.iter().find(has);
        let output =
            output.ok_or_else(|| broken(format!("it has no output `{}`", outputs.join("`, `"))))?;
        let inputs = first.inputs().iter().map(|input| input.name().to_owned()).collect();
        let output = (*output).to_owned();
        let mut sessions = vec![first];
        for _ in 1..count {
            sessions.push(session(runtime, model, cores.div_ceil(count))?);
        }
        let lane = |session| Lane::new(session, &output).map_err(|e| broken(e.to_string()));
        let lanes = sessions.into_iter().map(lane).collect::<Result<_, _>>()?;
        Ok(Self { lanes, inputs, output })
    }

    /// Whether the graph wants an input of that name.
    pub(crate) fn wants(&self, input: &str) -> bool {
        self.inputs.iter().any(|name| name == input)
    }

    /// Name of the first input.
    pub(crate) fn first_input(&self) -> &str {
        &self.inputs[0]
    }

    /// Runs the graph once, on the first lane; the output's shape and values.
    ///
    /// # Errors
    /// If the inputs do not fit the graph, or it fails.
    pub(crate) fn run(
        &self,
        inputs: Vec<(&str, Values)>,
    ) -> Result<(Vec<usize>, Vec<f32>), InferenceError> {
        self.run_on(0, inputs)
    }

    /// Runs the graph once, on the first lane, and lets `read` look at the output's shape and values
    /// where they lie: for outputs that are large beside what is wanted of them.
    ///
    /// # Errors
    /// As [`Graph::run`].
    pub(crate) fn run_with<R>(
        &self,
        inputs: Vec<(&str, Values)>,
        read: impl FnOnce(&[usize], &[f32]) -> R,
    ) -> Result<R, InferenceError> {
        self.run_lane(0, inputs, read)
    }

    /// The graph's own metadata under `key`.
    ///
    /// # Errors
    /// If the runtime cannot read it.
    pub(crate) fn metadata(&self, key: &str) -> Result<Option<String>, ModelError> {
        let lane = self.lanes[0].lock().unwrap_or_else(PoisonError::into_inner);
        let metadata = lane.session.metadata();
        let broken = |e: ort::Error| ModelError::Broken {
            what: "a graph's metadata".into(),
            detail: e.to_string(),
        };
        Ok(metadata.map_err(broken)?.custom(key))
    }

    /// Runs the graph once for each item, on all lanes; results keep the order of the items.
    ///
    /// # Errors
    /// As [`Graph::run`]; the first one that fails ends the batch.
    pub(crate) fn run_each<T: Sync>(
        &self,
        items: &[T],
        input: impl Fn(&T) -> Values + Sync,
    ) -> Result<Vec<Vec<f32>>, InferenceError> {
        let next = AtomicUsize::new(0);
        let work = |lane: usize| -> Part {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(index) else {
                    return Ok(done);
                };
                let (_, row) = self.run_on(lane, vec![(self.first_input(), input(item))])?;
                done.push((index, row));
            }
        };
        let mut rows = Vec::with_capacity(items.len());
        for part in on_threads(self.lanes.len().min(items.len()), &work) {
            rows.extend(part?);
        }
        rows.sort_unstable_by_key(|(index, _)| *index);
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    fn run_on(
        &self,
        lane: usize,
        inputs: Vec<(&str, Values)>,
    ) -> Result<(Vec<usize>, Vec<f32>), InferenceError> {
        self.run_lane(lane, inputs, |shape, values| (shape.to_vec(), values.to_vec()))
    }

    fn run_lane<R>(
        &self,
        lane: usize,
        inputs: Vec<(&str, Values)>,
        read: impl FnOnce(&[usize], &[f32]) -> R,
    ) -> Result<R, InferenceError> {
        let mut tensors = Vec::with_capacity(inputs.len());
        for (name, values) in inputs {
            tensors.push((name.to_owned(), values.tensor().map_err(runtime_error)?));
        }
        let mut lane = self.lanes[lane].lock().unwrap_or_else(PoisonError::into_inner);
        let Lane { session, options } = &mut *lane;
        let outputs = session.run_with_options(tensors, options).map_err(runtime_error)?;
        let (shape, values) =
            outputs[self.output.as_str()].try_extract_tensor::<f32>().map_err(runtime_error)?;
        let shape: Vec<usize> =
            shape.iter().map(|side| usize::try_from(*side).unwrap_or(0)).collect();
        Ok(read(&shape, values))
    }
}

impl Lane {
    fn new(session: Session, output: &str) -> ort::Result<Mutex<Self>> {
        let options = RunOptions::new()?.with_outputs(OutputSelector::no_default().with(output));
        Ok(Mutex::new(Self { session, options }))
    }
}

/// Runs `work` for each lane, the first one on this thread.
fn on_threads(lanes: usize, work: &(impl Fn(usize) -> Part + Sync)) -> Vec<Part> {
    thread::scope(|scope| {
        let named = |lane| thread::Builder::new().name(format!("embed-{lane}"));
        let spawn = |lane| named(lane).spawn_scoped(scope, move || work(lane));
        let threads: Vec<_> = (1..lanes).map(spawn).collect();
        let first = if lanes > 0 { work(0) } else { Ok(Vec::new()) };
        let others = threads.into_iter().map(|thread| match thread {
            Ok(thread) => thread.join().unwrap_or_else(|_| Err(runtime_error("a thread panicked"))),
            Err(error) => Err(runtime_error(error)),
        });
        std::iter::once(first).chain(others).collect()
    })
}

impl Values {
    pub(super) fn tensor(self) -> ort::Result<SessionInputValue<'static>> {
        Ok(match self {
            Self::F32(shape, values) => Tensor::from_array((shape, values))?.into(),
            Self::I64(shape, values) => Tensor::from_array((shape, values))?.into(),
            Self::Bool(shape, values) => Tensor::from_array((shape, values))?.into(),
        })
    }
}

pub(super) fn session(
    runtime: &Runtime,
    model: Model<'_>,
    threads: usize,
) -> Result<Session, ModelError> {
    let environment = runtime.environment()?;
    let broken = |e: ort::Error| ModelError::Broken { what: name(model), detail: e.to_string() };
    let providers = runtime.provider.dispatch()?;
    let builder = Session::builder(&environment).map_err(broken)?;
    let builder = configure(builder, threads).map_err(broken)?;
    let mut builder = builder
        .with_execution_providers(providers)
        .map_err(|e| runtime.provider.missing(e.to_string()))?;
    match model {
        Model::File(path) => builder.commit_from_file(path),
        Model::Embedded(_, bytes) => builder.commit_from_memory(bytes),
    }
    .map_err(broken)
}

fn configure(builder: SessionBuilder, threads: usize) -> ort::Result<SessionBuilder> {
    // Waiting threads sleep: decoders want the cores while the network has nothing to do. The exact
    // product costs nothing where weights have 7 bits, and saves a graph that was not reduced.
    Ok(builder.with_intra_threads(threads)?.with_intra_op_spinning(false)?.with_precise_qmm()?)
}

fn name(model: Model<'_>) -> String {
    match model {
        Model::File(path) => path.display().to_string(),
        Model::Embedded(name, _) => name.to_owned(),
    }
}

pub(super) fn runtime_error(error: impl std::fmt::Display) -> InferenceError {
    InferenceError::Runtime(error.to_string())
}
